"""Titles in sentences: "the passage at 0:40 of Gymnopédie No. 1", "like Clair de Lune", "describe "Why Worry"".

A title is found beside a time, in quotes, or by its capitals after a word as "like" or "describe"; it becomes
`<m0>`, worth what the user wrote. Whether there is such a track is the tool's business. Patterns: titles.txt.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from app.agent.planner.parse.lexicons import english_words
from app.agent.planner.parse.patterns import Expression, found, table
from app.agent.planner.parse.reading import Reading
from app.agent.planner.parse.vocabulary import word_list

Span = tuple[int, int]
_LONGEST_NAME = 5
_COMPARED = 4
"""Words of what music is compared with, no title: "like a funeral", "like an old sea shanty"."""
_FULL_STOP = r"\.\s|\.$"


def name_titles(reading: Reading, wanted: Iterable[Expression] = ()) -> None:
    """Set aside titles as `<m0>`; after the patterns `wanted` even words in lower case are one."""
    _whole(reading)
    _two(reading)
    for _, key, _ in reading.all("t"):
        _set_aside(reading, _beside(reading, key))
    for _, key, _ in reading.all("q"):
        place = reading.text.find(key)
        if place >= 0:  # else it went into a title beside a time
            _set_aside(reading, (place, place + len(key)))
    while _mixed_case(reading) and (span := _capitalised(reading)):
        _set_aside(reading, span)
    for pattern in wanted:
        if not re.search(r"<[chm]\d+>", reading.text) and (lead := pattern.search(reading.text)):
            _set_aside(reading, _in_lower_case(reading, lead.end()))
    _unknown(reading)


def _whole(reading: Reading) -> None:
    """The title that a question about facts asks after: "what key is la donna e mobile in?"."""
    match = found("titles", "whole", reading.text)
    if match and not found("titles", "no whole", match["n"]):
        start = _without_article(reading, match.start("n"))
        quoted = re.fullmatch(r"<q\d+>", match["n"].strip())
        _set_aside(reading, match.span("n") if quoted else _trimmed(reading, start, match.end("n")))


def _two(reading: Reading) -> None:
    """The two titles that are compared with one another: "compare garryowen and the keel row"."""
    match = found("titles", "two", reading.text)
    if match is None or all(found("titles", "any of a kind", match[name]) for name in "nm"):
        return
    if any(found("titles", "not compared", match[name]) for name in "nm"):
        return
    for name in "mn":  # the later one first, so that the places of the other stay
        start, end = match.span(name)
        quoted = re.fullmatch(r"<q\d+>", match[name].strip())
        span = (start, end) if quoted else _trimmed(reading, _without_article(reading, start), end)
        _set_aside(reading, span)


def _unknown(reading: Reading) -> None:
    """The name after "like" or "play the", where it has a word that English has not: "anything like aphex twin"."""
    lead = found("titles", "before a name", reading.text)
    if re.search(r"<[chm]\d+>", reading.text) or not lead:
        return
    span = _in_lower_case(reading, lead.end())
    if span is None:
        return
    words = re.findall(r"[^\W\d_]+", reading.text[slice(*span)])
    if words[0] in ("this", "that", "these", "those", "it", "mine"):
        return
    if words[0] in ("a", "an") and len(words) <= _COMPARED and not _capital(reading, span[0]):
        return
    strange = any(word not in english_words() for word in words)
    if (
        strange
        and len(words) <= _LONGEST_NAME
        and not found("content", "describes", reading.text[slice(*span)])
    ):
        _set_aside(reading, span)


# --- beside a time ----------------------------------------------------------------------------------------


def _beside(reading: Reading, key: str) -> Span | None:
    """The title before or after a time; None where the time belongs to a clip or a result."""
    text = reading.text
    place = text.index(key)
    after = place + len(key)
    if found("titles", "beside a reference", text[after:]):
        return None
    if found("titles", "after a reference", text[:place]):
        return None
    span = _title_after(reading, after) or _title_before(reading, place)
    quoted = re.search(r"<q\d+>", text[slice(*span)]) if span else None  # a name in quotes is the title
    return (span[0] + quoted.start(), span[0] + quoted.end()) if span and quoted else span


def _title_after(reading: Reading, after: int) -> Span | None:
    """The title in "<t0> of TITLE ..."."""
    text = reading.text
    opening = re.match(r"[\s)]*(?:of|in|from|into|during|on)\s+", text[after:])
    if not opening:
        opening = re.match(r"\s+(?=\S)", text[after:])
        if not opening or not _capital(reading, after + opening.end()):
            return None
    start = after + opening.end()
    if quoted := re.match(r"<q\d+>", text[start:]):
        return start, start + quoted.end()
    end = _clause_end(reading, start)
    for stop in table("titles")["after a title"][0].finditer(text, start, end):
        if stop.start() > start and not _capital(reading, stop.start()):
            end = stop.start()
            break
    start = _without_article(reading, start)
    return (
        None if found("titles", "no title after a time", text[start:end]) else _trimmed(reading, start, end)
    )


def _title_before(reading: Reading, place: int) -> Span | None:
    """The title in "... like TITLE <t0>": what is left of the clause after the words of command."""
    text = reading.text
    start = _clause_start(reading, place)
    commands = word_list("commands")
    while word := re.match(r"\s*([^\s,]+),?\s*", text[start:place]):
        at = start + word.start(1)
        begins = at > 0 and _capital(reading, at) and _mixed_case(reading) and not _is_i(word[1])
        command = word[1].strip("'\".") in commands or word[1].isdigit()
        if begins or not command or re.match(r"<q\d+>", word[1]):
            break
        start += word.end()
    start = _first_capital(reading, start, place)
    question = found("titles", "question after a title", text[start:place]) if start < place else None
    left = re.findall(r"[a-z']+", text[start:place])
    asks = found("content", "asks", text[:place]) and not _capital(reading, start)
    if asks and left and all(word in english_words() for word in left):
        return None  # "how loud is it at the end"
    return _trimmed(reading, start, start + question.start() if question and question.start() else place)


def _clause_start(reading: Reading, place: int) -> int:
    """Where the clause before a time begins; a comma within a name is no end."""
    text, start = reading.text, 0
    for stop in re.finditer(rf"[;?!:]\s|<[chmt]\d+>|,\s(?=\w)|{_FULL_STOP}", text[:place]):
        if stop[0].startswith(".") and found("titles", "abbreviation", text[: stop.start()]):
            continue
        if stop[0].startswith(",") and (stop.end() >= place - 1 or _capital(reading, stop.end())):
            continue
        start = stop.end()
    return start


def _clause_end(reading: Reading, start: int) -> int:
    """Where the clause after a time ends; a comma before a capital belongs to a name."""
    text = reading.text
    for stop in re.finditer(rf"[;?!]|:\s|,\s*|<[cht]\d+>|{_FULL_STOP}", text[start:]):
        end = start + stop.start()
        if stop[0].startswith(".") and found("titles", "abbreviation", text[start:end]):
            continue
        if stop[0].startswith(",") and _mixed_case(reading) and _capital(reading, start + stop.end()):
            continue
        return end
    return len(text)


def _first_capital(reading: Reading, start: int, end: int) -> int:
    """Where the capitals begin, if what stands before them is no part of a name: "close to the Goldberg ..."."""
    if not _mixed_case(reading) or _capital(reading, start):
        return start
    for word in re.finditer(r"[^\s,]+", reading.text[start:end]):
        place = start + word.start()
        if _capital(reading, place) and not _is_i(word[0]):
            return start if found("titles", "key", word[0]) else place
    return start


# --- by capitals, and in lower case -----------------------------------------------------------------------


def _capitalised(reading: Reading) -> Span | None:
    """The first run of capitalised words after a lead-in; joining words may stand inside it."""
    for lead in table("titles")["lead"][0].finditer(reading.text):
        before = re.search(r"(\S+)\s+$", reading.text[: lead.start()])
        if before and before.start() > 0 and _capital(reading, before.start()) and before[1] != "i":
            continue  # it stands inside a name
        start = _without_article(reading, lead.end())
        end = _run(reading, start)
        nobody = lead[0].startswith(("by ", "from ")) or found("titles", "no title", reading.text[start:end])
        if end > start and not nobody:
            return start, end
    return None


def _run(reading: Reading, start: int) -> int:
    """Where the title that starts here ends; `start` if none does."""
    end, position = start, start
    while word := re.match(r"[ ]*([^\s,;?!<>]+)", reading.text[position:]):
        at = position + word.start(1)
        if _capital(reading, at) or (end > start and re.match(r"\(?\d", word[1])):
            end = position + word.end()
        elif end == start or word[1].strip(".'\"()") not in word_list("joining"):
            break
        position += word.end()
    span = _trimmed(reading, start, end) if end > start else None
    return span[1] if span else start


def _in_lower_case(reading: Reading, start: int) -> Span | None:
    text = reading.text
    end = _clause_end(reading, start)
    if stop := table("titles")["after a title"][0].search(text, start, end):
        end = stop.start()
    if author := found("titles", "author at the end", text[end:]):
        end += author.end()
    words = text[start:end].split()
    if all(word in word_list("commands") for word in words):
        return None
    return _trimmed(reading, _without_article(reading, start), end)


# --- common to all ----------------------------------------------------------------------------------------


def _trimmed(reading: Reading, start: int, end: int) -> Span | None:
    """Without blanks, punctuation and joining words at the ends; None if nothing is left."""
    text = reading.text
    while end > start and (tail := found("titles", "tail", text[start:end])):
        if re.search(r"\w", tail[0]) and _capital(reading, start + tail.start()):
            break
        end = start + tail.start()
    while end > start and text[start] in " ,(:;-":
        start += 1
    nothing = re.fullmatch(r"(?:<[cht]\d+>|it|this|that|them|\W)*", text[start:end])
    return None if end <= start or nothing else (start, end)


def _without_article(reading: Reading, start: int) -> int:
    article = re.match(r"(?:the |my )", reading.text[start:])
    return start + article.end() if article and not _capital(reading, start) else start


def _capital(reading: Reading, place: int) -> bool:
    written = reading.original(place, place + 1)
    return written[:1].isupper() or reading.text[place : place + 2] == "<q"


def _is_i(word: str) -> bool:
    return re.match(r"i(?:'|$)", word) is not None


def _mixed_case(reading: Reading) -> bool:
    return any(char.islower() for char in reading.raw)


def _set_aside(reading: Reading, span: Span | None) -> None:
    """Name a title; its composer, said with it, goes in front: "Pavane by Ravel" is "Ravel Pavane"."""
    if span is None:
        return
    start, end = span
    text = reading.text
    quoted = re.fullmatch(r"<q\d+>", text[start:end].strip())
    title = str(reading.named[quoted[0]]) if quoted else reading.original(start, end).strip(" ,.;:()-")
    if within := found("titles", "author within", text[start:end]):
        author = reading.original(start + within.start("n"), start + within.end("n"))
        title = f"{author} {reading.original(start, start + within.start()).strip()}"
    elif after := found("titles", "author after", text[end:]):
        author = reading.original(end + after.start("n"), end + after.end("n"))
        title, end = f"{author} {title}", end + after.end()
    key = f"<m{len(reading.named)}>"
    reading.named[key] = title
    reading.put(start, end, key)
