"""How many small changes of the code its tests notice: mutation testing on a sample drawn from one seed.

    python3 -m venv MUTATING && MUTATING/bin/pip install cosmic-ray
    python -m bench.mutants MUTATING/bin/python --sample 30
    python -m bench.mutants MUTATING/bin/python --again bench/results/mutants-before.json

Each of ROOMS is some modules of a room, and the quick tests that know them. The changes are cosmic-ray's; left out are
those that no test can notice (of an annotation's `X | None`, which is never computed) and those that fail by themselves
(a float shifted by bits). A change is never written to a file: the tests run in a process of their own, forked from one
that has the libraries open already, in which that module is read changed. What networks hear in the tests' sounds is
kept between the runs, since no change is made there.

Prints the score of each room and the changes that no test noticed; `--out` keeps the sample with its outcomes, and
`--again` repeats such a sample, in the code as it is now.
"""

from __future__ import annotations

import argparse
import difflib
import hashlib
import importlib
import importlib.machinery
import json
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SEED = 10
PATIENCE_S = 500.0
"""So long for the tests of one change; a change that goes round for ever counts as noticed."""
DRAWING = """
import json, random, re, sys
from pathlib import Path
import cosmic_ray.plugins as plugins
from cosmic_ray.ast import get_ast
from cosmic_ray.mutating import MutationVisitor, mutate_code
class Counted(MutationVisitor):
    def __init__(self, operator):
        super().__init__(-1, operator)
        self.lines = []
    def visit(self, node):
        self.lines += [start[0] for start, _ in self.operator.mutation_positions(node)]
        return node
asked = json.load(sys.stdin)
skipped = re.compile(r"BitOr_|_(LShift|RShift|BitOr|BitAnd|BitXor|Pow|FloorDiv|Mod|Invert)$|_(Is|IsNot)_|_Is(Not)?$")
def operator(name):
    return plugins.get_operator(name)()
names = sorted(name for name in plugins.operator_names() if not skipped.search(name) and "Variable" not in name)
found = []
for module in asked["modules"]:
    tree = get_ast(Path(module).read_text(encoding="utf-8"))
    for name in names:
        counted = Counted(operator(name))
        counted.walk(tree)
        found += [(module, name, number, line) for number, line in enumerate(counted.lines)]
def compiles(text):
    try:
        return bool(compile(text, "", "exec"))
    except SyntaxError:
        return False
again = {tuple(each) for each in asked["again"]}
random.Random(asked["seed"]).shuffle(found)
changes = []
for module, name, number, line in found:
    if len(changes) == (len(again) or asked["count"]) or again and (module, name, number) not in again:
        continue
    text = mutate_code(Path(module).read_text(encoding="utf-8"), operator(name), number)
    if compiles(text):
        changes.append({"module": module, "operator": name, "occurrence": number, "line": line, "text": text})
json.dump({"of": len(found), "changes": changes}, sys.stdout)
"""


@dataclass(frozen=True)
class Room:
    """Modules that are changed, and the tests that should notice, the quickest first."""

    modules: str
    tests: str


_OPENED = (
    "numpy scipy numba soundfile sqlalchemy alembic httpx portalocker psutil rapidfuzz mutagen av librosa "
    "threadpoolctl hypothesis pytest _pytest"
)
"""Libraries that are opened once, before tests are forked."""
ROOMS = {
    "search": Room(
        "diversity fusion moment_filter refinement",
        "select diversity fusion conditions refinement chance_of_bits",
    ),
    "store": Room(
        "array_files fingerprint_table frame_store home_files", "frames fingerprint_table array_files"
    ),
    "ingest": Room("clip_records clips", "clips clip_records"),
}


def drawn(python: str, name: str, count: int, again: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Changes of a room's modules, each with the module's changed text."""
    asked = {
        "modules": [f"index/{name}/{each}.py" for each in ROOMS[name].modules.split()],
        "again": [(each["module"], each["operator"], each["occurrence"]) for each in again],
        "seed": SEED,
        "count": count,
    }
    done = subprocess.run(
        [python, "-c", DRAWING], input=json.dumps(asked), cwd=ROOT, capture_output=True, text=True, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


class Kept:
    """A plugin of pytest: what networks hear in a sound is kept in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def pytest_sessionstart(self) -> None:
        """Stand before the analyser."""
        from index.analysis.analyser import Analyser

        analyse: Callable[..., Any] = Analyser.analyse

        def kept(own: Analyser, sound: Any, *rest: Any, **named: Any) -> Any:
            key = hashlib.sha256(sound.samples.tobytes() + repr((sound.rate_hz, rest, named)).encode())
            file = self._folder / key.hexdigest()
            if not file.exists():
                file.write_bytes(pickle.dumps(analyse(own, sound, *rest, **named)))
            return pickle.loads(file.read_bytes())

        Analyser.analyse = kept  # type: ignore[method-assign, assignment]


class Tests:
    """The tests of a room, run in processes that are forked."""

    def __init__(self, name: str, folder: Path) -> None:
        self._files = [str(ROOT / f"tests/test_{each}.py") for each in ROOMS[name].tests.split()]
        self._folder, self._libraries = folder, folder / f"libraries-{name}"

    def libraries_opened(self) -> bool:
        """Run them once as the code is, and open what libraries they had open; whether they passed."""
        passed = self.outcome("", "") == "passed"
        for name in self._libraries.read_text(encoding="utf-8").split():
            importlib.import_module(name)
        return passed

    def outcome(self, module: str, text: str) -> str:
        """Passed, failed or late, where that module of the tree has that text."""
        began, child = time.monotonic(), os.fork()
        if not child:
            self._run(module, text)
        while time.monotonic() - began < PATIENCE_S:
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                return "failed" if status else "passed"
            time.sleep(0.05)
        os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return "late"

    def _run(self, module: str, text: str) -> None:
        os.setpgid(0, 0)
        with (self._folder / "last.log").open("w", encoding="utf-8") as log:
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
        sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
        path, read = str(ROOT / module), importlib.machinery.SourceFileLoader.get_code

        def changed(loader: importlib.machinery.SourceFileLoader, name: str) -> Any:
            return compile(text, path, "exec") if text and loader.path == path else read(loader, name)

        importlib.machinery.SourceFileLoader.get_code = changed  # type: ignore[method-assign, assignment]
        import pytest

        code = 3
        try:
            code = int(
                pytest.main(
                    ["-q", "-x", "-p", "no:cacheprovider", "--rootdir", str(ROOT), *self._files],
                    [Kept(self._folder)],
                )
            )
            if not text:
                self._libraries.write_text("\n".join(_libraries()), encoding="utf-8")
        finally:
            sys.stdout.flush()
            os._exit(code)


def _libraries() -> list[str]:
    """The modules of libraries that are open; not of those that start something when they are opened."""
    return [name for name in sys.modules if name.split(".")[0] in _OPENED.split()]


def difference(change: dict[str, Any]) -> str:
    """The lines that differ."""
    before = (ROOT / change["module"]).read_text(encoding="utf-8").splitlines()
    lines = list(difflib.unified_diff(before, change["text"].splitlines(), n=0, lineterm=""))[2:]
    return "\n".join(f"    {line}" for line in lines if not line.startswith("@"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw, change, test, and tell."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("python", help="the Python of an environment that has cosmic-ray")
    parser.add_argument("--sample", type=int, default=30, help="changes a room")
    parser.add_argument("--rooms", nargs="+", choices=list(ROOMS), default=list(ROOMS))
    parser.add_argument("--again", type=Path, help="the outcomes of an earlier run, whose sample is repeated")
    parser.add_argument("--unnoticed", action="store_true", help="of these only those that no test noticed")
    parser.add_argument("--out", type=Path, help="where the outcomes are kept")
    given = parser.parse_args(arguments)
    earlier = json.loads(given.again.read_text(encoding="utf-8")) if given.again else {}
    told: dict[str, list[dict[str, Any]]] = {}
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    for name in given.rooms:
        again = [each for each in earlier.get(name, []) if not given.unnoticed or each["outcome"] == "passed"]
        if earlier and not again:
            continue
        sample = drawn(given.python, name, given.sample, again)
        print(f"{name}: {len(sample['changes'])} of {sample['of']} changes", flush=True)
        with tempfile.TemporaryDirectory(prefix="reprise-mutants-") as folder:
            tests = Tests(name, Path(folder))
            if not tests.libraries_opened():
                print((Path(folder) / "last.log").read_text(encoding="utf-8")[-2000:])
                print(f"{name}: its tests fail as the code is")
                return 1
            for change in sample["changes"]:
                change["outcome"] = tests.outcome(change["module"], change["text"])
                if change["outcome"] == "passed":
                    print(f"  {change['module']}\n{difference(change)}", flush=True)
        told[name] = [
            {key: part for key, part in each.items() if key != "text"} for each in sample["changes"]
        ]
        noticed = sum(each["outcome"] != "passed" for each in told[name])
        print(f"{name}: {noticed} of {len(told[name])} noticed", flush=True)
        if given.out:
            given.out.write_text(json.dumps(told, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
