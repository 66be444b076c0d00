"""One pass of analysis: a sound becomes `Frames`, from which windows are pooled.

A clip goes through exactly the same code as a track. The result does not depend on the level of the sound:
the whole is normalised to -23 LUFS first, MusiCNN's input to a constant local level (`even_out`), and
basic-pitch normalises its own input. Long files are analysed in blocks, in bounded memory.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

import numpy as np
import soxr

from index.analysis.spectrogram import FFT, RATE_HZ, spectrogram
from index.audio.held import measured_blocks
from index.audio.loudness import gain_to_target
from index.audio.reading import Block, Sound, file_blocks, loudness_lufs
from index.core.errors import ClipTooShortError
from index.core.frames import (
    NOT_ALWAYS_HZ,
    NOTE_HZ,
    ONSET_HZ,
    PATCH_HZ,
    PEAKS_HZ,
    RATES_HZ,
    SKETCH_HZ,
    SKETCH_SCALE,
    Frames,
    fold_to_chroma,
    rows,
)
from index.core.moments import Grid
from index.core.options import MUSICNN
from index.core.smoothing import moving_mean
from index.descriptors.constellation import constellation
from index.descriptors.fingerprint_bits import fingerprint
from index.factors import build, proposing
from index.models import basic_pitch, mel, musicnn
from index.models.embedding import embedding_of, open_network

SHORTEST_S = 1.0
MARGIN_S = 6.0
BLOCK_S = 120.0
SPECTRUM_HZ = RATE_HZ
_RATES = {**RATES_HZ, **NOT_ALWAYS_HZ}
_LOCAL_LEVEL_S = 10.0
_MFCC = 13
_ONSET_LATER = 3
"""Spectra by which librosa reports a rise later: the next one, and two for the frames' length."""
_LOCAL_RMS = 10 ** (-17 / 20)


class Analyser:
    """The networks of the analysis, opened once; `threads` is for each of them."""

    def __init__(self, threads: int = 1, embedder: str = MUSICNN) -> None:
        self._musicnn = musicnn.MusiCNN("MTT", threads=threads)
        self._basic_pitch = basic_pitch.BasicPitch(threads=threads, onsets=False)
        self._network = None if embedder == MUSICNN else open_network(embedder, threads)
        self._factors = build(None if self._network is None else embedding_of(self._network))

    def analyse(self, sound: Sound, name: str = "The clip") -> Frames:
        """Frames of a sound in memory.

        Parameters
        ----------
        sound : Sound
            Mono samples at any rate.
        name : str
            For the text of an error.

        Raises
        ------
        ClipTooShortError
            If it lasts less than a second.
        """
        return self._join(_cut_blocks(sound), loudness_lufs(sound), name)

    def analyse_file(self, path: Path, start_s: float = 0.0, end_s: float | None = None) -> Frames:
        """Frames of a sound file or a span of it (in seconds), in bounded memory.

        Raises
        ------
        AudioReadError, ClipTooShortError
        """
        blocks, loudness = measured_blocks(path, BLOCK_S, MARGIN_S, start_s, end_s)
        return self._join(blocks, loudness, path.name)

    def analyse_blocks(self, blocks: Iterable[Block], loudness_lufs: float, name: str) -> Frames:
        """Frames of a sound that arrives in blocks and whose integrated loudness is known."""
        return self._join(blocks, loudness_lufs, name)

    def _join(self, blocks: Iterable[Block], loudness: float, name: str) -> Frames:
        gain = gain_to_target(loudness)
        parts: list[dict[str, np.ndarray]] = []
        duration_s = 0.0
        for block in blocks:
            duration_s += block.length_s
            if duration_s < SHORTEST_S:
                raise ClipTooShortError(name, duration_s)
            heard = self._measure(block.sound.samples * gain, block.sound.rate_hz)
            parts.append(
                {
                    key: array[round(block.lead_s * _RATES[key]) :][: rows(block.length_s, _RATES[key])]
                    for key, array in heard.items()
                }
            )
        joined = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
        exact = {key: _fit(array, rows(duration_s, _RATES[key])) for key, array in joined.items()}
        return Frames(duration_s=duration_s, loudness_lufs=loudness, **exact)

    def vectors(self, frames: Frames, grid: Grid) -> dict[str, np.ndarray]:
        """Candidate vectors of the windows that have some: collection -> (n, d) float32."""
        spans = grid.vector_spans(frames.duration_s)
        return {proposing.COLLECTION: proposing.vectors(self._factors, frames, spans)}

    def _measure(self, samples: np.ndarray, rate_hz: int) -> dict[str, np.ndarray]:
        """All frame arrays of one block of levelled samples, from its first sample on."""
        at_22k = soxr.resample(samples, rate_hz, SPECTRUM_HZ).astype(np.float32, copy=False)
        at_16k = soxr.resample(samples, rate_hz, mel.RATE_HZ).astype(np.float32, copy=False)
        duration_s = len(samples) / rate_hz
        heard = (
            self._notes(at_22k, duration_s) | self._timbre(at_16k, duration_s) | spectrum(at_22k, duration_s)
        )
        if self._network is not None:
            at_its_rate = soxr.resample(samples, rate_hz, self._network.rate_hz)
            heard["network"] = self._network.seconds(at_its_rate.astype(np.float32)).astype(np.float16)
        return heard

    def _notes(self, at_22k: np.ndarray, duration_s: float) -> dict[str, np.ndarray]:
        heard = self._basic_pitch.activations(at_22k)
        count = rows(duration_s, NOTE_HZ)
        notes = np.sqrt(pool_to_grid(heard.notes, heard.times_s, NOTE_HZ, count))
        quantised = np.round(notes * 255).astype(np.uint8)
        per_sketch = int(NOTE_HZ / SKETCH_HZ)
        sketch = pool_rows(fold_to_chroma(quantised), per_sketch)[: rows(duration_s, SKETCH_HZ)]
        return {
            "notes": quantised,
            "contour": strongest_contour(heard, count),
            "sketch": np.round(np.clip(sketch * SKETCH_SCALE, 0, 255)).astype(np.uint8),
        }

    def _timbre(self, at_16k: np.ndarray, duration_s: float) -> dict[str, np.ndarray]:
        bands = mel.compress(even_out(mel.mel_power(at_16k), at_16k))
        seconds = np.arange(rows(duration_s, PATCH_HZ))
        starts = np.clip(np.round((seconds - 1) * mel.FRAMES_PER_S), 0, len(bands) - 1).astype(int)
        ends = np.clip(np.round((seconds + 2) * mel.FRAMES_PER_S), starts + 1, len(bands)).astype(int)
        patches = self._musicnn.patches(bands, starts, ends)
        return {
            "embedding": patches.embedding.astype(np.float16),
            "tags": np.round(np.clip(patches.tags, 0, 1) * 255).astype(np.uint8),
        }


def measured_of_file(
    path: Path, loudness_lufs: float, duration_s: float, names: Collection[str]
) -> dict[str, np.ndarray]:
    """Arrays that the spectrum of a file gives, as `analyse_file` measures them; without the networks.

    `loudness_lufs` and `duration_s` are those of its frames.
    """
    gain = gain_to_target(loudness_lufs)
    parts: dict[str, list[np.ndarray]] = {name: [] for name in names}
    for block in file_blocks(path, BLOCK_S, MARGIN_S):
        samples = soxr.resample(block.sound.samples * gain, block.sound.rate_hz, SPECTRUM_HZ)
        found = spectrum(samples.astype(np.float32, copy=False), block.sound.duration_s)
        for name, arrays in parts.items():
            rate_hz = _RATES[name]
            arrays.append(found[name][round(block.lead_s * rate_hz) :][: rows(block.length_s, rate_hz)])
    return {
        name: _fit(np.concatenate(arrays), rows(duration_s, _RATES[name])) for name, arrays in parts.items()
    }


def _cut_blocks(sound: Sound) -> Iterator[Block]:
    """A sound in memory as blocks, like those of a file."""
    starts_s = np.arange(0.0, max(sound.duration_s - MARGIN_S, 0.1), BLOCK_S).tolist()
    for start_s in starts_s:
        end_s = sound.duration_s if start_s == starts_s[-1] else start_s + BLOCK_S
        first_s = max(0.0, start_s - MARGIN_S)
        yield Block(sound.span(first_s, end_s + MARGIN_S), start_s - first_s, end_s - start_s)


def spectrum(at_22k: np.ndarray, duration_s: float) -> dict[str, np.ndarray]:
    """Level, centroid, onset strength, MFCC, chroma, fingerprint and peaks of samples at 22,050 Hz, as librosa's."""
    from scipy.fft import dct

    padded = np.pad(at_22k, (FFT // 2, FFT // 2 + max(0, FFT - len(at_22k))))
    heard = spectrogram(padded)
    log_mel = 10 * np.log10(np.maximum(heard.bands, np.float32(1e-8)))
    rises = np.maximum(np.diff(log_mel, axis=0), 0).mean(axis=1)
    onset = np.concatenate([np.zeros(_ONSET_LATER, np.float32), rises])[: len(log_mel)]
    per_note, per_sketch = int(ONSET_HZ / NOTE_HZ), int(ONSET_HZ / SKETCH_HZ)
    notes, sketches = rows(duration_s, NOTE_HZ), rows(duration_s, SKETCH_HZ)
    chroma = pool_rows(heard.chroma, per_sketch)[:sketches]
    mfcc: np.ndarray = dct(pool_rows(log_mel, per_sketch)[:sketches], axis=1, norm="ortho")
    chroma /= np.maximum(chroma.max(axis=1, keepdims=True), 1e-9)
    return {
        "level_db": _level_db(pool_rows(heard.power[:, None], per_note)[:notes, 0]),
        "centroid_hz": pool_rows(heard.centroid_hz[:, None], per_note)[:notes, 0].astype(np.float16),
        "onset": onset[: rows(duration_s, ONSET_HZ)].astype(np.float16),
        "mfcc": mfcc[:, :_MFCC].astype(np.float16),
        "chroma": np.round(chroma * 255).astype(np.uint8),
        "fingerprint": fingerprint(heard.fingerprint_bands),
        "peaks": constellation(heard.lowest)[: rows(duration_s, PEAKS_HZ)],
    }


def _level_db(power: np.ndarray) -> np.ndarray:
    return (10 * np.log10(np.maximum(power, 1e-10))).astype(np.float16)


def even_out(mel_power: np.ndarray, at_16k: np.ndarray) -> np.ndarray:
    """Scale mel power such that the ten seconds around each frame have the same RMS (-17 dBFS).

    MusiCNN's output depends on the input level; a track is normalised over its whole length and a clip over
    its few seconds. A local normalisation makes a quiet passage the same alone and within its track.
    """
    hop = mel.HOP
    frame_count = len(mel_power)
    squared = np.zeros(frame_count * hop, np.float32)
    usable = min(len(at_16k), len(squared))
    squared[:usable] = at_16k[:usable] ** 2
    power = squared.reshape(frame_count, hop).mean(axis=1)
    width = min(round(_LOCAL_LEVEL_S * mel.RATE_HZ / hop), 2 * frame_count - 1)
    weight = moving_mean(np.ones(frame_count), width, ends="constant")
    local = moving_mean(power.astype(np.float64), width, ends="constant") / weight
    gain = _LOCAL_RMS**2 / np.maximum(local, 1e-8)
    return (mel_power * gain[:, None]).astype(np.float32)


def pool_rows(array: np.ndarray, factor: int) -> np.ndarray:
    """Mean of every `factor` rows of (n, d); a last, shorter group is the mean of what it has."""
    whole = len(array) // factor
    groups = array[: whole * factor].reshape(whole, factor, -1)
    rest = array[None, whole * factor :] if len(array) % factor else groups[:0]
    means = [part.mean(axis=1, dtype=np.float64) for part in (groups, rest)]
    return np.concatenate(means).astype(np.float32)


def strongest_contour(heard: basic_pitch.NoteActivations, count: int) -> np.ndarray:
    """The strongest contour bin and 65535 times its activation in each frame at 10 Hz: (count, 2) uint16."""
    contours = pool_to_grid(heard.contours, heard.times_s, NOTE_HZ, count)
    strongest = contours.argmax(axis=1)
    salience = contours[np.arange(count), strongest]
    return np.stack([strongest, np.round(salience * 65535)], axis=1).astype(np.uint16)


def pool_to_grid(array: np.ndarray, times_s: np.ndarray, rate_hz: float, count: int) -> np.ndarray:
    """Mean of the rows of (m, d) that fall into each frame of a grid, as (count, d) float32.

    `times_s` ascend. A frame of the grid into which no row falls takes the row that follows it.
    """
    edges = np.searchsorted(times_s, np.arange(count + 1) / rate_hz)
    starts = np.minimum(edges[:-1], len(array) - 1)
    sizes = np.maximum(np.diff(np.append(starts, max(edges[-1], starts[-1] + 1))), 1)
    sums = array[starts]
    for place in range(1, sizes.max(initial=1)):  # reduceat takes three times as long
        further = np.flatnonzero(sizes > place)
        sums[further] += array[starts[further] + place]
    return (sums / sizes[:, None]).astype(np.float32)


def _fit(array: np.ndarray, count: int) -> np.ndarray:
    """Exactly `count` rows: cut, or the last row repeated (rounding at the end of a file)."""
    if len(array) >= count:
        return array[:count]
    return np.concatenate([array, np.repeat(array[-1:], count - len(array), axis=0)])
