"""Fills the disk under a home at 25 places: while music is added, a clip is asked with, a clip is taken in and added.

    sudo python -m bench.full_disk WORK

The home lies on a small file system in memory (tmpfs, which only root may mount, on Linux). It is made so small that so
many kilobytes are left, and then the command runs: it has to end with a sentence and no traceback. Then there is room
again, and after `reprise check --repair` and the same adding the library has to equal one that was never disturbed
(`bench.robustness`). While music is added, the two networks that listen are those of `bench.kills`; a clip is really
listened to.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.kills import child, made_noise
from bench.quality import RESULTS
from bench.robustness import differences, picture, reprise

ADD_KB = (0, 4, 16, 48, 96, 160, 256, 400, 640, 1000)
ASK_KB = (0, 8, 64, 200, 500)
TAKE_IN_KB = (0, 16, 100, 300, 700, 780, 860, 950, 1050, 1250)
"""Kilobytes that are left: with 0 nothing can be written at all, from some 700 on the clip is kept, and is added."""
_ROOM_MB = 900


@contextmanager
def small_disk(at: Path) -> Iterator[None]:
    """A file system in memory."""
    at.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={_ROOM_MB}m", "tmpfs", str(at)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(at)], check=True)


def resize(at: Path, left_kb: int | None) -> None:
    """Leave so many kilobytes free; None is as many as there were at first."""
    used = shutil.disk_usage(at).used // 1024
    size = f"{_ROOM_MB}m" if left_kb is None else f"{max(4, used + left_kb)}k"
    subprocess.run(["mount", "-o", f"remount,size={size}", str(at)], check=True)


def run_child(home: Path, music: Path) -> tuple[int, str]:
    """Add music in a process of its own: its exit code, and what it said."""
    command = [sys.executable, "-m", "bench.full_disk", str(home.parent), "--child", str(home), str(music)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    return done.returncode, done.stdout + done.stderr


def add_quietly(home: Path, music: Path) -> int:
    """What `reprise add` does around adding: an error of ours is a sentence."""
    from app.cli.main import _told
    from app.log import start_logging
    from index.core.errors import RepriseError

    start_logging(home)
    try:
        child(home, music)
    except RepriseError as error:
        print(f"reprise: {error}")
        return 2
    except Exception as error:
        return _told(error)
    return 0


def asked(home: Path, clip: Path, text: str) -> tuple[int, str]:
    """One turn of a conversation: its exit code, and what was said; the answer has to be one."""
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", "chat", "--json"],
        input=json.dumps({"text": text, "files": [str(clip)]}) + "\n",
        env={**os.environ, "REPRISE_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    answers = [json.loads(line) for line in done.stdout.splitlines() if '"answer"' in line]
    said = " ".join(str(each["text"]) for each in answers if each.get("type") == "answer")
    return done.returncode, (said or "no answer: ") + done.stderr


def run(work: Path, only: str, first: int = 0) -> list[dict[str, Any]]:
    """All places: what was said, and whether the library was whole afterwards."""
    music = made_noise(work / "music", 6)
    clip = made_noise(work / "clips", 7) / "006.wav"  # of which the library has the first six
    undisturbed = work / "undisturbed"
    if not undisturbed.exists():
        child(undisturbed, music)
    wanted = picture(undisturbed)
    places = (
        [("add", kb) for kb in ADD_KB]
        + [("ask", kb) for kb in ASK_KB]
        + [("take in", kb) for kb in TAKE_IN_KB]
    )
    found = []
    for what, left_kb in places[first:]:
        if only not in what:
            continue
        disk = work / f"disk-{what.replace(' ', '-')}-{left_kb}"
        with small_disk(disk):
            home = disk / "home"
            if what == "add":
                home.mkdir(mode=0o700)
                (home / "logs").mkdir(mode=0o700)
            else:
                shutil.copytree(undisturbed, home)
            resize(disk, left_kb)
            if what == "add":
                code, said = run_child(home, music)
            else:
                text = "find moments like this" if what == "ask" else "add this to my library"
                code, said = asked(home, clip, text)
            resize(disk, None)
            code_check, said_check = reprise(home, "check", "--repair")
            code_add, said_add = run_child(home, music)
            if what == "take in":
                reprise(home, "remove", str(home / "music"))
            unequal = differences(wanted, picture(home))
            ok = code in (0, 1, 2) and (code == 0 or bool(said.strip())) and not unequal
            ok = ok and not any(
                each in said + said_check + said_add for each in ("Traceback", "Something went wrong")
            )
            ok = ok and code_check == code_add == 0
            last = said.strip().splitlines()[-1] if said.strip() else ""
            found.append(
                {"what": what, "left_kb": left_kb, "code": code, "said": last, "ok": ok, "different": unequal}
            )
            print(json.dumps(found[-1]), flush=True)
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; 0 where every place ended well."""
    parser = argparse.ArgumentParser(prog="python -m bench.full_disk", description=__doc__.split("\n", 1)[0])
    parser.add_argument("work", type=Path)
    parser.add_argument("--only", default="", help="only places of this kind: add, ask, take in")
    parser.add_argument("--first", type=int, default=0, help="the number of the first place")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--child", type=Path, nargs=2, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.child:
        return add_quietly(*chosen.child)
    os.environ["REPRISE_KEEP_DAYS"] = "0"  # what is taken out again leaves nothing that would be a difference
    found = run(chosen.work.absolute(), chosen.only, chosen.first)
    chosen.results.mkdir(parents=True, exist_ok=True)
    (chosen.results / "full_disk.json").write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    print(f"{sum(each['ok'] for each in found)} of {len(found)} places ended well.")
    return 0 if all(each["ok"] for each in found) else 1


if __name__ == "__main__":
    sys.exit(main())
