"""Write the pages of docs/ that are made from the code, or say which of them are out of date.

python -m bench.docs            write them
python -m bench.docs --check    list those that differ from the code; exit code 1 if there are any
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from bench.docs.drawing import rooms_page, rooms_svg
from bench.docs.reference import commands_page, settings_page, tools_page

DOCS = Path(__file__).parents[2] / "docs"

PAGES: Mapping[str, Callable[[], str]] = {
    "reference/commands.md": commands_page,
    "reference/settings.md": settings_page,
    "reference/tools.md": tools_page,
    "reference/rooms.md": rooms_page,
    "pictures/rooms.svg": rooms_svg,
}
"""Each page, relative to docs/, and what makes it."""


def outdated(docs: Path = DOCS) -> list[str]:
    """Names of the pages that are missing or differ from what the code says now."""
    return [name for name, make in PAGES.items() if _read(docs / name) != make()]


def write(docs: Path = DOCS) -> None:
    """Write every page."""
    for name, make in PAGES.items():
        (docs / name).parent.mkdir(parents=True, exist_ok=True)
        (docs / name).write_text(make(), "utf-8")


def _read(path: Path) -> str:
    return path.read_text("utf-8") if path.is_file() else ""


def main() -> None:
    """Write the pages, or check them."""
    parser = argparse.ArgumentParser(description="Pages of the documentation that are made from the code.")
    parser.add_argument("--check", action="store_true", help="write nothing, list what is out of date")
    if not parser.parse_args().check:
        write()
        return
    stale = outdated()
    for name in stale:
        print(f"docs/{name} is out of date: run python -m bench.docs")
    sys.exit(1 if stale else 0)


if __name__ == "__main__":
    main()
