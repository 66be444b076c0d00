"""What is installed is what is needed: declared imports, pins with hashes, a whole wheel, light defaults."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PRODUCT = ("app", "tools", "index", "demo", "prompts")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
EXTRAS = PROJECT["project"]["optional-dependencies"]
LOCKS = ("core", "llm", "postgres", "s3", "ray", "torch", "cuda", "whisper", "dev")
HEAVY: tuple[str, ...] = ("torch", "transformers", "whisper", "openai", "anthropic", "ollama", "tiktoken")
HEAVY += ("langchain_openai", "langchain_anthropic", "langchain_ollama", "obstore", "ray")
ONLY_FILES = {"tinysoundfont"}
"""Declared by index/setup/weights.txt: what it asks for in turn needs a compiler."""


def names(requirements: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(each).name) for each in requirements}


def imported(folder: str) -> Iterator[tuple[str, Path]]:
    """Top-level names that the modules of a folder import, wherever in them that is."""
    for path in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from ((alias.name.split(".")[0], path) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module.split(".")[0], path


def foreign(folder: str) -> dict[str, Path]:
    """Those that are neither Python's own nor the project's."""
    ours = {path.stem for path in (ROOT / "tests").rglob("*.py")} | {*PRODUCT, "bench", "tests"}
    return {name: path for name, path in imported(folder) if name not in sys.stdlib_module_names | ours}


def pins(name: str) -> dict[str, tuple[Requirement, int]]:
    """Every requirement of a lock, and how many hashes it has."""
    text = (ROOT / f"requirements-{name}.txt").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    parsed = [(Requirement(line.split(" --hash")[0]), line.count("--hash=sha256:")) for line in lines]
    return {canonicalize_name(requirement.name): (requirement, hashes) for requirement, hashes in parsed}


@pytest.mark.parametrize("folder", PRODUCT)
def test_what_is_imported_is_declared(folder: str) -> None:
    declared = names(
        PROJECT["project"]["dependencies"] + [each for extra in EXTRAS.values() for each in extra]
    )
    known = packages_distributions()
    for module, path in foreign(folder).items():
        distributions = {canonicalize_name(each) for each in known.get(module, [module])}
        assert distributions & (declared | ONLY_FILES), (
            f"{path} imports {module}, which pyproject does not name"
        )


def test_what_benchmarks_and_tests_import_is_declared() -> None:
    declared = names(
        PROJECT["project"]["dependencies"]
        + [each for extra in EXTRAS.values() for each in extra]
        + PROJECT["dependency-groups"]["dev"]
    )
    known = packages_distributions()
    for module, path in {**foreign("bench"), **foreign("tests")}.items():
        distributions = {canonicalize_name(each) for each in known.get(module, [module])}
        assert distributions & declared, f"{path} imports {module}, which pyproject does not name"


def test_what_is_declared_is_imported() -> None:
    known = packages_distributions()
    used = {
        canonicalize_name(each)
        for folder in PRODUCT
        for name in foreign(folder)
        for each in known.get(name, [])
    }
    declared = names(PROJECT["project"]["dependencies"])
    assert declared <= used, f"nothing imports {sorted(declared - used)}"


def test_pyproject_has_ranges_that_hold_the_pins() -> None:
    pinned = {name: pin for lock in LOCKS for name, pin in pins(lock).items()}
    ranges = PROJECT["project"]["dependencies"] + [each for extra in EXTRAS.values() for each in extra]
    for each in map(Requirement, ranges):
        assert not any(part.operator in ("==", "===") for part in each.specifier), f"{each} is a pin"
        if each.name == "openai-whisper":
            continue
        requirement, _ = pinned[canonicalize_name(each.name)]
        version = next(iter(requirement.specifier)).version
        assert each.specifier.contains(version), f"{each} does not hold {requirement}"


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_a_version_and_hashes(lock: str) -> None:
    found = pins(lock)
    assert found
    for requirement, hashes in found.values():
        assert [part.operator for part in requirement.specifier] == ["=="], requirement
        assert hashes, requirement


def test_the_default_has_nothing_heavy_and_the_whole_has_all() -> None:
    core = pins("core")
    assert not {canonicalize_name(each) for each in HEAVY} & set(core)
    assert not [name for name in core if name.startswith(("nvidia", "cuda", "triton"))]
    whole = (ROOT / "requirements.txt").read_text()
    assert re.findall(r"^-r requirements-(\w+)\.txt$", whole, re.M) == [
        "core",
        "llm",
        "postgres",
        "ray",
        "s3",
        "torch",
        "whisper",
    ]
    everything = core | pins("llm") | pins("s3") | pins("ray") | pins("torch") | pins("whisper")
    heavy = {canonicalize_name(each) for each in HEAVY} - {"whisper"}
    assert heavy <= set(everything)
    weights = (ROOT / "requirements-weights.txt").read_text()
    for line in re.findall(r"^-r (.+)$", weights, re.M):
        assert (ROOT / line).is_file()


def test_every_module_opens_without_what_the_default_does_without() -> None:
    code = f"""
import importlib, pkgutil, sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {HEAVY!r}: raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Absent())
for top in {PRODUCT!r}:
    package = importlib.import_module(top)
    for each in pkgutil.walk_packages(package.__path__, top + "."):
        if each.name not in ("app.main", "app.cli.__main__", "index.catalogue.migrations.env"):
            importlib.import_module(each.name)
from app.settings import Settings
from app.agent.llm.providers import open_model
open_model(Settings(model="builtin"))
print("all open")
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.strip().endswith("all open"), done.stderr[-2000:]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What is in the wheel of a copy of this tree."""
    copy = tmp_path_factory.mktemp("tree")
    for name in PRODUCT:
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        shutil.copy(ROOT / name, copy / name)
    code = "from setuptools import build_meta; print(build_meta.build_wheel('out'))"
    done = subprocess.run([sys.executable, "-c", code], cwd=copy, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr[-2000:]
    with zipfile.ZipFile(copy / "out" / done.stdout.splitlines()[-1]) as archive:
        return archive.namelist()


def test_the_wheel_holds_every_file_of_the_product(wheel: list[str]) -> None:
    there = {
        path.relative_to(ROOT).as_posix()
        for name in PRODUCT
        for path in (ROOT / name).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert there <= set(wheel), f"not in the wheel: {sorted(there - set(wheel))}"
    tops = {name.split("/")[0] for name in wheel if ".dist-info" not in name}
    assert tops == set(PRODUCT)


def test_the_wheel_holds_what_is_read_at_run_time(wheel: list[str]) -> None:
    for name in (
        "app/agent/planner/parse/rules.txt",
        "app/ui/assets/player.js",
        "app/.streamlit/config.toml",
        "demo/pieces.csv",
        "index/catalogue/migrations/versions/v0001_baseline.py",
        "index/models/moment_vector.onnx",
        "index/setup/weights.txt",
        "index/words/lexicon.npz",
        "prompts/system.md",
    ):
        assert name in wheel
    assert any(name.endswith("licenses/NOTICE") for name in wheel)


def steps(tmp_path: Path, target: str, **settings: str) -> str:
    """What make would do on a fresh clone."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("REPRISE_", "MAKE"))}
    command = ["make", "-n", target, f"VENV={tmp_path}/venv"]
    done = subprocess.run(
        command, cwd=ROOT, env=plain | settings, capture_output=True, text=True, check=False
    )
    assert not done.returncode, done.stderr
    return " ".join(re.findall(r"-r (\S+\.txt)", done.stdout))


@pytest.mark.skipif(not shutil.which("make"), reason="no make")
@pytest.mark.parametrize(
    ("settings", "more"),
    [
        ({}, ""),
        ({"REPRISE_MODEL": "builtin", "REPRISE_EMBEDDER": "musicnn", "REPRISE_WHISPER": "off"}, ""),
        ({"REPRISE_MODEL": "ollama:qwen3:4b"}, "llm"),
        ({"REPRISE_DATABASE_URL": "postgresql://localhost/reprise"}, "postgres"),
        ({"REPRISE_EMBEDDER": "clap"}, "torch"),
        ({"REPRISE_WHISPER": "base"}, "torch whisper"),
    ],
)
def test_make_run_installs_what_the_settings_need(
    tmp_path: Path, settings: dict[str, str], more: str
) -> None:
    installed = steps(tmp_path, "run", **settings)
    assert "requirements-core.txt" in installed
    assert "index/setup/weights.txt" in installed
    for each in ("llm", "postgres", "torch", "whisper", "dev", "bench"):
        assert (f"requirements-{each}.txt" in installed) == (each in more.split()), each


@pytest.mark.skipif(not shutil.which("make"), reason="no make")
def test_what_make_starts_keeps_what_it_compiled(tmp_path: Path) -> None:
    """Packages are installed without being compiled; otherwise every program would compile all that it imports."""
    told = "--eval=told: ; @echo [$$PYTHONDONTWRITEBYTECODE]"
    command = ["make", "--no-print-directory", f"VENV={tmp_path}/venv", "told", told]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.split() == ["[]"], done.stdout + done.stderr


@pytest.mark.skipif(not shutil.which("make"), reason="no make")
@pytest.mark.parametrize("kept", [True, False])
def test_packages_are_compiled_at_once_where_programs_may_not_keep_it(tmp_path: Path, kept: bool) -> None:
    plain = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        ["make", "-n", "setup", f"VENV={tmp_path}/venv"], cwd=ROOT,
        env=plain | ({} if kept else {"PYTHONDONTWRITEBYTECODE": "1"}),
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "pip install" in done.stdout and ("--no-compile" in done.stdout) == kept


@pytest.mark.skipif(not shutil.which("make"), reason="no make")
def test_make_test_installs_all_of_it(tmp_path: Path) -> None:
    installed = steps(tmp_path, "test")
    for each in ("core", "llm", "postgres", "torch", "whisper", "bench", "dev"):
        assert f"requirements-{each}.txt" in installed
