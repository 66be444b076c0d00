"""What workers do for a track, in another version of the project and in this one, track by track in turn.

    git worktree add --detach BEFORE 94cda85
    python -m bench.two_versions BEFORE --workers 2 --music FILE ...

On a busy machine seconds say little; here every track is analysed by both versions one after the other, so that the
ratio of their seconds, or of the processor's time, is theirs. Also told is how much of that time MusiCNN and
basic-pitch took, which is the share of the ceiling that these two set, what a worker takes to start, and how far what
they measured differs.
Prints one JSON object. BEFORE has its networks prepared in the same place, or REPRISE_WEIGHTS says where.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
WORKER = """
import os, pickle, resource, sys, time
sys.path.insert(0, os.getcwd())
from pathlib import Path
import onnxruntime
of_networks = 0.0
class Timed(onnxruntime.InferenceSession):
    def __init__(self, source, *more, **named):
        super().__init__(source, *more, **named)
        self._counts = any(name in str(source) for name in ("musicnn_", "basic_pitch_"))
    def run(self, *given, **named):
        global of_networks
        began_s = time.process_time()
        try:
            return super().run(*given, **named)
        finally:
            of_networks += (time.process_time() - began_s) * self._counts
onnxruntime.InferenceSession = Timed
from index.analysis.analyser import Analyser
from index.audio.sound_hash import sound_hash
from index.core.moments import Grid
from index.store.descriptors import described
analyser, grid, answers = Analyser(threads=1), Grid(), os.fdopen(os.dup(1), "wb")
os.dup2(2, 1)
start_cpu_s = None
for line in sys.stdin:
    path = Path(line.rstrip("\\n"))
    if start_cpu_s is None:
        frames = analyser.analyse_file(path, 0.0, 2.0)
        analyser.vectors(frames, grid)
        described(path, frames, grid)
        start_cpu_s = time.process_time()
    wall_s, cpu_s, of_networks = time.perf_counter(), time.process_time(), 0.0
    sound_hash(path)
    frames = analyser.analyse_file(path)
    vectors = analyser.vectors(frames, grid)
    described(path, frames, grid)
    told = {"wall_s": time.perf_counter() - wall_s, "cpu_s": time.process_time() - cpu_s}
    told |= {"networks_s": of_networks, "start_cpu_s": start_cpu_s}
    told["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    told["frames"] = {name: value for name, value in vars(frames).items() if value is not None}
    pickle.dump(told | {"vectors": vectors}, answers)
    answers.flush()
"""


class Version:
    """The workers of one version."""

    def __init__(self, folder: Path, workers: int) -> None:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        self._workers = [
            subprocess.Popen(
                [sys.executable, "-P", "-c", WORKER],
                cwd=folder,
                env=environment | ONE_THREAD,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            for _ in range(workers)
        ]
        self.wall_s = self.cpu_s = self.networks_s = self.peak_mb = self.start_cpu_s = 0.0

    def analysed(self, files: Sequence[Path], *, counted: bool = True) -> list[dict[str, Any]]:
        """A file for each worker, all at once; what they measured."""
        for worker, file in zip(self._workers, files, strict=False):
            assert worker.stdin is not None
            worker.stdin.write(f"{file.absolute()}\n".encode())
            worker.stdin.flush()
        answers = [
            pickle.load(worker.stdout)  # type: ignore[arg-type]
            for worker, _ in zip(self._workers, files, strict=False)
        ]
        if counted:
            self.wall_s += max(each["wall_s"] for each in answers)
            self.cpu_s += sum(each["cpu_s"] for each in answers)
            self.networks_s += sum(each["networks_s"] for each in answers)
            self.start_cpu_s = max(each["start_cpu_s"] for each in answers)
            self.peak_mb = max(self.peak_mb, *(each["peak_mb"] for each in answers))
        return answers

    def close(self) -> None:
        """End them."""
        for worker in self._workers:
            worker.communicate()


def differences(one: dict[str, Any], other: dict[str, Any]) -> dict[str, tuple[float, float]]:
    """Of each array the greatest difference and the share of values that differ; of vectors 1 - the least cosine,
    where both versions keep the same ones.
    """
    found: dict[str, tuple[float, float]] = {}
    for name, before in one["frames"].items():
        was, now = (np.nan_to_num(np.asarray(each, np.float64)) for each in (before, other["frames"][name]))
        found[name] = (float(np.abs(was - now).max()), float(np.mean(was != now)))
    for name, before in one["vectors"].items():
        if before.shape != other["vectors"][name].shape:
            continue  # other windows, or other numbers of them: not to be compared
        cosines = np.sum(before.astype(np.float64) * other["vectors"][name], axis=1)
        found[f"vectors of {name}"] = (float(1 - cosines.min()), 0.0)
    return found


def measure(before: Path, files: Sequence[Path], workers: int) -> dict[str, Any]:
    """Both versions on all files, `workers` at once."""
    versions = {"before": Version(before, workers), "now": Version(Path(__file__).parents[1], workers)}
    for version in versions.values():
        version.analysed([files[0]] * workers, counted=False)
    sound_s, unlike = 0.0, dict[str, tuple[float, float]]()
    for turn, first in enumerate(range(0, len(files), workers)):
        batch = files[first : first + workers]
        order = list(versions) if turn % 2 else list(versions)[::-1]
        heard = {name: versions[name].analysed(batch) for name in order}
        for one, other in zip(heard["before"], heard["now"], strict=True):
            sound_s += float(one["frames"]["duration_s"])
            for name, found in differences(one, other).items():
                most, share = unlike.get(name, (0.0, 0.0))
                unlike[name] = (max(most, found[0]), max(share, found[1]))
    for version in versions.values():
        version.close()
    was, now = versions["before"], versions["now"]
    return {
        "files": len(files),
        "sound_s": sound_s,
        "workers": workers,
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        **{
            name: {
                "times_real_time": sound_s / each.wall_s,
                "cpu_ms_for_a_second": 1000 * each.cpu_s / sound_s,
                "networks_ms_for_a_second": 1000 * each.networks_s / sound_s,
                "share_of_ceiling": each.networks_s / each.cpu_s,
                "start_cpu_s": each.start_cpu_s,
                "peak_mb_of_a_worker": each.peak_mb,
            }
            for name, each in versions.items()
        },
        "ratio_of_wall": was.wall_s / now.wall_s,
        "ratio_of_cpu": was.cpu_s / now.cpu_s,
        "differences": unlike,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.two_versions", description=__doc__.split("\n", 1)[0]
    )
    parser.add_argument("before", type=Path, help="a folder with another version of the project")
    parser.add_argument("--music", type=Path, nargs="+", required=True)
    parser.add_argument("--workers", type=int, default=1)
    chosen = parser.parse_args(arguments)
    print(json.dumps(measure(chosen.before, chosen.music, chosen.workers), indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
