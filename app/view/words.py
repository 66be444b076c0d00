"""Words on the page: text from outside made harmless, times and numbers made readable. Knows no Streamlit.

Titles, tags, file names and answers are data. `in_html` and `in_markdown` keep every character as it is;
`prose` lets an answer be bold, slanted or a list, and nothing else: no links, pictures, formulas or colours.
"""

from __future__ import annotations

import html
import re

from index.core.errors import clock, printable

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|~<>$:])")
_PROSE = re.compile(r"([\\`\[\]<>$~|])")
_SHORTCODE = re.compile(r":(?=[a-zA-Z_/+-]+(?:[:\[]))")
_BARE_ADDRESS = re.compile(r"(https?|ftp|www)([:.])")
_BEFORE_PERCENT = re.compile(r"(?<=\d) (?=%)")
_HEADING = re.compile(r"^(\s{0,3})(#{1,6}\s)", re.MULTILINE)

WHOLE_SECONDS_FROM_S = 5.0


def in_html(text: str) -> str:
    """`text` for the inside of an HTML element or a quoted attribute."""
    return html.escape(printable(text), quote=True)


def in_markdown(text: str) -> str:
    """`text` for a label or a line of Markdown, where nothing in it may act as Markdown."""
    return _MARKDOWN.sub(r"\\\1", printable(text))


def prose(text: str) -> str:
    """An answer as Markdown of which only emphasis, lists and paragraphs are left."""
    safe = _PROSE.sub(r"\\\1", text)
    safe = _SHORTCODE.sub(r"\\:", safe)
    safe = _BARE_ADDRESS.sub(r"\1&#8203;\2", safe)
    safe = _BEFORE_PERCENT.sub("\u00a0", safe)
    return _HEADING.sub(r"\1\\\2", safe)


def span(start_s: float, end_s: float) -> str:
    """A time span as a reader sees it: "1:05 – 1:15"; a short one to the tenth."""
    if end_s - start_s >= WHOLE_SECONDS_FROM_S:
        return f"{clock(round(start_s))} – {clock(round(end_s))}"
    return f"{clock(round(start_s, 1))} – {clock(round(end_s, 1))}"


def length(seconds: float) -> str:
    """A length of music in words: "9 s", "4 min", "2 h 31 min"."""
    if seconds < 60:
        return f"{max(0, round(seconds))} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60:,} h {minutes % 60} min"


def seconds(duration_s: float) -> str:
    """A short length, to a tenth where it is not whole: "10 s", "3.4 s"."""
    return f"{duration_s:.1f}".removesuffix(".0") + " s"


def percent(share: float) -> str:
    """A share as a percentage that never claims certainty it does not have: "<1 %", "6 %", ">99 %"."""
    if 0 < share < 0.01:
        return "<1 %"
    if 0.99 < share < 1:
        return ">99 %"
    return f"{round(share * 100)} %"


def shortened(text: str, characters: int) -> str:
    """`text`, cut at a word where it is longer."""
    text = " ".join(printable(text).split())
    if len(text) <= characters:
        return text
    head = text[: characters - 1].rsplit(" ", 1)[0]
    return f"{head if len(head) > characters // 2 else text[: characters - 1]}…"
