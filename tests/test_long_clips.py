"""Clips that are longer than what is listened to at once: told, stopped, and the rest offered and reached."""

from __future__ import annotations

import json
import threading
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from small_library import SmallLibrary
from sounds import heard_now, silent_frames

from app.agent.assistant import Assistant
from app.agent.events import Answered, Listening, ToolAnswered, ToolCalled
from app.agent.memory.conversations import Memory
from app.settings import load_settings
from index.core.errors import QueryError, TimeOutsideTrackError
from index.core.tracks import Clip
from index.ingest.clips import ClipStore, finished
from index.workers.listening import Listen, Listened
from index.workers.parts import covers, cut_out, left_over, on_grid, placed
from tools import all_tools

LIMIT_S = 30.0


class Analyser:
    """Frames whose level says when they were heard: counts its calls."""

    def __init__(self):
        self.calls = 0

    def analyse(self, sound, name="The clip"):
        self.calls += 1
        frames = heard_now(sound.duration_s)
        return replace(frames, notes=np.full_like(frames.notes, 100 + self.calls))

    def analyse_blocks(self, blocks, loudness_lufs, name):
        self.calls += 1
        return heard_now(sum(block.length_s for block in blocks))


@pytest.fixture
def store(tmp_path):
    store = ClipStore(tmp_path / "clips", "auto", longest_s=LIMIT_S)
    store.__dict__["_analyser"] = Analyser()
    return store


@pytest.fixture
def long(tmp_path):
    path = tmp_path / "long.wav"
    soundfile.write(path, np.random.default_rng(0).uniform(-0.5, 0.5, 8000 * 100), 8000)
    return path


def test_only_the_beginning_of_a_long_clip_is_listened_to(store, long):
    clip = store.take(long, "long.wav", recorded=False)
    assert (clip.duration_s, clip.heard_s) == (100.0, LIMIT_S)
    assert store.parts(clip) == [(0.0, LIMIT_S)]
    frames = store.frames(clip)
    assert frames.duration_s == 100.0
    assert (frames.notes[:300] == 101).all() and not frames.notes[300:].any()
    assert (frames.level_db[300:] == -100).all()


def test_of_a_high_sample_rate_no_more_is_held_than_a_few_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    block = 1_000_000
    monkeypatch.setattr("index.audio.reading.LARGEST_BLOCK_SAMPLES", block)
    path = tmp_path / "high.wav"
    soundfile.write(path, np.full(60 * 48000, 0.1, np.float32), 48000, subtype="PCM_16")
    listen = Listen(path, "high.wav", kind=False)
    listen.by(Analyser, lambda _: None)  # whatever is imported and kept once
    tracemalloc.start()
    heard = listen.by(Analyser, lambda _: None)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert heard.frames.duration_s == pytest.approx(60.0)
    assert most < 8.5 * block * np.float32().nbytes, "what was read ahead is let go of"


def test_a_part_is_listened_to_when_it_is_asked_for_and_once(store, long):
    clip = store.take(long, "long.wav", recorded=False)
    finished(store.listen(clip, 61.0, 80.0))
    finished(store.listen(clip, 62.0, 80.0))
    assert store.parts(clip) == [(0.0, LIMIT_S), (60.0, 81.0)]
    notes = store.frames(clip).notes
    assert (notes[600:810] == 102).all() and (notes[:300] == 101).all() and not notes[300:600].any()
    assert store.__dict__["_analyser"].calls == 2
    again = ClipStore(store._folder, "auto", longest_s=LIMIT_S)
    assert again.parts(clip) == store.parts(clip)


@pytest.mark.parametrize(
    "damaged", [b"", b"[[1, ", b"[1]", b'{"a": 1}', b"[[60, 1e9]]", b"[[NaN, 81]]", b"\xff"]
)
def test_parts_whose_list_is_damaged_are_listened_to_again(store, long, damaged):
    clip = store.take(long, "long.wav", recorded=False)
    finished(store.listen(clip, 61.0, 80.0))
    (store._folder / f"{clip.id}.parts.json").write_bytes(damaged)
    assert store.parts(clip) == [(0.0, LIMIT_S)]
    finished(store.listen(clip, 61.0, 80.0))
    assert store.parts(clip) == [(0.0, LIMIT_S), (60.0, 81.0)]
    assert (store.frames(clip).notes[600:810] == 103).all()


def test_a_part_is_listened_to_again_where_what_was_heard_is_damaged(store, long):
    clip = store.take(long, "long.wav", recorded=False)
    finished(store.listen(clip, 61.0, 80.0))
    frames = next((store._folder / "frames").rglob("*.safetensors"))
    frames.write_bytes(frames.read_bytes()[:-1])
    finished(store.listen(clip, 61.0, 80.0))
    notes = store.frames(clip).notes
    assert notes[:300].all() and notes[600:810].all() and not notes[300:600].any()
    assert store.parts(clip) == [(0.0, LIMIT_S), (60.0, 81.0)]


def test_what_lies_outside_or_is_too_much_is_said(store, long):
    clip = store.take(long, "long.wav", recorded=False)
    with pytest.raises(TimeOutsideTrackError, match=r"2:00 is past the end of “long\.wav”, which lasts 1:40"):
        finished(store.listen(clip, 120.0, 130.0))
    with pytest.raises(QueryError, match=r"name at most 0 minutes|name at most"):
        finished(store.listen(clip, 30.0, 100.0))


def test_a_short_clip_is_as_it_was(store, tmp_path):
    path = tmp_path / "short.wav"
    soundfile.write(path, np.random.default_rng(0).uniform(-0.5, 0.5, 8000 * 5), 8000)
    clip = store.take(path, "short.wav", recorded=False)
    assert (clip.duration_s, clip.heard_s) == (5.0, 0.0)
    record = json.loads((store._folder / f"{clip.id}.json").read_text("utf-8"))
    del record["heard_s"]
    assert Clip(**record) == clip, "a record of an older version is read"


def test_a_sound_of_several_blocks_is_told_as_it_goes(tmp_path):
    path = tmp_path / "four minutes.wav"
    soundfile.write(path, np.random.default_rng(0).uniform(-0.5, 0.5, 8000 * 270), 8000)
    told: list[Any] = []
    heard = Listen(path, path.name).by(Analyser, told.append)
    assert [news for news in told if news] == [
        Listened(0.0, 270.0),
        Listened(0.0, 270.0),
        Listened(120.0, 270.0),
        Listened(240.0, 270.0),
    ]
    assert heard.whole_s == heard.frames.duration_s == 270.0
    assert Listen(path, path.name, 30.0, 200.0).by(Analyser, told.append).frames.duration_s == 200.0


def test_places_of_parts():
    assert on_grid(61.0, 80.0, 100.0) == (60.0, 81.0)
    assert on_grid(90.0, 99.5, 100.0) == (90.0, 100.0)
    assert covers([(0.0, 30.0), (30.0, 60.0)], 10.0, 50.0)
    assert not covers([(0.0, 30.0), (33.0, 60.0)], 10.0, 50.0)
    assert left_over([(0.0, 900.0)], 1800.0) == [(900.0, 1500.0), (1500.0, 1800.0)]
    assert len(left_over([(0.0, 900.0)], 36000.0)) == 6
    part = silent_frames(6.0)
    whole = placed(part, 30.0, 60.0)
    assert cut_out(whole, 30.0, 36.0).notes.shape == part.notes.shape


class Slow(SmallLibrary):
    """Listens for ever, until it is left."""

    left: threading.Event

    def hear(self, path, name="", *, recorded=False):
        try:
            number = 0
            while True:
                number += 1
                yield Listened(60.0 * number, 600.0) if number < 4 else None
        finally:
            self.left.set()


def talk_with(library):
    return Assistant(load_settings(home=library.home), library, all_tools(), Memory(None))


def test_stop_ends_listening_and_the_conversation_goes_on(tmp_path):
    library = Slow(tmp_path)
    library.left = threading.Event()
    talk = talk_with(library)
    thread = talk.new_thread()
    path = tmp_path / "set.mp3"
    path.write_bytes(b"sound")
    events = talk.turn(thread, "find moments like this", [path])
    first = next(events)
    assert first == Listening("set.mp3", 60.0, 600.0)
    assert first.words == "listening: 1 of 10 minutes"
    talk.stop(thread)
    (answer,) = list(events)
    assert isinstance(answer, Answered) and answer.failed and "top" in answer.text
    assert library.left.is_set()
    assert talk.history(thread)[0].text == "find moments like this"
    assert list(talk.turn(thread, "what do you have by Erik Satie?"))[-1].text


class Long(SmallLibrary):
    """A clip of two and a half hours, of which a quarter was listened to."""

    def clip(self, path, name="", *, recorded=False):
        return replace(super().clip(path, name, recorded=recorded), duration_s=9000.0, heard_s=900.0)

    def listen(self, clip, start_s, end_s=None):
        self.asked = (start_s, end_s)

    def beyond(self, clip):
        return left_over([(0.0, 900.0)], clip.duration_s)

    def characteristic(self, source, n=3, within=None):
        first = within[0] if within else 0.0
        return [(first + start, first + end) for start, end in super().characteristic(source, n)]


def test_what_lies_beyond_the_limit_is_offered_and_reached(tmp_path):
    library = Long(tmp_path)
    talk = talk_with(library)
    thread = talk.new_thread()
    path = tmp_path / "set.mp3"
    path.write_bytes(b"sound")
    answer = list(talk.turn(thread, "find moments like this", [path]))[-1]
    assert "“set.mp3” lasts 2:30:00, and I listened to its first 15 minutes. Which ten minutes" in answer.text
    assert answer.choices[0] == "Find moments like clip @ 15:00-25:00"
    assert 2 <= len(answer.choices) <= 6
    chosen = answer.choices[1]
    events = list(talk.turn(thread, chosen))
    (call,) = [event for event in events if isinstance(event, ToolCalled)]
    (found,) = [event for event in events if isinstance(event, ToolAnswered)]
    assert call.args["moment"] == chosen.removeprefix("Find moments like ")
    assert library.asked[1] - library.asked[0] == 600.0
    assert found.artifact["query"]["start_s"] == library.asked[0] + 40.0, "its most characteristic passage"
    assert len(found.artifact["offers"]) == 3
