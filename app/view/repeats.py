"""A track as a line, with the passage that was asked about and all its returns, as HTML.

Exact returns are filled, varied ones hatched, what is only like it is outlined. Knows no Streamlit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.view.words import in_html
from index.core.errors import clock

_KINDS = {"exact": "as it was", "varied": "varied", "akin": "something like it"}
_LEAST_SHARE = 0.8
"""Per cent of the line: a shorter mark could not be seen."""


def returns_html(artifact: Mapping[str, Any]) -> str:
    """The line of a search for repeats; empty for any other search."""
    track_s = float(artifact.get("track_s") or 0.0)
    returns = artifact.get("returns", ())
    if track_s <= 0 or not returns:
        return ""
    query = artifact["query"]
    asked = {"start_s": query["start_s"], "end_s": query["end_s"], "kind": "asked", "how": ""}
    marks = "".join(_mark(one, track_s, returns) for one in (*reversed(returns), asked))
    told = ", ".join(f"{clock(round(float(one['start_s'])))} {_kind(one)}" for one in returns)
    label = in_html(f"The track from start to end; the passage at {_time(asked)} and its returns: {told}")
    kinds = dict.fromkeys(("asked", *(str(one["kind"]) for one in returns)))
    legend = "".join(f'<span class="{kind}">{_KINDS.get(kind, "the passage")}</span>' for kind in kinds)
    return (
        f'<div class="rp-returns"><div class="rp-track" role="img" aria-label="{label}">{marks}</div>'
        f'<div class="rp-ends"><span>0:00</span><span>{clock(round(track_s))}</span></div>'
        f'<div class="rp-legend">{legend}</div></div>'
    )


def _mark(one: Mapping[str, Any], track_s: float, returns: Sequence[Mapping[str, Any]]) -> str:
    """A return, with its number where no better one lies over it."""
    start, end = float(one["start_s"]), min(float(one["end_s"]), track_s)
    left, width = 100 * start / track_s, max(_LEAST_SHARE, 100 * (end - start) / track_s)
    over = any(
        int(better["rank"]) < int(one.get("rank", 0)) and better["start_s"] < end and start < better["end_s"]
        for better in returns
        if "rank" in better
    )
    number = f"<b>#{int(one['rank'])}</b>" if "rank" in one and one["kind"] != "akin" and not over else ""
    title = in_html(f"{_time(one)}: {_kind(one)}")
    return (
        f'<i class="{in_html(str(one["kind"]))}" style="left:{left:.2f}%;width:{width:.2f}%" '
        f'title="{title}">{number}</i>'
    )


def _time(one: Mapping[str, Any]) -> str:
    return f"{clock(round(float(one['start_s'])))}-{clock(round(float(one['end_s'])))}"


def _kind(one: Mapping[str, Any]) -> str:
    words = _KINDS.get(str(one["kind"]), "the passage")
    return f"{words}, {one['how']}" if one.get("how") else words
