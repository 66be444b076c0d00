"""Makes requirements-*.txt, every package with its hashes, out of pyproject's ranges: `make lock`. Needs uv.

What is pinned stays at its version as long as its range allows; `make lock ARGS=--upgrade` takes the newest.
Packages that only carry weights are pinned by hand, in index/setup/.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WITHOUT_WHEEL = "openai-whisper"
"""Asks for triton on every Linux: pinned by hand in index/setup/weights-whisper.txt."""
CPU_BUILDS = {"2.13.0": ("6746dbcbeb526eb61330b76b41ff1b4eb848951103a892eeb080dfa2b264667b",)}
"""Of torch, whose small builds are not on PyPI: 2.13.0+cpu for Python 3.11 on Linux x86_64."""
CUDA = ("nvidia-", "cuda-", "triton")
FILES = {
    "core": (
        ("demo",),
        (),
        "What `make run` installs: the program and its demo library. No torch, no Whisper, no providers.",
    ),
    "llm": (
        ("demo", "llm"),
        ("core",),
        "Providers of language models, beside requirements-core.txt: `make llm`.",
    ),
    "postgres": (
        ("demo", "postgres"),
        ("core",),
        "PostgreSQL for the catalogue and the conversations, beside requirements-core.txt: `make postgres`.",
    ),
    "s3": (
        ("demo", "s3"),
        ("core",),
        "A bucket of S3 for frames and clips, beside requirements-core.txt: `make s3`.",
    ),
    "ray": (
        ("demo", "ray"),
        ("core",),
        "Bulk indexing on a Ray cluster, beside requirements-core.txt: `make ray`.",
    ),
    "torch": (
        ("demo", "torch"),
        ("core",),
        "torch and transformers, beside requirements-core.txt: `make all-models`. On Linux torch without\n"
        "# CUDA, which is not on PyPI: elsewhere requirements-cuda.txt takes its place (`make` sees to it).",
    ),
    "whisper": (
        ("demo", "torch", "whisper"),
        ("core", "torch", "cuda"),
        "Words that are sung or spoken, beside requirements-torch.txt: `make whisper`.",
    ),
}
"""By name of the file: the extras in it, the files that lie beside it, and its title."""


def main() -> int:
    """Write every file."""
    pins = "\n".join(
        _pin(entry) for path in ROOT.glob("requirements-*.txt") for entry in entries(path.read_text())
    )
    files: dict[str, dict[str, str]] = {}
    for name, (extras, beside, title) in FILES.items():
        arguments = [f"--extra={extra}" for extra in extras]
        found = compiled(["pyproject.toml", *arguments, "--no-emit-package", WITHOUT_WHEEL], pins)
        if name == "core":
            found |= compiled(["--group=setup"], pins)
        fresh = {
            each: entry for each, entry in found.items() if not any(each in files[other] for other in beside)
        }
        files[name] = {each: entry for each, entry in fresh.items() if not each.startswith(CUDA)}
        if name == "torch":
            files["cuda"] = fresh | {"torch": on(fresh["torch"], "sys_platform == 'linux'")}
            files["torch"]["torch"] = "\n".join(without_cuda(fresh["torch"]))
        write(name, title, files[name])
    title = "Instead of requirements-torch.txt: PyPI's torch for Linux, a CUDA build, with CUDA's libraries."
    write("cuda", title, files["cuda"])
    dev = compiled(["--group=dev"], pins)
    write(
        "dev",
        "What `make test` and `make check` need, beside requirements.txt.",
        {each: entry for each, entry in dev.items() if each not in files["core"]},
    )
    return 0


def compiled(what: list[str], pins: str) -> dict[str, str]:
    """The entries of a requirements file by name, as uv finds them for every system and Python."""
    command = ["uv", "pip", "compile", *what, "--universal", "--python-version=3.11", "--generate-hashes"]
    command += ["--no-header", "--no-annotate", "--no-config", "--quiet"]
    if "--upgrade" not in sys.argv:
        command += ["--constraints", "-"]
    done = subprocess.run(command, cwd=ROOT, input=pins, text=True, stdout=subprocess.PIPE, check=True)
    return {entry.partition("==")[0]: entry for entry in entries(done.stdout)}


def entries(text: str) -> list[str]:
    """The requirements of a file, each with the lines of its hashes."""
    found: list[str] = []
    for line in text.splitlines():
        if line.startswith(" ") and found:
            found[-1] += f"\n{line}"
        elif "==" in line and not line.startswith("#"):
            found.append(line)
    return found


def write(name: str, title: str, found: dict[str, str]) -> None:
    """Write one file."""
    text = "\n".join([f"# {title}", "# Made by `make lock`.", *(found[each] for each in sorted(found)), ""])
    (ROOT / f"requirements-{name}.txt").write_text(text)


def _pin(entry: str) -> str:
    return entry.splitlines()[0].removesuffix("\\").strip()


def on(entry: str, marker: str) -> str:
    """The requirement, for some systems only."""
    first, _, hashes = entry.partition("\n")
    return f"{first.removesuffix(chr(92)).strip()} ; {marker} \\\n{hashes}"


def without_cuda(entry: str) -> tuple[str, str]:
    """PyPI's builds of torch for other systems, and those for Linux that need no CUDA.

    One list of both would not do: pip prefers files whose hash an index tells, and those are PyPI's.
    """
    version = entry.splitlines()[0].partition("==")[2].removesuffix("\\").strip()
    small = " \\\n".join(f"    --hash=sha256:{each}" for each in CPU_BUILDS[version])
    linux = f"torch=={version} ; sys_platform == 'linux' \\\n{small}"
    return on(entry, "sys_platform != 'linux'"), linux


if __name__ == "__main__":
    sys.exit(main())
