"""The words for what is measured: every adjective, its measure and its limits, in one table. docs/words.md shows it.

Where a value lies in the middle, nothing is said. The limits were set on 860 passages of scores played by two
soundfonts, so that most passages have no word on most scales.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from index.core.errors import clock


@dataclass(frozen=True)
class Scale:
    """Words along one measure."""

    name: str
    measure: str
    unit: str
    steps: tuple[tuple[float, str], ...]
    """(limit, word): the word of values below the limit and not below the one before; empty: nothing is said."""

    def word(self, value: float) -> str:
        """The word for a value; empty where nothing is to be said."""
        return next(word for limit, word in self.steps if value < limit or limit == inf)

    @property
    def words(self) -> tuple[str, ...]:
        """All words of the scale."""
        return tuple(word for _, word in self.steps if word)


LOUDNESS = Scale(
    "loudness",
    "mean level of the passage against that of its recording; no word where the passage is most of the recording",
    "dB",
    ((-12, "very soft"), (-5, "soft"), (3, ""), (6, "loud"), (inf, "very loud")),
)
BRIGHTNESS = Scale(
    "brightness",
    "mean spectral centroid",
    "Hz",
    ((800, "dark"), (1150, "warm"), (1900, ""), (2600, "bright"), (inf, "brilliant")),
)
PACE = Scale(
    "pace",
    "onsets a second; slow only below 90 bpm or without a clear pulse, fast only from 100 bpm on or without one",
    "/s",
    ((1.6, "slow"), (5.0, ""), (inf, "fast")),
)
REGISTER = Scale(
    "register",
    "mean pitch of all that sounds, by strength (MIDI note number)",
    "MIDI",
    ((48, "low"), (72, ""), (84, "high"), (inf, "very high")),
)
ATTACK = Scale(
    "attack",
    "95th percentile of the onset strength; gentle only below 2.5 onsets a second and 1,600 Hz, crisp only from 4 on",
    "dB",
    ((3.0, "gentle"), (6.0, ""), (inf, "crisp")),
)
RANGE = Scale(
    "range",
    "level between the 10th and the 95th percentile",
    "dB",
    ((3.5, "even"), (10.0, ""), (inf, "wide")),
)
COLOUR = Scale(
    "texture",
    "spread of the MFCC (2nd to 13th) from half second to half second",
    "",
    ((20.0, "even"), (45.0, ""), (inf, "changing")),
)
SCALES = (LOUDNESS, BRIGHTNESS, PACE, REGISTER, ATTACK, RANGE, COLOUR)

SLOW_BELOW_BPM = 90.0
FAST_FROM_BPM = 100.0
GENTLE_ONSETS = 2.5
GENTLE_HZ = 1600.0
CRISP_ONSETS = 4.0
COURSE_DB = 3.0
"""Change of level from one third of a passage to another that is called a swell or a fade."""
THINNING = 0.5
"""Onsets in the last third against the first below which music is said to thin out."""
ALONE_SHARE = 0.8
"""Share of its recording from which on a passage has no loudness against it."""
SURE_TAG = 0.3
"""Probability from which on a tag is worded as an impression."""
SAME_TEMPO = 0.03
EQUALLY_BRIGHT = 0.1
SAME_NOTES = 0.62
"""Cosine of the notes at the best alignment from which two passages are reported as having the same notes."""
SAME_SOUND = 0.93
"""Cosine of the timbres below which the sound is reported as different."""
SAME_SOUND_IN_ANOTHER_KEY = 0.85
"""The same where the key is another: the instruments sound from another register."""
LOUDNESS_APART_DB = 2.2
"""Mean distance of two loudness curves from which they are reported as different."""

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

IMPRESSIONS = {
    "ambient": "ambient music",
    "beat": "a beat",
    "beats": "a beat",
    "cello": "a cello",
    "choir": "a choir",
    "choral": "a choir",
    "classic": "classical music",
    "classical": "classical music",
    "country": "country music",
    "dance": "dance music",
    "drums": "drums",
    "electronic": "electronic music",
    "female": "a woman's voice",
    "female vocal": "a woman's voice",
    "female voice": "a woman's voice",
    "flute": "a flute",
    "guitar": "a guitar",
    "harp": "a harp",
    "harpsichord": "a harpsichord",
    "indian": "Indian music",
    "male": "a man's voice",
    "male vocal": "a man's voice",
    "male voice": "a man's voice",
    "man": "a man's voice",
    "metal": "metal",
    "new age": "new-age music",
    "opera": "opera",
    "piano": "a piano",
    "pop": "pop",
    "rock": "rock",
    "singing": "a voice",
    "sitar": "a sitar",
    "strings": "strings",
    "synth": "a synthesiser",
    "techno": "techno",
    "violin": "a violin",
    "vocal": "a voice",
    "vocals": "a voice",
    "voice": "a voice",
    "woman": "a woman's voice",
}
"""MusiCNN's tags as a noun after "it has the sound of". The others judge what is measured here, or what is absent."""

USUAL = "classical music"
"""An impression that says little: left out where anything else can be said."""

NUMBER_WORDS = (
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)


AT_THE_TOP = 0.9
"""From this likeness on it is said how few random moments are closer."""
RAREST = 10_000
"""More than this is not claimed: so few random moments were looked at."""


def closer_than(likeness: float, among: int = 0) -> str:
    """A likeness (the share of random moments that are less alike) in words, on a scale that spreads its top.

    "closer than 62 % of moments", "closer than all but 1 in 400", "closer than all but 1 in over 10,000".
    `among` is how many moments were compared (0: it is not known): a library of 3,000 shows no 1 in 10,000.
    """
    if likeness < AT_THE_TOP:
        return f"closer than {100 * likeness:.0f} % of moments"
    rare = 1 / max(1 - likeness, 1e-12)
    most = min(RAREST, _rounded_down(among)) if among > 0 else RAREST
    if rare > most:
        return f"closer than all but 1 in over {most:,}"
    step = 10 ** max(0, len(str(int(rare))) - 2)
    return f"closer than all but 1 in {int(round(rare / step) * step):,}"


def _rounded_down(count: int) -> int:
    """A count with two figures: 3,529 is 3,500."""
    step = 10 ** max(0, len(str(count)) - 2)
    return count // step * step


def number_word(count: int) -> str:
    """Numbers up to twelve in words."""
    return NUMBER_WORDS[count] if 0 <= count < len(NUMBER_WORDS) else str(count)


def ordinal(rank: int) -> str:
    """As in "first", "2nd", "14th"."""
    if rank == 1:
        return "first"
    ending = {1: "st", 2: "nd", 3: "rd"}.get(rank % 10, "th") if rank % 100 not in (11, 12, 13) else "th"
    return f"{rank}{ending}"


def count_of(number: int, noun: str) -> str:
    """As in "one onset", "3 onsets", "no onsets"."""
    return f"{'no' if number == 0 else 'one' if number == 1 else number} {noun}{'' if number == 1 else 's'}"


def time_of(seconds: float) -> str:
    """A time to the second, as a clock shows it."""
    return clock(round(seconds))


def listed(words: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def with_article(words: str) -> str:
    """ "a slow melody", "an organ melody"."""
    return f"{'an' if words[:1].lower() in 'aeiou' and not words.startswith(('uni', 'one')) else 'a'} {words}"


def words_page() -> str:
    """docs/words.md."""
    lines = [
        "# The words of a description",
        "",
        "Made from index/text/wording.py by `python -m index.text.wording`. A word is said where a value lies "
        "within its limits.",
        "",
    ]
    for scale in SCALES:
        lines += [f"## {scale.name.capitalize()}", "", f"Measured: {scale.measure}.", ""]
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
