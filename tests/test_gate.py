"""What CI runs: it is well only where checks and tests are, and says which were not."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

GATE = Path(__file__).parents[1] / ".ci" / "run"
WELL = "3 passed in 1.00s"
MAKE = """#!/bin/sh
echo "make $1" >> asked
case "$1" in
setup-dev) exit {setup} ;;
check) echo "what the checks say"; exit {check} ;;
test) echo "{said}"; exit {test} ;;
esac
"""


def ran(
    tmp_path: Path, *, setup: int = 0, check: int = 0, test: int = 0, said: str = WELL
) -> tuple[subprocess.CompletedProcess[str], list[str]]:
    """The gate, with another make than the real one; what it asked for."""
    (tmp_path / ".ci").mkdir()
    shutil.copy(GATE, tmp_path / ".ci" / "run")
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("chromium", "apt-get", "sudo", "make"):
        content = (
            MAKE.format(setup=setup, check=check, test=test, said=said) if name == "make" else "#!/bin/sh\n"
        )
        (programs / name).write_text(content)
        (programs / name).chmod(0o755)
    environment = {"PATH": f"{programs}:/usr/bin:/bin", "HOME": str(tmp_path)}
    done = subprocess.run(
        ["bash", str(tmp_path / ".ci" / "run")],
        env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    return done, [line.split()[1] for line in (tmp_path / "asked").read_text().splitlines()]


def test_all_is_well_where_checks_and_tests_are(tmp_path: Path) -> None:
    done, asked = ran(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert asked[0] == "setup-dev" and sorted(asked[1:]) == ["check", "test"], (
        "once each, what they need first"
    )
    assert "what the checks say" in done.stdout and "CI: all is well." in done.stdout
    assert done.stdout.splitlines()[-1] == WELL


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"check": 2}, "The checks failed."),
        ({"test": 2, "said": "1 failed, 2 passed in 1.00s"}, "CI: something failed"),
        ({"said": "no tests ran in 0.01s"}, "No test passed."),
        ({"said": f"SKIPPED [1] no browser\n{WELL}"}, "The browser tests were skipped."),
        ({"said": f"SKIPPED [1] engines: no Ray\n{WELL}"}, "The tests of the engines were skipped."),
    ],
)
def test_what_is_not_well_is_told_and_the_gate_stays_shut(
    tmp_path: Path, wrong: dict[str, int], told: str
) -> None:
    done, _ = ran(tmp_path, **wrong)  # type: ignore[arg-type]
    assert done.returncode == 1 and told in done.stdout
    assert "what the checks say" in done.stdout


def test_nothing_is_run_where_what_it_needs_cannot_be_installed(tmp_path: Path) -> None:
    done, asked = ran(tmp_path, setup=2)
    assert done.returncode == 1 and "could not be installed" in done.stdout
    assert asked == ["setup-dev"]
