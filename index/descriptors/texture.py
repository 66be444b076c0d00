"""Texture of a passage: a single line, chords, broken chords or polyphony; and the contour of its top line.

Everything is derived from the notes that basic-pitch detects, at 10 Hz. A note that is repeated without a gap
is not detected as a new one; octaves added by an organ stop count as one pitch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from index.core.facts import Fact
from index.core.frames import LOWEST_MIDI, NOTE_HZ, cut
from index.core.moments import Passage
from index.descriptors.key_and_chords import Key
from index.text.scales import REGISTER

Layout = Literal["no pitch", "line", "chords", "broken chords", "parts"]
Contour = Literal["rises", "falls", "rises and falls", "falls and rises", ""]
"""Empty where the line neither rises nor falls clearly."""

SOUNDING = 0.3
_RELATIVE = 0.5
_PITCHED_SHARE = 0.25
_FAINT = 0.15
_FAINT_RELATIVE = 0.3
_LINE_SHARE = 0.3
_CHORD_NOTES = 3
_CHORD_SHARE = 0.25
_BROKEN_RATE = 2.0
_BROKEN_TOGETHER = 1.3
_BROKEN_STEP = 3.0
_LEVEL_SEMITONES = 4.0
_MELODY_SHARE = 0.4
_OVERTONES = (12, 19, 24)
_ALWAYS_WITH = 0.85


@dataclass(frozen=True)
class TopLine:
    """The highest notes of a passage."""

    low_midi: int
    high_midi: int
    contour: Contour
    changes: int
    clear: bool
    """Whether its highest note is not the overtone or the organ stop of a lower one."""


@dataclass(frozen=True)
class Texture:
    """The texture of a passage."""

    layout: Layout
    classes: float
    """Mean number of simultaneous pitch classes, where any sounds."""
    register_midi: float
    """Mean pitch (MIDI), weighted by activation; 0 where nothing sounds."""
    top: TopLine | None
    melody: bool
    """Whether the top line moves enough to be called a melody."""


def texture_facts(found: Texture, key: Key) -> tuple[Fact, ...]:
    """Layout, register and top line as facts; notes are spelled in the key."""
    if found.top is None:
        return (Fact("texture", found.layout, "", "no clear pitch"),)
    word = REGISTER.word(found.register_midi)
    name = note_at(round(found.register_midi), key)
    highest = note_at(found.top.high_midi, key) if found.top.clear else ""
    told = [*filter(None, [found.top.contour, f"up to {highest}" if highest else ""])]
    return (
        Fact("texture", found.layout, "", layout_words(found)),
        Fact(
            "register",
            round(found.register_midi),
            "MIDI",
            f"{word}, around {name}" if word else f"around {name}",
        ),
        Fact("top line", highest, "", ", ".join(told) or "not clear"),
    )


def layout_words(found: Texture) -> str:
    """As in "melody over broken chords", "polyphonic, 2.9 pitch classes at once"."""
    if found.layout == "line":
        return "a single line"
    if found.layout == "parts":
        return f"polyphonic, {found.classes:.1f} pitch classes at once"
    return f"melody over {found.layout}" if found.melody else found.layout


def note_at(midi: int, key: Key) -> str:
    """A note as it is written in a key, with its octave: 60 is C4."""
    name = key.spelled(midi % 12)
    written = midi - name.count("♯") + name.count("♭")
    return f"{name}{written // 12 - 1}"


def texture(passage: Passage) -> Texture:
    """Estimate the texture of a passage."""
    notes = cut(passage.frames.notes, NOTE_HZ, passage.start_s, passage.end_s)
    strength = np.square(notes, dtype=np.float32) / 255**2
    sounding = (strength > SOUNDING) & (strength > _RELATIVE * strength.max(axis=1, keepdims=True))
    any_note = sounding.any(axis=1)
    if any_note.mean() < _PITCHED_SHARE:
        return Texture("no pitch", 0.0, 0.0, None, melody=False)
    steady = _steady((strength > _FAINT) & (strength > _FAINT_RELATIVE * strength.max(axis=1, keepdims=True)))
    together = float((class_counts(steady)[any_note] > 1).mean())
    classes = float(class_counts(sounding)[any_note].mean())
    weight = np.where(sounding, strength, 0)
    register = float(LOWEST_MIDI + (weight.sum(axis=0) @ np.arange(weight.shape[1])) / weight.sum())
    top = top_line(sounding)
    groups = onset_groups(sounding)
    melody = top.high_midi - top.low_midi >= 3 and _alone(groups, sounding) >= _MELODY_SHARE
    return Texture(_layout(together, groups, sounding, passage.duration_s), classes, register, top, melody)


def top_line(sounding: np.ndarray) -> TopLine:
    """Range and contour of the highest notes of (n, 88) bool sounding notes, at least one of them true."""
    line = smoothed_top(sounding)
    low, high = (round(float(value)) for value in np.percentile(line, [4, 96]))
    changes = int(np.count_nonzero(np.diff(line)))
    first, middle, last = (
        float(part.mean()) if len(part) else float(line.mean()) for part in np.array_split(line, 3)
    )
    without = sounding & ~_overtones(sounding)
    own_high = float(np.percentile(smoothed_top(without), 96)) if without.any() else 0.0
    return TopLine(low, high, _contour(first, middle, last), changes, abs(own_high - high) <= 1)


def smoothed_top(sounding: np.ndarray) -> np.ndarray:
    """(m,) MIDI of the highest note in each frame where one sounds; notes of a single frame are dropped."""
    steady = sounding & (np.roll(sounding, 1, axis=0) | np.roll(sounding, -1, axis=0))
    kept = steady if steady.any() else sounding
    frames = kept[kept.any(axis=1)]
    return frames.shape[1] - 1 - frames[:, ::-1].argmax(axis=1) + LOWEST_MIDI


def _overtones(sounding: np.ndarray) -> np.ndarray:
    """(88,) the notes that hardly ever sound without the note an octave, a twelfth or two octaves below."""
    above = np.zeros(sounding.shape[1], bool)
    for pitch in np.flatnonzero(sounding.any(axis=0)):
        when = sounding[:, pitch]
        below = [sounding[when, pitch - step].mean() for step in _OVERTONES if pitch >= step]
        above[pitch] = max(below, default=0.0) >= _ALWAYS_WITH
    return above


def onset_groups(sounding: np.ndarray) -> list[np.ndarray]:
    """The pitches (rows of the note grid) that begin together, within a tenth of a second."""
    begins = sounding & ~np.roll(sounding, 1, axis=0) & ~np.roll(sounding, 2, axis=0)
    begins[:2] = False
    groups: list[np.ndarray] = []
    last = -2
    for frame in np.flatnonzero(begins.any(axis=1)):
        pitches = np.flatnonzero(begins[frame])
        if frame == last + 1:
            groups[-1] = np.union1d(groups[-1], pitches)
        else:
            groups.append(pitches)
        last = int(frame)
    return groups


def _alone(groups: list[np.ndarray], sounding: np.ndarray) -> float:
    """Share of the groups of which the highest note begins alone or with its octave, and nothing else."""
    highest = sounding.shape[1] - 1 - sounding[:, ::-1].argmax(axis=1)
    tops = set(highest[sounding.any(axis=1)].tolist())
    alone = [len({p % 12 for p in group}) == 1 and int(group.max()) in tops for group in groups]
    return float(np.mean(alone)) if alone else 0.0


def _layout(together: float, groups: list[np.ndarray], sounding: np.ndarray, duration_s: float) -> Layout:
    broken = _is_broken(_below_top(sounding), duration_s)
    if together < _LINE_SHARE and not broken:
        return "line"
    if groups and np.mean([len({p % 12 for p in group}) >= _CHORD_NOTES for group in groups]) >= _CHORD_SHARE:
        return "chords"
    return "broken chords" if broken else "parts"


def _is_broken(groups: list[np.ndarray], duration_s: float) -> bool:
    """Whether the notes below the top begin one by one, quickly, and leap."""
    if len(groups) < _BROKEN_RATE * duration_s:
        return False
    together = float(np.mean([len(group) for group in groups]))
    middles = np.array([group.mean() for group in groups])
    return together <= _BROKEN_TOGETHER and float(np.abs(np.diff(middles)).mean()) >= _BROKEN_STEP


def _below_top(sounding: np.ndarray) -> list[np.ndarray]:
    """Groups of notes that begin below the highest note of their frame."""
    highest = sounding.shape[1] - 1 - sounding[:, ::-1].argmax(axis=1)
    below = sounding.copy()
    below[np.arange(len(below)), highest] = False
    return onset_groups(below)


def _steady(sounding: np.ndarray) -> np.ndarray:
    """Notes that also sound in the frames before and after:
    a brief overlap of successive notes is no simultaneity.
    """
    return sounding & np.roll(sounding, 1, axis=0) & np.roll(sounding, -1, axis=0)


def class_counts(sounding: np.ndarray) -> np.ndarray:
    """(n,) pitch classes that sound in each frame."""
    padded = np.zeros((len(sounding), 96), bool)
    padded[:, 9:97] = sounding[:, :87]
    return padded.reshape(len(sounding), 8, 12).any(axis=1).sum(axis=1)


def _contour(first: float, middle: float, last: float) -> Contour:
    """The course of three thirds."""
    bend = middle - (first + last) / 2
    if abs(last - first) > max(_LEVEL_SEMITONES, abs(bend)):
        return "rises" if last > first else "falls"
    if abs(bend) > _LEVEL_SEMITONES:
        return "rises and falls" if bend > 0 else "falls and rises"
    return ""
