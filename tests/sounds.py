"""Music made in code for the tests: notes as sums of harmonics, chords, broken chords, clicks, forms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from index.audio.reading import Sound
from index.core.frames import (
    FINGERPRINT_HZ,
    LOWEST_MIDI,
    NOTE_HZ,
    ONSET_HZ,
    PEAKS_A_SECOND,
    PEAKS_HZ,
    RATES_HZ,
    SKETCH_SCALE,
    Frames,
    fold_to_chroma,
    rows,
)
from index.core.moments import Passage
from index.core.tracks import Track

RATE_HZ = 22050
CADENCE = ((0, ""), (5, ""), (7, ""), (0, ""))
"""I IV V I: (semitones above the tonic, quality)."""
SONG = ((0, ""), (9, "m"), (5, ""), (7, ""))
"""I vi IV V."""


def note(midi: float, length_s: float, decay_s: float = 1.2, level: float = 0.2) -> np.ndarray:
    """One struck note: eight harmonics, each softer and shorter than the one before."""
    times = np.arange(round(length_s * RATE_HZ)) / RATE_HZ
    hertz = 440 * 2 ** ((midi - 69) / 12)
    sound = np.zeros(len(times))
    for harmonic in range(1, 9):
        if harmonic * hertz < 0.45 * RATE_HZ:
            sound += (
                np.sin(2 * np.pi * harmonic * hertz * times)
                / harmonic**1.5
                * np.exp(-times * harmonic / decay_s / 2)
            )
    edge = np.minimum(1, np.minimum(times / 0.005, (length_s - times) / 0.02))
    return level * sound * edge


def laid(events: Sequence[tuple[float, np.ndarray]], length_s: float) -> Sound:
    """Sounds laid at their times."""
    samples = np.zeros(round(length_s * RATE_HZ) + 1, np.float32)
    for start_s, sound in events:
        first = round(start_s * RATE_HZ)
        part = sound[: len(samples) - first]
        samples[first : first + len(part)] += part
    return Sound(samples[:-1], RATE_HZ)


def triad(root: int, quality: str, inversion: int = 0) -> list[int]:
    """MIDI notes of a close triad around middle C with its bass below."""
    thirds = [root, root + (3 if quality == "m" else 4), root + 7]
    bass = thirds[inversion] - 12
    return [bass, *thirds]


def chords(
    progression: Sequence[tuple[int, str]],
    tonic_midi: int,
    chord_s: float,
    length_s: float,
    inversion: int = 0,
) -> Sound:
    """Block chords, over and over."""
    events = []
    for number in range(int(np.ceil(length_s / chord_s))):
        step, quality = progression[number % len(progression)]
        for midi in triad(tonic_midi + step, quality, inversion):
            events.append((number * chord_s, note(midi, chord_s)))
    return laid(events, length_s)


def broken(progression: Sequence[tuple[int, str]], tonic_midi: int, chord_s: float, length_s: float) -> Sound:
    """A slow melody over broken chords: four notes a chord, low, fifth, third, fifth."""
    events = []
    for number in range(int(np.ceil(length_s / chord_s))):
        step, quality = progression[number % len(progression)]
        root, third, fifth = triad(tonic_midi + step - 12, quality)[1:]
        for place, midi in enumerate((root, fifth, third, fifth)):
            events.append((number * chord_s + place * chord_s / 4, note(midi, chord_s / 4)))
        tune = (root + 24, third + 24, fifth + 24)[number % 3]
        events.append((number * chord_s, note(tune, chord_s / 2, decay_s=2.0, level=0.35)))
        events.append((number * chord_s + chord_s / 2, note(tune + 2, chord_s / 2, decay_s=2.0, level=0.35)))
    return laid(events, length_s)


def melody(steps: Sequence[int], tonic_midi: int, note_s: float, length_s: float) -> Sound:
    """One line, over and over."""
    count = int(np.ceil(length_s / note_s))
    return laid(
        [
            (i * note_s, note(tonic_midi + steps[i % len(steps)], note_s, decay_s=2.0, level=0.4))
            for i in range(count)
        ],
        length_s,
    )


def clicks(bpm: float, length_s: float) -> Sound:
    """Short bursts of noise at a steady tempo."""
    random = np.random.default_rng(1)
    burst = random.normal(0, 0.3, round(0.03 * RATE_HZ)) * np.linspace(1, 0, round(0.03 * RATE_HZ)) ** 2
    return laid([(start_s, burst) for start_s in np.arange(0, length_s - 0.05, 60 / bpm)], length_s)


def with_course(sound: Sound, start_db: float, end_db: float) -> Sound:
    """The level led evenly from one to another."""
    gain = 10 ** (np.linspace(start_db, end_db, len(sound.samples)) / 20)
    return Sound((sound.samples * gain).astype(np.float32), sound.rate_hz)


def joined(*sounds: Sound) -> Sound:
    """One after the other."""
    return Sound(np.concatenate([sound.samples for sound in sounds]), RATE_HZ)


def silent_frames(duration_s: float, loudness_lufs: float = -20.0) -> Frames:
    """Frames of nothing, to be written into."""
    shapes = {
        "notes": (88,),
        "sketch": (12,),
        "chroma": (12,),
        "mfcc": (13,),
        "embedding": (200,),
        "tags": (50,),
        "contour": (2,),
    }
    kinds = {
        "notes": np.uint8,
        "sketch": np.uint8,
        "chroma": np.uint8,
        "tags": np.uint8,
        "contour": np.uint16,
    }
    arrays = {
        name: np.zeros((rows(duration_s, rate_hz), *shapes.get(name, ())), kinds.get(name, np.float16))
        for name, rate_hz in RATES_HZ.items()
    }
    return Frames(duration_s, loudness_lufs, **arrays)


def heard_now(duration_s: float) -> Frames:
    """Frames of nothing with all arrays that this version measures."""
    bits = np.zeros(rows(duration_s, FINGERPRINT_HZ), np.uint32)
    peaks = np.zeros((rows(duration_s, PEAKS_HZ), PEAKS_A_SECOND), np.uint16)
    return replace(silent_frames(duration_s), fingerprint=bits, peaks=peaks)


def frames_with_notes(events: Sequence[tuple[float, float, int]], duration_s: float) -> Frames:
    """Frames in which exactly these notes (start, end, MIDI) are heard, and everything that follows from them."""
    frames = silent_frames(duration_s)
    for start_s, end_s, midi in events:
        first, last = round(start_s * NOTE_HZ), round(end_s * NOTE_HZ)
        frames.notes[first:last, midi - LOWEST_MIDI] = 240
        frames.onset[min(round(start_s * ONSET_HZ), len(frames.onset) - 1)] += 10
    chroma = fold_to_chroma(frames.notes)
    for i in range(len(frames.sketch)):
        frames.sketch[i] = np.clip(chroma[5 * i : 5 * i + 5].mean(axis=0) * SKETCH_SCALE, 0, 255)
    frames.level_db[:] = -20
    frames.centroid_hz[:] = 1300
    return frames


def passage_of(
    frames: Frames, start_s: float = 0.0, end_s: float | None = None, title: str = "Made up"
) -> Passage:
    """A passage of frames as if they were a track's."""
    track = Track(
        title.lower().replace(" ", "-"), f"{title}.wav", title, "", "", "", "", None, frames.duration_s
    )
    return Passage(track, frames, start_s, frames.duration_s if end_s is None else end_s)
