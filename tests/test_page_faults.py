"""What fails on the page is one sentence in its place: the rest stands, and the conversation goes on."""

from __future__ import annotations

import json
import os
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import streamlit as st
from fake_library import FakeLibrary, fake_tracks
from test_page import answers, html, labels, page, press, say, thread_of

from app.agent.running import Running, Runs
from app.ui.asked import Askings
from app.view.saved import Saved, SavedError
from app.view.turns import Call, hits_of
from index.core.errors import RepriseError
from index.core.hits import Hit


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeLibrary]:
    made = FakeLibrary(tmp_path, fake_tracks(tmp_path))
    monkeypatch.setenv("REPRISE_HOME", str(tmp_path))
    monkeypatch.setenv("REPRISE_MODEL", "builtin")
    monkeypatch.setattr("app.wiring.open_library", lambda settings=None: made)
    st.cache_resource.clear()
    yield made
    st.cache_resource.clear()


@pytest.fixture
def clip(tmp_path: Path) -> bytes:
    path = tmp_path / "tune.wav"
    soundfile.write(path, 0.3 * np.sin(2 * np.pi * 330 * np.arange(80000) / 8000), 8000)
    return path.read_bytes()


STREAMLITS = ("Streamlit", "redacted", "Ask Google", "ChatGPT", "Manage app")


def shown(test: Any) -> str:
    """All words on the page."""
    said = [part.value for part in (*test.markdown, *test.error, *test.warning)]
    return re.sub("<style>.*?</style>", "", "\n".join([html(test), *said]), flags=re.DOTALL)


def raising(error: Exception) -> Any:
    def fail(*_args: Any, **_named: Any) -> Any:
        raise error

    return fail


def test_an_answer_that_found_nothing_is_drawn(library: FakeLibrary) -> None:
    test = say(page(), "do you have any metallica?")
    say(test, "what is in my library?")
    assert len(answers(test)) == 2
    assert all(answers(test))
    assert not test.exception
    again = page(c=thread_of(test))
    assert len(answers(again)) == 2


def test_a_turn_that_cannot_be_drawn_is_one_sentence_and_the_rest_stands(
    library: FakeLibrary, clip: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = say(page(), "what is in my library?")
    say(test, "find moments like this", clip)
    monkeypatch.setattr("app.ui.chat.step_html", raising(KeyError("x")))
    test.run()
    assert len(answers(test)) == 2
    assert "cannot be shown" in html(test)
    assert "mistake of its own (KeyError)" in html(test)
    assert labels(test).count("why?") == 5
    assert not [word for word in STREAMLITS if word in shown(test)]


@pytest.mark.parametrize(
    "part",
    [
        "app.ui.chat.draw_chips",
        "app.ui.answers.hit_card",
        "app.ui.answers._priors",
        "app.ui.answers.returns_html",
        "app.ui.hit_card.moment_player",
        "app.ui.chat.follow_ups",
        "app.ui.chat.clip_player",
        "app.ui.sidebar.draw_assistant",
        "app.ui.listening.remembered",
        "app.ui.sidebar.holdings_html",
    ],
)
def test_each_part_fails_by_itself(
    library: FakeLibrary, clip: bytes, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    test = say(page(), "find moments like this", clip)
    monkeypatch.setattr(part, raising(ZeroDivisionError()))
    test.run()
    assert not test.exception
    assert answers(test)[0]
    assert "mistake of its own (ZeroDivisionError)" in html(test)
    assert test.chat_input
    assert not [word for word in STREAMLITS if word in shown(test)]


def test_a_click_that_fails_is_said_and_the_page_stands(
    library: FakeLibrary, clip: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = say(page(), "find moments like this", clip)
    monkeypatch.setattr("app.view.saved.write_durably", raising(OSError(28, "No space left on device")))
    press(test, "♡", 0)
    assert "no space left on device" in test.error[0].value
    assert labels(test).count("why?") == 5


def test_even_the_top_of_the_page_fails_in_our_words(
    library: FakeLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.ui.drawing import page_fault

    said: list[str] = []
    monkeypatch.setattr("streamlit.error", said.append)
    assert page_fault(KeyError("x"))
    assert "could not be drawn" in said[0]
    assert "mistake of its own" in said[0].replace("\\", "")


def test_hits_of_another_version_are_a_sentence_among_the_others(
    library: FakeLibrary, clip: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = say(page(), "find moments like this", clip)
    from_record = Hit.from_record

    def older(record: Any) -> Hit:
        if record["rank"] == 2:
            raise KeyError("alignment")
        return from_record(record)

    monkeypatch.setattr(Hit, "from_record", older)
    test.run()
    assert not test.exception
    assert labels(test).count("why?") == 4
    assert "another version of Reprise" in html(test)
    say(test, "what is in my library?")
    assert len(answers(test)) == 2


def test_records_that_are_none_are_passed_over() -> None:
    records: dict[str, Any] = {"kind": "hits", "hits": [None, {}, {"rank": "x"}, []]}
    assert hits_of(Call("c", "find_similar_moments", {}, "ok", records)) == []


# turns at work


@pytest.fixture
def running() -> Iterator[tuple[Runs, Running]]:
    yield Runs(), Running("x")


def test_a_turn_whose_beginning_fails_is_finished(running: tuple[Runs, Running]) -> None:
    runs, first = running
    done: list[str] = []
    first.after = lambda: done.append("forgotten")
    runs.start("t", first, lambda: iter(()), raising(KeyError("entries")))
    assert first.wait(10)
    assert isinstance(first.fault, KeyError)
    assert done == ["forgotten"]
    second = runs.start("t", Running("y"), lambda: iter(["answer"]), lambda: 0)
    assert second.wait(10)
    assert second.events == ["answer"]
    assert list(first.follow()) == []


def test_a_turn_for_which_there_is_no_thread_is_finished(
    running: tuple[Runs, Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    runs, first = running
    monkeypatch.setattr(threading.Thread, "start", raising(RuntimeError("can't start new thread")))
    runs.start("t", first, lambda: iter(()), lambda: 0)
    assert first.finished
    assert isinstance(first.fault, RuntimeError)


def test_what_comes_after_a_turn_may_fail_too(running: tuple[Runs, Running]) -> None:
    runs, first = running
    first.after = raising(OSError("gone"))
    runs.start("t", first, lambda: iter(()), lambda: 0)
    assert first.wait(10)


# saved moments


def test_saved_moments_of_another_version_are_kept(tmp_path: Path, library: FakeLibrary, clip: bytes) -> None:
    hit = library.find(_query(library)).hits[0]
    (tmp_path / "saved.json").write_text(json.dumps([{"from": "the future"}, hit.as_record()]))
    saved = Saved(tmp_path, library.catalogue.history)
    assert len(saved.hits()) == saved.unread() == 1
    other = replace(hit, moment=replace(hit.moment, start_s=30.0, end_s=40.0))
    assert saved.toggle(other)
    assert not saved.toggle(hit)
    assert json.loads((tmp_path / "saved.json").read_text())[0] == {"from": "the future"}
    assert [each.moment.start_s for each in saved.hits()] == [30.0]


@pytest.mark.parametrize("content", ["{", '{"a": 1}', "\x00"])
def test_a_list_of_saved_moments_that_cannot_be_read_is_left_alone(
    tmp_path: Path, library: FakeLibrary, content: str
) -> None:
    (tmp_path / "saved.json").write_text(content)
    saved = Saved(tmp_path, library.catalogue.history)
    hit = library.find(_query(library)).hits[0]
    assert not saved.has(hit)
    with pytest.raises(SavedError, match=r"saved\.json"):
        saved.toggle(hit)
    assert (tmp_path / "saved.json").read_text() == content
    assert "cannot be" in html(page()) or "saved.json" in html(page())


def _query(library: FakeLibrary) -> Any:
    from index.core.query import Query

    return Query(library.passage(library.music[5], 0.0, 10.0))


# what was asked when a server ended


def broken_off(home: Path, thread_id: str, words: str, call: dict[str, Any] | None = None) -> Path:
    """A turn as a server leaves it that was killed."""
    askings = Askings(home)
    asked = askings.write(askings.begin(thread_id), words, (), call)
    note = asked.folder / "turn.json"
    told = json.loads(note.read_text())
    note.write_text(json.dumps({**told, "process": [2**22 + 1, 1.0]}))
    return asked.folder


def test_a_turn_that_broke_off_is_offered_again_and_then_answered(
    library: FakeLibrary, tmp_path: Path
) -> None:
    folder = broken_off(tmp_path, "0123456789abcdef", "what is in my library?")
    test = page(c="0123456789abcdef")
    assert thread_of(test) == "0123456789abcdef"
    assert "had to start again" in shown(test)
    press(test, "Ask it again")
    assert answers(test)[0]
    assert "had to start again" not in shown(test)
    assert not folder.exists()


def test_a_turn_that_broke_off_can_be_left(library: FakeLibrary, tmp_path: Path) -> None:
    folder = broken_off(tmp_path, "0123456789abcdef", "what is in my library?")
    test = page(c="0123456789abcdef")
    press(test, "Leave it")
    assert not folder.parent.exists()
    assert "had to start again" not in shown(test)


def test_a_turn_at_work_has_not_broken_off(tmp_path: Path) -> None:
    askings = Askings(tmp_path)
    asked = askings.write(askings.begin("t"), "words")
    assert askings.broken("t") == []
    assert asked.folder.stat().st_mode & 0o777 == 0o700
    (asked.folder / "turn.json").write_text("{")
    assert askings.broken("t") == []


def test_a_turn_of_another_machine_is_at_work_while_its_conversation_is_taken(tmp_path: Path) -> None:
    taken = {"t"}
    askings = Askings(tmp_path, taken.__contains__)
    note = askings.write(askings.begin("t"), "words").folder / "turn.json"
    note.write_text(json.dumps({**json.loads(note.read_text()), "host": "elsewhere"}))
    taken.clear()
    assert askings.broken("t") == [], "it may be about to take it"
    os.utime(note, (time.time() - 60, time.time() - 60))
    assert [each.words for each in askings.broken("t")] == ["words"]
    taken.add("t")
    assert askings.broken("t") == []


def test_an_error_of_ours_in_a_click_names_what_to_do(
    library: FakeLibrary, clip: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = say(page(), "find moments like this", clip)
    monkeypatch.setattr(
        library.catalogue.history, "record", raising(RepriseError("The disk is full: make room."))
    )
    press(test, "not for me", 0)
    assert "make room" in test.error[0].value


def test_a_clip_of_another_version_keeps_its_number(
    library: FakeLibrary, clip: bytes, tmp_path: Path
) -> None:
    from app.agent.memory.kept import UNREADABLE_CLIP, clips_of
    from index.core.tracks import Clip

    known = Clip("id", "/a.wav", "a.wav", 3.0)
    record = {"id": "id", "path": "/a.wav", "name": "a.wav", "duration_s": 3.0, "of": "the future"}
    first, second, third = clips_of([record, {"id": "x"}, None])
    assert first == known
    assert second.name == third.name == UNREADABLE_CLIP


def test_conversations_are_their_owners_alone(tmp_path: Path) -> None:
    from app.agent.memory.conversations import Memory

    (tmp_path / "threads.sqlite").touch(0o644)
    Memory(tmp_path / "threads.sqlite").close()
    assert (tmp_path / "threads.sqlite").stat().st_mode & 0o777 == 0o600


def test_a_conversation_that_is_damaged_says_so_and_another_goes_on(
    library: FakeLibrary, tmp_path: Path
) -> None:
    from app.agent.memory.conversations import Memory

    test = say(page(), "what is in my library?")
    memory = Memory(tmp_path / "threads.sqlite")
    with memory.saver.cursor() as cursor:
        cursor.execute("UPDATE checkpoints SET checkpoint = ?", (b"\x00",))
    memory.close()
    test.run()
    assert "This conversation cannot be shown: A conversation" in html(test)
    say(test, "what is in my library?")
    assert "This was not answered: A conversation" in test.error[0].value
    press(test, "New conversation")
    say(test, "what is in my library?")
    assert answers(test) == [answers(test)[0]]
    assert not test.error
