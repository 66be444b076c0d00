"""Conditions on what may be found: "only Bach", "before 1800", "leave out Mozart", "in a minor key", "with piano"."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from typing import Any

from app.agent.planner.words import Reading, any_of

Filters = dict[str, Any]

_CENTURIES = {
    "twelfth": 12, "thirteenth": 13, "fourteenth": 14, "fifteenth": 15, "sixteenth": 16, "seventeenth": 17,
    "eighteenth": 18, "nineteenth": 19, "twentieth": 20, "twenty-first": 21, "twenty first": 21,
}  # fmt: skip
_DECADES = {
    "twenties": 20,
    "thirties": 30,
    "forties": 40,
    "fifties": 50,
    "sixties": 60,
    "seventies": 70,
    "eighties": 80,
    "nineties": 90,
}
_NOT = r"(?:not|no|non|without|except(?: for)?|excluding|exclude|leave out|leaving out|omit|skip|but not|but no|apart from|other than|anything but|anyone but|everything but|everyone but|drop|remove|minus|no more|nothing (?:by|from|of)|never|ignore|avoid|rather than|instead of|hide|without any)"
_ONLY = r"(?:only|just|solely|exclusively|nothing but|strictly|limit(?:ed)? (?:it |them |this |that )?to|restrict(?:ed)? (?:it |them |this |that )?to|filter(?:ed)? (?:it |them )?(?:by|to|for|on)|stick to|keep (?:it )?to|stay with|narrow (?:it |them |this )?(?:down )?to|confine(?:d)? (?:it )?to|make it|try)"
_WORK = r"(?:pieces?|works?|music|tracks?|songs?|moments?|passages?|compositions?|stuff|recordings?|ones?|material|things?|results?|hits?|matches|examples?|tunes?|albums?|bits?)"
_STOP = r"(?:only|please|from|before|after|in|with|without|and|but|at|or|that|which|this|instead|again|then|now|for|like|similar|not|is|are|do|have|on|you|i|as|to|of|there|here|too|also|except|composed|written|sounding)"


def read_filters(
    reading: Reading, before: Mapping[str, Any] | None = None, *, on_tags: bool = False
) -> Filters:
    """The conditions in the words; what they are read from is cut out of the reading.

    `before` are the conditions of the search that is changed: they stay, but for those that are said anew.
    `on_tags` leaves what can be heard (instruments, genre) where it is, as part of a description.
    """
    found: Filters = {}
    for name, pattern, value in _rules():
        if on_tags and name.removeprefix("not_") in ("instrument", "genre", "key_mode"):
            continue
        place = 0
        while match := pattern.search(reading.text, place):
            conditions = value(reading, match)
            if conditions is None or (on_tags and name == "artist" and not _capital(reading, match)):
                place = match.end()
                continue
            for key, condition in conditions.items():
                found.setdefault(key, condition)
            reading.put(match.start(), match.end(), " ; ")
            place = 0
    kept = dict(before or {})
    for key in found:
        base = key.removeprefix("not_")
        kept = {
            name: part
            for name, part in kept.items()
            if name.removeprefix("not_") != base or key.startswith("not_")
        }
        if key.startswith(("tempo", "year")):
            kept.pop(key, None)
        if base in ("composer", "artist") and not key.startswith("not_"):
            kept.pop("composer", None), kept.pop("artist", None)
    return {**kept, **found}


Rule = tuple[str, "re.Pattern[str]", Callable[[Reading, "re.Match[str]"], "Filters | None"]]


@functools.lru_cache(maxsize=1)
def _rules() -> tuple[Rule, ...]:
    """(what it is about, pattern, value), in the order in which they are tried."""
    composer = rf"(?:{any_of('composers')})(?!-)\b"
    genre = rf"(?:{any_of('genres')})\b"
    instrument = rf"(?:(?:solo |a |an |the |some |any )*(?:{any_of('instruments')}))\b"

    def named(key: str) -> Callable[[Reading, re.Match[str]], Filters]:
        return lambda reading, match: {key: _name(reading, match)}

    def plain(key: str) -> Callable[[Reading, re.Match[str]], Filters]:
        return lambda reading, match: {key: re.sub(r"^(?:(?:solo|a|an|the|some|any) )+", "", match["n"])}

    def number(key: str) -> Callable[[Reading, re.Match[str]], Filters]:
        return lambda reading, match: {key: float(match["n"]) if "." in match["n"] else int(match["n"])}

    def mode(reading: Reading, match: re.Match[str]) -> Filters:
        negative = re.match(rf"{_NOT}\b", match[0])
        return {
            "not_key_mode" if negative else "key_mode": match["n"]
            .replace("moll", "minor")
            .replace("dur", "major")
        }

    rules: list[tuple[str, str, Callable[[Reading, re.Match[str]], Filters | None]]] = [
        *_year_rules(),
        ("tempo_min", r"\b(?:faster|quicker|more|higher|over|above|at least|from|min(?:imum)?)(?: than| of)?(?: a tempo of)? (?P<n>\d{2,3}) ?(?:bpm|beats(?: per minute)?)\b", number("tempo_min")),
        ("tempo_min", r"\b(?:faster|quicker) than (?P<n>\d{2,3})\b", number("tempo_min")),
        ("tempo_max", r"\b(?:slower|less|lower|under|below|at most|up to|max(?:imum)?)(?: than| of)?(?: a tempo of)? (?P<n>\d{2,3}) ?(?:bpm|beats(?: per minute)?)\b", number("tempo_max")),
        ("tempo_max", r"\bslower than (?P<n>\d{2,3})\b", number("tempo_max")),
        ("tempo", r"\b(?:between |from )?(?P<n>\d{2,3}) ?(?:-|to|and) ?(?P<m>\d{2,3}) ?(?:bpm|beats(?: per minute)?)\b", lambda _, match: {"tempo_min": int(match["n"]), "tempo_max": int(match["m"])}),
        ("tempo", r"\b(?:around|about|roughly|at|near) (?P<n>\d{2,3}) ?(?:bpm|beats(?: per minute)?)\b", lambda _, match: {"tempo_min": round(int(match["n"]) * 0.95), "tempo_max": round(int(match["n"]) * 1.05)}),
        ("tempo_min", r"\btempo (?:above|over|of at least|from|>|>=) ?(?P<n>\d{2,3})\b", number("tempo_min")),
        ("tempo_max", r"\btempo (?:below|under|of at most|up to|<|<=) ?(?P<n>\d{2,3})\b", number("tempo_max")),
        ("key_mode", rf"\b(?:{_NOT} |{_ONLY} )?(?:ones? |those |pieces? |music |passages |moments |tracks )*(?:that are |which are |that is )?(?:(?:written )?in |from )?(?:a |an |the |any )?(?:[a-g](?:[- ]?(?:sharp|flat)|[#b])? )?(?P<n>major|minor|moll|dur)(?: keys?| mode| tonality| scale| chords)?\b(?: ones?)?(?: only)?", mode),
        ("album", r"\b(?:from |on |in |of )?(?:the )?(?:album|lp|cd) (?:called |named |titled )?(?P<n><[qm]\d+>|[^,;?!<]+?)(?= only| please|[,;?!.]|$)", named("album")),
        ("not_artist", rf"\b{_NOT} (?:the )?(?:artist|band|singer|performer|group)s? (?P<n><q\d+>|[^,;?!<]+?)(?= please|[,;?!.]|$)", named("not_artist")),
        ("artist", rf"\b(?:the |a )?(?:artist|band|singer|performer|pianist|group|guitarist|conductor)s? (?:is |called |named |must be )?(?P<n><q\d+>|(?!(?:do|have|are|is|in|you)\b)[^,;?!<]+?)(?= only| please| from| before| after|[,;?!.]|$)", named("artist")),
        ("artist", rf"\b(?:performed|sung|recorded|covered|interpreted|played) by (?:the )?(?!a\b|an\b|{instrument}|other|different)(?P<n><q\d+>|[^,;?!<]+?)(?= only| please| from| before| after| in | and |[,;?!.]|$)", named("artist")),
        ("not_composer", rf"\b(?:and |but )?{_NOT} (?:any |more |anything |pieces |music |works |everything |all |of |by |from |the )*(?P<n>{composer})(?:'s)?(?: {_WORK})?(?: please)?", named("not_composer")),
        ("not_composer", rf"(?:, |^|; )(?P<n>{composer}) (?:is |being )?(?:excluded|left out|omitted|not included|out|aside|not wanted)\b", named("not_composer")),
        ("composer", rf"\b(?:{_ONLY} )?(?:the )?(?:composer|composed|written)(?: is| must be| should be| by| =|:)* (?P<n>{composer})", named("composer")),
        ("composer", rf"\b(?:{_ONLY} )?(?:{_WORK} |anything |something |everything |all )?(?:by|from|of) (?P<n>{composer})(?:'s)?(?: only| alone| exclusively)?", named("composer")),
        ("composer", rf"\b{_ONLY} (?:{_WORK} |anything |something |by |from |of |in |the )*(?P<n>{composer})(?:'s)?(?: {_WORK})?\b", named("composer")),
        ("composer", rf"\b(?:in|among|within|inside|across|from)(?: all)?(?: the| my| your)? (?:{_WORK} (?:of|by) )?(?P<n>{composer})(?:'s)?(?: {_WORK})?", named("composer")),
        ("composer", rf"\b(?P<n>{composer})(?:'s)?(?: {_WORK})? (?:only|alone|exclusively|instead|please)\b", named("composer")),
        ("composer", rf"\b(?P<n>{composer})(?:'s)? (?=(?:\w+ )?(?:sonatas?|symphon|quartets?|preludes?|fugues?|waltz|etudes?|nocturnes?|chorales?|madrigals?|mass|motets?|concertos?|operas?|lieder|mazurkas?|minuets?|dances?|suites?|inventions?|rags?|cantatas?|variations|organ|piano|choral|string))", named("composer")),
        ("composer", rf"\b(?:any|some|more|other|all|every|the|my|your|our)? ?(?P<n>{composer})(?:'s)? {_WORK}\b", named("composer")),
        ("composer", rf"(?:^|\b(?:and|but|same for|what about|how about|any|some|more|also|now|with|for|to|then|or|find|list|show|all|have|got|me)) (?P<n>{composer})(?:'s)?(?=\W*$|,? (?:only|please|instead|now|this time|in (?:my|the) library|here|there|at all|too))", named("composer")),
        ("composer", rf"^\W*(?:and |but )?(?P<n>{composer})\W*$", named("composer")),
        ("not_genre", rf"\b{_NOT} (?:any |more |the |of )?(?P<n>{genre})(?: music| {_WORK})?", plain("not_genre")),
        ("genre", rf"\b{_ONLY} (?:in |from |the )?(?P<n>{genre})(?: music| {_WORK})?", plain("genre")),
        ("genre", rf"\b(?P<n>{genre})(?: music| {_WORK})? only\b", plain("genre")),
        ("genre", rf"\b(?:in|from|among|within) (?:the |my )?(?:genre )?(?P<n>{genre})(?: music| {_WORK}| genre| period| era| repertoire)?\b", plain("genre")),
        ("genre", rf"\bgenre (?:is |=|: ?)?(?P<n><q\d+>|{genre})", named("genre")),
        ("not_instrument", rf"\b{_NOT} (?:any |the |more )?(?P<n>{instrument})", plain("not_instrument")),
        ("instrument", rf"\b(?:{_ONLY} )?(?:with|for|on|featuring|played (?:by|on)|that (?:has|have|use|uses|contain)|containing|using|by|including) (?P<n>{instrument})(?: in (?:it|them))?", plain("instrument")),
        ("instrument", rf"\b{_ONLY} (?P<n>{instrument})(?: {_WORK})?", plain("instrument")),
        ("instrument", rf"\b(?P<n>{instrument})(?: {_WORK})? only\b", plain("instrument")),
        ("artist", rf"\b(?:{_ONLY} )?(?:{_WORK} |anything |something |everything )?by (?P<n><q\d+>|(?!(?:the way|accident|ear|heart|chance|its|their|sound|date|name|title|year|composer|artist|a|an|any|my|me|other|another|different|someone|all|(?:the )?(?:harmony|harmonies|chords?|rhythms?|beat|melody|melodies|tune|sound|timbre|tone|dynamics|loudness|instruments?|tempo|key|mood|feel|style|description|words|number|result|clip)|<[cht]\d+>)\b|<[cht])(?:the )?[^\s,;?!.<]+(?: (?!{_STOP}\b)[^\s,;?!<]+){{0,3}})", named("artist")),
        ("not_artist", rf"\b{_NOT} (?P<n><n\d+>)", named("not_artist")),
    ]  # fmt: skip
    return tuple((name, re.compile(pattern), value) for name, pattern, value in rules)


def _year_rules() -> list[tuple[str, str, Callable[[Reading, re.Match[str]], Filters | None]]]:
    century = (
        rf"(?:(?P<c>\d{{1,2}})(?:st|nd|rd|th)|(?P<w>{'|'.join(_CENTURIES)}))[- ]century|(?P<h>1[0-9]|20)00s"
    )
    decade = rf"(?:the )?(?:(?P<d>1[0-9]|20)(?P<e>\d)0'?s|'?(?P<f>\d)0s|(?P<g>{'|'.join(_DECADES)}))"
    year = r"(?P<n>1[0-9]\d\d|20\d\d)"
    part = r"(?:(?P<part>early|mid|middle|late|first half of the|second half of the) (?:of the )?)?"

    def of_century(_: Reading, match: re.Match[str]) -> Filters:
        number = (
            int(match["c"]) if match["c"] else _CENTURIES[match["w"]] if match["w"] else int(match["h"]) + 1
        )
        first = (number - 1) * 100
        start, end = {
            "early": (0, 33), "mid": (33, 66), "middle": (33, 66), "late": (67, 100),
            "first half of the": (0, 50), "second half of the": (50, 100),
        }.get(match["part"] or "", (0, 100))  # fmt: skip
        if match["h"] and not match["part"]:
            return {"year_from": first, "year_to": first + 99}
        return {"year_from": first + start + (0 if start else 1), "year_to": first + end}

    def of_decade(_: Reading, match: re.Match[str]) -> Filters:
        if match["d"]:
            first = int(match["d"]) * 100 + int(match["e"]) * 10
        else:
            short = int(match["f"]) * 10 if match["f"] else _DECADES[match["g"]]
            first = 1900 + short
        return {"year_from": first, "year_to": first + 9}

    def bound(key: str, step: int = 0) -> Callable[[Reading, re.Match[str]], Filters]:
        return lambda _, match: {key: int(match["n"]) + step}

    def bound_century(key: str) -> Callable[[Reading, re.Match[str]], Filters]:
        def value(_: Reading, match: re.Match[str]) -> Filters:
            number = (
                int(match["c"])
                if match["c"]
                else _CENTURIES[match["w"]]
                if match["w"]
                else int(match["h"]) + 1
            )
            return {key: (number - 1) * 100 if key == "year_to" else number * 100 + 1}

        return value

    when = r"(?:(?:composed |written |recorded |released |made |dating |published )?(?:in|from|of|during|out of|around) (?:the )?|(?:only|just) (?:the )?|the |(?:any |some )?)"
    return [
        ("year", rf"\b(?:from |between |in |written |composed |recorded |of the years )*{year} ?(?:-|to|and|until|till|through) ?(?P<m>1[0-9]\d\d|20\d\d)\b", lambda _, match: {"year_from": int(match["n"]), "year_to": int(match["m"])}),
        ("year", rf"\b(?:nothing|none|not|no \w+) (?:from )?(?:after|later than|newer than|past) (?:the year )?{year}\b", bound("year_to")),
        ("year", rf"\b(?:nothing|none|not|no \w+) (?:from )?(?:before|earlier than|older than) (?:the year )?{year}\b", bound("year_from")),
        ("year", rf"\b(?:from )?(?:before|until|till|up to|no later than|not later than|older than|earlier than|prior to|pre-?) ?(?:the year )?{year}\b", lambda reading, match: bound("year_to", 0)(reading, match)),
        ("year", rf"\b(?:from )?(?:after|since|newer than|later than|post-?|younger than|past) ?(?:the year )?{year}\b(?: on(?:wards?)?)?", bound("year_from")),
        ("year", rf"\b(?:from |starting in |beginning in )?{year} (?:or|and|on)(?: later| after| newer|wards?| up)\b", bound("year_from")),
        ("year", rf"\b(?:from )?{year} (?:or|and) (?:earlier|before|older)\b", bound("year_to")),
        ("year", rf"\b(?:nothing|none|not|no \w+) (?:from )?(?:after|later than|newer than|past) (?:the year )?{year}\b", bound("year_to")),
        ("year", rf"\b(?:nothing|none|not|no \w+) (?:from )?(?:before|earlier than|older than) (?:the year )?{year}\b", bound("year_from")),
        ("year", rf"\b(?:from )?(?:before|until|prior to|older than|earlier than|pre-?) ?(?:the )?(?:{century})(?: {_WORK})?\b", bound_century("year_to")),
        ("year", rf"\b(?:from )?(?:after|since|later than|newer than|post-?) ?(?:the )?(?:{century})(?: {_WORK})?\b", bound_century("year_from")),
        ("not_year", rf"\b{_NOT} (?:from |in )?(?:the )?{part}(?:{century})\b", lambda reading, match: None),
        ("year", rf"\b{when}{part}(?:{century})(?: {_WORK})?\b", of_century),
        ("year", rf"\b{when}(?:early |late )?(?:{decade})(?: {_WORK})?\b", of_decade),
        ("year", rf"\b(?:(?:composed|written|recorded|released|made|dating|published) )?(?:in|from|of|year|dated)(?: the year)? {year}\b", lambda _, match: {"year_from": int(match["n"]), "year_to": int(match["n"])}),
        ("year", rf"\b{year} (?=pieces?|works?|music|tracks?|songs?|only|recordings?)", lambda _, match: {"year_from": int(match["n"]), "year_to": int(match["n"])}),
    ]  # fmt: skip


def _capital(reading: Reading, match: re.Match[str]) -> bool:
    return _name(reading, match)[:1].isupper()


def _name(reading: Reading, match: re.Match[str]) -> str:
    """A name as the user wrote it."""
    if match["n"] in reading.named:
        return str(reading.named[match["n"]])
    written = reading.original(*match.span("n")).strip(" .'’-")
    return re.sub(r"['’]s$", "", written)


def has_composer(text: str) -> bool:
    """Whether the words name a composer."""
    return re.search(rf"\b{any_of('composers')}\b", text) is not None
