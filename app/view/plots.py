"""Small pictures of a passage, out of its frames: chroma over time, and the bars of a waveform.

Pictures carry no colour, only strength: the page paints them in the theme's accent, in light and in dark.
Knows no Streamlit.
"""

from __future__ import annotations

import base64
import io

import numpy as np

from index.core.frames import NOTE_HZ, SKETCH_HZ, Frames, cut


def chroma_picture(frames: Frames, start_s: float, end_s: float, shift_semitones: int = 0) -> str:
    """Chroma over time as a data address of a PNG whose transparency is the strength; C is the lowest row.

    Two cells a second, twelve rows. `shift_semitones` moves the rows up (cyclically).
    """
    # Notes, where they were detected; the spectrum's chroma underneath, so that unpitched sound is not blank.
    notes = _rows_to_one(cut(frames.sketch, SKETCH_HZ, start_s, end_s))
    spectrum = _rows_to_one(cut(frames.chroma, SKETCH_HZ, start_s, end_s))
    strength = np.roll(0.75 * notes**1.3 + 0.25 * spectrum**2, shift_semitones, axis=1)
    return data_address(np.ascontiguousarray(strength.T[::-1]))


def data_address(strength: np.ndarray) -> str:
    """A picture of strengths in [0, 1], (rows, columns), as a data address of a PNG: its transparency."""
    from PIL import Image

    alpha = (strength * 255).astype(np.uint8)
    picture = Image.merge("LA", (Image.new("L", alpha.shape[::-1], 0), Image.fromarray(alpha)))
    file = io.BytesIO()
    picture.save(file, "PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def bars(frames: Frames, start_s: float, end_s: float, number: int) -> list[int]:
    """Heights of a waveform's bars, 4 to 100, from the level: the loudest tenth of a second of each."""
    level_db = cut(frames.level_db, NOTE_HZ, start_s, end_s).astype(np.float32)
    level_db = np.where(np.isfinite(level_db), level_db, -200.0)
    if len(level_db) < number:
        places = np.linspace(0, len(level_db) - 1, number)
        tops = np.interp(places, np.arange(len(level_db)), level_db)
    else:
        tops = np.array([group.max() for group in np.array_split(level_db, number)])
    heights = 10 ** ((tops - tops.max()) / 20)
    return [int(height) for height in heights * 96 + 4]


def _rows_to_one(chroma: np.ndarray) -> np.ndarray:
    """(n, 12) float32 in [0, 1]: the passage's strongest cell is 1."""
    values = chroma.astype(np.float32)
    return values / max(1.0, float(values.max()))
