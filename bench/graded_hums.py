"""How often works are found by hums as good and as bad as people's: music of many voices, whole, as libraries have it.

    python -m bench.graded_hums SET [SET ...] [--asked 120] [--seed 7] [--keep FILE]

SET as `bench.collection` or `bench.bands` makes it, whatever its queries are; several are one library. The first works
of the first set that can be hummed are hummed by the voice of `bench.humming` with the faults of every grade
(`bench.world.singer_faults`), and without more than those of the untrained voice of other tables: eight to twelve
seconds from any note on, in a key, at a tempo and with a rhythm of its own. Told are the right moment first, the right
piece first and in ten, how often it is among what is compared exactly (`compared`), and how far the confidence of first
hits is from the truth, each hum asked with its piece in the library and without it. Pitch tracks are kept in the
first set's folder.
"""

from __future__ import annotations

import argparse
import json
import pickle
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.collection import LONGEST_S
from bench.hum import Found, rates
from bench.humming import BY_GRADE, UNTRAINED, hum
from bench.metrics import calibration_error
from bench.quality_sets import QuerySet, TrueQuery, open_set, together
from bench.variants import exact_repeats
from demo.scores import load_score
from index.analysis.f0 import PitchTrack, track_sound
from index.core.errors import QueryError
from index.core.frames import Frames
from index.core.moments import Passage
from index.core.query import Query
from index.core.tracks import Clip
from index.humming.places import confidence
from index.humming.searcher import TuneSearcher
from index.store.salience_store import SalienceStore

VOICES = {"untrained": UNTRAINED} | {f"grade {grade}": faults for grade, faults in BY_GRADE.items()}
LASTS_S = (8.0, 12.0)


@dataclass(frozen=True)
class Graded:
    """One hum of a work."""

    voice: str
    truth: TrueQuery
    pitch: PitchTrack


def graded(opened: QuerySet, asked: int, seed: int) -> Iterator[Graded]:
    """The hums of the first works of a set, all voices of one work after the other."""
    truth = json.loads((opened.folder / "truth.json").read_text("utf-8"))
    there = {Path(track.path).stem for track in opened.tracks}
    left = asked
    for piece in truth:
        if not left:
            return
        if piece["piece"] not in there:
            continue
        hums = [_hummed(opened.folder, piece, voice, seed) for voice in VOICES]
        yield from (each for each in hums if each is not None)
        left -= any(hums)


def _hummed(folder: Path, piece: Mapping[str, Any], voice: str, seed: int) -> Graded | None:
    """One voice's hum of a piece of truth.json; None where it cannot be hummed."""
    file = folder / "graded" / f"{piece['piece']}-{voice}-{seed}.pickle"
    if not file.exists():
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(pickle.dumps(_sung(piece["work"], voice, seed)))
    kept: tuple[PitchTrack, tuple[tuple[float, float], ...]] | None = pickle.loads(file.read_bytes())
    if kept is None:
        return None
    passage = Passage(Clip("hum", "", "hum", LASTS_S[1]), Frames.__new__(Frames), 0.0, LASTS_S[1])
    tempo_ratio = piece.get("tempo_ratio", 1.0)
    spans = tuple(
        (start_s / tempo_ratio + verse_s, end_s / tempo_ratio + verse_s)
        for verse_s in piece.get("verses_s", [0.0])
        for start_s, end_s in kept[1]
    )
    return Graded(voice, TrueQuery("hum", piece["piece"], passage, spans), kept[0])


def _sung(work: str, voice: str, seed: int) -> tuple[PitchTrack, tuple[tuple[float, float], ...]] | None:
    """What is heard of a voice, and the spans of the work that it means."""
    score, rng = load_score(work), np.random.default_rng([seed, zlib.crc32(f"{work} {voice}".encode())])
    until_s = min(score.duration_s, LONGEST_S - 4)
    made = hum(score, rng, until_s, VOICES[voice], LASTS_S)
    if made is None:
        return None
    again = exact_repeats(score, made.start_s, made.end_s, until_s, made.part)
    return track_sound(made.sound), ((made.start_s, made.end_s), *again)


@dataclass(frozen=True)
class Answer:
    """How a hum was answered."""

    voice: str
    found: Found
    compared: bool
    """Whether its piece is among what was compared exactly."""
    sure: tuple[tuple[float, float, float, bool], ...]
    """As `first_hits` tells them."""


def answers(opened: QuerySet, asked: int, seed: int) -> Iterator[Answer]:
    """Ask all hums."""
    table = SalienceStore(opened.folder / "salience", opened.frames).table(opened.tracks)
    searcher = TuneSearcher(opened.tracks, table)
    names = {track.id: Path(track.path).stem for track in opened.tracks}
    for each in graded(opened, asked, seed):
        own = each.truth.piece
        try:
            hits = searcher.find_tune(Query(each.truth.passage, k=10**6), each.pitch).hits
        except QueryError:
            yield Answer(each.voice, Found(0, moment=False), compared=False, sure=())
            continue
        pieces = [names[hit.track.id] for hit in hits]
        span = hits[0].moment if hits else None
        moment = span is not None and each.truth.is_right(pieces[0], span.start_s, span.end_s)
        rank = pieces.index(own) + 1 if own in pieces else 0
        odds = {piece: hit.factors["melody"].value for piece, hit in zip(pieces, hits, strict=True)}
        yield Answer(
            each.voice, Found(rank, moment), rank > 0, tuple(first_hits(odds, own, each.pitch.voiced_s))
        )


def first_hits(
    odds: Mapping[str, float], own: str, voiced_s: float
) -> Iterator[tuple[float, float, float, bool]]:
    """Odds and lead of the first hit, seconds of tune, whether it is right: with the piece, and as if without it."""
    for left_out in ("", own):
        found = sorted(((value, piece) for piece, value in odds.items() if piece != left_out), reverse=True)
        if len(found) > 1:
            yield found[0][0], found[0][0] - found[1][0], voiced_s, found[0][1] == own


def told(answered: Sequence[Answer]) -> dict[str, float]:
    """The numbers of some hums."""
    sure = [pair for each in answered for pair in each.sure]
    error = calibration_error([confidence(*known) for *known, _ in sure], [right for *_, right in sure])
    return {
        "hums": len(answered),
        **rates([each.found for each in answered]),
        "compared": round(float(np.mean([each.compared for each in answered])), 3),
        "calibration error": round(float(error), 3),
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--asked", type=int, default=120, help="works of the first set that are hummed")
    parser.add_argument("--keep", type=Path, help="a file for what `bench.fit_confidence` reads")
    parser.add_argument("--seed", type=int, default=7)
    chosen = parser.parse_args()
    opened = together([open_set(folder) for folder in chosen.folders])
    answered = list(answers(opened, chosen.asked, chosen.seed))
    if chosen.keep:
        rows = [row for each in answered for row in each.sure]
        chosen.keep.write_text(json.dumps(rows), "utf-8")
    print(json.dumps({"pieces": len(opened.tracks)}))
    for voice in VOICES:
        print(json.dumps({"voice": voice, **told([each for each in answered if each.voice == voice])}))


if __name__ == "__main__":
    main()
