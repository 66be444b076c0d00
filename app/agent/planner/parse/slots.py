"""What is described, for what mood and occasion, under what name, with what words; the patterns are in slots.txt."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.agent.planner.parse.patterns import found, matches, table
from app.agent.planner.parse.reading import Reading
from app.agent.planner.parse.vocabulary import any_of, comparatives, superlatives, word_list

_ARTICLE = re.compile(r"^(?:a|an|the|my|our|some|this)\s+", re.IGNORECASE)
_SOUNDING = ("moods", "instruments", "genres")
_PLURALS = {
    "waltzes": "waltz", "masses": "mass", "symphonies": "symphony", "marches": "march", "rhapsodies": "rhapsody",
    "studies": "study", "lieder": "lied", "etudes": "etude",
}  # fmt: skip


def read_description(reading: Reading) -> str:
    """The words that describe music, without the request around them, as the user wrote them."""
    text = reading.text
    start, end = 0, len(text)
    for heading in ("request", "counted"):
        if match := found("slots", heading, text[start:]):
            start += match.end()
    for pattern in table("slots")["moments with"]:
        if (match := pattern.match(text[start:])) and text[start + match.end() :].strip(" ?!.,;"):
            start += match.end()
    if match := found("slots", "politeness at the end", text[start:]):
        end = start + match.start()
    written = " ".join(reading.original(*piece).strip(" ,;") for piece in _pieces(text, start, end))
    for slip, word in reading.mended.items():
        written = re.sub(rf"\b{re.escape(slip)}\b", word, written)
    return re.sub(r"\s+(?:and|but|,)$", "", re.sub(r"\s+", " ", written)).strip(" ,;.?!")


def essence(text: str) -> str:
    """Nothing but the words that say how music sounds, in their plain forms: "the happiest violin piece you have"."""
    plain = {**superlatives(), **comparatives()}
    names = "|".join([*sorted(plain, key=len, reverse=True), *(any_of(kind) for kind in _SOUNDING)])
    return " ".join(
        dict.fromkeys(plain.get(match[0], match[0]) for match in re.finditer(rf"\b(?:{names})\b", text))
    )


def _pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The spans between what was cut out."""
    position = start
    for cut in re.finditer(r"\s*;\s*", text[start:end]):
        if start + cut.start() > position:
            yield position, start + cut.start()
        position = start + cut.end()
    if end > position:
        yield position, end


def read_mood(text: str) -> str:
    """The mood that is wished for, or that the user is in."""
    more = "|".join(sorted(comparatives(), key=len, reverse=True))
    text = re.sub(rf"\b(?:{more})\b", lambda match: comparatives()[match[0]], text)
    said = [match["n"] for pattern in table("slots")["mood"] for match in pattern.finditer(text)]
    if said:
        return " ".join(dict.fromkeys(said[:2]))
    moods = ("cheerful", "calm", "relaxing", "energetic")
    return next((mood for mood in moods if found("slots", f"mood {mood}", text)), "")


def read_activity(reading: Reading) -> str:
    """What the music is for, as the user wrote it."""
    text = re.sub(r"[.?!,;]+\s*$", "", reading.text)
    if match := found("slots", "activity", text):
        start, end = match.span("n")
        if tail := found("slots", "after an activity", text[start:end]):
            end = start + tail.start()
        words = _without_mood(_ARTICLE.sub("", reading.original(start, end).strip()))
        if words and not found("slots", "no activity", words.lower()):
            return words
    if match := found("slots", "hour", text):
        return _without_mood(_ARTICLE.sub("", reading.original(*match.span("n"))))
    return ""


def _without_mood(words: str) -> str:
    """An occasion without the mood before it, which is an argument of its own: "quiet evening" is an evening."""
    first, _, rest = words.partition(" ")
    return rest if rest and read_mood(first.lower()) else words


def read_playlist_name(reading: Reading) -> str:
    """What the playlist shall be called; a path says where it shall go, too."""
    for _, _, path in reading.all("p"):
        return str(path)
    for _, _, title in [*reading.all("m"), *reading.all("q")]:
        return str(title)
    for pattern in table("slots")["name of a playlist"]:
        for match in pattern.finditer(reading.text):
            name = reading.original(*match.span("n")).strip(" .'\"")
            if name and not found("slots", "no name", match["n"].strip()):
                return re.sub(r"\s+playlist$", "", name)
    return ""


def read_format(text: str) -> str:
    """The playlist's format, m3u8 where none is said."""
    match = found("slots", "format", text)
    also = {"m3u": "m3u8", "audio file": "m4a", "sound file": "m4a"}
    return also.get(match["n"], match["n"]) if match else "m3u8"


def read_search_text(reading: Reading) -> str:
    """What is left to look for in the tags: the words that neither ask nor filter."""
    for _, _, title in [*reading.all("m"), *reading.all("q")]:
        return str(title)
    for match in matches("slots", "title asked for", reading.text):
        return reading.original(*match.span("n")).strip(" .,'\"")
    kept: list[str] = []
    for match in re.finditer(r"[^\s,;?!<>]+", reading.text):
        word = match[0].strip("'\".()")
        if word and word not in word_list("searching") and not re.fullmatch(r"[a-z]\d+", word):
            kept.append(singular(word) or reading.original(*match.span()).strip("'\".()"))
    return " ".join(kept)


def singular(word: str) -> str:
    """A musical form in the singular, as titles name it; empty for other words."""
    return _PLURALS.get(word) or (word[:-1] if found("slots", "plural form", word) else "")
