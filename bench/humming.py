"""A hum of a score's tune, as an untrained voice gives it: any key and tempo, glides, drift, wrong notes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.damage import pink_noise
from demo.scores import Note, Score
from index.audio.reading import Sound

RATE_HZ = 22050
FASTEST_NOTES_S = 5.0
"""Notes a second beyond which nobody hums."""
CURVE_HZ = 200
AUDIBLE = 0.1
"""The level below which a voice that is at most 1 loud counts as silent: -20 dB."""


@dataclass(frozen=True)
class Faults:
    """How somebody sings who is no singer: of every note on its own, unless it says otherwise."""

    uneven: float = 0.07
    """Spread of the logarithm of a note's length."""
    intonation: float = 0.2
    """Spread of its pitch, in semitones."""
    wrong: float = 0.05
    """How often another note is sung, one or two semitones off."""
    missing: float = 0.0
    """How often it is not sung, and the one before lasts instead."""
    key: float = 0.0
    """How often all that follows is sung half a semitone to a semitone and a half higher or lower."""


UNTRAINED = Faults()
BY_GRADE = {
    4: Faults(0.2, 0.2, 0.05, 0.02, 0.01),
    3: Faults(0.28, 0.2, 0.08, 0.02, 0.02),
    2: Faults(0.38, 0.22, 0.16, 0.12, 0.08),
}
"""As people sing whom experts graded perfect, with faults and with major mistakes (`bench.world.singer_faults`)."""


@dataclass(frozen=True)
class Curve:
    """What a voice does, at CURVE_HZ: frame i is second i / CURVE_HZ of its sound."""

    midi: np.ndarray
    """(n,) float64: pitch in semitones, A4 = 69, also where the voice is silent."""
    level: np.ndarray
    """(n,) float64: 0 silent, at most 1."""

    @property
    def voiced(self) -> np.ndarray:
        """(n,) bool: where the voice sounds."""
        return self.level >= AUDIBLE


@dataclass(frozen=True)
class Hum:
    """A hum, and the span of the score that it means."""

    sound: Sound
    start_s: float
    end_s: float
    tempo_ratio: float
    semitones: float
    """How far the hum lies from the score, octaves included."""
    part: int
    curve: Curve
    """The true pitch of the sound."""


def top_voice(score: Score, part: int = 0) -> list[Note]:
    """The highest notes of a part, one at a time: a note gives way to a higher or a later one."""
    line: list[Note] = []
    for note in sorted(score.parts[part].notes, key=lambda n: (n.start_s, -n.midi)):
        if line and note.start_s - line[-1].start_s < 0.03:
            continue
        if line and note.start_s < line[-1].end_s - 0.05:
            if note.midi < line[-1].midi:
                continue
            line[-1] = line[-1]._replace(end_s=note.start_s)
        line.append(note)
    return line


def hum(
    score: Score,
    rng: np.random.Generator,
    until_s: float = 120.0,
    faults: Faults = UNTRAINED,
    lasts_s: tuple[float, float] = (9.0, 12.0),
) -> Hum | None:
    """Hum about ten seconds of the score, from any note on; None where no ten seconds can be hummed.

    The tempo is 0.7 to 1.4 of the score's, the key any, in the range of a voice or of whistling.
    """
    voice = tune_part(score)
    line = [note for note in top_voice(score, voice) if note.end_s <= until_s]
    tempo = float(np.exp(rng.uniform(np.log(0.7), np.log(1.4))))
    length_s = float(rng.uniform(*lasts_s)) * tempo
    places = [i for i, note in enumerate(line) if _hummable(line, i, length_s, tempo)]
    if not places:
        return None
    first = places[int(rng.integers(len(places)))]
    start_s = line[first].start_s
    notes = [note for note in line[first:] if note.start_s < start_s + length_s]
    end_s = max(note.end_s for note in notes)
    whistled = rng.random() < 0.15
    middle = float(np.median([note.midi for note in notes]))
    home = rng.uniform(74, 84) if whistled else rng.uniform(47, 64)
    key = float(rng.uniform(-6, 6))
    shift = key + 12 * round((home - middle - key) / 12)
    curve = sing(notes, start_s, tempo, shift, rng, faults)
    return Hum(_voice(curve, whistled, rng), start_s, end_s, tempo, shift, voice, curve)


def tune_part(score: Score) -> int:
    """Which part has the tune: the highest part by its middle
    note, of those that have a fair share of the notes.
    """
    most = max(len(part.notes) for part in score.parts)
    fair = [i for i, part in enumerate(score.parts) if len(part.notes) >= 0.2 * most]
    return max(fair, key=lambda i: (float(np.median([n.midi for n in score.parts[i].notes])), -i))


def _hummable(line: list[Note], first: int, length_s: float, tempo: float) -> bool:
    start_s = line[first].start_s
    if line[-1].end_s < start_s + length_s:
        return False
    if first and start_s - line[first - 1].start_s < 0.1:
        return False
    notes = [note for note in line[first : first + 120] if note.start_s < start_s + length_s]
    sounding = sum(note.end_s - note.start_s for note in notes)
    return (
        len(notes) >= 7
        and len({note.midi for note in notes}) >= 4
        and sounding > 0.6 * length_s
        and len(notes) / length_s * tempo <= FASTEST_NOTES_S
        and max(note.midi for note in notes) - min(note.midi for note in notes) <= 24
    )


def sing(  # noqa: PLR0917
    notes: list[Note],
    start_s: float,
    tempo: float,
    shift: float,
    rng: np.random.Generator,
    faults: Faults = UNTRAINED,
) -> Curve:
    """The curve of pitch and level along the notes: those of the score from `start_s` on, so many times as fast."""
    if faults.missing:
        notes = _without_some(notes, faults.missing, rng)
    starts, ends, pitches = _as_remembered(notes, start_s, tempo, shift, rng, faults)
    total_s = ends[-1] + 0.3
    n = int(total_s * CURVE_HZ)
    pitch = np.full(n, pitches[0])
    level = np.zeros(n)
    glide = rng.uniform(0.02, 0.07)
    tongue = rng.random() < 0.5  # "da da da" parts the notes, "mmm" runs them together
    for start, end, midi in zip(starts, ends, pitches, strict=True):
        a, b = int(start * CURVE_HZ), max(int(start * CURVE_HZ) + 4, int(end * CURVE_HZ))
        pitch[a:] = midi
        level[a:b] = rng.uniform(0.7, 1.0)
        if tongue:
            level[a : a + 5] *= 0.15
    pitch = _smooth(pitch, glide)
    time = np.arange(n) / CURVE_HZ
    vibrato = rng.uniform(0.05, 0.35) * np.sin(2 * np.pi * (rng.uniform(4.5, 6.5) * time + rng.random()))
    drift = np.cumsum(rng.standard_normal(n)) * 0.012 + rng.uniform(-0.03, 0.03) * time
    pitch = pitch + vibrato * (level > 0.3) + drift
    return Curve(pitch, _smooth(level, 0.02))


def _without_some(notes: list[Note], missing: float, rng: np.random.Generator) -> list[Note]:
    kept = [notes[0]]
    for note in notes[1:]:
        if rng.random() < missing:
            kept[-1] = kept[-1]._replace(end_s=note.end_s)
        else:
            kept.append(note)
    return kept


def _as_remembered(  # noqa: PLR0917
    notes: list[Note],
    start_s: float,
    tempo: float,
    shift: float,
    rng: np.random.Generator,
    faults: Faults,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Starts, ends and pitches as somebody remembers them: uneven, a little out of tune, some notes wrong."""
    starts = np.array([note.start_s - start_s for note in notes]) / tempo
    lengths = np.array([note.end_s - note.start_s for note in notes]) / tempo
    steps = np.diff(starts, append=starts[-1] + lengths[-1])
    uneven = steps * np.exp(rng.normal(0, faults.uneven, len(steps)))
    starts = 0.15 + np.concatenate([[0.0], np.cumsum(uneven)[:-1]])
    ends = starts + np.minimum(lengths, steps) / np.maximum(steps, 1e-3) * uneven
    ends -= (rng.random(len(ends)) < 0.08) * 0.25 * (ends - starts)  # a breath
    pitches = np.array([note.midi for note in notes]) + shift + rng.normal(0, faults.intonation, len(notes))
    wrong = rng.random(len(notes)) < faults.wrong
    pitches += wrong * rng.choice([-2, -1, 1, 2], len(notes))
    if faults.key:
        moves = (rng.random(len(notes)) < faults.key) * rng.choice([-1, 1], len(notes))
        pitches += np.cumsum(moves * rng.uniform(0.5, 1.5, len(notes)))
    return starts, ends, pitches


def _voice(curve: Curve, whistled: bool, rng: np.random.Generator) -> Sound:
    frames = np.arange(len(curve.midi))
    n = int(len(frames) / CURVE_HZ * RATE_HZ)
    at = np.arange(n) / RATE_HZ * CURVE_HZ
    hz = 440 * 2 ** ((np.interp(at, frames, curve.midi) - 69) / 12)
    loud = np.interp(at, frames, curve.level)
    phase = 2 * np.pi * np.cumsum(hz) / RATE_HZ
    tone = np.zeros(n)
    slope = rng.uniform(1.0, 2.2)
    formant = rng.uniform(300, 900)
    for harmonic in range(1, 2 if whistled else 13):
        weight = harmonic**-slope / (1 + ((harmonic * hz - formant) / 500) ** 2) ** 0.5
        tone += weight * (harmonic * hz < 0.45 * RATE_HZ) * np.sin(harmonic * phase)
    breath = np.convolve(rng.standard_normal(n), np.ones(4) / 4, "same") * rng.uniform(0.005, 0.04)
    samples = (tone / max(float(np.abs(tone).max()), 1e-9) + breath) * loud
    clean = Sound(np.asarray(0.5 * samples, np.float32), RATE_HZ)
    return pink_noise(clean, float(rng.uniform(12, 35)), rng)


def _smooth(curve: np.ndarray, width_s: float) -> np.ndarray:
    """A moving mean over `width_s`, of a curve at CURVE_HZ."""
    width = max(1, int(width_s * CURVE_HZ)) | 1
    return np.convolve(np.pad(curve, width // 2, "edge"), np.ones(width) / width, "valid")
