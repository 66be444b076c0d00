"""Finds the pretrained weights inside their packages, and opens the graphs that set-up made of them.

The packages are never imported: two of them would start TensorFlow, one wants torchaudio.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from index.core.errors import WeightsError
from index.system.prepared import prepared_dir

if TYPE_CHECKING:
    import onnxruntime


HOW = "run `make setup`, or `reprise setup` where Reprise came from pip"
"""What brings weights, as the end of a sentence."""


def package_file(package: str, *parts: str) -> Path:
    """The path of a file inside an installed package, without importing the package.

    Raises
    ------
    WeightsError
        If the package or the file is not there.
    """
    spec = importlib.util.find_spec(package)
    folders = list(spec.submodule_search_locations or []) if spec else []
    for folder in folders:
        path = Path(folder, *parts)
        if path.exists():
            return path
    missing = f"The file {'/'.join(parts)} of the package {package}" if folders else f"The package {package}"
    raise WeightsError(f"{missing}, which carries pretrained weights, is missing: {HOW}.")


def prepared_file(name: str) -> Path:
    """The path of a prepared graph.

    Raises
    ------
    WeightsError
        If it was not prepared yet.
    """
    path = prepared_dir() / name
    if not path.exists():
        raise WeightsError(f"The prepared network {name} is missing in {path.parent}: {HOW}.")
    return path


GPUS = ("CUDAExecutionProvider", "ROCMExecutionProvider")
CPU = "CPUExecutionProvider"


def providers(available: Sequence[str]) -> list[str]:
    """Who runs a graph, best first, of what this onnxruntime has: a GPU where there is one, the CPU for the rest."""
    return [*(name for name in GPUS if name in available), CPU]


def session(
    path: Path | bytes, threads: int = 1, *, quick_start: bool = False, same_sizes: bool = False
) -> onnxruntime.InferenceSession:
    """A graph, ready to run with so many threads, on a GPU where onnxruntime finds one that can take it.

    `quick_start` leaves out the optimizations that take longer than they save in a few runs, `same_sizes` says that
    inputs always have one of a few sizes: memory is then kept from one run to the next, which saves up to a third of
    the time. For inputs of any size it would keep what the largest needed.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.enable_cpu_mem_arena = same_sizes
    if quick_start:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    source = path if isinstance(path, bytes) else str(path)
    names = [CPU] if quick_start else providers(onnxruntime.get_available_providers())
    return onnxruntime.InferenceSession(source, options, providers=names)
