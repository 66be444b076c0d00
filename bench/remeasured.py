"""A passage measured again, straight from its stored frames, to hold what was said of it against.

Levels, brightness, onsets, attack and courses are worked out here anew, with plain NumPy. Key, chords,
layout, instruments and pulse are estimates of their own kind, which are run again.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from index.core.facts import Beside
from index.core.frames import FINGERPRINT_HZ, NOTE_HZ, ONSET_HZ
from index.core.moments import Passage
from index.descriptors.chord_progression import key_of
from index.descriptors.key_and_chords import Key
from index.descriptors.texture import Texture, texture
from index.factors.rhythm import Pulse, pulse
from index.factors.timbre import impressions, instruments
from index.text.scales import ALONE_SHARE, ATTACK, BRIGHTNESS, LOUDNESS, PACE, REGISTER

FLOOR_DB = -60.0


@dataclass(frozen=True)
class Remeasured:
    """What is measured again of one passage; beside another, key and pulse are estimated jointly."""

    passage: Passage
    beside: Beside | None = None

    def _rows(self, array: np.ndarray, rate_hz: float) -> np.ndarray:
        low = max(0, round(self.passage.start_s * rate_hz))
        high = max(low + 1, round(self.passage.end_s * rate_hz))
        return np.asarray(array[min(low, len(array) - 1) : high], np.float64)

    @cached_property
    def level_db(self) -> np.ndarray:
        """(n,) ten a second, from -60 dB up."""
        return np.maximum(self._rows(self.passage.frames.level_db, NOTE_HZ), FLOOR_DB)

    @cached_property
    def relative_db(self) -> float:
        """Mean power against that of the whole recording."""
        whole = np.maximum(np.asarray(self.passage.frames.level_db, np.float64), FLOOR_DB)
        return _power_db(self.level_db) - _power_db(whole)

    @cached_property
    def centroid_hz(self) -> float:
        """Mean spectral centroid."""
        return float(self._rows(self.passage.frames.centroid_hz, NOTE_HZ).mean())

    @cached_property
    def onsets_s(self) -> np.ndarray:
        """Peaks of the onset strength above half a second's mean, by 0.3 standard deviations and 0.2."""
        strength = self._rows(self.passage.frames.onset, ONSET_HZ)
        padded = np.pad(strength, 12, mode="edge")
        around = np.convolve(padded, np.full(25, 1 / 25), "valid")
        inner = strength[1:-1]
        peak = (inner > strength[:-2]) & (inner >= strength[2:])
        peak &= inner > around[1:-1] + 0.3 * strength.std() + 0.2
        return self.passage.start_s + (np.flatnonzero(peak) + 1) / ONSET_HZ

    @cached_property
    def density(self) -> float:
        """Onsets a second."""
        return len(self.onsets_s) / self.passage.duration_s

    @cached_property
    def attack_db(self) -> float:
        """95th percentile of the onset strength."""
        return float(np.percentile(self._rows(self.passage.frames.onset, ONSET_HZ), 95))

    @cached_property
    def key(self) -> Key:
        """Estimated again."""
        return key_of(self.passage, self.beside)

    @cached_property
    def pulse(self) -> Pulse:
        """Estimated again."""
        return pulse(self.passage, self.beside)

    @cached_property
    def texture(self) -> Texture:
        """Estimated again."""
        return texture(self.passage)

    @cached_property
    def families(self) -> list[str]:
        """Estimated again."""
        return [name for name, _ in instruments(self.passage)]

    @cached_property
    def sounds(self) -> list[str]:
        """What tags suggest."""
        return impressions(self.passage)

    @cached_property
    def thirds_db(self) -> tuple[float, float, float]:
        """Mean level of the thirds, smoothed over a second."""
        first, middle, last = np.array_split(self._smooth_db, 3)
        return float(first.mean()), float(middle.mean()), float(last.mean())

    @cached_property
    def _smooth_db(self) -> np.ndarray:
        padded = np.pad(self.level_db, (5, 4), mode="edge")
        return np.convolve(padded, np.full(10, 0.1), "valid")

    @property
    def loudest_s(self) -> float:
        """When the smoothed level is highest."""
        return self.passage.start_s + int(self._smooth_db.argmax()) / NOTE_HZ

    @property
    def last_loud_s(self) -> float:
        """When the smoothed level is last within 1.5 dB of its highest."""
        loud = np.flatnonzero(self._smooth_db >= self._smooth_db.max() - 1.5)
        return self.passage.start_s + int(loud[-1]) / NOTE_HZ

    @property
    def course(self) -> str:
        """swelling, fading, rising and falling, or nothing: from 3 dB on."""
        first, middle, last = self.thirds_db
        if middle - max(first, last) >= 3:
            return "rising and falling"
        return "swelling" if last - first >= 3 else "fading" if first - last >= 3 else ""

    @property
    def thins_out(self) -> bool:
        """Whether half as many notes begin in the last third as in the first, which has three or more."""
        third_s = self.passage.duration_s / 3
        first, last = (
            Remeasured(Passage(self.passage.source, self.passage.frames, start_s, start_s + third_s)).density
            for start_s in (self.passage.start_s, self.passage.end_s - third_s)
        )
        return first * third_s >= 3 and last <= 0.5 * first

    @property
    def words(self) -> set[str]:
        """The words of judgement that the table of words gives these values."""
        alone = self.passage.duration_s >= ALONE_SHARE * self.passage.frames.duration_s
        found = {"" if alone else LOUDNESS.word(self.relative_db), BRIGHTNESS.word(self.centroid_hz)}
        found |= {REGISTER.word(self.texture.register_midi) if self.texture.top else "", self._pace}
        attack, dense = ATTACK.word(self.attack_db), self.density
        gentle = attack == "gentle" and dense < 2.5 and self.centroid_hz < 1600
        found |= {
            "gentle" if gentle else "",
            "crisp" if attack == "crisp" and dense >= 4 else "",
            self.course,
        }
        found |= {"unaccompanied"} if self.texture.layout == "line" else set()
        found |= {"polyphonic"} if self.texture.layout == "parts" else set()
        found |= {"broken"} if self.texture.layout == "broken chords" else set()
        return found | ({"thinning out"} if self.thins_out and not self.course else set())

    @property
    def _pace(self) -> str:
        word, beat = PACE.word(self.density), self.pulse
        too_quick = word == "slow" and beat.clear and beat.bpm >= 90
        return "" if too_quick or (word == "fast" and beat.clear and beat.bpm < 100) else word


def apart_db(one: Remeasured, other: Remeasured) -> float:
    """How far the two courses of loudness run apart, at forty places of both."""
    curves = []
    for each in (one, other):
        level, last = each.level_db, len(each.level_db) - 1
        smooth = np.convolve(np.pad(level, 2, mode="edge"), np.full(5, 0.2), "valid")
        curve = np.interp(last * np.linspace(0, 1, 40), np.arange(last + 1), smooth)
        curves.append(curve - curve.mean())
    return float(np.sqrt(np.mean((curves[0] - curves[1]) ** 2)))


def _power_db(level_db: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(10 ** (level_db / 10))))


def same_bits(one: Passage, other: Passage, ratio: float = 1.0) -> float:
    """Percent of the fingerprint's bits that both have, where they lie best within a second: at most 20 s of
    sound.

    The one is stretched by `ratio` and, where that fits better, moved by one band up or down.
    """
    stored, there = one.frames.fingerprint, other.frames.fingerprint
    if stored is None or there is None:
        return 0.0
    first = round(one.start_s * FINGERPRINT_HZ)
    own = [int(bits) for bits in stored[first : int(min(one.end_s, one.start_s + 20) * FINGERPRINT_HZ)]]
    level_db = one.frames.level_db
    frame = [int((one.start_s + row / FINGERPRINT_HZ) * NOTE_HZ) for row in range(len(own))]
    loud = [level_db[min(each, len(level_db) - 1)] > FLOOR_DB for each in frame]
    origin = [min(int(row / ratio), len(own) - 1) for row in range(round(len(own) * ratio))]
    rows = [(row, own[of]) for row, of in enumerate(origin) if loud[of]]
    begin = round((other.start_s - 1) * FINGERPRINT_HZ)
    best = 0.0
    for bands in (0, 1, -1):
        mask = (1 << 32) - 1
        mask = mask >> bands if bands >= 0 else (mask << -bands) & mask
        moved = [(row, bits >> bands if bands >= 0 else bits << -bands) for row, bits in rows]
        for lag in range(begin, begin + round(2 * FINGERPRINT_HZ) + 1):
            found = [int(there[row + lag]) if 0 <= row + lag < len(there) else 0 for row, _ in moved]
            unlike = sum(
                ((bits ^ bit) & mask).bit_count() for (_, bits), bit in zip(moved, found, strict=True)
            )
            best = max(best, 100 - 100 * unlike / (mask.bit_count() * max(1, len(rows))))
    return best
