"""Files that take longest begin first; what is said of them is of files that are there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from longest_first import LONGEST

HERE = Path(__file__).parent


def test_every_file_that_is_named_is_there() -> None:
    assert len(set(LONGEST)) == len(LONGEST)
    assert [name for name in LONGEST if not (HERE / name).is_file()] == []


def test_what_takes_longest_is_handed_out_first(tmp_path: Path) -> None:
    for name in ("test_a.py", LONGEST[1], LONGEST[0], "test_z.py"):
        file = tmp_path / "tests" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("def test_it():\n    pass\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "longest_first",
        "-p",
        "no:cacheprovider",
        "--collect-only",
        "-q",
    ]
    done = subprocess.run(
        command, cwd=tmp_path, env={"PYTHONPATH": str(HERE)}, capture_output=True, text=True, check=True
    )
    order = [line.partition("::")[0] for line in done.stdout.splitlines() if "::" in line]
    assert order == [f"tests/{name}" for name in (LONGEST[0], LONGEST[1], "test_a.py", "test_z.py")]


def test_the_run_keeps_that_order() -> None:
    recipe = (HERE.parent / "Makefile").read_text(encoding="utf-8")
    assert "--dist loadfile --no-loadscope-reorder" in recipe, "else files with most tests come first"
