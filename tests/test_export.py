"""`reprise export`: saved moments, playlists and conversations as files; what it prints, its exit codes."""

from __future__ import annotations

import io
import json
import re
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
import soundfile
from fake_library import FakeLibrary, fake_tracks

from app.agent.assistant import Assistant
from app.agent.events import Answered
from app.agent.memory.conversations import Memory
from app.cli import main as cli
from app.settings import load_settings
from app.view.saved import Saved
from index.core.hits import Hit
from tools import all_tools

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeLibrary:
    home = tmp_path / "home"
    home.mkdir()
    made = FakeLibrary(home, fake_tracks(home))
    for number, track in enumerate(made.music):
        times = np.arange(130 * 8000) / 8000
        soundfile.write(track.path, 0.3 * np.sin(2 * np.pi * (200 + 50 * number) * times), 8000)
    monkeypatch.setenv("REPRISE_HOME", str(home))
    monkeypatch.setattr("app.wiring.open_library", lambda settings=None: made)
    monkeypatch.chdir(tmp_path)
    return made


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["reprise", "export", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out, printed.err

    return run


@pytest.fixture
def thread(library: FakeLibrary, tmp_path: Path) -> str:
    """A conversation: a clip was brought, moments were found, and saved as “Summer”."""
    clip = tmp_path / "my [clip].wav"
    soundfile.write(clip, 0.3 * np.sin(np.arange(12 * 8000) / 5), 8000)
    memory = Memory(library.home / "threads.sqlite")
    talk = Assistant(load_settings(), library, all_tools(), memory)
    thread_id = talk.new_thread()
    list(talk.turn(thread_id, "find moments like this", [clip]))
    list(talk.turn(thread_id, "save the first two as Summer"))
    talk.rename(thread_id, "On the *road*")
    memory.close()
    return thread_id


def moments(path: Path) -> int:
    return len(json.loads(path.read_text(encoding="utf-8"))["moments"])


def test_saved_moments_are_the_default(library: FakeLibrary, run: Run, thread: str) -> None:
    code, _, complaint = run()
    assert code == 2
    assert "No moments are saved yet" in complaint
    saved = Saved(library.home, library.catalogue.history)
    summer = library.catalogue.playlists.find("Summer")
    assert summer is not None
    for item in summer.items:
        saved.toggle(hit_of(item))
    code, said, _ = run("--format", "json")
    path = library.home / "playlists" / "Saved moments.json"
    assert code == 0
    assert said == f"2 moments of “Saved moments”: {path}\n"
    assert moments(path) == 2
    assert run("saved", "--format", "json")[1].rstrip().endswith("Saved moments 2.json")


def hit_of(item: object) -> Hit:
    from index.core.hits import Alignment

    return Hit(1, item.track, item.moment, 1.0, 0.9, 0.5, {}, Alignment(0, 1.0))  # type: ignore[attr-defined]


def test_two_playlists_of_one_name_are_both_shown_and_reached(
    library: FakeLibrary, run: Run, thread: str, tmp_path: Path
) -> None:
    memory = Memory(library.home / "threads.sqlite")
    talk = Assistant(load_settings(), library, all_tools(), memory)
    other = talk.new_thread()
    list(talk.turn(other, "find moments like this", [tmp_path / "my [clip].wav"]))
    *_, answer = talk.turn(other, "save the third as summer")
    memory.close()
    assert isinstance(answer, Answered) and "summer 2" in answer.text
    assert [each.name for each in library.catalogue.playlists.all()] == ["summer 2", "Summer"]
    code, said, _ = run("--list")
    assert code == 0 and "“Summer”: 2 moments" in said and "“summer 2”: 1 moment" in said
    for name, count in (("Summer", 2), ("Summer 2", 1)):
        path = tmp_path / f"{name}.json"
        assert run(name, "--to", path)[0] == 0 and moments(path) == count
    memory = Memory(library.home / "threads.sqlite")
    talk = Assistant(load_settings(), library, all_tools(), memory)
    list(talk.turn(thread, "save the first two as Summer"))  # the same moments again: no third one
    memory.close()
    assert {each.name for each in library.catalogue.playlists.all()} == {"summer 2", "Summer"}


def test_a_playlist_in_another_format(library: FakeLibrary, run: Run, thread: str, tmp_path: Path) -> None:
    code, said, _ = run("summer", "--to", tmp_path / "x.xspf")
    assert (code, said) == (0, f"2 moments of “Summer”: {tmp_path}/x.xspf\n")
    assert (tmp_path / "x.xspf").read_text(encoding="utf-8").count("<track>") == 2
    code, said, _ = run("Summer", "--to", f"{tmp_path}/new/")
    assert code == 0
    assert f"For mpv: {tmp_path}/new/Summer.mpv.m3u8" in said
    code, said, _ = run("Summer", "--format", "flac", "--json")
    told = json.loads(said)
    assert (told["moments"], told["format"], told["failed"]) == (2, "flac", [])
    assert soundfile.info(told["path"]).duration == pytest.approx(23)


def test_the_last_results_of_a_conversation(library: FakeLibrary, run: Run, thread: str) -> None:
    for name in (thread, "on the *ROAD*"):
        code, said, _ = run(name, "-f", "json", "--json")
        assert code == 0
        assert json.loads(said)["moments"] == 5


def test_a_conversation_with_its_sounds(library: FakeLibrary, run: Run, thread: str, tmp_path: Path) -> None:
    code, said, complaint = run(thread, "--format", "markdown", "--to", tmp_path / "out")
    folder = tmp_path / "out" / "On the _road_"
    assert (code, complaint) == (0, "")
    assert said == f"5 moments of “On the *road*”: {folder}\n"
    text = (folder / "conversation.md").read_text(encoding="utf-8")
    assert text.startswith(r"# On the \*road\*")
    assert "**You:** find moments like this" in text
    assert "**Reprise:** " in text
    links = [unquote(link) for link in re.findall(r"\]\(([^)]+)\)", text)]
    assert len(links) == 6
    assert all((folder / link).is_file() for link in links)
    for link in links:
        sound, rate = soundfile.read(folder / link)
        assert len(sound) / rate == pytest.approx(12 if link.startswith("clips/") else 10, abs=2.01)
    assert run(thread, "--format", "markdown", "--to", tmp_path / "out")[1].rstrip().endswith("_road_ 2")


def test_the_same_as_one_file(library: FakeLibrary, run: Run, thread: str, tmp_path: Path) -> None:
    Path(library.music[1].path).unlink()
    code, _, complaint = run(thread, "--to", tmp_path / "all.zip")
    assert code == 1
    assert "1.wav could not be read: there is no such file." in complaint
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        names = archive.namelist()
        text = archive.read("On the _road_/conversation.md").decode()
        sound = next(name for name in names if "/moments/" in name)
        assert soundfile.info(io.BytesIO(archive.read(sound))).duration == pytest.approx(12)
    assert "its file is not there now" in text
    assert sum("/moments/" in name for name in names) == 4


def test_what_can_be_exported(library: FakeLibrary, run: Run, thread: str) -> None:
    code, said, _ = run("--list")
    assert code == 0
    assert said == (
        f"saved: 0 moments\nplaylist “Summer”: 2 moments\nconversation “On the *road*” ({thread})\n"
    )
    told = json.loads(run("--list", "--json")[1])
    assert told["conversations"] == [{"id": thread, "name": "On the *road*"}]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("no such",), "There is no playlist and no conversation called “no such”"),
        (("Summer", "--format", "docx"), "not as “docx”"),
        (("Summer", "--to", "x.docx"), "should end in the name of a format"),
        (("Summer", "--to", "x.csv", "--format", "cue"), "should end in .cue"),
        (("Summer", "--format", "markdown"), "is no conversation"),
        (("Summer", "--to", "my [clip].wav"), "should end in"),
        (("Summer", "--to", "there.csv"), "is there already"),
        (("Summer", "--to", "/proc/x.csv"), "could not be written"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    library: FakeLibrary, run: Run, thread: str, arguments: tuple[str, ...], complaint: str
) -> None:
    (library.home.parent / "there.csv").touch()
    code, said, told = run(*arguments)
    assert (code, said) == (2, "")
    assert complaint in told
    assert told.count("\n") == 1


def test_a_moment_whose_file_is_gone_is_listed(library: FakeLibrary, run: Run, thread: str) -> None:
    Path(library.music[0].path).unlink()
    code, said, complaint = run("Summer", "--format", "csv")
    assert code == 1
    assert "2 moments" in said
    assert complaint == f"reprise: {library.music[0].path} is not there now.\n"
