"""Finds the pretrained weights inside their packages, and opens the graphs that set-up made of them.

The packages are never imported: two of them would start TensorFlow, one wants torchaudio.
"""

from __future__ import annotations

import importlib.util
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


def session(path: Path | bytes, threads: int = 1, quick_start: bool = False) -> onnxruntime.InferenceSession:
    """A graph, ready to run on the CPU with so many threads.

    `quick_start` leaves out the optimizations that take longer than they save in a few runs.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.enable_cpu_mem_arena = False  # which keeps whatever the largest run needed: 170 MB a worker
    if quick_start:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    source = path if isinstance(path, bytes) else str(path)
    return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
