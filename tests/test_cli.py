"""The command line: arguments, what is printed, exit codes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import soundfile
from asked_library import AskedLibrary, ChordAnalyser
from fake_analyser import FakeAnalyser

from app.cli import main as cli
from app.cli.request import refuse_other_paths
from index.core.errors import clock
from index.core.lengths import left_words

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `reprise ARGUMENTS` in this process: exit code, what it printed, what it complained."""

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["reprise", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out, printed.err

    return run


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AskedLibrary:
    library = AskedLibrary(tmp_path)
    monkeypatch.setattr("app.wiring.open_library", lambda: library)
    monkeypatch.setattr("index.analysis.analyser.Analyser", ChordAnalyser)
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "clip.wav", 1, 12)
    return library


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A real library in a folder, but for the analysis."""
    monkeypatch.setenv("REPRISE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("index.analysis.analyser.Analyser", FakeAnalyser)
    return tmp_path / "home"


def write(path: Path, seed: int, duration_s: float = 3) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.random.default_rng(seed).uniform(-0.5, 0.5, round(duration_s * 8000)), 8000)
    return path


def test_help_is_quick_and_complete() -> None:
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", "--help"], capture_output=True, text=True, check=True
    )
    assert time.perf_counter() - started < 5  # 0.3 s where nothing else runs
    for command in ("demo", "add", "find", "why", "chat", "app", "status", "remove"):
        assert f"\n  {command} " in done.stdout
    heavy = "numpy", "rich", "sqlalchemy", "chromadb", "torch"
    code = f"import sys, app.cli.main; print([name for name in {heavy} if name in sys.modules])"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "[]\n"
    )


def test_wrong_use(run: Run, library: AskedLibrary) -> None:
    for arguments, words in [
        (("nonsense",), "No such command"),
        (("find",), "Say what to search for"),
        (("find", "clip.wav", "--text", "slow"), "Say what to search for"),
        (("find", "clip.wav", "-k", "0"), "Invalid value"),
        (("find", "clip.wav", "--weight", "harmony"), "NAME=VALUE"),
        (("find", "clip.wav", "--weight", "harmony=much"), "is a number"),
        (("find", "clip.wav", "--weight", "smell=2"), "no factor “smell”"),
        (("find", "clip.wav", "--filter", "mood=sad"), "no filter “mood”"),
        (("find", "clip.wav", "--diversity", "wild"), "Invalid value"),
        (("find", "clip.wav", "--min-likeness", "2"), "Invalid value"),
        (("find", "missing.wav"), "missing.wav could not be read: there is no such file."),
        (("find", "Nothing @ 0:10"), "Did you mean"),
        (("find", "The Entertainer @ 0:99"), "60 seconds"),
        (("find", "clip.wav @ 9:00"), "past the end"),
        (("find", "--text", " "), "There are no words"),
        (("find", "clip.wav", "--batch", "x.jsonl"), "no QUERY"),
        (("find", "--batch", "x.jsonl"), "x.jsonl could not be read"),
        (("why", "clip.wav", "two"), "named by its number"),
        (("why", "clip.wav", "#99"), "no result #99"),
    ]:
        code, out, err = run(*arguments)
        assert code == 2 and out == "" and words in err, arguments


def test_find_by_a_file(run: Run, library: AskedLibrary) -> None:
    code, out, _ = run("find", "clip.wav", "-k", "3", "--weight", "harmony=2", "--filter", "year_from=1800")
    assert code == 0
    lines = out.splitlines()
    assert lines[0].split() == ["#", "title", "by", "at", "likeness", "confidence", "strongest", "in"]
    assert lines[1].startswith("1  Gymnopédie No. 1") and "0:22-0:34" in lines[1] and "harmony" in lines[1]
    assert len(lines) == 5 and lines[-1] == "4,512 moments compared in 14 ms."
    query = library.asked[-1]
    assert (query.k, dict(query.emphasis), dict(query.filters.conditions)) == (
        3,
        {"harmony": 2},
        {"year_from": 1800},
    )
    assert query.passage.name == "clip.wav" and query.passage.duration_s == 12


def test_a_filter_given_twice_holds_both(run: Run, library: AskedLibrary) -> None:
    assert run("find", "clip.wav", "--filter", "not_composer=Bach", "--filter", "not_composer=Mozart")[0] == 0
    assert library.asked[-1].filters.conditions == {"not_composer": ["Bach", "Mozart"]}


def test_find_by_a_moment_and_by_a_part_of_a_file(run: Run, library: AskedLibrary) -> None:
    assert run("find", "The Entertainer@0:20-0:32.5")[0] == 0
    passage = library.asked[-1].passage
    assert (passage.name, passage.start_s, passage.end_s) == ("The Entertainer", 20, 32.5)
    assert run("find", "clip.wav @ 0:03-0:08")[0] == 0
    assert library.asked[-1].passage.duration_s == 5
    own = Path(library.music[2].path)
    write(
        own, 3, 5
    )  # a file that the library has: with a time it is a moment of the library, without one a clip
    assert run("find", f"{own} @ 0:20")[0] == 0
    assert library.asked[-1].passage.source == library.music[2]
    assert run("find", own)[0] == 0
    assert library.asked[-1].passage.source != library.music[2]


def test_find_for_programs(run: Run, library: AskedLibrary) -> None:
    code, out, _ = run("find", "clip.wav", "--json", "-k", "1", "--hum")
    answer = json.loads(out)
    assert code == 0 and list(answer) == ["elapsed_ms", "results"] and len(answer["results"]) == 1
    Path("lines.jsonl").write_text('{"id": "1", "audio": "clip.wav", "k": 1}\nno\n')
    code, out, _ = run("find", "--batch", "lines.jsonl")
    assert code == 1 and [json.loads(line)["id"] for line in out.splitlines()] == ["1", None]


def test_a_path_that_is_no_sound_file_is_no_title(run: Run, library: AskedLibrary, tmp_path: Path) -> None:
    (tmp_path / "Music" / "Odd" / "The Entertainer.wav").mkdir(parents=True)
    (tmp_path / "The Entertainer 2").mkdir()
    (tmp_path / "Music" / "notes.txt").write_text("no sound")
    for query, reason in (
        ("Music/Odd/The Entertainer.wav", "it is a folder"),
        ("Music/Odd/The Entertainer.wav @ 0:20", "it is a folder"),
        ("The Entertainer 2", "it is a folder"),
        (f"{tmp_path}/Music", "it is a folder"),
        ("Music/nowhere/The Entertainer.wav", "there is no such file"),
        ("./The Entertainer", "there is no such file"),
        ("Music/The Entertainer", "there is no such file"),
        ("The Entertainers.flac", "there is no such file"),
    ):
        code, out, err = run("find", query)
        assert (code, out) == (2, "") and reason in err and err.count("\n") == 1, query
    assert not library.asked
    own = Path(library.music[2].path)
    for query in ("The Entertainer", str(own), own.name, f"{own.parent.name}/{own.name}"):
        refuse_other_paths(library, query)
    assert run("find", str(own))[0] == 0 and library.asked[-1].passage.name == "The Entertainer"
    line = {"id": "1", "moment": "Music/Odd/The Entertainer.wav @ 0:20"}
    Path("lines.jsonl").write_text(json.dumps(line) + "\n")
    code, out, _ = run("find", "--batch", "lines.jsonl")
    assert code == 1 and json.loads(out)["error"]["type"] == "AudioReadError"


def test_what_was_taken_for_a_moment_is_told(run: Run, library: AskedLibrary) -> None:
    code, out, _ = run("find", "The Entertainer")
    passage = library.asked[-1].passage
    assert code == 0 and passage.name == "The Entertainer"
    span = f"{clock(round(passage.start_s, 1))}-{clock(round(passage.end_s, 1))}"
    by = library.music[2].author
    assert out.splitlines()[0] == f"Searched for: “The Entertainer” by {by}, {span}."
    answer = json.loads(run("find", "The Entertainer @ 0:20", "--json")[1])
    assert answer["query"] == {
        "track": library.music[2].path,
        "title": "The Entertainer",
        "artist": library.music[2].artist,
        "start_s": 20,
        "end_s": 30,
    }
    assert "query" not in json.loads(run("find", "clip.wav", "--json")[1])


def test_titles_are_data(run: Run, library: AskedLibrary) -> None:
    _, out, _ = run("find", "clip.wav")
    assert "<b>*Bold*</b> [link](http://example.org) $x$ :smile:" in out


def test_why(run: Run, library: AskedLibrary) -> None:
    code, out, _ = run("why", "clip.wav", "#2")
    assert code == 0
    assert out.startswith("clip.wav @ 0:00-0:12\n#2 Pavane pour une infante défunte @ ")
    for word in ("harmony", "timbre", "rhythm", "dynamics", "share", "between them"):
        assert word in out
    code, out, _ = run("why", "clip.wav", "2", "--json")
    explanation = json.loads(out)
    assert code == 0 and explanation["hit"]["rank"] == 2
    assert sum(part["share"] for part in explanation["parts"]) == pytest.approx(1)


def test_the_state_of_a_library_is_told_without_what_hears_and_searches(tmp_path: Path) -> None:
    heavy = "rich", "scipy", "chromadb", "onnxruntime", "index.library", "index.search.searcher"
    code = (
        "import sys, app.cli.status, app.wiring; found, home = app.wiring.library_status(); "
        f"print(found.tracks, home, [each for each in {heavy} if each in sys.modules])"
    )
    environment = {**os.environ, "REPRISE_HOME": str(tmp_path / "home")}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout == f"0 {tmp_path / 'home'} []\n"


def test_without_a_library(run: Run, home: Path, tmp_path: Path) -> None:
    clip = write(tmp_path / "clip.wav", 1, 3)
    for arguments in (("find", clip), ("find", "Aria @ 0:10"), ("why", clip, "#1")):
        code, out, err = run(*arguments)
        assert (code, out) == (2, "") and "The library is empty: add music" in err
    code, out, _ = run("status")
    assert code == 0 and "0 tracks" in out
    (tmp_path / "lines.jsonl").write_text(json.dumps({"id": 1, "audio": str(clip)}) + "\n")
    code, out, err = run("find", "--batch", tmp_path / "lines.jsonl")
    assert code == 2 and json.loads(out)["error"]["type"] == "EmptyLibraryError" and "is empty" in err


def test_add_status_remove(run: Run, home: Path, tmp_path: Path) -> None:
    music = tmp_path / "music"
    write(music / "Satie - One.wav", 1)
    write(music / "Satie - Two.wav", 2, 13)
    code, out, _ = run("add", music)
    assert code == 0 and out.splitlines()[-1].startswith("Files: 2 added. 0:16 of sound in ")
    (music / "bad\nname.mp3").write_bytes(b"")
    code, out, _ = run("add", music, tmp_path / "missing")
    assert code == 1
    assert out.splitlines()[-3:] == [
        "Files: 2 as they were, 2 failed.",
        f"  {tmp_path}/missing: there is no such file",
        f"  {music}/bad name.mp3: it is empty (0 bytes)",
    ]
    code, out, _ = run("status")
    assert code == 0 and "2 tracks" in out and "4 moments" in out and "bad name.mp3: it is empty" in out
    code, out, _ = run("status", "--json")
    status = json.loads(out)
    assert (status["tracks"], status["artists"], len(status["failures"])) == (2, 1, 2)
    assert run("remove", music / "Satie - One.wav")[:2] == (0, "1 track taken out.\n")
    assert run("remove", "satie two")[:2] == (0, "1 track taken out.\n")
    code, out, err = run("remove", music / "Satie - One.wav")
    assert (code, out) == (2, "") and "is in the library" in err
    assert run("add", music / "Satie - One.wav")[0] == 0
    assert run("remove", music)[:2] == (0, "1 track taken out.\n")
    code, out, err = run("add", tmp_path / "nowhere")
    assert code == 2 and "nowhere" in err


def test_other_settings_are_refused_with_what_to_do(
    run: Run, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("add", write(tmp_path / "a.wav", 1))
    monkeypatch.setenv("REPRISE_HOP_S", "4")
    code, _, err = run("add", write(tmp_path / "b.wav", 2))
    assert code == 2 and "was indexed with" in err and "REPRISE_HOME" in err
    monkeypatch.setenv("REPRISE_HOP_S", "fast")
    code, _, err = run("status")
    assert code == 2 and "REPRISE_HOP_S" in err


def test_chat_app_and_demo_are_handed_on(
    run: Run, library: AskedLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    from demo.library import Skipped

    chat, page = SimpleNamespace(), SimpleNamespace()
    chat.run_chat = lambda json_mode: 5 if json_mode else 0
    page.serve = lambda port, open_browser: port
    monkeypatch.setitem(sys.modules, "app.cli.chat", chat)
    monkeypatch.setitem(sys.modules, "app.page_server", page)
    assert run("chat")[0] == 0 and run("chat", "--json")[0] == 5
    assert run("app", "--port", "7", "--no-browser")[0] == 7

    def build_demo(library: Any, progress: Callable[[Any], None], workers: int) -> Any:
        progress(SimpleNamespace(indexed=3, skipped=1, total=9, current="Aria", eta_s=100.0))
        return SimpleNamespace(
            pieces=8,
            minutes=14.6,
            elapsed_s=83,
            skipped=[Skipped("x.xml", "no notes")],
            interrupted=workers == 9,
        )

    monkeypatch.setattr("demo.library.build_demo", build_demo)
    code, out, _ = run("demo")
    assert code == 0 and out.splitlines() == [
        "4 of 9: 2 min left, Aria",
        "The demo library has 8 pieces (15 minutes made now, in 1:23).",
        "  left out: x.xml: no notes",
    ]
    assert run("demo", "--workers", "9")[0] == 1


def test_ctrl_c_ends_adding_in_order(tmp_path: Path) -> None:
    for number in range(8):
        write(tmp_path / "music" / f"{number}.wav", number)
    code = "import index.analysis.analyser as a, fake_analyser as f; a.Analyser = f.FakeAnalyser; "
    code += "import app.cli.main as c; c.main()"
    search = os.pathsep.join(path for path in sys.path if path)
    environment = {**os.environ, "REPRISE_HOME": str(tmp_path / "home"), "PYTHONPATH": search}
    environment["FAKE_WAITS_FOR"] = str(tmp_path / "go")
    process = subprocess.Popen(
        [sys.executable, "-c", code, "add", str(tmp_path / "music")],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    while not (tmp_path / "home" / "logs" / "workers.log").exists():
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out = process.communicate(timeout=30)[0]
    assert process.returncode == 1
    assert out.splitlines()[-1] == "Stopped with 8 files to go: run the same command again to go on."


def test_words_for_lengths_of_time() -> None:
    assert [left_words(s) for s in (0.2, 40, 100, 720, 12_000)] == [
        "1 s",
        "40 s",
        "2 min",
        "12 min",
        "3 h 20 min",
    ]
