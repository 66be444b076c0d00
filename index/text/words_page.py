"""docs/words.md: the scales, the rules of the words that are no scale, and the impressions."""

from __future__ import annotations

import textwrap
from math import inf

from index.text.impressions import IMPRESSIONS
from index.text.scales import (
    EQUALLY_BRIGHT,
    LOUDNESS_APART_DB,
    SAME_NOTES,
    SAME_SOUND,
    SAME_SOUND_IN_ANOTHER_KEY,
    SAME_TEMPO,
    SCALES,
)

RULES = (
    (
        "unaccompanied",
        "two pitch classes, faint ones included, sound together for less than 30 % of the time",
    ),
    ("chords", "at least a quarter of all detected onsets have three pitch classes or more"),
    (
        "broken chords",
        "below the top line one note begins at a time, two a second or more, leaping three semitones",
    ),
    (
        "melody over",
        "the highest note changes at least half as often as anything begins, over three semitones",
    ),
    (
        "polyphonic",
        "what else has pitches: several sound at once, and seldom three begin together",
    ),
    ("without clear pitch", "notes are detected in less than a quarter of the time"),
    ("swelling towards, fading after", "the last third's mean level is 3 dB above or below the first's"),
    (
        "rising and falling",
        "the middle third's mean level is 3 dB above both others; the time is the loudest second's",
    ),
    ("thinning out after", "onsets in the last third are half of those in the first or fewer"),
    ("in a key", "the key's probability is at least 50 %"),
    ("about ... bpm", "the onsets repeat at that distance with a correlation of at least 0.25"),
    (
        "a family of instruments",
        "its probability is at least 50 %, after subtraction of that of drums and electronics",
    ),
    (
        "brighter, darker",
        f"beside another: mean spectral centroids more than {100 * EQUALLY_BRIGHT:.0f} % apart",
    ),
    ("faster, slower", f"beside another: lengths of the same music {100 * SAME_TEMPO:.0f} % apart or more"),
    ("higher, lower", "beside another: the turn of pitch classes at which the notes agree best"),
    ("they differ in notes", f"cosine of the notes at their best alignment below {SAME_NOTES}"),
    (
        "they differ in sound",
        f"cosine of the timbres below {SAME_SOUND}; below {SAME_SOUND_IN_ANOTHER_KEY} where the key is another",
    ),
    ("they differ in dynamics", f"the courses of loudness run {LOUDNESS_APART_DB} dB apart or more"),
    (
        "it has the sound of",
        "a tag of MusiCNN has a probability of at least 30 %: an impression, no measurement",
    ),
)
"""The words that are no scale: (word, rule)."""


def words_page() -> str:
    """docs/words.md."""
    lines = [
        "# The words of a description",
        "",
        "Made from index/text/scales.py by `python -m index.text.words_page`. A word is said where a value lies",
        "within its limits.",
        "",
    ]
    for scale in SCALES:
        lines += [f"## {scale.name.capitalize()}", "", textwrap.fill(f"Measured: {scale.measure}.", 110), ""]
        lines += ["| from | below | word |", "|---|---|---|"]
        low = "-"
        for limit, word in scale.steps:
            high = "-" if limit == inf else f"{limit:g} {scale.unit}".strip()
            lines.append(f"| {low} | {high} | {word or '(nothing)'} |")
            low = high
        lines.append("")
    lines += ["## Other words", "", "| word | rule |", "|---|---|"]
    lines += [f"| {word} | {rule} |" for word, rule in RULES]
    lines += ["", "## Impressions", "", "Tags of MusiCNN as they are worded; others are not said.", ""]
    lines += ["| tag | it has the sound of |", "|---|---|"]
    lines += [f"| {tag} | {noun} |" for tag, noun in sorted(IMPRESSIONS.items())]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    from pathlib import Path

    Path(__file__).parents[2].joinpath("docs/words.md").write_text(words_page(), "utf-8")
