"""What is measured of a large library beside the search by sound: words, hums, the state, adding, the first answer.

As in `bench.scale.measures`: one function each, in a process of its own; `cpu` is the processor's time of the process,
of those it started and of the store's server, which remains comparable on a busy machine.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from functools import partial
from pathlib import Path

import numpy as np
import psutil

from bench.latency import end_servers, servers, timed
from bench.processes import cpu_s
from bench.scale.asked import Found, moments, opened
from index.core.frames import Frames
from index.core.query import Query
from index.library import Library

WORDS = (
    "slow and dark",
    "fast and bright",
    "a quiet piano",
    "loud with drums",
    "a sad violin",
    "warm and calm",
)
HUMS = 8
NEW_S, NEW_RATE_HZ = 30, 22050


def by_words(home: Path) -> Found:
    """Search by words: the first in a new process, the same again, and other words."""
    with opened(home) as library:
        found = spent(home, "first", lambda: library.find_text(WORDS[0]))
        return found | timed([partial(library.find_text, each) for each in WORDS[1:]], home)


def by_hum(home: Path) -> Found:
    """Search by a tune: the first in a new process, then others; moments of the library stand for hums."""
    with opened(home) as library:
        queries = moments(library, seed=4)
        found = spent(home, "first", lambda: library.find_hum(next(queries)))
        return found | timed([partial(library.find_hum, next(queries)) for _ in range(HUMS)], home)


def status(home: Path) -> Found:
    """The state of the library: in this process, and by the command."""
    with opened(home) as library:
        inside = spent(home, "inside", library.status)
    command = [sys.executable, "-m", "app.cli", "status"]
    environment = {"REPRISE_HOME": str(home)}
    return inside | spent(home, "command", lambda: _run(command, environment))


def recordings(home: Path) -> Found:
    """Which recording a new sound is: its keys looked up, at first and after many; and the bits that clips search."""
    from index.ingest.recordings import Recordings
    from index.store.fingerprint_store import FingerprintStore
    from index.store.fingerprint_table import FingerprintTable

    rng = np.random.default_rng(7)
    with opened(home) as library:
        store = FingerprintStore.of_home(library.options.folder, library.frames)
        lengths_s = library.catalogue.lengths_s()
        store.gather(lengths_s)
        known = Recordings(library.frames, library.catalogue.lengths_s)
        new = [_other(library.frames.read(each), rng) for each in list(lengths_s)[: 3 * HUMS]]
        found = spent(home, "first", lambda: known.find(new[0]))
        found |= spent(home, "sorting_them", lambda: [known.find(each) for each in new[1 : 2 * HUMS]])
        found |= timed([partial(known.find, each) for each in new[2 * HUMS :]], home)

        def clips_table() -> None:
            kept = store.bits(lengths_s)
            FingerprintTable(kept.ids, kept.parts, kept.counts)

        return found | spent(home, "bits_of_all", clips_table)


def _other(frames: Frames, rng: np.random.Generator) -> Frames:
    """A sound that is none of the library: another one's bits in another order, some of them turned."""
    assert frames.fingerprint is not None
    bits = rng.permutation(np.asarray(frames.fingerprint)) ^ np.uint32(rng.integers(2**32))
    arrays = {each.name: getattr(frames, each.name) for each in fields(Frames)}
    return Frames(**(arrays | {"fingerprint": bits}))


def add_unchanged(home: Path) -> Found:
    """Adding a folder of which everything is there already."""
    with opened(home) as library:
        folder = _music(library)
        return spent(home, "", lambda: library.add([folder], 1))


def one_more(home: Path) -> Found:
    """One more track: added, found by a moment of its own, and taken out again."""
    import soundfile

    rng = np.random.default_rng(6)
    steps = np.repeat(rng.integers(40, 80, NEW_S * 4), NEW_RATE_HZ // 4)
    phase = np.cumsum(440 * 2 ** ((steps - 69) / 12)) * 2 * np.pi / NEW_RATE_HZ
    with opened(home) as library:
        file = _music(library) / "one more.wav"
        soundfile.write(file, 0.3 * np.sin(phase), NEW_RATE_HZ)
        library.find(next(moments(library)))
        found = spent(home, "added", lambda: library.add([file], 1))
        (track,) = library.catalogue.tracks("one more")

        def again() -> None:
            query = Query(library.passage(track, 4.0, 14.0), exclude_same_track=False)
            assert library.find(query).hits[0].track.id == track.id

        found |= spent(home, "then_found", again)
        library.remove(file)
    file.unlink()
    return found


def first_answer(home: Path) -> Found:
    """From the start of a program to the first answer of a conversation, the store's server not running before."""
    end_servers(home)
    with opened(home) as library:
        title = library.catalogue.tracks()[0].title
    program = (
        "import sys; from pathlib import Path; from bench.startup import planner; "
        "planner(Path(sys.argv[1]), sys.argv[2], 1)"
    )
    return spent(home, "", lambda: _run([sys.executable, "-c", program, str(home), title], {}))


PROGRAMS: dict[str, Callable[[Path], Found]] = {
    "by_words": by_words,
    "by_hum": by_hum,
    "status": status,
    "recordings": recordings,
    "first_answer": first_answer,
    "add_unchanged": add_unchanged,
    "one_more": one_more,
}


def spent(home: Path, name: str, call: Callable[[], object]) -> Found:
    """Seconds that a call takes, and of the processor."""
    prefix = f"{name}_" if name else ""
    with _processor(home) as used:
        began = time.perf_counter()
        call()
        wall_s = time.perf_counter() - began
    return {f"{prefix}s": wall_s, f"{prefix}cpu_s": used[0]}


@contextmanager
def _processor(home: Path) -> Iterator[list[float]]:
    """Seconds of the processor while this lasts, of servers that are there at its end and of ended children too."""
    before = {each.pid: cpu_s(each) for each in (psutil.Process(), *servers(home))}
    ended = psutil.Process().cpu_times()
    used = [0.0]
    yield used
    now = psutil.Process().cpu_times()
    used[0] = sum(cpu_s(each) - before.get(each.pid, 0.0) for each in (psutil.Process(), *servers(home)))
    used[0] += now.children_user + now.children_system - ended.children_user - ended.children_system


def _music(library: Library) -> Path:
    """The folder that generated files lie in (`bench.scale.filling`)."""
    return Path(library.catalogue.tracks()[0].path).parents[2]


def _run(command: list[str], environment: dict[str, str]) -> None:
    import os

    subprocess.run(command, env=os.environ | environment, stdout=subprocess.DEVNULL, check=True)
