"""Why a hit matched, as HTML: shares, pictures and chords one above the other, facts side by side.

Everything shown is out of the explanation that the tool returned; nothing is worked out here.
Knows no Streamlit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.view.words import in_html, percent
from index.core.query import BESIDE_FACTORS, FACTORS
from index.text.wording import ordinal

FACTOR_COLOURS = {name: f"var(--rp-{name})" for name in (*FACTORS, *BESIDE_FACTORS)}
_LABEL = "var(--rp-label)"
_INTERVALS = ("", "a semitone", "a whole tone", "a minor third", "a major third", "a fourth", "a tritone")


def evidence_html(
    artifact: Mapping[str, Any],
    query_name: str,
    pictures: tuple[str, str] | None = None,
    hit_name: str = "",
) -> str:
    """The evidence of an explanation's artifact; `pictures` are data addresses, query above and hit below."""
    explanation = artifact.get("explanation", {})
    hit = artifact.get("hit", {})
    title = hit_name or str(hit.get("track", {}).get("title", "the hit"))
    parts: Sequence[Mapping[str, Any]] = explanation.get("parts", ())
    shift = int(hit.get("alignment", {}).get("shift_semitones", 0))
    lines = _lines(explanation.get("chords", ()), pictures, query_name, title, shift)
    shares = _likenesses(parts) if "differences" in explanation else _shares(parts, _ranks(explanation))
    also = _also(hit.get("track", {}))
    return f'<div class="rp-why">{lines}{shares}{_facts(parts, query_name, title)}{also}</div>'


def _also(track: Mapping[str, Any]) -> str:
    """The files of a recording that has several."""
    if not (others := track.get("also")):
        return ""
    names = [str(path).replace("\\", "/").rpartition("/")[2] for path in (track.get("path", ""), *others)]
    return f'<div class="rp-small">{in_html(names[0])}, also: {in_html(", ".join(names[1:]))}</div>'


def _ranks(explanation: Mapping[str, Any]) -> dict[str, str]:
    """Where the hit would stand without each factor, as it is said behind it; nothing where it would stay."""
    ranks, now = {}, explanation.get("hit", {}).get("rank")
    for change in explanation.get("otherwise", ()):
        rank = change["rank"]
        if change["factor"] and rank != now:
            ranks[change["factor"]] = ordinal(rank) if rank else f"not among the first {change['asked']}"
    return ranks


def _shares(parts: Sequence[Mapping[str, Any]], ranks: Mapping[str, str]) -> str:
    """One bar of all shares, and a line for each factor, heaviest first."""
    if not parts:
        return ""
    strips, rows = [], []
    for part in parts:
        name, colour = str(part["name"]), FACTOR_COLOURS.get(str(part["name"]), "var(--rp-soft)")
        share = max(0.0, float(part.get("share", 0.0)))
        strips.append(f'<i style="width:{100 * share:.1f}%;background:{colour}"></i>')
        rank = f" · without it {in_html(ranks[name])}" if name in ranks else ""
        rows.append(_row(part, percent(share), rank))
    told = ", ".join(f"{part['name']} {percent(float(part.get('share', 0)))}" for part in parts)
    label = f"Shares of the score: {in_html(told)}"
    return (
        f'<div class="rp-share" role="img" aria-label="{label}">{"".join(strips)}</div>'
        f'<div class="rp-parts">{"".join(rows)}</div>'
    )


def _likenesses(parts: Sequence[Mapping[str, Any]]) -> str:
    """Of two passages of which none was found for the other: a line for each factor, most alike first."""
    ordered = sorted(parts, key=lambda part: -float(part.get("likeness", 0)))
    return f'<div class="rp-parts">{"".join(_row(part, "") for part in ordered)}</div>'


def _row(part: Mapping[str, Any], share: str, rank: str = "") -> str:
    """A factor: its share, its likeness, and what was measured between both."""
    colour = FACTOR_COLOURS.get(str(part["name"]), "var(--rp-soft)")
    both = ", ".join(_value(fact) for fact in part.get("shared", ()))
    likeness = f"likeness {100 * float(part.get('likeness', 0)):.0f}{rank}"
    return (
        f'<span class="dot" style="--c:{colour}">{in_html(str(part["name"]))}</span>'
        f'<span class="num">{share}</span>'
        f'<span><span class="soft">{likeness}{" · " if both else ""}</span>{both}</span>'
    )


def _lines(
    chords: Sequence[Mapping[str, Any]],
    pictures: tuple[str, str] | None,
    query_name: str,
    title: str,
    shift: int,
) -> str:
    """Pictures and chords of both passages on one axis of time; the hit's in the query's key."""
    names = (in_html(query_name), in_html(title) + (f", {-shift:+d}" if shift else ""))
    rows = []
    if pictures:
        for name, picture in zip(names, pictures, strict=True):
            cell = (
                f'<span class="rp-strip" role="img" aria-label="Chroma over time of {name}">'
                f"{painted(picture)}</span>"
            )
            rows.append(
                f'<div class="rp-line" style="grid-template-columns:{_LABEL} 1fr"><span>{name}</span>{cell}</div>'
            )
    for name, said in zip(names, ("query", "hit_in_query_key"), strict=True):
        runs = _runs(chords, said)
        if runs:
            columns = " ".join(f"{max(0.2, end_s - start_s):.2f}fr" for start_s, end_s, _, _ in runs)
            cells = "".join(_chord(chord, same) for _, _, chord, same in runs)
            style = f"grid-template-columns:{_LABEL} {columns}"
            rows.append(
                f'<div class="rp-line" style="{style}"><span title="{name}">{name}</span>{cells}</div>'
            )
    if not rows:
        return ""
    note = f'<div class="rp-small">{_shift_words(in_html(title), shift)}</div>' if shift else ""
    return f'<div class="rp-lines"><div class="rp-axis">{"".join(rows)}</div></div>{note}'


def _runs(chords: Sequence[Mapping[str, Any]], said: str) -> list[tuple[float, float, str, bool]]:
    """(start, end, name, whether both agree) of a line's chords; neighbours that say the same become one."""
    runs: list[tuple[float, float, str, bool]] = []
    for pair in chords:
        start_s, end_s = float(pair["start_s"]), float(pair["end_s"])
        name, same = str(pair[said]), bool(pair["agree"])
        if runs and runs[-1][2:] == (name, same):
            start_s = runs.pop()[0]
        runs.append((start_s, end_s, name, same))
    return runs


def _chord(name: str, same: bool) -> str:
    """One cell; a stretch without a chord is an empty one."""
    shown = "" if name == "N" else in_html(name.replace("#", "♯"))
    told = in_html(f"{name}, the same in both" if same else name)
    kind = ' class="same"' if same else ""
    return f'<em{kind} title="{told}">{shown or "&nbsp;"}</em>'


def painted(picture: str) -> str:
    """A picture of strengths, in the theme's accent."""
    style = f"mask-image:url({picture});-webkit-mask-image:url({picture})"
    return f'<span class="rp-chroma" style="{style}"></span>'


def _shift_words(name: str, shift: int) -> str:
    way = "higher" if shift > 0 else "lower"
    interval = _INTERVALS[min(6, abs(shift))]
    return f"{name} sounds {interval} {way}; it is written here in the key of what stands above it."


def _facts(parts: Sequence[Mapping[str, Any]], query_name: str, title: str) -> str:
    """What was measured of both passages, side by side."""
    rows = []
    for part in parts:
        here, there = _by_name(part.get("query_facts", ())), _by_name(part.get("hit_facts", ()))
        for name in dict.fromkeys([*here, *there]):
            cells = [side.get(name, "–") for side in (here, there)]
            rows.append(f"<tr><th>{in_html(name)}</th><td>{cells[0]}</td><td>{cells[1]}</td></tr>")
    if not rows:
        return ""
    head = f"<tr><th>measured</th><th>{in_html(query_name)}</th><th>{in_html(title)}</th></tr>"
    table = f'<table class="rp-facts">{head}{"".join(rows)}</table>'
    return f'<details class="rp-measured"><summary>all that was measured</summary>{table}</details>'


def _by_name(facts: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """What facts say, by their names; several of one name (tags) in one line."""
    said: dict[str, list[str]] = {}
    for fact in facts:
        said.setdefault(str(fact["name"]), []).append(_value(fact))
    return {name: ", ".join(values) for name, values in said.items()}


def _value(fact: Mapping[str, Any]) -> str:
    return in_html(str(fact.get("text") or f"{fact.get('value', '')} {fact.get('unit', '')}".strip()))
