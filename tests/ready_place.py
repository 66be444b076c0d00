"""Libraries that are added once, and copied for each test, which may do with its copy what it likes."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import soundfile
import sounds
from once import copy_of_home, once_a_run
from place import Place

from index.catalogue.values import Stamp


def write_noise(path: Path, seed: int, duration_s: float = 3) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    soundfile.write(path, rng.uniform(-0.5, 0.5, round(duration_s * 8000)), 8000)
    return path


@pytest.fixture(scope="session")
def noise_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its `music` and its `home`; to be copied, not to be written into."""

    def make(folder: Path) -> None:
        for number in range(3):
            write_noise(folder / "music" / f"{number}.wav", number, 13 + 2 * number)
        place = Place(folder / "home")
        assert place.add(folder / "music").added == 3
        end(place)

    return once_a_run(tmp_path_factory, "noise", make)


@pytest.fixture
def noise_place(noise_library: Path, tmp_path: Path) -> Place:
    """A copy of it in `tmp_path`."""
    return copied(noise_library, tmp_path)


def add_clicks(folder: Path, names: Sequence[str]) -> Place:
    """A library of clicks in `folder`, one track a name, each faster and longer than the one before; not ended."""
    place, music = Place(folder / "home"), folder / "music"
    music.mkdir()
    for number, name in enumerate(names):
        sound = sounds.clicks(100 + 20 * number, 12 + number)
        soundfile.write(music / f"{name}.wav", sound.samples, sound.rate_hz)
    place.add(music)
    return place


def end(place: Place) -> None:
    """Close a library that is to be copied: its vectors have no server that might still write."""
    attachment = place.vectors._connection.attachment
    assert attachment is not None
    place.vectors.close()
    attachment.end()


def copied(library: Path, to: Path, opened: Callable[[Path], Place] = Place) -> Place:
    """A copy of a folder with `music` and `home`: the same library, as if it had been added from there."""
    shutil.copytree(library / "music", to / "music")
    home = copy_of_home(library / "home", to / "home")
    with closing(sqlite3.connect(home / "catalogue.sqlite")) as database, database:
        for table in ("paths", "folders", "mounts"):
            database.execute(f"update {table} set path = replace(path, ?, ?)", (str(library), str(to)))
    place = opened(home)
    for path, known in place.catalogue.files().items():
        place.catalogue.files_of.restamp(path, Stamp.of(path), known.sound or "")
    place.vectors.collections()  # their server runs, as it does when something was added
    return place
