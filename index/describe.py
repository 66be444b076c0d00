"""A passage in words, as a musician would say it: every word has a rule and a measured threshold behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from index.errors import clock
from index.factors import Fact, Factor
from index.factors.dynamics import onset_density
from index.factors.harmony import note_chroma
from index.factors.rhythm import tempo_bpm
from index.factors.timbre import strongest_tags
from index.factors.tonality import estimate_chords, estimate_key
from index.frames import LOWEST_MIDI, NOTE_HZ, SKETCH_HZ, cut
from index.moments import Passage

SURE_KEY = 0.15
"""Below this certainty a key is not named."""
SURE_TAG = 0.3
"""Below this probability a tag is worded as an impression."""
DYNAMICS_DB = ((-44, "very soft"), (-34, "soft"), (-26, "moderately loud"), (-20, "loud"), (99, "very loud"))
DENSITY = ((1.0, "sparse"), (2.5, "unhurried"), (5.0, "flowing"), (8.0, "busy"), (999, "very busy"))
REGISTER_MIDI = ((48, "low"), (57, "middle-low"), (69, "middle"), (79, "high"), (999, "very high"))
BRIGHTNESS_HZ = ((800, "dark"), (1400, "warm"), (2200, "clear"), (3200, "bright"), (99999, "brilliant"))
ROUGH_MFCC = 22.0
"""Spread of the MFCC from half second to half second above which the texture is called changing."""
SWELL_DB = 4.0
_SOUNDING = 128


@dataclass(frozen=True)
class SecondFacts:
    """What one second of a passage is like; the time is the sound's own."""

    time_s: float
    text: str


@dataclass(frozen=True)
class Description:
    """A passage described: facts with units, second by second, and in one sentence."""

    name: str
    start_s: float
    end_s: float
    facts: tuple[Fact, ...]
    seconds: tuple[SecondFacts, ...]
    sentence: str
    chords: tuple[tuple[float, str], ...]
    """(start in the sound's time, name) of each chord."""
    tags: tuple[tuple[str, float], ...]

    def as_json(self) -> dict[str, Any]:
        """Plain values, for scripts and for the page."""
        return asdict(self)


def describe(passage: Passage, factors: Mapping[str, Factor]) -> Description:
    """What a passage is like, from its chroma, MFCC, notes, level and onsets."""
    facts = tuple(fact for factor in factors.values() for fact in factor.facts(passage))
    facts += (_texture(passage), _register(passage))
    tags = tuple(strongest_tags(passage))
    chords = tuple(
        (round(passage.start_s + chord.start_s, 1), chord.name)
        for chord in estimate_chords(note_chroma(passage), NOTE_HZ)
    )
    return Description(
        name=passage.name,
        start_s=passage.start_s,
        end_s=passage.end_s,
        facts=facts,
        seconds=_second_by_second(passage, chords),
        sentence=_sentence(passage, tags),
        chords=chords,
        tags=tags,
    )


def word(scale: tuple[tuple[float, str], ...], value: float) -> str:
    """The word of the first limit that a value stays below."""
    return next(name for limit, name in scale if value < limit)


def _level_db(passage: Passage) -> np.ndarray:
    return cut(passage.frames.level_db, NOTE_HZ, passage.start_s, passage.end_s).astype(np.float64)


def _mean_db(level: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(10 ** (level / 10))))


def _texture(passage: Passage) -> Fact:
    mfcc = cut(passage.frames.mfcc, SKETCH_HZ, passage.start_s, passage.end_s).astype(np.float64)
    spread = float(np.linalg.norm(mfcc[:, 1:].std(axis=0)))
    words = "changing colour" if spread > ROUGH_MFCC else "even colour"
    return Fact("texture", round(spread, 1), "", f"{words} (MFCC spread {spread:.0f})")


def _register(passage: Passage) -> Fact:
    notes = cut(passage.frames.notes, NOTE_HZ, passage.start_s, passage.end_s).astype(np.float64)
    if notes.sum() == 0:
        return Fact("register", 0, "MIDI", "no notes")
    centre = float(LOWEST_MIDI + (notes.sum(axis=0) @ np.arange(notes.shape[1])) / notes.sum())
    return Fact("register", round(centre), "MIDI", f"{word(REGISTER_MIDI, centre)} register")


def voices(passage: Passage) -> float:
    """Mean number of notes that sound at once, where any does."""
    notes = cut(passage.frames.notes, NOTE_HZ, passage.start_s, passage.end_s) > _SOUNDING
    sounding = notes.sum(axis=1)
    return float(sounding[sounding > 0].mean()) if np.any(sounding) else 0.0


def _sentence(passage: Passage, tags: tuple[tuple[str, float], ...]) -> str:
    level = _level_db(passage)
    key = estimate_key(note_chroma(passage))
    parts = [
        f"{word(DYNAMICS_DB, _mean_db(level)).capitalize()}, {word(DENSITY, onset_density(passage))} music",
        f"for {_voices_words(voices(passage))}",
    ]
    if key.certainty >= SURE_KEY:
        parts.append(f"in {key.name}")
    text = " ".join(parts) + f", about {tempo_bpm(passage):.0f} bpm"
    sure = [name for name, strength in tags if strength >= SURE_TAG]
    if sure:
        text += f"; it has the sound of {' and '.join(sure[:2])}"
    return f"{text}{_course_words(level, passage)}."


def _voices_words(count: float) -> str:
    if count < 1.4:
        return "a single voice"
    return "two voices" if count < 2.5 else "several voices"


def _course_words(level: np.ndarray, passage: Passage) -> str:
    if len(level) < 20:
        return ""
    smooth = np.convolve(level, np.ones(10) / 10, mode="valid")
    loudest, softest = int(smooth.argmax()), int(smooth.argmin())
    if smooth[loudest] - smooth[softest] < SWELL_DB:
        return ""
    at = loudest if loudest > softest else softest
    verb = "swelling to" if loudest > softest else "thinning out by"
    return f", {verb} {clock(round(passage.start_s + at / NOTE_HZ))}"


def _second_by_second(passage: Passage, chords: tuple[tuple[float, str], ...]) -> tuple[SecondFacts, ...]:
    seconds = []
    level = _level_db(passage)
    for index in range(max(1, int(passage.duration_s))):
        time_s = passage.start_s + index
        part = level[int(index * NOTE_HZ) : int((index + 1) * NOTE_HZ)]
        if not len(part):
            break
        chord = [name for start_s, name in chords if start_s <= time_s + 0.5][-1:]
        centroid = cut(passage.frames.centroid_hz, NOTE_HZ, time_s, time_s + 1).astype(np.float64)
        names = f"{chord[0]}, " if chord and chord[0] != "N" else ""
        seconds.append(
            SecondFacts(
                time_s,
                f"{names}{_mean_db(part):.0f} dB, {word(BRIGHTNESS_HZ, float(centroid.mean()))}",
            )
        )
    return tuple(seconds)
