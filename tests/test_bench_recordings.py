"""Recordings that are drawn for a bench: one of each, since files with the same content are one track."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import soundfile

from bench.recordings import recordings


def test_a_sound_that_lies_there_twice_is_drawn_once(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for name in ("menu", "battle"):
        soundfile.write(tmp_path / f"{name}.flac", rng.uniform(-0.1, 0.1, 31 * 8000), 8000)
    shutil.copy(tmp_path / "menu.flac", tmp_path / "ingame.flac")
    for seed in range(4):
        drawn = {file.stem for file in recordings([tmp_path], 3, seed)}
        assert len(drawn) == 2 and "battle" in drawn
