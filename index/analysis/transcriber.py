"""Transcription of spoken or sung words, with their times."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from index.core.transcript import Transcript

if TYPE_CHECKING:
    from index.audio.reading import Sound
    from index.models.whisper import Whisper


class Transcriber:
    """Transcribes words. The network is opened at the first use and called by one thread at a time."""

    def __init__(self, network: str) -> None:
        self.network = network
        self._whisper: Whisper | None = None
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """The network's size, or the name of its file."""
        return Path(self.network).stem if self.network.endswith(".pt") else self.network

    def check(self) -> None:
        """Raise WeightsError, with what to do, where the network or its weights are missing. Quick."""
        from index.models.whisper_weights import weights_of
        from index.system.parts import need

        weights_of(self.network)
        need("whisper", "Writing down words")

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
        """Transcribe a sound that begins `starts_s` seconds after the start of its track or clip.

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
