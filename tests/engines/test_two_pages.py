"""Two pages, each a process of its own, on the same stores: no turn is taken twice, whichever page it comes to."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from servers import PostgresServer
from test_conversations_server import said, talk

TURNS = 4
PAGE = """
import sys
from pathlib import Path
from test_conversations_server import talk

home, database, name, turns = sys.argv[1:]
page = talk(Path(home), database)
print("ready", flush=True)
sys.stdin.readline()
for number in range(int(turns)):
    list(page.turn("c", f"what is in the library? {name} {number}"))
"""


def started(home: Path, database: str, name: str, turns: int = TURNS) -> subprocess.Popen[str]:
    """A page's process that waits for the word to begin."""
    search = os.pathsep.join([str(Path(__file__).parent), *(path for path in sys.path if path)])
    page = subprocess.Popen(
        [sys.executable, "-c", PAGE, str(home), database, name, str(turns)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": search},
        text=True,
    )
    assert page.stdout is not None and page.stdout.readline() == "ready\n"
    return page


def test_turns_of_two_processes_are_taken_once_each(tmp_path: Path, database: str) -> None:
    pages = [started(tmp_path / name, database, name) for name in ("one", "two")]
    for page in pages:
        assert page.stdin is not None
        page.stdin.write("\n")
        page.stdin.flush()
    assert [page.wait(300) for page in pages] == [0, 0]
    words = said(talk(tmp_path / "three", database), "c")
    assert sorted(words) == sorted(
        f"what is in the library? {name} {number}" for name in ("one", "two") for number in range(TURNS)
    )
    for name in ("one", "two"):
        own = [each for each in words if f" {name} " in each]
        assert own == sorted(own), "each page's in its order"


def test_a_page_that_dies_in_a_turn_does_not_keep_its_conversation(
    tmp_path: Path, postgres: PostgresServer, database: str
) -> None:
    page = started(tmp_path / "one", database, "one", turns=1000)
    assert page.stdin is not None
    page.stdin.write("\n")
    page.stdin.flush()
    other = talk(tmp_path / "two", database)
    while not other.memory.is_taken("c"):
        assert page.poll() is None
    page.kill()
    page.wait()
    name = database.rpartition("/")[2]
    postgres.execute("UPDATE turn_leases SET until = until - interval '15 seconds'", name)  # they pass
    assert not other.memory.is_taken("c")
    before = len(said(other, "c"))
    list(other.turn("c", "what is in the library?"))
    assert len(said(other, "c")) >= before + 1 and said(other, "c")[-1] == "what is in the library?"
