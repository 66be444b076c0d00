"""Hooks of mkdocs, for `make docs`.

Decisions are listed by themselves, in the order of their numbers. Links from a page to files outside docs/ become
the names of those files: the pages are read in the repository, too, where such a link leads somewhere.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(((?:\.\./)+[^)\s]+)\)")


def on_config(config: Any, **_: Any) -> Any:
    """Add the decisions to the navigation."""
    pages = sorted(Path(config.docs_dir, "decisions").glob("*.md"))
    config.nav.append({"Decisions": [f"decisions/{page.name}" for page in pages]})
    return config


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """The page's text without links that leave docs/."""
    return within_docs(markdown, page.file.src_uri)


def within_docs(markdown: str, page: str) -> str:
    """The text of a page (its path below docs/), with the file's name in place of each link that leaves docs/."""

    def plain(link: re.Match[str]) -> str:
        words, target = link.groups()
        path = posixpath.normpath(posixpath.join("docs", posixpath.dirname(page), target.partition("#")[0]))
        if path.startswith("docs/"):
            return link.group()
        return f"`{path}`" if words.strip("`") == path else f"{words} (`{path}`)"

    return _LINK.sub(plain, markdown)
