"""Whisper: the words spoken or sung in a sound, and when. torch is imported when a network is opened, not
before.

The weights come from this computer: a size by name from Whisper's own cache (`make whisper` fetches them), or
any checkpoint in Whisper's format by its path. Nothing is fetched on the way. Sound is handed in as an array,
since the package's own loader calls an ffmpeg program.

References
----------
Radford et al., "Robust speech recognition via large-scale weak supervision", ICML 2023.
https://github.com/openai/whisper (MIT).
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import numpy as np

from index.core.errors import WeightsError
from index.core.transcript import Line, Word
from index.models.whisper_weights import weights_of
from index.system.parts import how_to_get, need

RATE_HZ = 16000
LARGEST_SILENCE_S = 2.0
"""Words that Whisper claims after a longer silence, and doubts, are made up: it does so between verses."""
DOUBTFUL_LOGPROB, NO_SPEECH, REPETITIVE = -1.0, 0.6, 2.4
"""From here on a line is not believed; the first two only together. Whisper's own limits."""


class Whisper:
    """One network, opened; `lines` may be asked again and again."""

    def __init__(self, name: str) -> None:
        path = weights_of(name)
        need("whisper", "Writing down words")
        try:
            import whisper

            self._package: Any = whisper
            self._model: Any = whisper.load_model(str(path))
        except ModuleNotFoundError as error:
            raise WeightsError(f"The package {error.name} is missing: {how_to_get('whisper')}.") from error
        except (OSError, RuntimeError, KeyError, TypeError, EOFError, pickle.UnpicklingError) as error:
            raise WeightsError(
                f"{path} is no whole checkpoint of Whisper's: fetch it again, or set REPRISE_WHISPER to another."
            ) from error
        if heads := whisper._ALIGNMENT_HEADS.get(path.stem):
            with suppress(
                RuntimeError
            ):  # another network by a published name: it times words by all its heads
                self._model.set_alignment_heads(heads)

    def lines(self, samples: np.ndarray) -> tuple[str, list[Line]]:
        """The language (as "en") and the lines heard, with the times of their words.

        Parameters
        ----------
        samples : np.ndarray, shape=(n,), float32
            Mono sound at 16 kHz, [-1, 1].
        """
        heard = self._package.transcribe(
            self._model,
            np.ascontiguousarray(samples, np.float32),
            temperature=0.0,  # at higher ones it guesses, another thing each time; beams take ten times as long
            condition_on_previous_text=False,  # it would repeat itself through the whole song
            word_timestamps=True,
            hallucination_silence_threshold=LARGEST_SILENCE_S,
            fp16=self._model.device.type == "cuda",
        )
        return str(heard["language"]), list(_lines(heard["segments"]))


def _lines(segments: list[dict[str, Any]]) -> Iterator[Line]:
    """The segments that can be believed."""
    for segment in segments:
        unsure = segment["avg_logprob"] < DOUBTFUL_LOGPROB and segment["no_speech_prob"] > NO_SPEECH
        text = segment["text"].strip()
        wordless = not any(char.isalnum() for char in text)  # "..." or a note, where there is only music
        if wordless or unsure or segment["compression_ratio"] > REPETITIVE:
            continue
        words = tuple(
            Word(word["word"].strip(), float(word["start"]), float(word["end"]), float(word["probability"]))
            for word in segment.get("words", ())
            if word["word"].strip()
        )
        yield Line(text, float(segment["start"]), float(segment["end"]), words)
