"""An analyser that hears nothing, for tests of what happens around the analysis. Runs in worker processes."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import numpy as np

from index.audio.reading import read_sound
from index.core.errors import ClipTooShortError
from index.core.frames import RATES_HZ, Frames, rows
from index.core.moments import Grid

SHAPES = {
    "notes": 88,
    "note_onsets": 88,
    "sketch": 12,
    "chroma": 12,
    "mfcc": 13,
    "embedding": 200,
    "tags": 50,
    "contour": 2,
}


class FakeAnalyser:
    """Frames full of one number, which depends on the sound. Some names of files make it fail."""

    def analyse_file(self, path: Path, start_s: float = 0.0, end_s: float | None = None) -> Frames:
        time.sleep(float(os.environ.get("FAKE_SLEEP_S", "0")))
        while not Path(os.environ.get("FAKE_WAITS_FOR", "/")).exists():
            time.sleep(0.02)
        if "dies" in path.name:
            os.kill(os.getpid(), signal.SIGKILL)
        if "bug" in path.name:
            raise ZeroDivisionError("of a bug")
        sound = read_sound(path, start_s, end_s)
        if sound.duration_s < 1:
            raise ClipTooShortError(path.name, sound.duration_s)
        number = int(np.abs(sound.samples).sum() * 1000) % 200 + 1
        kinds = {
            "contour": np.uint16,
            "notes": np.uint8,
            "sketch": np.uint8,
            "chroma": np.uint8,
            "tags": np.uint8,
        }
        arrays = {
            name: np.full(
                (rows(sound.duration_s, rate), *([SHAPES[name]] if name in SHAPES else [])),
                number,
                kinds.get(name, np.float16),
            )
            for name, rate in RATES_HZ.items()
        }
        return Frames(duration_s=sound.duration_s, loudness_lufs=-20.0, **arrays)

    def vectors(self, frames: Frames, grid: Grid) -> dict[str, np.ndarray]:
        count = len(grid.spans(frames.duration_s))
        base = np.arange(count * 4, dtype=np.float32).reshape(count, 4) + float(frames.mfcc[0, 0])
        base = base[:: grid.vector_stride]
        return {"timbre": base, "harmony": base[:, :3]}
