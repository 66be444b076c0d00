"""The page as Streamlit runs it, without a browser: a real assistant on a library without networks."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import soundfile
import streamlit as st
from fake_library import PIECES, FakeLibrary, fake_tracks
from streamlit.testing.v1 import AppTest
from word_library import WordLibrary, row, searcher

from app.ui.chat import Chat
from app.ui.opened import opened
from index.analysis.f0 import PitchTrack
from index.catalogue.jobs import Job
from index.catalogue.values import Failure
from index.core.hits import Results
from index.core.moments import Moment
from index.core.query import Query
from index.humming.hummed import HummedResults

MAIN = Path(__file__).parents[1] / "app" / "main.py"
TIMEOUT_S = 60


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeLibrary]:
    """An opened page's library; nothing of the user's own is touched."""
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
    times = np.arange(10 * 8000) / 8000
    soundfile.write(path, 0.3 * np.sin(2 * np.pi * 330 * times), 8000)
    return path.read_bytes()


def page(**query: str) -> AppTest:
    test = AppTest.from_file(str(MAIN), default_timeout=TIMEOUT_S)
    test.query_params.update(query)
    test.run()
    assert not test.exception
    return test


def say(test: AppTest, words: str, clip: bytes | None = None) -> AppTest:
    box = test.chat_input[0]
    if clip is not None:
        box.upload("tune.wav", clip, "audio/wav")
    box.set_value(words).run()
    assert not test.exception
    return test


def thread_of(test: AppTest) -> str:
    """The conversation in the address."""
    found = test.query_params["c"]
    return found if isinstance(found, str) else found[0]


def labels(test: AppTest) -> list[str]:
    return [button.label for button in test.button]


def html(test: AppTest) -> str:
    return "\n".join(element.proto.body for element in test.get("html"))


def answers(test: AppTest) -> list[str]:
    """What the assistant said in each turn, as drawn."""
    messages = [message for message in test.chat_message if message.name == "assistant"]
    return ["\n".join(part.value for part in message.markdown) for message in messages]


def press(test: AppTest, label: str, number: int = 0) -> AppTest:
    [button for button in test.button if button.label == label][number].click().run()
    assert not test.exception
    return test


def test_an_empty_conversation_offers_something_to_click(library: FakeLibrary) -> None:
    test = page()
    assert "Which moment are you thinking of?" in html(test)
    offers = [label for label in labels(test) if label.startswith(("Find moments", "Describe"))]
    assert len(offers) == 2
    assert test.chat_input[0].placeholder == "Ask, drop a clip, or hum …"
    assert "c" in test.query_params


def test_the_page_imports_nothing_heavy(library: FakeLibrary) -> None:
    """The page's process must stay small: torch and transformers are for whoever chooses them."""
    import subprocess
    import sys

    code = (
        "import sys; import app.ui.page, app.routes.sounds, app.page_server, app.wiring;"
        "print([m for m in ('torch', 'transformers', 'librosa', 'chromadb', 'langgraph') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_clip_is_found_and_shown_as_cards(library: FakeLibrary, clip: bytes) -> None:
    test = say(page(), "find moments like this", clip)
    drawn = html(test)
    for title, composer, *_ in PIECES[:5]:
        assert title in drawn
        assert composer in drawn
    assert "compared with 4,512 moments" in drawn
    assert "same music: 97 %" in drawn
    assert labels(test).count("why?") == 5
    assert labels(test).count("more like this") == 5
    assert answers(test)[0]


def test_a_suggestion_is_asked(library: FakeLibrary) -> None:
    test = page()
    label = next(label for label in labels(test) if label.startswith("Find moments"))
    press(test, label)
    assert "why?" in labels(test)
    assert "Which moment" not in html(test)


def test_why_shows_the_evidence_in_the_card(library: FakeLibrary, clip: bytes) -> None:
    test = say(page(), "find moments like this", clip)
    turns = len(answers(test))
    press(test, "why?", 1)
    drawn = html(test)
    assert 'class="rp-parts"' in drawn
    assert "Shares of the score" in drawn
    assert len(answers(test)) == turns
    press(test, "why?", 1)
    assert 'class="rp-parts"' not in html(test)
    press(test, "why?", 1)
    assert 'class="rp-parts"' in html(test)


def test_buttons_keep_meaning_their_hit_after_a_newer_search(library: FakeLibrary, clip: bytes) -> None:
    test = say(page(), "find moments like this", clip)
    press(test, "more like this", 1)
    assert labels(test).count("why?") == 10
    press(test, "why?", 2)
    assistant_words = [text for text in (part.value for part in test.markdown) if "Entertainer" in text]
    assert 'class="rp-parts"' in html(test)
    assert assistant_words or "The Entertainer" in html(test)


def test_the_conversation_survives_a_reload_and_a_restart(library: FakeLibrary, clip: bytes) -> None:
    test = say(page(), "find moments like this", clip)
    press(test, "why?", 0)
    thread, drawn = test.query_params["c"], html(test)
    st.cache_resource.clear()
    again = page(c=thread)
    assert html(again).count('class="rp-parts"') == drawn.count('class="rp-parts"') == 1
    assert answers(again) == answers(test)
    assert labels(again).count("why?") == 5


def test_a_new_conversation_is_empty_and_the_old_one_is_listed(library: FakeLibrary, clip: bytes) -> None:
    test = say(page(), "find moments like this", clip)
    first = test.query_params["c"]
    press(test, "New conversation")
    assert "Which moment" in html(test)
    assert test.query_params["c"] != first
    thread = next(button for button in test.sidebar.button if first in (button.key or ""))
    thread.click().run()
    assert test.query_params["c"] == first
    assert "why?" in labels(test)


def test_an_unknown_conversation_in_the_address_is_a_new_one(library: FakeLibrary) -> None:
    test = page(c="../../etc/passwd")
    assert test.query_params["c"] != "../../etc/passwd"
    assert "Which moment" in html(test)


def test_a_file_that_is_no_sound_is_one_sentence_and_nothing_is_lost(
    library: FakeLibrary, clip: bytes
) -> None:
    from index.core.errors import AudioReadError

    def refuse(path: Path, name: str = "", *, recorded: bool = False) -> Any:
        raise AudioReadError(name, "it is text, not sound")

    test = say(page(), "find moments like this", clip)
    library.clip = refuse  # type: ignore[method-assign]
    say(test, "and this?", b"not a sound")
    assert "could not be read: it is text, not sound" in answers(test)[-1].replace("\\", "")
    assert len(answers(test)) == 2
    assert "why?" in labels(test)


def test_a_fault_of_ours_is_said_and_the_conversation_goes_on(library: FakeLibrary, clip: bytes) -> None:
    test = say(page(), "find moments like this", clip)
    find = library.find

    def broken(query: Any) -> Any:
        raise ZeroDivisionError

    library.find = broken  # type: ignore[method-assign]
    press(test, "more like this", 0)
    assert "mistake of its own (ZeroDivisionError)" in test.error[0].value
    library.find = find  # type: ignore[method-assign]
    say(test, "find moments like this")
    assert not test.error
    assert labels(test).count("why?") == 10


def test_saving_a_moment_lists_it(library: FakeLibrary, clip: bytes) -> None:
    test = say(page(), "find moments like this", clip)
    press(test, "♡", 0)
    assert "♥" in labels(test)
    test.run()
    assert "Saved" in html(test)
    assert (library.home / "playlists" / "Saved moments.m3u8").is_file()


def test_hostile_titles_are_text(library: FakeLibrary, clip: bytes) -> None:
    library.music = [library.music[5]]
    test = say(page(), "find moments like this", clip)
    drawn = html(test)
    assert "<script>" not in drawn
    assert "<b>*Bold*" not in drawn
    assert "&lt;script&gt;" in drawn
    for answer in answers(test):
        assert "[link](" not in answer.replace("\\[", "").replace("\\]", "")
        assert " $x$" not in answer


def test_an_empty_library_offers_the_demo_and_the_folder_field(
    library: FakeLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.music = []
    test = page()
    assert any(label.startswith("Make the demo library") for label in labels(test))
    started: list[Any] = []

    def start(home: Path, what: str, *arguments: str) -> Any:
        started.append((home, *arguments))
        return SimpleNamespace(running=True, refused="")

    monkeypatch.setattr("app.background.start", start)
    test.text_input[0].set_value("/no/such/folder")
    press(test, "Add")
    assert "no folder" in test.error[0].value
    test.text_input[0].set_value(str(library.home))
    press(test, "Add")
    assert started == [(library.home, "add", str(library.home))]


def test_the_library_says_what_goes_on(library: FakeLibrary) -> None:
    library.job = Job(1, "/music", 3, 9, 0, 0.0, 61.0, "x", 0.0, 0.0)
    library.failures = (Failure("/music/<b>.mp3", "it is empty"),)
    drawn = html(page())
    assert "Adding /music: 3 of 9, 1 min left" in drawn
    assert "1 file could not be read" in drawn
    assert "&lt;b&gt;.mp3" in drawn


def test_a_setting_that_cannot_be_used_is_one_sentence(
    library: FakeLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REPRISE_HOP_S", "a lot")
    test = page()
    assert "REPRISE_HOP_S" in test.error[0].value


def test_the_model_in_use_is_named(library: FakeLibrary) -> None:
    drawn = html(page())
    assert "Built-in planner" in drawn
    assert "nothing leaves this computer" in drawn
    assert "REPRISE_MODEL=" in drawn


def test_the_last_message_is_asked_again(library: FakeLibrary, clip: bytes) -> None:
    test = say(page(), "find moments like this", clip)
    say(test, "what is in my library?")
    assert labels(test).count("Ask again") == 1
    before = answers(test)
    press(test, "Ask again")
    assert answers(test) == before
    assert labels(test).count("why?") == 5
    thread = thread_of(test)
    assert [entry.role for entry in opened().assistant.history(thread)] == ["user", "tool", "assistant"] * 2


def test_a_turn_at_work_can_be_stopped_and_asked_again(
    library: FakeLibrary, clip: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = threading.Event()
    find = library.find

    def late(query: Query) -> Results:
        assert go.wait(20)
        return find(query)

    monkeypatch.setattr(library, "find", late)
    test = page()
    thread = thread_of(test)
    chat = Chat(opened(), thread)
    chat.ask("find moments like Pavane @ 0:10")
    running = opened().runs.current(thread)
    assert running is not None and next(event for event in running.follow() if event)
    running.stop()
    go.set()
    assert running.wait(20)
    test.run()
    assert answers(test)[-1].startswith("Stopped before the answer.")
    press(test, "Ask again")
    assert not answers(test)[-1].startswith("Stopped")


def test_ollama_on_this_computer_is_offered_and_used_for_one_conversation(
    library: FakeLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.agent.llm.ollama.ollama_models", lambda address: ("qwen3:4b", "llama3.2:3b"))
    test = page()
    assert "Ollama is running here." in html(test)
    press(test, "Use qwen3\\:4b")
    assert "qwen3:4b" in html(test) and "Runs on this computer." in html(test)
    assert opened().assistant.model_of(thread_of(test)) == "ollama:qwen3:4b"
    press(test, next(label for label in labels(test) if label.startswith("Back to")))
    assert "Built-in planner" in html(test)


def test_a_conversation_is_renamed_and_deleted(library: FakeLibrary, clip: bytes) -> None:
    test = say(page(), "find moments like this", clip)
    field = next(field for field in test.text_input if field.label == "Name")
    field.set_value("The *bridge*").run()
    assert any(button.label == r"The \*bridge\*" for button in test.sidebar.button)
    gone = test.query_params["c"]
    press(test, "Delete this conversation")
    assert test.query_params["c"] != gone
    assert "Which moment" in html(test)
    assert not any(gone in (button.key or "") for button in test.sidebar.button)


def test_many_conversations_are_searched_in_the_sidebar(library: FakeLibrary) -> None:
    test = page()
    assert not [field for field in test.text_input if field.label == "Search conversations"]
    for words in (
        "hello",
        "find moments like Träumerei at 0:10",
        "what can you do?",
        "thanks",
        "hello again",
    ):
        press(test, "New conversation") if answers(test) else None
        say(test, words)
    test.run()
    field = next(field for field in test.text_input if field.label == "Search conversations")
    field.set_value("joplin").run()
    shown = [button.label for button in test.sidebar.button if (button.key or "").startswith("thread_")]
    assert len(shown) == 1
    assert "Träumerei" in shown[0]
    excerpt = re.search(r"rp-excerpt\">[^<]*<", html(test))
    assert excerpt is not None and "Joplin" in excerpt[0]
    field = next(field for field in test.text_input if field.label == "Search conversations")
    field.set_value("<b>nothing").run()
    assert "No conversation holds “&lt;b&gt;nothing”" in html(test)


def test_two_browsers_keep_their_conversations_apart(library: FakeLibrary, clip: bytes) -> None:
    one, two = page(), page()
    assert one.query_params["c"] != two.query_params["c"]
    say(one, "find moments like this", clip)
    say(two, "hello")
    say(one, "only the first two")
    assert len(answers(one)) == 2
    assert len(answers(two)) == 1
    same = page(c=one.query_params["c"])
    say(same, "hello")
    one.run()
    assert answers(one) == answers(same)


def test_words_understood_are_chips_that_can_be_clicked_away(
    library: FakeLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = library.music[:2]
    music = {first: row(tempo=50, family_piano=0.95), second: row(tempo=160, family_organ=0.95)}
    (tmp_path / "words").mkdir()
    words = WordLibrary(tmp_path / "words", searcher(music, tmp_path / "words"))
    monkeypatch.setattr(library, "find_text", words.find_text)
    monkeypatch.setattr(library, "explain_text", words.explain_text)
    test = say(page(), "very slow piano, no drums, zorgly")
    chips = [label for label in labels(test) if label.endswith("✕")]
    assert chips == ["very slow ✕", "piano ✕", "no drums ✕"]
    assert "not understood: “zorgly”" in html(test)
    press(test, "piano ✕")
    chips = [label for label in labels(test) if label.endswith("✕")]
    assert chips[3:] == ["very slow ✕", "no drums ✕"], "the first search keeps its chips"
    asked = [message.markdown[0].value for message in test.chat_message if message.name == "user"]
    assert asked[-1] == "Without “piano”, very slow, no drums"
    press(test, "no drums ✕", 1)
    alone = [button for button in test.button if button.label == "very slow"]
    assert [button.disabled for button in alone] == [True], "the last word stays"


def test_a_hum_is_drawn_over_the_melody_it_matched(
    library: FakeLibrary, clip: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find_hum(query: Any, earlier: Any = ()) -> HummedResults:
        found = library.find(query)
        pitch = PitchTrack(0.1, np.repeat([60.0, 64.0], 20), np.ones(40, bool))
        return HummedResults(**vars(found), pitch=pitch)

    monkeypatch.setattr(library, "find_hum", find_hum)
    test = say(page(), "this is me humming", clip)
    drawn = html(test)
    assert drawn.count('class="rp-tune"') == 1
    assert "your hum, in the key and at the tempo of the recording" in drawn
    say(test, "find moments like this", clip)
    assert html(test).count('class="rp-tune"') == 1, "a clip has no hum"


def test_a_moment_that_is_not_for_me_is_remembered_until_taken_back(
    library: FakeLibrary, clip: bytes
) -> None:
    test = say(page(), "find moments like this", clip)
    history = library.catalogue.history

    def thumbs() -> list[Any]:
        return [button for button in test.button if (button.key or "").startswith("disliked_")]

    thumbs()[1].click().run()
    assert [event.kind for event in history.events()] == ["disliked"]
    assert (thumbs()[1].key or "").startswith("disliked_on_")
    thumbs()[1].click().run()
    assert history.events() == []


def test_remembering_is_switched_off_and_forgotten_in_the_sidebar(library: FakeLibrary) -> None:
    history = library.catalogue.history
    test = page()
    toggle = next(each for each in test.toggle if each.label == "Remember what I play and like")
    assert toggle.value
    toggle.set_value(False).run()
    assert not history.on("history")
    assert "Nothing new is remembered" in html(test)
    history.switch("history", True)
    history.record("liked", [Moment("x", 0.0, 10.0)])
    test.run()
    assert "1 moment: 1 liked" in html(test)
    press(test, "Forget everything")
    assert history.events() == []
