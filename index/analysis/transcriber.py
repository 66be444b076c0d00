"""Words that are spoken or sung, with their times, and who writes them down."""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from index.audio.reading import Sound
    from index.models.whisper import Whisper


@dataclass(frozen=True)
class Word:
    """One word; times are seconds from the start of the track or clip."""

    text: str
    start_s: float
    end_s: float
    probability: float
    """0 to 1: how sure the network is of it."""


@dataclass(frozen=True)
class Line:
    """Words that belong together: a line of a song, a sentence."""

    text: str
    start_s: float
    end_s: float
    words: tuple[Word, ...] = ()

    def later(self, by_s: float) -> Line:
        """The same line so many seconds later."""
        words = tuple(
            replace(word, start_s=round(word.start_s + by_s, 3), end_s=round(word.end_s + by_s, 3))
            for word in self.words
        )
        return Line(self.text, round(self.start_s + by_s, 3), round(self.end_s + by_s, 3), words)


@dataclass(frozen=True)
class Transcript:
    """What was heard in a stretch of sound."""

    lines: tuple[Line, ...]
    language: str
    """As "en"; the network's guess where nothing was heard."""
    network: str
    """Which network heard it: "base"."""

    @property
    def text(self) -> str:
        """All of it on one line."""
        return " ".join(line.text for line in self.lines)

    def as_json(self) -> dict[str, Any]:
        """Plain values, as JSON keeps them."""
        lines = [{**asdict(line), "words": [asdict(word) for word in line.words]} for line in self.lines]
        return {"lines": lines, "language": self.language, "network": self.network}


class Transcriber:
    """Writes down words. The network is opened at the first use and asked by one thread at a time."""

    def __init__(self, network: str) -> None:
        self.network = network
        self._whisper: Whisper | None = None
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """The network's size, or the name of its file."""
        return Path(self.network).stem if self.network.endswith(".pt") else self.network

    def check(self) -> None:
        """Raise WeightsError, with what to do, where the network's weights are missing. Quick."""
        from index.models.whisper_weights import weights_of

        weights_of(self.network)

    @property
    def ready(self) -> bool:
        """Whether the network's weights are there."""
        from index.core.errors import WeightsError

        try:
            self.check()
        except WeightsError:
            return False
        return True

    def write_down(self, sound: Sound, starts_s: float = 0.0) -> Transcript:
        """The words of a sound that begins so many seconds after the start of its track or clip.

        Raises
        ------
        WeightsError
            If the network's weights are missing or broken.
        """
        from index.models.whisper import RATE_HZ, Whisper

        with self._lock:
            if self._whisper is None:
                self._whisper = Whisper(self.network)
            language, lines = self._whisper.lines(resampled(sound, RATE_HZ))
        return Transcript(tuple(line.later(starts_s) for line in lines), language, self.name)


def resampled(sound: Sound, rate_hz: int) -> np.ndarray:
    """The samples of a sound at another rate, (n,) float32."""
    if sound.rate_hz == rate_hz:
        return np.asarray(sound.samples, np.float32)
    import soxr

    return soxr.resample(sound.samples, sound.rate_hz, rate_hz).astype(np.float32, copy=False)
