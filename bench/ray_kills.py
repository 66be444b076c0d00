"""Ends workers of a Ray cluster with SIGKILL at random moments of `reprise add --ray`, and compares what came out.

    python -m bench.ray_kills --kills 30

A cluster of two nodes on this machine, each with one core. While music is added, one of its workers that are at a
task is ended, drawn at random, again and again; the run is let to its end. How many runs left files out, which they
list as failed, is told. After a last run without Ray the library has to equal one that was added undisturbed. As in
bench.kills the networks that listen are not real; a file takes about a third of a second.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from bench.kills import Drawn, child, forget_some, made_noise, track_count
from bench.quality import RESULTS
from bench.ray_cluster import RayNode, at_work, cluster
from bench.robustness import differences, picture
from index.core.frames import Frames

LATEST_S = 4.0
"""From one kill to the next, at most."""


class Slowly(Drawn):
    """As Drawn, a third of a second a file."""

    def analyse_file(self, path: Path, start_s: float = 0.0, end_s: float | None = None) -> Frames:
        """Frames of a file, or of a span of it."""
        time.sleep(0.3)
        return super().analyse_file(path, start_s, end_s)


def ended(nodes: Sequence[RayNode], running: subprocess.Popen[bytes], kills: int, seed: int) -> int:
    """End so many workers while a run goes on; how many those were."""
    rng, done = np.random.default_rng(seed), 0
    while running.poll() is None and done < kills:
        time.sleep(float(rng.uniform(0.3, LATEST_S)))
        there = [worker for node in nodes for worker in at_work(node)]
        if there and running.poll() is None:
            with contextlib.suppress(psutil.Error):
                there[int(rng.integers(len(there)))].kill()
                done += 1
    return done


def run(work: Path, kills: int, files: int, seed: int) -> dict[str, Any]:
    """An undisturbed library, one of which the cluster lost workers, and what differs."""
    music = made_noise(work / "music", files)
    homes = work / f"run-{os.getpid()}"
    undisturbed, hurt = homes / "undisturbed", homes / "hurt"
    hurt.mkdir(parents=True)
    child(undisturbed, music)
    done = runs = unfinished = 0
    rng = np.random.default_rng(seed)
    with cluster(2) as nodes:
        while done < kills:
            if track_count(hurt):
                forget_some(hurt, music, rng)
            command = [sys.executable, "-m", "bench.ray_kills", "--child", str(hurt), str(music)]
            command.append(nodes[0].address)
            with (homes / "adding.log").open("ab") as log:
                adding = subprocess.Popen(command, stdout=log, stderr=log)
            stopping = threading.Timer(600, adding.kill)
            stopping.start()
            done += ended(nodes, adding, kills - done, seed + runs)
            code = adding.wait()
            stopping.cancel()
            runs += 1
            unfinished += track_count(hurt) != files
            print(
                f"{done} kills in {runs} runs, code {code}, {track_count(hurt)} tracks",
                flush=True,
            )
    child(hurt, music)
    unequal = differences(picture(undisturbed), picture(hurt))
    return {
        "kills": done, "runs": runs, "runs_that_lacked_tracks": unfinished,
        "equal": not unequal, "different": unequal,
    }  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; 0 where the two libraries are equal."""
    parser = argparse.ArgumentParser(prog="python -m bench.ray_kills", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--files", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--work", type=Path, default=RESULTS / "cache" / "ray_kills")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.child:
        from bench.ray_kills import Slowly as Analyser  # not of __main__: workers have to find it

        home, music, address = chosen.child
        child(Path(home), Path(music), ray=address, analyser=Analyser)
        return 0
    found = run(chosen.work.absolute(), chosen.kills, chosen.files, chosen.seed)
    chosen.results.mkdir(parents=True, exist_ok=True)
    (chosen.results / "ray_kills.json").write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    print(json.dumps(found))
    return 0 if found["equal"] and not found["runs_that_lacked_tracks"] else 1


if __name__ == "__main__":
    sys.exit(main())
