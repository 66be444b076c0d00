"""From notes to sound, by a soundfont: the same input gives the same samples, bit for bit.

Notes start and end at their exact sample. What is not played: pitch bends, pedals, drums.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from demo.scores import Note, Score
from index.audio.reading import Sound
from index.core.errors import RepriseError
from index.models.weights import HOW

TAIL_S = 2.5
"""Room for the last notes to ring."""
FADE_S = 4.0
LEVEL_DB = -20.0
"""Root mean square that a rendering is brought to, below full scale."""
PEAK = 0.89
_VOICES = 512


class SoundfontError(RepriseError):
    """The soundfont that plays the demo is missing."""


def default_soundfont() -> Path:
    """TimGM6mb.sf2, which pretty_midi ships; found without importing it."""
    spec = importlib.util.find_spec("pretty_midi")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        for file in sorted(Path(folder).rglob("TimGM6mb.sf2")):
            return file
    raise SoundfontError(f"The soundfont TimGM6mb.sf2 is missing; it comes with pretty_midi: {HOW}.")


def render(
    score: Score,
    soundfont: Path | None = None,
    *,
    programs: Sequence[int] | Mapping[int, int] = (),
    tempo_ratio: float = 1.0,
    transpose: int = 0,
    gain_db: float | None = None,
    reverb: float = 0.0,
    rate_hz: int = 44100,
    start_s: float = 0.0,
    max_s: float = 120.0,
) -> Sound:
    """Play a score.

    Parameters
    ----------
    programs : sequence, one a part, or mapping from the score's programs to others
        General MIDI programs, counted from 0.
    tempo_ratio : float
        1.25 plays a quarter faster. A second t of the score is heard at `(t - start_s) / tempo_ratio`.
    gain_db : float, optional
        Added to what the soundfont gives; None: the rendering is brought to -20 dB RMS, peaks below -1 dB.
    reverb : float in [0, 1]
        Share of a small hall.
    start_s, max_s : float
        Where in the score to begin, and how long the rendering may last; what is longer fades out.
    """
    chosen = _programs(score, programs)
    played = [
        tuple(
            note._replace(
                start_s=(note.start_s - start_s) / tempo_ratio, end_s=(note.end_s - start_s) / tempo_ratio
            )
            for note in part.notes
            if note.end_s > start_s
        )
        for part in score.parts
    ]
    last_s = max((note.end_s for notes in played for note in notes), default=0.0)
    length_s = min(last_s + TAIL_S, max_s)
    bank = soundfont or default_soundfont()
    sound = _synthesise(played, chosen, bank, length_s=length_s, transpose=transpose, rate_hz=rate_hz)
    if reverb > 0:
        sound = _hall(sound, reverb, rate_hz)
    _fade(sound, rate_hz, FADE_S if last_s + TAIL_S > max_s else 0.3)
    return Sound(_levelled(sound, gain_db), rate_hz)


def _programs(score: Score, programs: Sequence[int] | Mapping[int, int]) -> list[int]:
    own = [part.program for part in score.parts]
    if isinstance(programs, Mapping):
        return [programs.get(program, program) for program in own]
    if programs and len(programs) != len(own):
        raise ValueError(f"{score.path} has {len(own)} parts, but {len(programs)} programs are given")
    return list(programs) or own


def _synthesise(
    played: Sequence[Sequence[Note]],
    programs: Sequence[int],
    soundfont: Path,
    *,
    length_s: float,
    transpose: int,
    rate_hz: int,
) -> np.ndarray:
    """Samples, shape=(n,), float32."""
    import tinysoundfont

    synth = tinysoundfont.Synth(gain=-8, samplerate=rate_hz)
    bank = synth.sfload(str(soundfont), max_voices=_VOICES)
    events: list[tuple[int, int, int, int, int]] = []  # sample, 0 off or 1 on, channel, key, velocity
    total = int(length_s * rate_hz)
    for place, (notes, program) in enumerate(zip(played, programs, strict=True)):
        channel = place if place < 9 else place + 1  # channel 9 is for drums
        synth.program_select(channel, bank, 0, program)
        for note in notes:
            key = note.midi + transpose
            if note.start_s >= length_s or not 0 <= key <= 127:
                continue
            events.append((max(0, round(note.start_s * rate_hz)), 1, channel, key, note.velocity))
            events.append((round(note.end_s * rate_hz), 0, channel, key, 0))
    events.sort()
    blocks = bytearray(total * 8)
    view = memoryview(blocks)
    now = 0
    for at, on, channel, key, velocity in events:
        if at >= total:
            break
        if at > now:
            synth.generate_simple(at - now, view[now * 8 : at * 8])
            now = at
        if on:
            synth.noteon(channel, key, velocity)
        else:
            synth.noteoff(channel, key)
    if total > now:
        synth.generate_simple(total - now, view[now * 8 :])
    return np.frombuffer(blocks, np.float32).reshape(-1, 2).mean(axis=1)


def _hall(sound: np.ndarray, share: float, rate_hz: int, decay_s: float = 1.1) -> np.ndarray:
    """`sound` in a small hall: noise that decays by 60 dB in `decay_s`, the same noise every time."""
    from scipy.signal import lfilter, oaconvolve

    n = int(decay_s * rate_hz)
    noise = np.random.default_rng(2024).standard_normal(n).astype(np.float32)
    fall = (10 ** (-3 * np.arange(n) / n)).astype(np.float32)
    fall[: int(0.012 * rate_hz)] = 0
    noise = lfilter([1.0], [1.0, -0.7], noise * fall)  # darker than white
    noise /= np.sqrt(np.sum(noise**2))
    wet = oaconvolve(sound, noise.astype(np.float32))[: len(sound)]
    return np.asarray((1 - 0.5 * share) * sound + share * wet, np.float32)


def _fade(sound: np.ndarray, rate_hz: int, fade_s: float) -> None:
    n = min(len(sound), int(fade_s * rate_hz))
    slope = np.linspace(1, 0, n, dtype=np.float32) ** 2
    sound[len(sound) - n :] *= slope


def _levelled(sound: np.ndarray, gain_db: float | None) -> np.ndarray:
    if not sound.size:
        return sound
    peak = float(np.abs(sound).max())
    if peak == 0:
        return sound
    if gain_db is None:
        loudness = float(np.sqrt(np.mean(np.square(sound, dtype=np.float64))))
        factor = 10 ** (LEVEL_DB / 20) / loudness
    else:
        factor = 10 ** (gain_db / 20)
    return sound * np.float32(min(factor, PEAK / peak))


def write_tagged(path: Path, sound: Sound, tags: Mapping[str, str | int | None]) -> None:
    """Write FLAC or Ogg Vorbis, by the ending, with tags: title, composer, artist, date, genre, album.

    The file appears whole or not at all.
    """
    import mutagen
    import soundfile

    partial = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        if path.suffix == ".flac":
            soundfile.write(partial, sound.samples, sound.rate_hz, format="FLAC", subtype="PCM_16")
        else:
            with soundfile.SoundFile(
                partial,
                "w",
                sound.rate_hz,
                sound.samples.ndim,
                format="OGG",
                subtype="VORBIS",
                compression_level=0.4,
            ) as file:
                for start in range(
                    0, len(sound.samples), sound.rate_hz
                ):  # libsndfile overflows on long Vorbis writes
                    file.write(sound.samples[start : start + sound.rate_hz])
        tagged = mutagen.File(partial)
        if tagged is None:
            raise SoundfontError(f"{path.name} could not be tagged: mutagen does not know what was written.")
        for name, value in tags.items():
            if value not in (None, ""):
                tagged[name] = str(value)
        tagged.save()
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
