"""Compiled code is made once, whatever happens meanwhile, and only read from then on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from index.setup import prepare
from index.system.compiled_code import LIST, CompiledCode, compile_in_child, ready_folder

MAKER = """
import sys, time
from pathlib import Path
from index.system.compiled_code import ready_folder

root, told = Path(sys.argv[1]), Path(sys.argv[2])

def build(partial):
    with told.open("a") as file:
        file.write("begun\\n")
    (partial / "one.nbc").write_bytes(b"x" * 1000)
    time.sleep(float(sys.argv[3]))
    (partial / "sub").mkdir()
    (partial / "sub" / "two.nbc").write_bytes(b"y" * 1000)
    with told.open("a") as file:
        file.write("done\\n")

print(ready_folder("code-1", build, lambda: iter([root])))
"""

COMPILES = """
import sys
sys.path.insert(0, sys.argv[1])
import index
from numba import njit
from doubled import doubled
assert doubled(2) == 4 and doubled(2.5) == 5.0
print("ran")
"""


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path), **more}


def maker(root: Path, told: Path, sleeps_s: float) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", MAKER, str(root), str(told), str(sleeps_s)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment())


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def build(partial: Path) -> None:
    (partial / "one.nbc").write_bytes(b"code")


def test_many_at_once_make_it_once(tmp_path):
    makers = [maker(tmp_path / "root", tmp_path / "told", 0.3) for _ in range(4)]
    said = [each.communicate(timeout=120)[0] for each in makers]
    assert len(set(said)) == 1 and "True" in said[0]
    assert (tmp_path / "told").read_text() == "begun\ndone\n"
    assert CompiledCode(tmp_path / "root", "code-1").whole()


def test_one_that_is_killed_leaves_it_to_the_next(tmp_path):
    first = maker(tmp_path / "root", tmp_path / "told", 60)
    while not (tmp_path / "told").exists():
        assert first.poll() is None
        time.sleep(0.05)
    waiting = maker(tmp_path / "root", tmp_path / "told", 0)
    first.send_signal(signal.SIGKILL)
    first.communicate()
    assert "True" in waiting.communicate(timeout=120)[0]
    assert CompiledCode(tmp_path / "root", "code-1").whole()
    assert not list((tmp_path / "root").glob(".*.part")), "what the killed one left is swept"


@pytest.mark.parametrize("damage", [b"cod", b"", b"edoc", None])
def test_what_is_damaged_is_not_used_but_made_anew(tmp_path, damage):
    code = CompiledCode(tmp_path, "code-1")
    code.make(build)
    assert code.whole()
    file = code.folder / "one.nbc"
    file.unlink() if damage is None else file.write_bytes(damage)
    assert not code.whole()
    assert ready_folder("code-1", build, lambda: iter([tmp_path])) == (code.folder, True)
    assert file.read_bytes() == b"code"


def test_a_list_that_is_damaged_is_no_list(tmp_path):
    code = CompiledCode(tmp_path, "code-1")
    code.make(build)
    for said in ("", "[]", json.dumps({"one.nbc": "0"}), json.dumps({"../elsewhere": "0"})):
        (code.folder / LIST).write_text(said)
        assert not code.whole()


def test_where_one_place_cannot_be_written_the_next_is_taken_and_else_one_of_its_own(tmp_path):
    (tmp_path / "file").write_text("no folder")
    blocked, free = tmp_path / "file" / "root", tmp_path / "free"
    assert ready_folder("code-1", build, lambda: iter([blocked, free])) == (free / "code-1", True)
    own, shared = ready_folder("code-1", build, lambda: iter([blocked]))
    assert own.is_dir() and not shared


def test_code_that_cannot_be_made_is_compiled_by_each_for_itself(tmp_path):
    def fails(partial: Path) -> None:
        raise subprocess.SubprocessError("code 1")

    own, shared = ready_folder("code-1", fails, lambda: iter([tmp_path]))
    assert not shared and own.is_dir()
    assert [path.name for path in tmp_path.iterdir()] == ["compiling.lock"]


def test_a_folder_that_anybody_may_write_is_not_trusted(tmp_path):
    root = tmp_path / "root"
    code = CompiledCode(root, "code-1")
    code.make(build)
    root.chmod(0o777)
    assert not code.whole()
    with pytest.raises(PermissionError):
        code.make(build)


def test_only_the_newest_few_are_kept(tmp_path):
    for number in range(7):
        CompiledCode(tmp_path, f"code-{number}").make(build)
    assert len(list(tmp_path.glob("code-*"))) == 4
    assert CompiledCode(tmp_path, "code-6").whole()


def test_processes_that_compile_something_new_at_once_write_nothing(tmp_path):
    from index.system.compiled_locator import code_key

    (tmp_path / "doubled.py").write_text(
        "from numba import njit\n\n@njit(cache=True)\ndef doubled(x):\n    return x + x\n"
    )
    code = CompiledCode(tmp_path / "root", code_key())
    code.make(build)
    before = content(tmp_path / "root")
    command = [sys.executable, "-c", COMPILES, str(tmp_path)]
    own = environment(NUMBA_CACHE_DIR=str(tmp_path / "root"))
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=own) for _ in range(3)]
    assert [each.communicate(timeout=300)[0] for each in running] == ["ran\n"] * 3
    assert [each.returncode for each in running] == [0] * 3
    assert content(tmp_path / "root") == before


def test_numba_is_told_before_it_is_imported_and_nothing_heavy_is():
    said = "import sys, os, index; print(os.environ['NUMBA_CACHE_LOCATOR_CLASSES'], 'numba' in sys.modules)"
    clean = environment()
    clean.pop("NUMBA_CACHE_LOCATOR_CLASSES", None)
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True, env=clean)
    assert done.stdout.split() == ["index.system.compiled_locator.CompiledOnce", "False"]


def compiler(folder: Path, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have that run where code is compiled."""
    (folder / "index" / "humming").mkdir(parents=True)
    for package in ("index", "index/humming"):
        (folder / package / "__init__.py").touch()
    (folder / "index" / "humming" / "warm_up.py").write_text(f"import time\n{code}\n")
    monkeypatch.syspath_prepend(str(folder))


def test_on_a_busy_computer_compiling_may_take_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slowly = "for _ in range(80):\n    time.sleep(0.04)\n    sum(range(100_000))"
    compiler(tmp_path, slowly, monkeypatch)
    compile_in_child(tmp_path, seconds=2.5)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("while True:\n    pass", "more than 0 s of a processor"),
        ("time.sleep(600)", "nothing was done"),
        ("raise ValueError('no')", "ValueError: no"),
    ],
)
def test_what_compiles_for_ever_or_never_is_ended(
    code: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiler(tmp_path, code, monkeypatch)
    with pytest.raises(subprocess.SubprocessError, match=said):
        compile_in_child(tmp_path, seconds=0.4)


def test_set_up_ends_well_where_nothing_could_be_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise subprocess.SubprocessError("it took more than 600 s of a processor")

    said: list[str] = []
    monkeypatch.setattr(prepare, "prepare", lambda report: None)
    monkeypatch.setattr(prepare, "compile_once", fails)
    prepare.prepare_all(said.append)
    assert said == [
        "it was not compiled (it took more than 600 s of a processor), and will be when it is first needed"
    ]


def test_every_file_of_which_something_is_compiled_is_counted_and_compiled_at_set_up() -> None:
    """Else each program would compile it again, or take what was compiled of another version."""
    from index.system.compiled_locator import SOURCES

    room = Path(prepare.__file__).parents[1]
    having = {
        file.relative_to(room).as_posix()
        for file in room.rglob("*.py")
        if "index.system.compiled import" in file.read_text("utf-8")
    }
    assert having == set(SOURCES)
    warmed = (room / "humming" / "warm_up.py").read_text("utf-8")
    assert all(Path(each).stem in warmed for each in SOURCES)
