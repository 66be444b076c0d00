"""The tracks that are browsed, made in code.

`browsed` in conftest.py indexes them once; whoever needs it takes a copy.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

RATE_HZ = 22050
TRACK_S = 32.0
CLIP_FROM_S = 12.0
PROGRESSIONS = {
    "Ada - Rising": (0, 5, 7, 9),
    "Ada - Falling": (9, 7, 5, 4),
    "Bela - Circle": (0, 7, 2, 9),
    "Bela - Steps": (2, 4, 5, 7),
    "Cora - Night, at <i>sea": (4, 9, 11, 2),
}


def music(roots: tuple[int, ...], seed: int) -> np.ndarray:
    """Broken chords, two seconds a chord, with a tune of its own on top."""
    random = np.random.default_rng(seed)
    sound = np.zeros(int(TRACK_S * RATE_HZ), np.float32)
    order = random.permutation(4)
    for step in range(int(TRACK_S / 0.25)):
        root = roots[(step // 8) % len(roots)]
        third = 3 if root in (2, 4, 9, 11) else 4
        low = 48 + root + (0, third, 7, 12)[order[step % 4]]
        for midi, level in ((low, 0.16), (72 + int(random.choice((0, 2, 4, 7, 9))), 0.12 * (step % 2))):
            length = int(0.6 * RATE_HZ)
            times = np.arange(length) / RATE_HZ
            hertz = 440 * 2 ** ((midi - 69) / 12)
            note = sum(
                np.sin(2 * np.pi * hertz * (k + 1) * times) / (k + 1) ** 1.5 for k in range(4 + seed % 3)
            )
            at = int(step * 0.25 * RATE_HZ)
            part = (level * note * np.exp(-4 * times)).astype(np.float32)[: len(sound) - at]
            sound[at : at + len(part)] += part
    return sound


def write_music(folder: Path) -> None:
    """The tracks in `music`, and ten seconds of the second one as `my clip.wav`."""
    (folder / "music").mkdir()
    for seed, (name, roots) in enumerate(PROGRESSIONS.items()):
        soundfile.write(folder / "music" / f"{name}.wav", music(roots, seed), RATE_HZ)
    whole, _ = soundfile.read(folder / "music" / "Ada - Falling.wav", dtype="float32")
    first = int(CLIP_FROM_S * RATE_HZ)
    soundfile.write(folder / "my clip.wav", whole[first : first + 10 * RATE_HZ], RATE_HZ)
