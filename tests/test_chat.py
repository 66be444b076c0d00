"""`reprise chat`: one JSON object a line in, events out, exactly one answer a line; and the typed conversation."""

import io
import json

import pytest
from small_library import SmallLibrary

import app.wiring
from app.cli.chat import run_chat, split_files


@pytest.fixture
def small(monkeypatch, tmp_path):
    monkeypatch.setenv("REPRISE_HOME", str(tmp_path))
    library = SmallLibrary(tmp_path)
    monkeypatch.setattr(app.wiring, "open_library", lambda settings: library)
    return library


def talk(monkeypatch, capsys, *lines):
    """The events of each input line, and the exit code."""
    text = b"".join(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n" for line in lines)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text), encoding="utf-8"))
    code = run_chat(json_mode=True)
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    turns, current = [], []
    for event in events:
        current.append(event)
        if event["type"] == "answer":
            turns.append(current)
            current = []
    assert current == []
    return turns, code


def test_each_line_ends_in_one_answer(monkeypatch, capsys, small, tmp_path):
    (tmp_path / "x.wav").write_bytes(b"x")
    turns, code = talk(
        monkeypatch,
        capsys,
        {"text": "find moments like this", "files": [str(tmp_path / "x.wav")]},
        {"text": "why?"},
        {"text": "hello"},
    )
    assert code == 0
    assert [[event["type"] for event in turn if event["type"] != "token"] for turn in turns] == [
        ["tool_call", "tool_result", "answer"],
        ["tool_call", "tool_result", "answer"],
        ["answer"],
    ]
    assert turns[1][0] == {"type": "tool_call", "name": "explain_match", "args": {"result": "#1"}}
    for turn in turns:
        tokens = "".join(event["text"] for event in turn if event["type"] == "token")
        assert tokens.strip() == turn[-1]["text"]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"not json\n", "it is not JSON"),
        (b"[1, 2]\n", "it must be an object"),
        (b'{"text": 5}\n', "text must be a string"),
        (b'{"text": "x", "files": "clip.wav"}\n', "files must be a list"),
        (b'{"text": "x", "files": [3]}\n', "files must be a list"),
        (b"\xff\xfe\n", "it is not UTF-8"),
        (b'{"text": "find moments like this", "files": ["/nope/clip.wav"]}\n', "clip.wav could not be read"),
    ],
)
def test_a_bad_line_is_answered_and_the_next_one_works(monkeypatch, capsys, small, line, says):
    turns, code = talk(monkeypatch, capsys, line, {"text": "hello"})
    assert len(turns[0]) == 1
    assert says in turns[0][0]["text"]
    assert turns[1][-1]["text"].startswith("Hello!")
    assert code == 0


def test_blank_lines_are_no_lines(monkeypatch, capsys, small):
    turns, _ = talk(monkeypatch, capsys, b"\n", b"  \n", {"text": "hello"}, b"\n")
    assert len(turns) == 1


def test_a_bug_is_answered_too(monkeypatch, capsys, small):
    def broken(text="", filters=None):
        raise ZeroDivisionError("oh")

    small.tracks = broken
    turns, _ = talk(monkeypatch, capsys, {"text": "what do you have by Bach?"}, {"text": "hello"})
    assert "ZeroDivisionError" in turns[0][-1]["text"] and "bug" in turns[0][-1]["text"]
    assert turns[1][-1]["text"].startswith("Hello!")


def test_what_a_library_prints_is_no_event(monkeypatch, capsys, small):
    def chatty(text="", filters=None):
        print("progress: 50 %")
        return []

    small.tracks = chatty
    turns, _ = talk(monkeypatch, capsys, {"text": "what do you have by Bach?"})
    assert turns[0][-1]["type"] == "answer"


def test_a_bad_setting_is_the_answer(monkeypatch, capsys, small):
    monkeypatch.setenv("REPRISE_HOP_S", "fast")
    turns, code = talk(monkeypatch, capsys, {"text": "hello"}, {"text": "hello"})
    assert [turn[0]["text"] for turn in turns] == [turns[0][0]["text"]] * 2
    assert "REPRISE_HOP_S" in turns[0][0]["text"]
    assert code == 2


def test_each_process_is_a_new_conversation(monkeypatch, capsys, small):
    talk(monkeypatch, capsys, {"text": "find moments like Pavane at 0:10"})
    turns, _ = talk(monkeypatch, capsys, {"text": "why?"})
    assert "search first" in turns[0][-1]["text"]
    assert not (small.home / "threads.sqlite").exists()


def test_a_typed_path_is_a_clip(tmp_path):
    sound = tmp_path / "my song.wav"
    sound.write_bytes(b"x")
    assert split_files(f"find moments like this '{sound}'") == ("find moments like this", [sound])
    assert split_files(str(sound).replace(" ", "\\ ")) == ("", [sound])
    assert split_files("what's this? it's fine.wav") == ("what's this? it's fine.wav", [])
    assert split_files(f"{tmp_path}/nothing.wav") == (f"{tmp_path}/nothing.wav", [])


def test_a_typed_conversation(monkeypatch, capsys, small):
    lines = iter(["hello", "find moments like Pavane at 0:10", "", "exit"])
    monkeypatch.setattr("rich.console.Console.input", lambda self, prompt: next(lines))
    assert run_chat() == 0
    said = capsys.readouterr().out
    assert "Hello!" in said
    assert "find_similar_moments" in said
    assert "Gymnopédie No. 1" in said and "0:05-0:15" in said


def test_the_end_of_input_ends_the_typed_conversation(monkeypatch, small):
    def ended(self, prompt):
        raise EOFError

    monkeypatch.setattr("rich.console.Console.input", ended)
    assert run_chat() == 0
