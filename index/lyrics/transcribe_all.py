"""Writing down the words of all tracks, those with the most
voice first. May be stopped anywhere and repeated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from index.analysis.transcriber import Transcriber
from index.audio.reading import Sound
from index.catalogue.catalogue import Catalogue
from index.core.errors import RepriseError
from index.core.frames import Frames
from index.core.tracks import Track
from index.core.transcript import Line, Transcript
from index.models.musicnn import TAGS
from index.models.text import DIMENSIONS, TextEncoder
from index.store.frame_store import FrameStore
from index.system.interrupt import interruptible
from index.system.locks import is_held, only_one

LOCK = "lyrics.lock"
VOICES = (
    "vocal", "singing", "female", "male", "vocals", "woman", "male vocal", "man", "choir", "voice", "male voice",
    "female vocal", "female voice", "choral", "opera",
)  # fmt: skip
"""MusiCNN's tags for somebody who sings or speaks."""
LEAST_VOICE = 0.1
"""Below this there is no voice, and Whisper would make words up. Instruments alone reach 0.01, choirs 0.9."""
PART_S = 600.0
"""So much of a long track is written down at once."""


@dataclass(frozen=True)
class WrittenDown:
    """How far writing down is."""

    done: int
    total: int
    with_words: int
    failed: int
    running: bool = False
    """Whether some program is at it now."""


def written_down(home: Path, catalogue: Catalogue) -> WrittenDown | None:
    """How far the tracks of a library are written down; None where that was never asked for. Only reads."""
    if not (home / LOCK).exists():
        return None
    return _far(catalogue, running=is_held(home / LOCK))


def _far(catalogue: Catalogue, *, running: bool) -> WrittenDown:
    noted, tracks = catalogue.lyrics.noted(), catalogue.tracks()
    here = [noted[track.id] for track in tracks if track.id in noted]
    failed = sum(bool(each.problem) for each in here)
    return WrittenDown(len(here) - failed, len(tracks), catalogue.lyrics.worded(), failed, running)


def write_down_all(
    home: Path,
    catalogue: Catalogue,
    frames: FrameStore,
    transcriber: Transcriber,
    *,
    sound: Callable[[Track, float, float], Sound],
    tell: Callable[[str, WrittenDown], None],
) -> WrittenDown:
    """Write down the words of every track that is not written down yet; Ctrl-C ends it after the part at
    work.

    Where another program is at it already, this one leaves it to that.

    Raises
    ------
    WeightsError
        If the network's weights are missing; before anything is done.
    """
    transcriber.check()
    with only_one(home / LOCK) as alone, interruptible() as stop:
        if not alone:
            return _far(catalogue, running=True)
        catalogue.lyrics.sweep()
        encoder: TextEncoder | None = None
        for track, voice in _in_order(catalogue, frames):
            if stop.is_set():
                break
            tell(track.title, _far(catalogue, running=True))
            try:
                heard = (
                    _whole(track, transcriber, sound, stop.is_set)
                    if voice >= LEAST_VOICE
                    else Transcript((), "", transcriber.name)
                )
            except RepriseError as error:
                nothing = Transcript((), "", transcriber.name)
                catalogue.lyrics.note(track.id, nothing, np.zeros((0, DIMENSIONS)), str(error))
                continue
            if heard is None:
                break
            if heard.lines and encoder is None:
                encoder = TextEncoder()
            texts = [line.text for line in heard.lines]
            vectors = encoder.encode(texts) if encoder and texts else np.zeros((0, DIMENSIONS))
            catalogue.lyrics.note(track.id, heard, vectors)
    return _far(catalogue, running=False)


def voice_probability(frames: Frames) -> float:
    """Mean probability of a voice over the half of a sound in which it is highest, in [0, 1]."""
    columns = [TAGS["MTT"].index(name) for name in VOICES]
    surest = np.sort(frames.tags[:, columns].max(axis=1).astype(np.float64) / 255)
    return float(surest[len(surest) // 2 :].mean())


def _in_order(catalogue: Catalogue, frames: FrameStore) -> list[tuple[Track, float]]:
    """Tracks to be done, with how much voice there is; those that failed once are tried again, last."""
    noted = catalogue.lyrics.noted()
    waiting = []
    for track in catalogue.tracks():
        before = noted.get(track.id)
        if before is not None and not before.problem:
            continue
        try:
            waiting.append((before is not None, track, voice_probability(frames.read(track.id))))
        except FileNotFoundError:
            continue  # taken out meanwhile
    waiting.sort(key=lambda each: (each[0], -each[2]))
    return [(track, voice) for _, track, voice in waiting]


def _whole(
    track: Track,
    transcriber: Transcriber,
    sound: Callable[[Track, float, float], Sound],
    stopped: Callable[[], bool],
) -> Transcript | None:
    """All words of a track, part by part; None where it was stopped in between."""
    lines: list[Line] = []
    languages: list[str] = []
    start_s = 0.0
    while start_s < track.duration_s - 0.1:
        end_s = min(start_s + PART_S, track.duration_s)
        heard = transcriber.write_down(sound(track, start_s, end_s), start_s)
        lines += heard.lines
        languages += [heard.language] * len(heard.lines)
        start_s = end_s
        if stopped() and start_s < track.duration_s - 0.1:
            return None
    language = max(set(languages), key=languages.count) if languages else ""
    return Transcript(tuple(lines), language, transcriber.name)
