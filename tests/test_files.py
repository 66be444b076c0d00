"""Files that survive a crash: whole or not at all, on the disk, the owner's alone, and nothing half written is left."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from index.system.files import private_folder, replacing, stale_parts, sweep_parts, write_durably


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def run(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-c", textwrap.dedent(script), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_a_file_is_written_whole_and_for_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "new" / "deeper" / "a.bin"
    write_durably(path, b"first")
    write_durably(path, lambda file: (file.write(b"xxcond"), file.seek(0), file.write(b"se")))
    assert path.read_bytes() == b"second"
    assert [each.name for each in path.parent.iterdir()] == ["a.bin"]
    assert mode(path) == 0o600 and mode(path.parent) == 0o700


def test_what_is_meant_for_others_is_as_open_as_its_folder(tmp_path: Path) -> None:
    for folder_mode, file_mode in ((0o755, 0o644), (0o700, 0o600), (0o775, 0o664)):
        tmp_path.chmod(folder_mode)
        write_durably(tmp_path / "list.m3u8", b"#EXTM3U", shared=True)
        assert mode(tmp_path / "list.m3u8") == file_mode


def test_a_writer_that_fails_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    write_durably(path, b"before")
    with pytest.raises(ZeroDivisionError), replacing(path) as partial:
        partial.write_bytes(b"half")
        raise ZeroDivisionError
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"before")
    script = """
        import resource, signal, sys
        from pathlib import Path
        from index.system.files import write_durably
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
        try:
            write_durably(Path(sys.argv[1]), bytes(100_000))
        except OSError as error:
            print(error.errno)
    """
    assert run(script, str(path)).stdout.strip().isdigit()
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_the_content_is_on_the_disk_before_the_name_and_the_name_before_it_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def noted_fsync(handle: int) -> None:
        done.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        fsync(handle)

    def noted_replace(path: Path, target: Path) -> Path:
        done.append("rename")
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(Path, "replace", noted_replace)
    write_durably(tmp_path / "a.bin", b"x")
    assert done == ["file", "rename", "folder"]
    done.clear()
    write_durably(tmp_path / "ab" / "a.bin", b"x")
    assert done == ["file", "rename", "folder", "folder"], "and the name of a new folder, in its own"


def test_parts_of_killed_programs_are_swept_and_those_of_living_ones_are_not(tmp_path: Path) -> None:
    script = """
        import os, signal, sys
        from pathlib import Path
        from index.system.files import replacing
        with replacing(Path(sys.argv[1])) as partial:
            partial.write_bytes(b"half")
            os.kill(os.getpid(), signal.SIGKILL)
    """
    target = tmp_path / "ab" / ("a long name " * 10 + ".bin")
    assert run(script, str(target)).returncode == -signal.SIGKILL
    assert len(stale_parts(tmp_path)) == 1
    old = tmp_path / "tmpabc123_x.part"
    old.write_bytes(b"of an older version")
    new = tmp_path / "tmpdef456_y.part"
    new.write_bytes(b"of an older version, an instant ago")
    others = tmp_path / f".c.{os.getpid()}-0a1b2c-0123abcd.part"
    others.write_bytes(b"of another machine")
    assert others not in stale_parts(tmp_path)
    os.utime(others, (0, 0))
    assert others in stale_parts(tmp_path)
    others.unlink()
    kept = tmp_path / "song.part"
    kept.write_bytes(b"a download of the user's")
    for path in (old, kept):
        os.utime(path, (time.time() - 7200, time.time() - 7200))
    with replacing(tmp_path / "b.bin"):
        assert sweep_parts(tmp_path) == 2
        assert len(list(tmp_path.glob(".b.*.part"))) == 1
    assert not old.exists() and new.exists() and kept.exists()
    assert not list(target.parent.iterdir())


def test_a_folder_for_the_owner_alone(tmp_path: Path) -> None:
    assert mode(private_folder(tmp_path / "home")) == 0o700
    tmp_path.chmod(0o755)
    assert mode(private_folder(tmp_path)) == 0o755, "one that is there is left as it is"


def test_a_command_makes_private_files_only(tmp_path: Path) -> None:
    home = tmp_path / "home"
    script = "import app.cli.main; app.cli.main.main()"
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "REPRISE_HOME": str(home),
    }
    before = os.umask(0o022)
    try:
        done = subprocess.run(
            [sys.executable, "-c", script, "status"], env=environment, capture_output=True, check=False
        )
    finally:
        os.umask(before)
    assert done.returncode == 0, done.stderr
    assert mode(home) == 0o700
    files = [path for path in home.rglob("*") if path.is_file()]
    assert files and {mode(path) for path in files} == {0o600}
