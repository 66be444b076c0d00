"""Homes as older versions left them, made on the spot: their tables, their frames, their vector store without a token.

FIRST is of the first version that people used, MIDDLE has playlists and likes, LAST is of the one before homes had
versions. What differed is taken from those versions: the tables, the form of frames, the kind of harmony's vectors.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from fake_analyser import FakeAnalyser
from safetensors.numpy import save

from index.analysis.melody_salience import Salience
from index.audio.reading import content_hash
from index.core.frames import FINGERPRINT_HZ, RATES_HZ, rows
from index.core.moments import Grid
from index.store.vectors import VectorStore, window_ids

_TRACKS = """
CREATE TABLE tracks (id VARCHAR(20) NOT NULL, title VARCHAR NOT NULL, artist VARCHAR NOT NULL,
    composer VARCHAR NOT NULL, album VARCHAR NOT NULL, genre VARCHAR NOT NULL, year INTEGER, duration_s DOUBLE NOT NULL,
    windows INTEGER NOT NULL, loudness_lufs DOUBLE, added_at DOUBLE NOT NULL, PRIMARY KEY (id));
CREATE TABLE unfinished (track_id VARCHAR(20) NOT NULL, windows INTEGER NOT NULL, PRIMARY KEY (track_id));
CREATE TABLE failures (path VARCHAR NOT NULL, reason VARCHAR NOT NULL, failed_at DOUBLE NOT NULL, PRIMARY KEY (path));
CREATE TABLE jobs (pid INTEGER NOT NULL, folder VARCHAR NOT NULL, done INTEGER NOT NULL, total INTEGER NOT NULL,
    failed INTEGER NOT NULL, audio_s DOUBLE NOT NULL, eta_s DOUBLE, current VARCHAR NOT NULL,
    started_at DOUBLE NOT NULL, heartbeat_at DOUBLE NOT NULL, PRIMARY KEY (pid));
CREATE TABLE settings ("key" VARCHAR NOT NULL, value VARCHAR NOT NULL, PRIMARY KEY ("key"));
CREATE TABLE paths (path VARCHAR NOT NULL, track_id VARCHAR(20) NOT NULL, size BIGINT NOT NULL,
    mtime_ns BIGINT NOT NULL, added_at DOUBLE NOT NULL, PRIMARY KEY (path),
    FOREIGN KEY(track_id) REFERENCES tracks (id));
CREATE INDEX ix_paths_track_id ON paths (track_id);
"""
_LIKES = """
CREATE TABLE folders (path VARCHAR NOT NULL, added_at DOUBLE NOT NULL, PRIMARY KEY (path));
CREATE TABLE playlists (name VARCHAR NOT NULL, made_at DOUBLE NOT NULL, moments VARCHAR NOT NULL, PRIMARY KEY (name));
CREATE TABLE events (id INTEGER NOT NULL, kind VARCHAR(12) NOT NULL, track_id VARCHAR(20) NOT NULL,
    start_s DOUBLE NOT NULL, end_s DOUBLE NOT NULL, at_s DOUBLE NOT NULL, PRIMARY KEY (id));
CREATE INDEX ix_events_track_id ON events (track_id);
CREATE INDEX ix_events_at_s ON events (at_s);
"""
_LYRICS = """
CREATE TABLE lyrics (track_id VARCHAR(20) NOT NULL, language VARCHAR NOT NULL, network VARCHAR NOT NULL,
    problem VARCHAR NOT NULL, written_at DOUBLE NOT NULL, PRIMARY KEY (track_id));
CREATE TABLE sung_lines (id INTEGER NOT NULL, track_id VARCHAR(20) NOT NULL, start_s DOUBLE NOT NULL,
    end_s DOUBLE NOT NULL, text VARCHAR NOT NULL, words VARCHAR NOT NULL, vector BLOB NOT NULL, PRIMARY KEY (id));
CREATE INDEX ix_sung_lines_track_id ON sung_lines (track_id);
"""


@dataclass(frozen=True)
class Version:
    """A version that left homes behind."""

    name: str
    tables: str
    frames: int
    """What its fingerprint says of frames."""
    harmony: int
    """Numbers in a vector of harmony."""
    melody: bool
    """Whether melody was measured while adding."""
    fingerprints: bool


FIRST = Version("4daa868", _TRACKS, 1, 5, melody=False, fingerprints=False)
MIDDLE = Version("034f508", _TRACKS + _LIKES, 1, 5, melody=False, fingerprints=False)
LAST = Version("61d18ff", _TRACKS + _LIKES + _LYRICS, 2, 3, melody=True, fingerprints=True)
VERSIONS = (FIRST, MIDDLE, LAST)


def fingerprint(frames: int) -> str:
    """What an index of a version says that it was made with."""
    return f"musicnn at 16 kHz, windows of 10 s every 2 s, frames {frames}"


def make(home: Path, music: Path, version: Version) -> list[str]:
    """Make a home of an older version with two tracks; their ids. Its vector store is left with no server."""
    home.mkdir()
    music.mkdir()
    tracks = [_track(home, music / f"{number}.wav", number, version) for number in range(2)]
    with closing(sqlite3.connect(home / "catalogue.sqlite")) as database, database:
        database.executescript(version.tables)
        for track_id, path, duration_s, windows in tracks:
            status = path.stat()
            values = (track_id, path.stem, "", "Anna", "", "", 1800, duration_s, windows, -20.0, 5.0)
            database.execute("INSERT INTO tracks VALUES (?,?,?,?,?,?,?,?,?,?,?)", values)
            place = (str(path), track_id, status.st_size, status.st_mtime_ns, 5.0)
            database.execute("INSERT INTO paths VALUES (?,?,?,?,?)", place)
        settings = [("fingerprint", fingerprint(version.frames)), ("generation", "2")]
        database.executemany("INSERT INTO settings VALUES (?,?)", settings)
        if version is not FIRST:
            liked = ("liked", tracks[0][0], 0.0, 10.0, 100.0)
            database.execute(
                "INSERT INTO events (kind,track_id,start_s,end_s,at_s) VALUES (?,?,?,?,?)", liked
            )
    with closing(sqlite3.connect(home / "threads.sqlite")) as database, database:
        database.execute("CREATE TABLE checkpoints (thread_id TEXT, checkpoint BLOB)")
        database.execute("INSERT INTO checkpoints VALUES ('one', x'00ff')")
    (home / "saved.json").write_text(json.dumps([]))
    return [track_id for track_id, *_ in tracks]


def write(path: Path, seed: int) -> np.random.Generator:
    """A sound of thirteen seconds or more; what it was drawn from, for more."""
    rng = np.random.default_rng(seed)
    soundfile.write(path, rng.uniform(-0.5, 0.5, (13 + 2 * seed) * 8000), 8000)
    return rng


def _track(home: Path, path: Path, seed: int, version: Version) -> tuple[str, Path, float, int]:
    rng = write(path, seed)
    track_id = content_hash(path)
    frames = FakeAnalyser().analyse_file(path)
    arrays = {name: np.ascontiguousarray(getattr(frames, name)) for name in RATES_HZ}
    if version.fingerprints:
        count = rows(frames.duration_s, FINGERPRINT_HZ)
        arrays["fingerprint"] = rng.integers(0, 1 << 32, count, np.uint32)
    file = home / "frames" / track_id[:2] / f"{track_id}.safetensors"
    file.parent.mkdir(parents=True, exist_ok=True)
    scalars = {"duration_s": repr(frames.duration_s), "loudness_lufs": repr(frames.loudness_lufs)}
    file.write_bytes(save(arrays, metadata=scalars))
    if version.melody:
        salience = Salience()
        melody = home / "melody" / salience.version / track_id[:2] / f"{track_id}.npy"
        melody.parent.mkdir(parents=True, exist_ok=True)
        np.save(melody, salience.kept(frames.notes))
    (home / "chroma" / "store").mkdir(parents=True, exist_ok=True)  # a store without a token
    store = VectorStore(home, grace_s=0.5)
    windows = len(Grid().spans(frames.duration_s))
    width = 3 if version is LAST else version.harmony
    made = {"timbre": rng.standard_normal((windows, 4)), "harmony": rng.standard_normal((windows, width))}
    for collection, vectors in made.items():
        store.upsert(collection, window_ids(track_id, windows), vectors)
    store.close()
    return track_id, path, frames.duration_s, windows
