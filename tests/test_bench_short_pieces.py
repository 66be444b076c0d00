"""Half minutes whose queries hang over their edges: what is true of them lies within the piece."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from bench.short_pieces import PIECE_S, STARTS_S, build_set


def test_queries_lie_at_the_beginning_in_the_middle_and_at_the_end(tmp_path: Path) -> None:
    rng, rate_hz = np.random.default_rng(0), 8000
    file, out = tmp_path / "music" / "noise.wav", tmp_path / "set"
    file.parent.mkdir()
    soundfile.write(file, 0.1 * rng.standard_normal(40 * rate_hz), rate_hz)
    soundfile.write(tmp_path / "music" / "short.wav", np.ones(10 * rate_hz), rate_hz)
    pieces = build_set(out, [file, tmp_path / "music" / "short.wav"], asked=1, seed=0)
    assert [piece.duration_s for piece in pieces] == [PIECE_S]
    assert [query.kind.split(", ")[1] for query in pieces[0].queries] == list(STARTS_S)
    for query in pieces[0].queries:
        assert 0 <= query.a_start_s < query.a_end_s <= PIECE_S
        assert soundfile.info(out / query.file).duration == 10.0
