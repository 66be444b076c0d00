"""A passage in words, as a musician would say it: every word has a rule and a measured threshold
(index/text/scales.py).

Facts come from the factors; the sentence uses the same measures and the same words, so the two cannot
disagree. What rests on tags alone is worded as an impression: "it has the sound of ...".
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from index.core.frames import NOTE_HZ, cut
from index.core.moments import Passage
from index.descriptors.chord_progression import chords_of, key_of
from index.descriptors.key_and_chords import Key
from index.descriptors.texture import Texture, texture
from index.factors import Fact, Factor
from index.factors.dynamics import (
    attack_db,
    loudness_course,
    loudness_word,
    mean_db,
    onset_density,
    onset_times_s,
    thins_out,
)
from index.factors.rhythm import pace_word, pulse
from index.factors.timbre import brightness_hz, impressions, instruments, strongest_tags
from index.structure.segmentation import musical_span
from index.text.impressions import USUAL
from index.text.scales import ATTACK, BRIGHTNESS, CRISP_ONSETS, GENTLE_HZ, GENTLE_ONSETS, REGISTER
from index.text.wording import count_of, listed, time_of, with_article

_ADJECTIVES = {"plucked strings": "plucked-string", "strings": "string", "voices": "vocal", "winds": "wind"}
_ADJECTIVES |= {name: name for name in ("piano", "harpsichord", "organ", "accordion", "brass")}
_ADJECTIVES["mallets"] = "mallet"
_FAMILY_OF = {
    "a violin": "strings",
    "a cello": "strings",
    "strings": "strings",
    "a guitar": "plucked strings",
    "a harp": "plucked strings",
    "a sitar": "plucked strings",
    "a piano": "piano",
    "a harpsichord": "harpsichord",
    "a flute": "winds",
    "a choir": "voices",
    "a voice": "voices",
    "a woman's voice": "voices",
    "a man's voice": "voices",
    "opera": "voices",
}
_MOST_IMPRESSIONS = 2
_HEARD_S = 0.15


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
    """(start in the sound's time, name) of each chord; "N" where there is none."""
    tags: tuple[tuple[str, float], ...]
    no_music: str = ""
    """What it is, where it is no music: silence, noise or tone."""

    def as_json(self) -> dict[str, Any]:
        """Plain values, for scripts and for the page; what is no music is said by the tool."""
        return {name: value for name, value in asdict(self).items() if name != "no_music"}


def describe(passage: Passage, factors: Mapping[str, Factor]) -> Description:
    """What a passage is like, from its chroma, MFCC, notes, level and onsets."""
    key = key_of(passage)
    chords = tuple((round(passage.start_s + c.start_s, 1), c.name) for c in chords_of(passage, key))
    return Description(
        name=passage.name,
        start_s=passage.start_s,
        end_s=passage.end_s,
        facts=(
            *(fact for factor in factors.values() for fact in factor.facts(passage)),
            *musical_span(passage).facts,
        ),
        seconds=_second_by_second(passage, chords),
        sentence=sentence(passage, key),
        chords=chords,
        tags=tuple(strongest_tags(passage)),
    )


def sentence(passage: Passage, key: Key) -> str:
    """As in "A gentle piano melody over broken chords in
    A-flat major, about 76 bpm, soft, fading after 1:28.".
    """
    layout, beat = texture(passage), pulse(passage)
    families = [name for name, _ in instruments(passage)[:2]]
    adjectives = [*filter(None, [_character(passage), pace_word(onset_density(passage), beat)])]
    parts = [_noun_phrase(layout, families, adjectives) + (f" in {spoken(key)}" if key.confident else "")]
    parts += [f"about {beat.bpm:.0f} bpm"] if beat.clear else []
    qualities = [*filter(None, [loudness_word(passage), BRIGHTNESS.word(brightness_hz(passage))])]
    parts += [listed(qualities)] if qualities else []
    register = REGISTER.word(layout.register_midi) if layout.top else ""
    parts += [f"{register} in pitch"] if register else []
    parts += [*filter(None, [_course(passage)])]
    text = ", ".join(parts)
    sounds = _fitting(impressions(passage), families)[:_MOST_IMPRESSIONS]
    text += f"; it has the sound of {listed(sounds)}" if sounds else ""
    return f"{text[0].upper()}{text[1:]}."


def spoken(key: Key) -> str:
    """As in "A-flat major"."""
    return key.name.replace("♭", "-flat").replace("♯", "-sharp")


def _character(passage: Passage) -> str:
    """Gentle or crisp, where attack, density and brightness agree; empty otherwise."""
    word, density = ATTACK.word(attack_db(passage)), onset_density(passage)
    if word == "gentle" and (density >= GENTLE_ONSETS or brightness_hz(passage) >= GENTLE_HZ):
        return ""
    return "" if word == "crisp" and density < CRISP_ONSETS else word


def _noun_phrase(layout: Texture, families: list[str], adjectives: list[str]) -> str:
    """What plays what, with its adjectives and its article."""
    players = listed([_ADJECTIVES[name] for name in families])
    plain = f"{players} " if players else ""
    if layout.layout == "no pitch":
        return f"{_joined(adjectives)}{plain}sound without clear pitch"
    if layout.layout == "line":
        what = "melody" if layout.melody else "line"
        return with_article(f"{_joined([*adjectives, 'unaccompanied'])}{plain}{what}")
    if layout.layout == "parts":
        return f"{_joined([*adjectives, 'polyphonic'])}{plain}music"
    if layout.melody:
        return with_article(f"{_joined(adjectives)}{plain}melody over {layout.layout}")
    broken = ["broken"] if layout.layout == "broken chords" else []
    return f"{_joined([*adjectives, *broken])}{plain}chords"


def _joined(adjectives: list[str]) -> str:
    """Adjectives before a noun, with the space that follows them."""
    return f"{', '.join(adjectives)} " if adjectives else ""


def _course(passage: Passage) -> str:
    """How loudness moves; else that fewer and fewer notes begin."""
    course = loudness_course(passage).text
    thin_s = thins_out(passage)
    return course or (f"thinning out after {time_of(thin_s)}" if thin_s is not None else "")


def _fitting(sounds: list[str], families: list[str]) -> list[str]:
    """Impressions that do not repeat or contradict the instruments that were named."""
    if not families:
        return sounds
    fitting = [sound for sound in sounds if _FAMILY_OF.get(sound, families[0]) in families and sound != USUAL]
    return [sound for sound in fitting if sound.removeprefix("a ") not in families]


def _second_by_second(passage: Passage, chords: tuple[tuple[float, str], ...]) -> tuple[SecondFacts, ...]:
    """Each second: its chords, its level against the
    passage's mean, its onsets, and a word for its brightness.
    """
    level = cut(passage.frames.level_db, NOTE_HZ, passage.start_s, passage.end_s)
    mean = mean_db(np.maximum(level, -60))
    begins_s = onset_times_s(passage)
    seconds = []
    for index in range(max(1, int(passage.duration_s + 1e-6))):
        start_s = passage.start_s + index
        end_s = min(start_s + 1, passage.end_s)
        part = replace(passage, start_s=start_s, end_s=end_s)
        heard = cut(passage.frames.level_db, NOTE_HZ, start_s, end_s)
        against = round(mean_db(np.maximum(heard, -60)) - mean)
        onsets = int(np.count_nonzero((begins_s >= start_s) & (begins_s < end_s)))
        said = [
            *filter(None, [" - ".join(_during(chords, start_s, end_s))]),
            f"{against:+d} dB" if against else "0 dB",
            count_of(onsets, "onset"),
            *filter(None, [BRIGHTNESS.word(brightness_hz(part))]),
        ]
        seconds.append(SecondFacts(start_s, ", ".join(said)))
    return tuple(seconds)


def _during(chords: tuple[tuple[float, str], ...], start_s: float, end_s: float) -> list[str]:
    """Names of the chords, given in order, that sound between two times for more than an instant."""
    first = bisect_right(chords, start_s + _HEARD_S, key=_begins_s) - 1  # it ends where the next one begins
    last = bisect_left(chords, end_s - _HEARD_S, key=_begins_s)
    return list(dict.fromkeys(name for _, name in chords[max(0, first) : last] if name != "N"))


def _begins_s(chord: tuple[float, str]) -> float:
    return chord[0]
