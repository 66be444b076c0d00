"""Status only reads: nothing is written, locked or made for it, whoever polls it and whatever else goes on."""

import ctypes
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import portalocker
import pytest
import soundfile
import sounds
from place import Place
from sqlalchemy import Engine, event

from app import background
from index.catalogue.catalogue import Catalogue
from index.core.options import LibraryOptions
from index.core.transcript import Line, Transcript
from index.library import Library
from index.lyrics.transcribe_all import LOCK, write_down_all, written_down
from index.status import status_of
from index.system.locks import is_held, only_one


@pytest.fixture
def home(tmp_path):
    """A home of two tracks whose words were asked for, and of another network's index beside them."""
    place = Place(tmp_path / "home")
    for number in range(2):
        sound = sounds.clicks(100 + 20 * number, 12 + number)
        soundfile.write(tmp_path / f"{number}.wav", sound.samples, sound.rate_hz)
    place.add(tmp_path / "0.wav", tmp_path / "1.wav")
    place.vectors.close()
    (place.home / LOCK).touch()
    place.catalogue.close()
    other = place.home / "indices" / "other"
    other.mkdir(parents=True)
    shutil.copy(place.home / "catalogue.sqlite", other)
    return place.home


def files(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every file below a folder but what readers of a database share: when it was changed, and what it holds."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file() and not path.name.endswith(("-shm", "-wal"))
    }


def test_status_writes_nothing_and_begins_no_transaction_that_could(home):
    options = LibraryOptions(home=home)
    before = files(home)
    said: list[str] = []

    def note(connection, cursor, statement, *_):
        said.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        library = Library(options)
        for _ in range(3):
            status = library.status()
        library.catalogue.close()
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert status.lyrics is not None
    assert (status.tracks, status.lyrics.total) == (2, 2)
    assert [(each.name, each.tracks) for each in status.indices] == [("musicnn", 2), ("other", 2)]
    first_words = {statement.split()[0].upper() for statement in said}
    assert "BEGIN" in first_words
    assert first_words <= {"BEGIN", "SELECT", "PRAGMA", "COMMIT"}
    assert not [statement for statement in said if "IMMEDIATE" in statement.upper()]
    assert files(home) == before


def lose_the_right_to_write_anywhere() -> None:
    """What root is without CAP_DAC_OVERRIDE, from the next program on."""
    drop, dac_override = 24, 1
    ctypes.CDLL(None).prctl(drop, dac_override, 0, 0, 0)


def test_a_home_that_cannot_be_written_to_has_a_status(home):
    folders = [home, *(path for path in home.rglob("*") if path.is_dir())]
    for path in home.rglob("*"):
        if path.is_file():
            path.chmod(0o444)
    for folder in folders:
        folder.chmod(0o555)
    root = hasattr(os, "geteuid") and os.geteuid() == 0

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *command],
            env={**os.environ, "REPRISE_HOME": str(home)},
            preexec_fn=lose_the_right_to_write_anywhere if root else None,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    try:
        assert "PermissionError" in run("-c", f"open({str(home / 'catalogue.sqlite')!r}, 'a')").stderr
        done = run("-m", "app.cli", "status", "--json")
    finally:
        for folder in folders:
            folder.chmod(0o755)
    assert done.stderr == ""
    assert done.returncode == 0
    assert '"tracks": 2' in done.stdout


class Silent:
    """Hears nothing in anything."""

    name = "silent"

    def check(self):
        pass

    def write_down(self, sound, starts_s=0.0):
        return Transcript((), "", self.name)


def test_words_are_written_down_while_others_look_how_far_it_is(home):
    options, over, looked = LibraryOptions(home=home), threading.Event(), []
    silent: Any = Silent()
    no_sound: Any = None
    catalogue = Catalogue(home)

    def look() -> None:
        own = Catalogue(home)
        while not over.is_set():
            looked.append(status_of(options, own).lyrics)
        own.close()

    lookers = [threading.Thread(target=look) for _ in range(2)]
    for each in lookers:
        each.start()
    try:
        for _ in range(20):
            done = write_down_all(
                home, catalogue, Library(options).frames, silent,
                sound=lambda track, start_s, end_s: no_sound, tell=lambda title, far: None,
            )  # fmt: skip
            assert not done.running, "it was taken for one that another program is at"
    finally:
        over.set()
        for each in lookers:
            each.join()
        catalogue.close()
    assert done.done == 2
    assert looked


def test_who_only_looks_is_waited_for_and_who_works_is_not(tmp_path):
    lock = tmp_path / "a.lock"
    assert not is_held(lock)
    assert not lock.exists()
    with only_one(lock) as alone:
        assert alone
        assert is_held(lock)
        assert is_held(lock)
        with only_one(lock) as second:
            assert not second
    assert not is_held(lock)
    with lock.open("r") as file:
        portalocker.lock(file, portalocker.LOCK_SH)
        threading.Timer(0.2, file.close).start()
        with only_one(lock) as alone:
            assert alone


def test_how_far_words_are_is_told_of_who_is_at_it(home):
    catalogue = Catalogue(home)
    before = written_down(home, catalogue)
    assert before is not None and not before.running
    with only_one(home / LOCK):
        meanwhile = written_down(home, catalogue)
        assert meanwhile is not None and meanwhile.running
    catalogue.close()


def test_no_two_changes_of_the_words_have_one_edition(home):
    catalogue = Catalogue(home)
    first, second = (track.id for track in catalogue.tracks())
    editions = [catalogue.lyrics.edition()]
    assert not catalogue.lyrics.any_lines()
    for track_id, text in (
        (first, "one"),
        (second, "two"),
        (second, "three"),
        (second, "four"),
        (first, "five"),
    ):
        heard = Transcript((Line(text, 0.0, 1.0, ()),), "en", "test")
        catalogue.lyrics.note(track_id, heard, np.zeros((1, 384)))
        editions.append(catalogue.lyrics.edition())
    assert len(set(editions)) == len(editions)
    assert catalogue.lyrics.any_lines()
    catalogue.close()


def test_each_command_in_the_background_has_a_log_of_its_own(tmp_path, monkeypatch):
    started = [background.start(tmp_path, "Nothing", "no-such-command") for _ in range(3)]
    for each in started:
        each.process.wait(timeout=60)
    assert len({each.log for each in started}) == 3
    assert all("no-such-command" in each.said() for each in started)
    monkeypatch.setattr(background, "LOGS_KEPT", 2)
    newest = background.start(tmp_path, "Nothing", "no-such-command")
    newest.process.wait(timeout=60)
    assert newest.said()
    assert len(list((tmp_path / "logs").glob("no-such-command-*.log"))) == 2
