"""A hum drawn over the melody that it matched: time from left to right, twelve semitones from bottom to top.

Below lies how likely the tune is on each pitch class of the recording; above it the hum's pitch as a line, in the
recording's key and at its tempo. Octaves are folded, as in the search. Knows no Streamlit.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from app.view.plots import data_address
from app.view.words import in_html, span
from index.analysis.melody_salience import Salience
from index.core.hits import Hit
from index.core.moments import Passage

ROWS = 12
_SCALE = 8
"""Pixels of the line's picture a semitone."""
_COLUMNS = 640
_WIDTH = 5


def tune_html(hummed: Sequence[float | None], hit: Hit, found: Passage) -> str:
    """The plot for one hit; empty where nothing of the hum is known."""
    line = [None if height is None else height + hit.alignment.shift_semitones for height in hummed]
    if not any(height is not None for height in line):
        return ""
    turn = middle_turn(line)
    told = in_html(
        f"The hum's pitch over the melody of {hit.track.title}, {span(hit.moment.start_s, hit.moment.end_s)}"
    )
    layers = "".join(
        f'<span class="rp-tune-{name}" style="mask-image:url({picture});-webkit-mask-image:url({picture})"></span>'
        for name, picture in (("melody", melody_picture(found, turn)), ("line", line_picture(line, turn)))
    )
    return (
        f'<figure class="rp-tune" role="img" aria-label="{told}"><div>{layers}</div>'
        '<figcaption><span class="line">your hum, in the key and at the tempo of the recording</span>'
        f'<span class="melody">the melody heard in {in_html(hit.track.title)}</span></figcaption></figure>'
    )


def middle_turn(line: Sequence[float | None]) -> float:
    """Semitones to add to a line so that it folds at the edges as seldom, and lies as near the middle, as it can."""
    heights = np.array([height for height in line if height is not None])

    def cost(turn: int) -> float:
        rows = (heights + turn + 0.5) % ROWS
        folds = np.count_nonzero(np.abs(np.diff(rows)) >= ROWS / 2)
        return float(folds + np.abs(rows - ROWS / 2).mean() / ROWS)

    return float(min(range(ROWS), key=cost))


def melody_picture(found: Passage, turn: float) -> str:
    """Where the tune is likely, as a data address of a PNG of twelve rows whose transparency is the strength."""
    frames = found.frames
    rows = Salience().kept(np.asarray(frames.notes)).astype(np.float32) / 255
    hz = len(rows) / frames.duration_s
    part = rows[int(found.start_s * hz) : max(int(found.start_s * hz) + 1, round(found.end_s * hz))]
    strength = np.roll(part, int(turn), axis=1) ** 1.5
    return data_address(np.ascontiguousarray(strength.T[::-1]))


def line_picture(line: Sequence[float | None], turn: float) -> str:
    """The line as a picture of the same rows, finer; it is broken where nothing was hummed or the octave folds."""
    from PIL import Image, ImageDraw

    picture = Image.new("L", (_COLUMNS, ROWS * _SCALE), 0)
    pen = ImageDraw.Draw(picture)
    points = [
        None
        if height is None
        else ((i + 0.5) / len(line) * _COLUMNS, ROWS * _SCALE - ((height + turn + 0.5) % ROWS) * _SCALE)
        for i, height in enumerate(line)
    ]
    for before, after in pairwise(points):
        if before and after and abs(before[1] - after[1]) < ROWS * _SCALE / 2:
            pen.line([before, after], fill=255, width=_WIDTH)
    for point in points:
        if point:
            x, y = point
            pen.ellipse([x - _WIDTH / 2, y - _WIDTH / 2, x + _WIDTH / 2, y + _WIDTH / 2], fill=255)
    return data_address(np.asarray(picture, np.float32) / 255)
