"""Titles in sentences: "the passage at 0:40 of Gymnopédie No. 1", "like Clair de Lune", "describe "Why Worry" from 1:00".

A title is found beside a time, in quotes, or by its capitals after a word as "like" or "describe"; it becomes
`<m0>`, worth what the user wrote. Whether there is such a track is the tool's business.
"""

from __future__ import annotations

import re

from app.agent.planner.words import Reading, any_of

_COMMANDS = frozenset(
    """a about again all also alike analyse analyze and any anything appear appears are around as at back be bit bits can
    character characterise characterize chorus clip come comes compare compared could describe describes description
    details did different do does early earlier else elsewhere excerpt excerpts exactly explain facts feel find for from
    further get give go going goes happening happens have hear hey hello hi here how i i'd i'll i'm in info information is
    it it's its just kind kindly let let's like listen locate look looking lyrics me middle minute moment moments more
    most much music musically my need now of off often ok okay on one other others out part parts passage passages
    piece pieces place places play please portion repeat repeated repeats resemble resembles resembling return returns
    same say says search section sections see sees show similar similarly so some someone something song songs sort
    sound sounding sounds spot spots stuff sum summarise summarize summary sung tell text than thanks that the theme
    then there these they thing things this those to track tracks transcribe transcription try tune under up us use used
    very want was we well what what's whats when where which who will with within words would you your beginning bar
    start opening end phrase melody motif bring fetch five six ten three four two seven eight nine twelve twenty
    closest nearest top best results result matches match another key chords chord tempo instruments instrument mood
    recur recurs reappear reappears comparison difference between contrast versus vs against common share reminiscent
    remind reminds me vocals vocal singer singing write down called named titled entitled spoken sounded hears heard
    hearing great perfect cool nice yes no really every single first second third lines line during into onto near add
    why was found matched does speaks speak made makes make choose chose chosen similarity happened occurring occur occurs
    starting beginning passage's moment's sorry meant mean actually rather said no not hold look's anything's""".split()
)
_JOINING = frozenset(
    "of the de la le du des der die das den dem van von on in to a an et e y no op nr for from and & d l il el los las i ii iii iv at with sur pour en aus im am zu zum zur und".split()
)
_STOP = frozenset(
    "but only please again instead musically then than like by before after without exactly lasting that which".split()
)
_GENERIC = re.compile(
    r"(?:rhythm|harmony|melody|timbre|dynamics|tempo|sound|mood|terms of|my |the (?:library|piece|track|song|clip)|that |this |it\b|its |a (?:major|minor)"
    r"|major|minor|detail|general|words|any |other |all )"
)
"""What may follow a time and is no title."""
_NO_TITLE = re.compile(
    r"<.*|i|[a-g](?:[- ]?(?:sharp|flat)|[#b])?(?: (?:major|minor))?|(?:mon|tues|wednes|thurs|fri|satur|sun)days?(?: \w+)?|january|february|march|april|may|june"
    r"|july|august|september|october|november|december|christmas|easter|m3u8?|csv|cue|xspf|json|mp3|wav|flac|vlc|mpv|bpm|reprise|the|english|german|french|midi|ai|llm"
)
"""Capitals that are no title."""
_AFTER = re.compile(
    r"\b(?:return\w*|comes?|came|appear\w*|reappear\w*|recur\w*|repeat\w*|again|back|please|sounds?|is|was|does|do|like|but|only|with more|with less"
    r"|with the same|musically|elsewhere|again|as well|too|for me|in (?:that|this|the same|its|it|my|the) ?\w*|happens?|happening|by|lasts?|before|after|from|and (?:then |also )?(?:tell|say|describe|save|find|compare|explain|show|why)|heard|found|played|sung|spoken|resembles?|matches|similar|or so|or thereabouts|where|that|which|has|have|could|can|will|would|occurs?|used|quoted|there|here|once|twice)\b"
)
_LEADS = r"(?:like|to|as|describe|analy[sz]e|characteri[sz]e|summari[sz]e|about|of|in|from|than|compare|with|and|against|does|is|do|resembl\w+|near|around|transcribe|for|hear|play|find|open|versus|vs\.?|by|on|search|use|between|called|named|titled|entitled|show|have|got|get|called|where's|where is|called|into)"


def name_titles(reading: Reading, *, by_capitals: bool, lower_after: str = "") -> None:
    """Set aside titles as `<m0>`.

    by_capitals: also those that only their capitals give away. lower_after: a pattern after which even words
    in lower case are a title, for wishes that always want one.
    """
    _beside_a_time(reading)
    _quoted(reading)
    if by_capitals and _mixed_case(reading):
        while found := _capitalised(reading):
            _set_aside(reading, *found)
    if lower_after and not re.search(r"<[chm]\d+>", reading.text):
        _in_lower_case(reading, lower_after)


def _beside_a_time(reading: Reading) -> None:
    for _, key, _ in reading.all("t"):
        text = reading.text
        place = text.index(key)
        after = place + len(key)
        if re.match(r"[\s,)]*(?:of|in|from|into|on|during)?\s*<[chm]", text[after:]) or re.search(
            r"<[chm]\d+>[\s,(]*(?:the )?(?:passage |moment |part )?$", text[:place]
        ):
            continue
        start, end = _title_after(reading, after)
        if start < 0:
            start, end = _title_before(reading, place)
        if start >= 0:
            _set_aside(reading, start, end)


def _title_after(reading: Reading, after: int) -> tuple[int, int]:
    """The title in "<t0> of TITLE ..."."""
    text = reading.text
    if not (opening := re.match(r"[\s)]*(?:of|in|from|into|during|on)\s+", text[after:])):
        opening = re.match(r"\s+(?=\S)", text[after:])
        if not opening or not _capital(reading, after + opening.end()):
            return -1, -1
    start = after + opening.end()
    if quoted := re.match(r"<q\d+>", text[start:]):
        return start, start + quoted.end()
    end = len(text)
    for stop in re.finditer(r"[,;?!]|<[cht]\d+>|\.\s|\.$", text[start:]):
        if stop[0].startswith(".") and re.search(
            r"\b(?:no|op|nr|st|mr|j|s)$", text[start : start + stop.start()]
        ):
            continue
        end = start + stop.start()
        break
    for stop in _AFTER.finditer(text, start, end):
        if stop.start() > start and not _capital(reading, stop.start()):
            end = stop.start()
            break
    start = _without_article(reading, start)
    return (-1, -1) if _GENERIC.match(text[start:end]) else _trimmed(reading, start, end)


def _title_before(reading: Reading, place: int) -> tuple[int, int]:
    """The title in "... like TITLE <t0>": what is left of the clause after the words of command."""
    text = reading.text
    start = 0
    for stop in re.finditer(r"[;?!:]\s|<[chmt]\d+>|,\s(?=\w)|\.\s", text[:place]):
        if stop[0].startswith(".") and re.search(r"\b(?:no|op|nr|st|mr|j|s|c|p|e)$", text[: stop.start()]):
            continue
        if stop[0].startswith(",") and (stop.end() >= place - 1 or _capital(reading, stop.end())):
            continue
        start = stop.end()
    while word := re.match(r"\s*([^\s,]+),?\s*", text[start:place]):
        at = start + word.start(1)
        if re.match(r"<q\d+>", word[1]):
            break
        if _capital(reading, at) and at > 0 and _mixed_case(reading) and not re.match(r"i(?:'|$)", word[1]):
            break
        if word[1].strip("'\".") not in _COMMANDS and not re.fullmatch(r"\d+", word[1]):
            break
        start += word.end()
    return _trimmed(reading, _first_capital(reading, start, place), place)


def _first_capital(reading: Reading, start: int, end: int) -> int:
    """Where the capitals begin, if what stands before them is no part of a name: "close to the Goldberg ..."."""
    if not _mixed_case(reading) or _capital(reading, start):
        return start
    for word in re.finditer(r"[^\s,]+", reading.text[start:end]):
        place = start + word.start()
        if _capital(reading, place) and not re.match(r"i(?:'|$)", word[0]):
            key = re.fullmatch(r"[a-g](?:[- ]?(?:sharp|flat)|[#b])?", word[0])
            return start if key or place == start else place
    return start


def _quoted(reading: Reading) -> None:
    for _, key, _ in reading.all("q"):
        place = reading.text.find(key)
        if place < 0:
            continue  # it went into a title beside a time
        _set_aside(reading, place, place + len(key))


def _capitalised(reading: Reading) -> tuple[int, int] | None:
    """The first run of capitalised words after a lead-in; joining words may stand inside it."""
    composer = re.compile(rf"{any_of('composers')}\b")
    for lead in re.finditer(
        rf"\b{_LEADS}\s+(?:the (?:track|song|piece|passage|theme|opening|beginning) (?:of |called |in |from )?)?",
        reading.text,
    ):
        before = re.search(r"(\S+)\s+$", reading.text[: lead.start()])
        if before and before.start() > 0 and _capital(reading, before.start()) and before[1] != "i":
            continue  # it stands inside a name
        start = _without_article(reading, lead.end())
        end = _run(reading, start)
        if end <= start:
            continue
        name = reading.text[start:end]
        if (
            lead[0].startswith(("by ", "from "))
            or composer.fullmatch(name.removesuffix("'s"))
            or _NO_TITLE.fullmatch(name)
        ):
            continue
        return start, end
    return None


def _run(reading: Reading, start: int) -> int:
    """Where the title that starts here ends."""
    end, position = start, start
    while word := re.match(r"[ ]*([^\s,;?!<>]+)", reading.text[position:]):
        at = position + word.start(1)
        plain = word[1].strip(".'\"()")
        if _capital(reading, at) or (end > start and re.match(r"\(?\d", word[1])):
            end = position + word.end()
        elif end == start or plain not in _JOINING:
            break
        position += word.end()
    return _trimmed(reading, start, end)[1] if end > start else start


def _in_lower_case(reading: Reading, lead: str) -> None:
    if not (match := re.search(lead, reading.text)):
        return
    start = match.end()
    end = len(reading.text)
    if stop := re.search(r"[,;?!]|<[cht]\d+>|\.\s|\.$", reading.text[start:]):
        end = start + stop.start()
    if stop := _AFTER.search(reading.text, start, end):
        end = stop.start()
    words = reading.text[start:end].split()
    if not words or all(word in _COMMANDS for word in words):
        return
    start, end = _trimmed(reading, _without_article(reading, start), end)
    if start >= 0:
        _set_aside(reading, start, end)


def _trimmed(reading: Reading, start: int, end: int) -> tuple[int, int]:
    """Without blanks, punctuation and joining words at the ends; (-1, -1) if nothing is left."""
    text = reading.text
    while end > start:
        tail = re.search(
            r"(?:[\s,(:;\-]+|\b(?:starting|passage|moment|part|section|the|at|in|from|please|and|with|to|like|sounds?|feels?|is|does|do|has|have|around|the chorus of)\s*)$",
            text[start:end],
        )
        if not tail or (re.search(r"\w", tail[0]) and _capital(reading, start + tail.start())):
            break
        end = start + tail.start()
    while end > start and text[start] in " ,(:;-":
        start += 1
    if end <= start or re.fullmatch(r"(?:<[cht]\d+>|it|this|that|them|\W)+", text[start:end]):
        return -1, -1
    return start, end


def _without_article(reading: Reading, start: int) -> int:
    article = re.match(r"(?:the |my )", reading.text[start:])
    return start + article.end() if article and not _capital(reading, start) else start


def _capital(reading: Reading, place: int) -> bool:
    written = reading.original(place, place + 1)
    return written[:1].isupper() or (reading.text[place : place + 2] == "<q")


def _mixed_case(reading: Reading) -> bool:
    letters = [char for char in reading.raw if char.isalpha()]
    return any(char.islower() for char in letters)


def _set_aside(reading: Reading, start: int, end: int) -> None:
    """Name a title; its composer, said with it, goes in front: "Clair de Lune by Debussy" is "Debussy Clair de Lune"."""
    text = reading.text
    if quoted := re.fullmatch(r"<q\d+>", text[start:end].strip()):
        title = str(reading.named[quoted[0]])
    else:
        title = (
            reading.original(start, end).strip(" ,.;:()-")
            if not text[start:end].endswith(".")
            else reading.original(start, end).strip(" ,;:()-.")
        )
    within = re.search(rf"\s+by\s+(?P<n>{any_of('composers')})\s*$", text[start:end])
    following = re.match(
        rf"\s*by\s+(?P<n>{any_of('composers')})\b(?! only)(?=\s*(?:<t\d+>|[,;?!.]|$))", text[end:]
    )
    if within:
        author = reading.original(start + within.start("n"), start + within.end("n"))
        title = f"{author} {reading.original(start, start + within.start()).strip()}"
    elif following and re.search(r"<t\d+>", text[end : end + following.end() + 8]):
        author = reading.original(end + following.start("n"), end + following.end("n"))
        title, end = f"{author} {title}", end + following.end()
    key = f"<m{len(reading.named)}>"
    reading.named[key] = title
    reading.put(start, end, key)
