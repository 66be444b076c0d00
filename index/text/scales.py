"""The words for what is measured: every adjective, its measure and its limits, in one table. docs/words.md shows it.

Where a value lies in the middle, nothing is said. The limits were set on 860 passages of scores played by two
soundfonts, so that most passages have no word on most scales.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf


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
