"""The log: what goes there, what never does, who may read it, and that several processes can share it."""

from __future__ import annotations

import logging
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from place import Place
from test_ingest import write

from app.cli import main as cli
from app.log import log_file, mistake, start_logging


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """What a test began to log, ends with it."""
    names = ("reprise", "uvicorn.error", "streamlit")
    before = {
        name: (list(logging.getLogger(name).handlers), logging.getLogger(name).propagate) for name in names
    }
    yield
    for name, (handlers, propagate) in before.items():
        logging.getLogger(name).handlers[:] = handlers
        logging.getLogger(name).propagate = propagate


def fails_with(words: str) -> None:
    raise KeyError(words)


def test_a_traceback_is_kept_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = start_logging(tmp_path / "home")
    assert not path.parent.exists()
    try:
        fails_with("of a bug")
    except KeyError:
        logging.getLogger("reprise.ingest").exception("a file failed")
    logged = path.read_text()
    assert "in fails_with" in logged
    assert "KeyError: 'of a bug'" in logged
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("name", ["reprise.page", "reprise.agent.middleware", "uvicorn.error"])
def test_words_of_a_conversation_are_not_in_it(tmp_path: Path, name: str) -> None:
    path = start_logging(tmp_path, verbose=True)
    try:
        try:
            fails_with("my secret song")
        except KeyError as error:
            raise ValueError("no my secret song") from error
    except ValueError:
        logging.getLogger(name).exception("a turn failed")
    logged = path.read_text()
    assert "secret song" not in logged.replace('fails_with("my secret song")', "").replace(
        'raise ValueError("no my secret song") from error', ""
    )
    assert "which led to" in logged
    assert logged.rstrip().endswith("ValueError")


def test_keys_are_not_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", "a1b2c3d4e5f6")
    path = start_logging(tmp_path)
    ours = logging.getLogger("reprise.agent")
    ours.warning(
        "asked with a1b2c3d4e5f6 and sk-proj-abcdefghijklmnop, https://me:pass@host/ and Bearer abc.def"
    )
    logged = path.read_text()
    assert not [key for key in ("a1b2c3d4e5f6", "abcdefghijklmnop", "me:pass", "abc.def") if key in logged]
    assert "asked with" in logged


def test_a_log_that_cannot_be_written_stands_in_nobodys_way(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "logs").write_text("a file is in the way")
    start_logging(tmp_path)
    logging.getLogger("reprise.ingest").error("nowhere to go")
    assert capsys.readouterr().err == ""


def test_several_processes_write_one_log_and_lose_little(tmp_path: Path) -> None:
    code = (
        "import logging, pathlib, sys, app.log\n"
        "app.log.LARGEST_BYTES = 20_000\n"
        "app.log.OLDER_KEPT = 50\n"
        "app.log.start_logging(pathlib.Path(sys.argv[1]))\n"
        "for i in range(400): logging.getLogger('reprise.x').info('%s line %04d', sys.argv[2], i)\n"
    )
    running = [subprocess.Popen([sys.executable, "-c", code, tmp_path, name]) for name in ("one", "two")]
    assert [each.wait(60) for each in running] == [0, 0]
    files = sorted(log_file(tmp_path).parent.glob("reprise.log*"))
    lines = [line for file in files for line in file.read_text().splitlines()]
    assert len(files) > 2
    assert len(lines) == len({line.split(": ", 1)[1] for line in lines}) == 800


def test_the_mistake_of_a_worker_is_in_the_log_and_its_sentence_names_it(tmp_path: Path) -> None:
    path = start_logging(tmp_path / "home")
    place = Place(tmp_path / "home")
    write(tmp_path / "bug.wav", 1)
    [failure] = place.add(tmp_path / "bug.wav").failed
    assert "logs/reprise.log" in failure.reason
    logged = path.read_text()
    assert "bug.wav" in logged
    assert "in analyse_file" in logged
    assert "ZeroDivisionError: of a bug" in logged


def test_a_mistake_of_a_command_is_one_sentence_that_names_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REPRISE_HOME", str(tmp_path))
    monkeypatch.setattr("app.wiring.library_status", lambda: fails_with("of a bug"))
    monkeypatch.setattr(sys, "argv", ["reprise", "status"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert said.count("\n") == 1
    assert "mistake of its own (KeyError)" in said
    assert str(log_file(tmp_path)) in said
    assert "in fails_with" in log_file(tmp_path).read_text()


def test_more_is_said_where_it_is_wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = {**os.environ, "REPRISE_HOME": str(tmp_path)}
    code = (
        "import logging, sys; sys.argv = ['reprise', *sys.argv[1:]]\n"
        "from app.cli import main as cli\n"
        "@cli.app.command()\n"
        "def murmur() -> None: logging.getLogger('reprise.x').debug('a detail')\n"
        "cli.main()"
    )
    for arguments, wanted in ([], False), (["-v"], True):
        command = [sys.executable, "-c", code, *arguments, "murmur"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        assert ("a detail" in done.stderr) == wanted
        assert log_file(tmp_path).exists() == wanted


def test_a_mistake_is_told_with_the_log_in_the_users_own_terms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    start_logging(tmp_path / "music home")
    said = mistake(KeyError("x"), "Nothing is lost.")
    assert said == (
        "Reprise made a mistake of its own (KeyError). Nothing is lost. "
        "The log says more: ~/music home/logs/reprise.log"
    )
