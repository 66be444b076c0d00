"""Which works of music21's corpus are learned from, tuned on, and tested on: no music on two sides.

The split is by work, not by file: all movements of a quartet, all sections of a mass, all printings of a tune
lie on one side. Works listed in reserved.txt, and other printings of them, are on no side.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Literal, NamedTuple

from demo.scores import ENDINGS, corpus_folder

Split = Literal["train", "tune", "test"]
SPLITS: tuple[Split, ...] = ("train", "tune", "test")

LEFT_OUT = ("demos/", "theoryExercises/", "essenFolksong/test", "bach/choraleAnalyses/")
"""Exercises and copies."""
COPIES = {"schumann_robert/dichterliebe_no2": "schumann_robert/opus48no2"}
SONGS = ("essenFolksong", "miscFolk", "leadSheet", "liliuokalani")
DANCES = ("airdsAirs", "oneills1850", "ryansMammoth", "nottingham-dataset")
SEVERAL_COMPOSERS = (
    "trecento",
    "essenFolksong",
    "miscFolk",
    "leadSheet",
    "airdsAirs",
    "oneills1850",
    "ryansMammoth",
    "nottingham-dataset",
)
"""Folders of the corpus that are no composer's."""
FEWEST_PIECES = 11
"""Of a composer, for the precision of composer."""
MOST_SECTIONS = 2
"""Movements or sections taken of one work, so that a long one does not fill a small set."""


class Work(NamedTuple):
    """A playable score of the corpus."""

    path: str
    name: str
    """The same for all that must lie on one side of the split."""
    group: str
    """Composer or kind of music; sets are drawn from all groups in turn."""


def works(
    n: int,
    seed: int = 0,
    exclude_reserved: bool = True,
    split: Split = "train",
    most_sections: int = MOST_SECTIONS,
) -> list[str]:
    """Up to `n` score paths of one side, from as many composers as possible; the same for the same seed."""
    reserved = reserved_paths() if exclude_reserved else frozenset()
    kept_names = {
        work.name for work in all_works() if work.group in ("songs", "dances") and _in(work.path, reserved)
    }
    groups: dict[str, list[Work]] = defaultdict(list)
    for work in all_works():
        if not _in(work.path, reserved) and work.name not in kept_names and side(work.name) == split:
            groups[work.group].append(work)
    taken: dict[str, int] = defaultdict(int)
    chosen: list[str] = []
    queues = [
        sorted(groups[name], key=lambda work: _number(f"{seed}:{work.path}")) for name in sorted(groups)
    ]
    while len(chosen) < n and any(queues):
        for queue in queues:
            while queue:
                work = queue.pop(0)
                if taken[work.name] < most_sections:
                    taken[work.name] += 1
                    chosen.append(work.path)
                    break
    return chosen[:n]


def by_composer(most: int, splits: Sequence[Split] = SPLITS) -> list[str]:
    """Scores by composers who have at least FEWEST_PIECES, at most so many each, of some sides of the split."""
    group = {work.path: work.group for work in all_works()}
    pieces: dict[str, list[str]] = defaultdict(list)
    for split in splits:
        for path in works(len(group), split=split, most_sections=len(group)):
            pieces[group[path]].append(path)
    return [
        path
        for name, paths in sorted(pieces.items())
        if name not in ("songs", "dances", *SEVERAL_COMPOSERS) and len(paths) >= FEWEST_PIECES
        for path in paths[:most]
    ]


def side(name: str) -> Split:
    """The side of the split that a work lies on: 15 % test, 20 % tune, 65 % train."""
    place = _number(name) % 100
    return "test" if place < 15 else "tune" if place < 35 else "train"


def reserved_paths() -> frozenset[str]:
    """Works of the list that REPRISE_RESERVED names, else of reserved.txt; paths without their ending."""
    file = Path(os.environ.get("REPRISE_RESERVED") or Path(__file__).with_name("reserved.txt"))
    lines = (line.strip() for line in file.read_text("utf-8").splitlines())
    return frozenset(_edition(line) for line in lines if line and not line.startswith("#"))


@lru_cache(maxsize=1)
def all_works() -> tuple[Work, ...]:
    """Every playable score of the corpus, books of tunes taken apart."""
    root = corpus_folder()
    files: dict[str, Path] = {}
    for ending in reversed(ENDINGS):
        for file in root.rglob(f"*{ending}"):
            files[file.relative_to(root).as_posix().removesuffix(ending)] = file
    found: list[Work] = []
    for path, file in sorted(files.items()):
        if path.startswith(LEFT_OUT) or path.endswith(("_old", "_bak")):
            continue
        folder = path.split("/", 1)[0]
        if file.suffix == ".abc" and folder != "josquin":
            found += _tunes(path, file, folder)
        else:
            found.append(Work(path, _name(path, file), _group(folder)))
    return tuple(found)


def _tunes(path: str, file: Path, folder: str) -> list[Work]:
    text = file.read_text("latin-1")
    tunes = re.findall(r"^X:\s*(\d+)(.*?)(?=^X:|\Z)", text, re.MULTILINE | re.DOTALL)
    works: dict[str, Work] = {}
    for number, body in tunes:
        title = re.search(r"^T:(.*)", body, re.MULTILINE)
        place = path if len(tunes) == 1 else f"{path}#{int(number)}"
        works.setdefault(place, Work(place, _tune_name(title[1] if title else path), _group(folder)))
    return list(works.values())


def _tune_name(title: str) -> str:
    """The same for "Smith's -- Reel" and "SMITH'S REEL, The": books print one tune under nearly one title."""
    words = re.findall(r"[a-z]+", title.lower().replace("'", ""))
    return "tune " + " ".join(
        sorted({word for word in words if word not in ("the", "a", "s", "reel", "jig", "or")})
    )


def _name(path: str, file: Path) -> str:
    folder, _, rest = path.partition("/")
    if folder == "palestrina":
        mass = re.search(r"^!!!OPR:\s*(.*)", file.read_text("latin-1")[:2000], re.MULTILINE)
        return f"palestrina/{mass[1].strip() if mass else rest}"
    if folder == "bach":
        return f"bach/{rest.split('.')[0].split('-')[0]}"
    return re.sub(r"/movement.*", "", path)


def _group(folder: str) -> str:
    return "songs" if folder in SONGS else "dances" if folder in DANCES else folder


def is_reserved(path: str) -> bool:
    """Whether a score path is of the list, or another printing of what is."""
    return _in(path, reserved_paths())


def _in(path: str, reserved: frozenset[str]) -> bool:
    return _edition(path) in reserved or path.split("#", 1)[0] in reserved


def _edition(path: str) -> str:
    """The same for "bach/bwv112.5" and "bach/bwv112.5-sc", which are one movement in two scorings."""
    return re.sub(r"-\w+$", "", path) if path.startswith("bach/") else COPIES.get(path, path)


def _number(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")
