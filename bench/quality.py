"""How well Reprise finds, side by side with simpler ways; prints tables, writes JSON, a page and a picture.

    python -m bench.quality                 a small contest, about five minutes on two cores
    python -m bench.quality --full          a thousand pieces and more, hours
    python -m bench.quality --set DIR ...   sets that were made before (see bench/README.md)

Scores are of the split "test", which nothing was trained or tuned on. Real recordings are taken from --music,
else from the music of Debian's free games where it is installed. What was made and analysed is kept in
--work.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bench.contest import Beside

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "bench" / "results"
PICTURES = ROOT / "docs" / "pictures"
GAMES = ("warzone2100", "supertux2", "widelands", "megaglest")


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    works: int
    asked_works: int
    score_kinds: str
    recordings: int
    asked_recordings: int
    recording_kinds: str
    per_kind: int
    moments: int
    """Moments of the library whose neighbours are looked at."""
    of_each_composer: int = 0
    """Pieces of every composer with at least eleven, for the precision of composer."""


SIZES = {
    "small": Size(
        works=24,
        asked_works=24,
        score_kinds="sound,instruments,tempo,key,all,hum",
        recordings=10,
        asked_recordings=10,
        recording_kinds="clean,clean5,clean3,mp3,noise5,noise0,room,phone,speed,pitch,stretch",
        per_kind=1,
        moments=24,
    ),
    "full": Size(
        works=1100,
        asked_works=150,
        score_kinds="sound,instruments,tempo,key,all,hum",
        recordings=1000,
        asked_recordings=60,
        recording_kinds="clean,clean3,clean5,clean20,mp3,noise5,noise0,room,phone,speed,pitch,stretch",
        per_kind=2,
        moments=400,
        of_each_composer=30,
    ),
}


def made_sets(size: Size, work: Path, music: Sequence[Path], workers: int) -> list[Path]:
    """The folders of the sets of a size; what is there already is kept."""
    from bench import collection, recordings
    from bench.works import by_composer, works

    folders = [work / f"scores-{size.works}-{size.asked_works}-{size.per_kind}"]
    if not (folders[0] / "truth.json").exists():
        print(f"Playing {size.works} scores and queries from them ...", flush=True)
        collection.build_set(
            folders[0],
            works(size.works * 2, split="test"),
            size.score_kinds.split(","),
            per_kind=size.per_kind,
            workers=workers,
            limit=size.works,
            asked=size.asked_works,
        )
    if size.of_each_composer:
        folders.append(work / f"composers-{size.of_each_composer}")
        if not (folders[-1] / "truth.json").exists():
            print("Playing pieces of every composer ...", flush=True)
            collection.build_set(folders[-1], by_composer(size.of_each_composer), [], workers=workers)
    files = recordings.recordings(list(music), size.recordings, split="test")
    kinds = size.recording_kinds.split(",")
    parts = {"asked": (files[: size.asked_recordings], kinds), "more": (files[size.asked_recordings :], [])}
    for name, (part, part_kinds) in parts.items():
        folder = work / f"recordings-{name}-{len(part)}-{size.per_kind}"
        if part and not (folder / "truth.json").exists():
            print(f"Cutting queries out of recordings ({len(part)}) ...", flush=True)
            recordings.build_set(folder, part, part_kinds, per_kind=size.per_kind)
        folders += [folder] if part else []
    return folders


@dataclass(frozen=True)
class Written:
    """What a score says of its piece."""

    composer: str
    """The folder of the corpus; empty where that holds several composers."""
    instruments: str
    """The families that play it."""


def written(folders: Sequence[Path]) -> dict[str, Written]:
    """The pieces of the sets that were made from scores, by name."""
    from bench.score_truth import family
    from bench.works import SEVERAL_COMPOSERS
    from demo.scores import load_score

    found: dict[str, Written] = {}
    for folder in folders:
        for piece in json.loads((folder / "truth.json").read_text("utf-8")):
            if "work" in piece:
                composer = piece["work"].split("/")[0]
                programs = [part.program for part in load_score(piece["work"]).parts]
                found[piece["piece"]] = Written(
                    "" if composer in SEVERAL_COMPOSERS else composer,
                    ", ".join(sorted({family(program) for program in programs})),
                )
    return found


def measure(
    folders: Sequence[Path], work: Path, moments: int, limit: int, workers: int, *, beside: Beside = "all"
) -> dict[str, Any]:
    """Everything, as it is written to JSON."""
    from bench import summary
    from bench.contest import Contest, run

    began = time.perf_counter()
    contest = Contest(folders, work)
    contest.close()
    prepared_s = time.perf_counter() - began
    scores = written(folders)
    played = [number for number, track in enumerate(contest.tracks) if track.title in scores]
    open_to = played or list(range(len(contest.tracks)))
    among = frozenset(contest.tracks[number].id for number in open_to)
    near = [(number, among) for number in open_to[:: max(1, len(open_to) // moments)][:moments]]
    composer = {contest.tracks[n].id: scores[contest.tracks[n].title].composer for n in played}
    families = {contest.tracks[n].id: scores[contest.tracks[n].title].instruments for n in played}
    pieces = summary.chosen_pieces(composer)
    feeling = [(number, pieces) for number in played if contest.tracks[number].id in pieces]
    count = len(contest.queries)
    asked = range(0, count, max(1, count // limit) if limit else 1)
    print(
        f"{contest.shelf.windows:,} windows; {len(asked)} queries{' in every way' if beside == 'all' else ''} ...",
        flush=True,
    )
    outcomes, neighbours = run(folders, work, asked, near + feeling, workers, beside=beside)
    around, felt = neighbours[: len(near)], neighbours[len(near) :]
    tracks = [contest.tracks[number] for number in open_to]
    return {
        "library": {
            "pieces": len(contest.tracks),
            "windows": contest.shelf.windows,
            "hours": sum(track.duration_s for track in contest.tracks) / 3600,
        },
        "queries": len(asked),
        "prepared_s": prepared_s,
        "elapsed_s": time.perf_counter() - began,
        "kinds": summary.by_kind(outcomes),
        "trust": summary.trust(outcomes),
        "hubs": summary.hubs(around, tracks),
        "diversity": summary.diversity(around, tracks),
        "instruments": summary.precision(around, families),
        "composer": summary.precision(felt, composer),
        "composers": {
            name: list(map(composer.get, pieces)).count(name) for name in sorted(set(composer.values()))
        },
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.quality", description=__doc__.split("\n", 1)[0])
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--small", dest="size", action="store_const", const="small", default="small")
    size.add_argument("--full", dest="size", action="store_const", const="full")
    parser.add_argument("--set", dest="sets", type=Path, nargs="+", help="folders of sets; none is made then")
    parser.add_argument("--music", type=Path, nargs="+", help="folders of recordings")
    parser.add_argument("--work", type=Path, default=RESULTS / "cache" / "quality")
    parser.add_argument("--limit", type=int, default=0, help="at most about so many queries")
    ways = parser.add_mutually_exclusive_group()
    ways.add_argument(
        "--brief",
        dest="beside",
        action="store_const",
        const="none",
        default="all",
        help="queries of the product alone, without rivals",
    )
    ways.add_argument(
        "--landmarks",
        dest="beside",
        action="store_const",
        const="landmarks",
        help="queries of the product and of landmarks alone",
    )
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--name", default="", help="of the results; default the size, or the sets' names")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--pictures", type=Path, default=PICTURES)
    chosen = parser.parse_args(arguments)
    os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"  # one thread a worker
    from bench.report import write

    music = chosen.music or [Path("/usr/share/games") / name for name in GAMES]
    chosen.work.mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    folders = chosen.sets or made_sets(SIZES[chosen.size], chosen.work, music, chosen.workers)
    moments = SIZES[chosen.size].moments
    found = measure(folders, chosen.work, moments, chosen.limit, chosen.workers, beside=chosen.beside)
    found["total_s"] = time.perf_counter() - began
    name = chosen.name or (
        "-".join(folder.resolve().name for folder in folders) if chosen.sets else chosen.size
    )
    print(write(found, f"quality-{name}", chosen.results, chosen.pictures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
