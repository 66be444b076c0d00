"""Conversations: searched, taken along, safe in a restart, and never mixed up by several browsers or programs."""

from __future__ import annotations

import io
import json
import multiprocessing
import threading
import zipfile
from pathlib import Path

import pytest
from small_library import SmallLibrary

from app.agent.assistant import Assistant
from app.agent.events import Answered
from app.agent.memory.conversations import Memory
from app.agent.memory.search_text import excerpt
from app.export.markdown import zipped
from app.settings import load_settings
from tools import all_tools


def assistant(home: Path, **settings: object) -> Assistant:
    memory = Memory(home / "threads.sqlite")
    return Assistant(load_settings(home=home, **settings), SmallLibrary(home), all_tools(), memory)


def say(talk: Assistant, thread: str, words: str) -> None:
    events = list(talk.turn(thread, words))
    assert isinstance(events[-1], Answered)
    assert not events[-1].failed


@pytest.fixture
def talk(tmp_path):
    return assistant(tmp_path)


def test_conversations_are_searched_by_name_words_answers_and_titles(talk, tmp_path):
    satie, hello, status = (talk.new_thread() for _ in range(3))
    say(talk, satie, "find moments like Träumerei at 0:10")
    say(talk, hello, "hello there")
    say(talk, status, "what is in my library?")
    talk.rename(status, "Überblick")

    def found(text):
        return [thread.id for thread in talk.threads(text)]

    assert found("traumerei") == [satie]
    assert found("schumann") == [satie]
    assert found("GYMNOPEDIE satie") == [satie]
    assert found("uberbl") == [status]
    assert found("hello") == [hello]
    assert found("satie hello") == []
    assert found("  ") == [status, hello, satie]
    assert "Gymnopédie No. 1" in talk.threads("gymnop")[0].excerpt
    say(talk, hello, "find moments like Pavane at 0:10")
    assert found("pavane") == [hello, satie]
    assert [thread.id for thread in assistant(tmp_path).threads("uberblick")] == [status]
    talk.delete(satie)
    assert satie not in found("satie")


def test_a_damaged_conversation_is_searched_by_its_name_and_the_others_by_all_that_was_said(talk):
    damaged, strange, whole = (talk.new_thread() for _ in range(3))
    for thread in (damaged, strange, whole):
        say(talk, thread, "find moments like Träumerei at 0:10")
    talk.rename(damaged, "Schaden")
    with talk.memory.saver.cursor() as cursor:
        cursor.execute("UPDATE checkpoints SET checkpoint = ? WHERE thread_id = ?", (b"no record", damaged))
    kept = talk.memory.saver.get_tuple({"configurable": {"thread_id": strange, "checkpoint_ns": ""}})
    for message in kept.checkpoint["channel_values"]["messages"]:
        if artifact := getattr(message, "artifact", None):
            artifact["hits"] = ["of another version"]
    talk.memory.saver.put(kept.config, kept.checkpoint, kept.metadata, {})

    assert [thread.id for thread in talk.threads("gymnopedie")] == [whole, strange]
    assert [thread.id for thread in talk.threads("schaden")] == [damaged]


def test_conversations_of_an_older_home_are_searched_too(talk, tmp_path):
    thread = talk.new_thread()
    say(talk, thread, "find moments like Träumerei at 0:10")
    with talk.memory.saver.cursor() as cursor:
        cursor.execute("DROP TABLE said_words")
        cursor.execute("CREATE TABLE said (id TEXT PRIMARY KEY, updated_at REAL, text TEXT, folded TEXT)")
        cursor.execute("INSERT INTO said VALUES ('gone', 0.0, 'traumerei', 'traumerei')")
    assert [found.id for found in assistant(tmp_path).threads("traumerei")] == [thread]


def test_what_would_stand_for_any_letters_in_a_search_stands_for_itself(talk):
    thread = talk.new_thread()
    say(talk, thread, "what is 50_50 at 100% like, or トロイメライ?")
    for text in ("50_50", "100%", "ロイメ", "ke", "%"):
        assert [found.id for found in talk.threads(text)] == [thread], text
    for text in ("5%5", "50__50", "1_0"):
        assert talk.threads(text) == [], text


def test_an_excerpt_shows_where_the_words_stand():
    text = "hello\n" + "far " * 30 + "the Träumerei of Schumann " + "and more " * 20
    assert excerpt(text, ["schumann", "traumerei"]).startswith("…")
    assert "Träumerei of Schumann" in excerpt(text, ["schumann", "traumerei"])
    assert excerpt(text, ["nothing"]) == ""


def test_a_conversation_is_taken_along_even_where_its_files_are_gone(talk):
    thread = talk.new_thread()
    say(talk, thread, "find moments like Träumerei at 0:10")
    content, failed = zipped("A / b", talk.history(thread))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == ["A _ b/conversation.md"]
        text = archive.read("A _ b/conversation.md").decode()
    assert "1. **Gymnopédie No\\. 1** · Erik Satie, 1888 · 0:05-0:15 · closer than all but 1 in " in text
    assert len(failed) == 4
    assert "1.ogg could not be read" in failed[0]


# --- several at once --------------------------------------------------------------------------------------


def test_two_windows_on_one_conversation_take_turns(talk):
    thread = talk.new_thread()
    words = [f"find {number} moments like Träumerei at 0:10" for number in range(1, 5)]
    windows = [threading.Thread(target=say, args=(talk, thread, each)) for each in words]
    for window in windows:
        window.start()
    for window in windows:
        window.join()
    check_turns(talk, thread, words)


def check_turns(talk, thread, words):
    """Every turn is there once, whole, and its answer is its own."""
    history = talk.history(thread)
    assert [entry.role for entry in history] == ["user", "tool", "assistant"] * len(words)
    assert sorted(entry.text for entry in history if entry.role == "user") == sorted(words)
    for said, called in zip(history[::3], history[1::3], strict=True):
        assert called.args["k"] == int(said.text.split()[1])
        assert len(called.artifact["hits"]) == min(4, called.args["k"])


def visit(home, thread, numbers, ready):
    """Another program on the same home: a page that was opened twice."""
    talk = assistant(Path(home))
    ready.wait()
    for number in numbers:
        say(talk, thread, f"find {number} moments like Träumerei at 0:10")


def test_two_programs_on_one_conversation_take_turns(tmp_path):
    context = multiprocessing.get_context("spawn")
    ready = context.Barrier(2)
    talk = assistant(tmp_path)
    thread = talk.new_thread()
    numbers = ((1, 2, 3), (4, 5, 6))
    programs = [context.Process(target=visit, args=(str(tmp_path), thread, each, ready)) for each in numbers]
    for program in programs:
        program.start()
    for program in programs:
        program.join(120)
    assert [program.exitcode for program in programs] == [0, 0]
    check_turns(talk, thread, [f"find {n} moments like Träumerei at 0:10" for n in (1, 2, 3, 4, 5, 6)])
    assert talk.threads()[0].turns == 6


def test_who_waits_too_long_is_told(tmp_path):
    one, other = assistant(tmp_path), assistant(tmp_path, model_timeout_s=0.2)
    thread = one.new_thread()
    with one.memory.alone(thread, 1.0) as alone:
        assert alone
        (event,) = other.turn(thread, "hello")
    assert isinstance(event, Answered)
    assert event.failed
    assert "still busy" in event.text
    say(other, thread, "hello")


def test_an_id_out_of_an_address_never_leaves_the_folder(tmp_path):
    memory = Memory(tmp_path / "home" / "threads.sqlite")
    with memory.alone("../../etc/x", 1.0) as alone:
        assert alone
    assert [path.name for path in (tmp_path / "home" / "turns").iterdir()] == ["etcx.lock"]


def test_a_restart_keeps_everything(talk, tmp_path):
    thread = talk.new_thread()
    say(talk, thread, "find moments like Träumerei at 0:10")
    before = [json.dumps(entry.artifact, sort_keys=True) for entry in talk.history(thread)]
    talk.memory.close()
    again = assistant(tmp_path)
    assert [json.dumps(entry.artifact, sort_keys=True) for entry in again.history(thread)] == before
    say(again, thread, "why did the second one match?")


def test_a_playlist_goes_into_a_folder_of_ones_own_after_a_yes(talk, tmp_path):
    (tmp_path / "music").mkdir()
    talk.library.catalogue.folders.note([tmp_path / "music"])
    thread, path = talk.new_thread(), tmp_path / "music" / "Summer.xspf"
    say(talk, thread, "find moments like Pavane at 0:10")
    say(talk, thread, f"save them as {path}")
    assert str(path) in talk.history(thread)[-1].text
    assert not path.exists()
    say(talk, thread, "yes")
    assert path.is_file()


def test_one_sound_file_is_asked_for_in_words(talk):
    thread = talk.new_thread()
    say(talk, thread, "find moments like Pavane at 0:10")
    for words, form in (("export them as flac", "flac"), ("save the first two as one audio file", "m4a")):
        list(talk.turn(thread, words))
        (called,) = [entry for entry in talk.history(thread) if entry.role == "tool"][-1:]
        assert (called.args["format"], called.args["name"]) == (form, "")
