"""Small things in the words: how many, how varied, what mood, what for, what name, what text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.agent.planner.times import value_of
from app.agent.planner.words import Reading, any_of

_COUNTS = (
    r"(?:\d{1,3}|half a dozen|a dozen|one dozen|two dozen|a couple(?: of)?|a few|a handful(?: of)?|several|a pair(?: of)?"
    r"|twenty(?:-five)?|thirty|forty|fifty|a hundred|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
    r"|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen)"
)
_SPECIAL = {
    "half a dozen": 6, "a dozen": 12, "one dozen": 12, "two dozen": 24, "a couple": 2, "a couple of": 2, "a few": 3,
    "a handful": 5, "a handful of": 5, "several": 5, "a pair": 2, "a pair of": 2, "a hundred": 100, "twenty-five": 25,
}  # fmt: skip
_KIND = (
    r"(?:(?:more|other|others|further|different|new|similar|closest|nearest|best|top|most|good|such|of the|of|ten[- ]second|additional|extra|alternative"
    r"|sounding|like|great|nice|random|short|\d+[- ]second) )*"
    r"(?:moments?|passages?|results?|match(?:es)?|hits?|ones|places?|spots?|excerpts?|tracks?|pieces?|songs?|examples?|suggestions?"
    r"|recommendations?|things|alternatives|candidates|bits|parts|sections|options|answers|finds|tunes?|choices|picks|look-?alikes?|siblings|parallels|neighbou?rs|relatives|of (?:them|those|these)|more|others)\b"
)
_K_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b(?P<n>{_COUNTS}) (?:results?|hits?|matches)? ?(?:instead of|rather than|not) {_COUNTS}",
        rf"\bk ?= ?(?P<n>\d{{1,3}})\b",
        rf"\b(?:top|best|first|closest|nearest|only|just|up to|at most|at least|exactly|maximum|max|limit(?:ed)? to|make (?:it|that|them)|another|increase to|reduce to|show|list) (?:the )?(?P<n>{_COUNTS})\b(?! (?:of|more|minutes?|seconds?|clip|bpm|beats|century|person|composer|by))(?! ?(?:bpm|%|-?second|to \d|<))",
        rf"(?<![\w#.:-])(?P<n>{_COUNTS})(?: |-){_KIND}",
        rf"(?<![\w#.:-])(?P<n>{_COUNTS}) (?:(?!(?:minutes?|seconds?|hours?|of|in|from|to|the|by|hands?|voices?|parts?|and|or)\b)[a-z-]+ ){{1,3}}(?:moments?|passages?|results|matches|hits|tracks|pieces|songs|spots|places|excerpts|suggestions|recommendations|tunes)\b",
        rf"\b(?:find|show|give|get|bring|list|recommend|suggest|search|play|want|need|fetch|return|have|hear)(?: for)?(?: me| us)?(?: the| just| only| at least| up to| maybe| about| around)* (?P<n>{_COUNTS})\b(?! ?(?:bpm|%|beats|minutes?|seconds?|-?second|hours?|clip|of the|by|to \d))",
        rf"^\W*(?:(?:and|no|ok|okay|but|please|now|then|only|just|rather|maybe|sorry|actually|or|make it|say|say,|let's say|again|again with|the same with|try|with),? )*(?P<n>{_COUNTS}) ?(?:instead|please|of them|only|more|this time|then|would do|is enough|are enough|rather|ones?|results?|hits?|moments?)*\W*$",
        rf"(?:^|, )(?P<n>{_COUNTS})(?=,|\W*$)",
        rf"\b(?P<n>{_COUNTS}) (?:instead|please|this time|is enough|are enough|would do|will do|suffice)\b",
    )
)
_MORE = re.compile(
    rf"(?<![\w#.:-])(?P<n>{_COUNTS}) (?:more|further|additional|extra|others?|new ones)\b(?! like)(?! (?:moments?|passages?|results?|ones?|tracks?|pieces?|songs?|matches|hits?)? ?(?:like|similar))"
    rf"|\banother (?P<m>{_COUNTS})\b"
)
_SINGLE = re.compile(
    r"\b(?:just|only|exactly) (?:one|a single|1)\b|\ba single\b|\bthe (?:single |one |very )(?:best|closest|most similar|nearest)\b(?! \w+s\b)"
)
_SOME_MORE = re.compile(
    r"\b(?:show|give|find|get|any|some|see|load|want|need|are there|is there|have you got|got|do you have|a few|even|once)?(?: me)? ?(?:more|others?|further|additional)\b(?! (?:like|of|such|weight|emphasis|rhythm|harmony|melody))|\b(?:next|keep going|continue|go on|what else|anything else|and (?:now )?more|longer list|not enough|too few)\b"
)
_FEWER = re.compile(r"\b(?:fewer|less results|not so many|too many|shorter list|less of them)\b")


def _count(text: str) -> int:
    return _SPECIAL.get(text.strip()) or int(value_of(text))


def read_k(text: str, before: int | None = None) -> int | None:
    """How many results are wanted; `before` is how many there were, for "three more" and "fewer"."""
    text = re.sub(r"\b\d+[- ]seconds?\b|\bten[- ]second\b", "short", text)
    if before is not None:
        if match := _MORE.search(text):
            return before + _count(match["n"] or match["m"])
        if _FEWER.search(text) and not _any(text):
            return max(1, before - 2)
    for pattern in _K_PATTERNS:
        if (match := pattern.search(text)) and 0 < (k := _count(match["n"])) <= 200:
            if match["n"] == "one" and not re.search(r"\b(?:just|only|exactly|single) ", text):
                continue
            return k
    if _SINGLE.search(text):
        return 1
    if before is not None and _SOME_MORE.search(text):
        return before + 5
    return None


def _any(text: str) -> bool:
    return any(pattern.search(text) for pattern in _K_PATTERNS)


def read_diversity(text: str) -> str | None:
    """How varied the results shall be, where that is said."""
    if re.search(
        r"\b(?:more (?:variety|varied|diverse|diversity|adventurous|surprising|unexpected|daring|mixed)|adventurous(?:ly)?|surprising|unexpected|daring|(?:different|various|many|distinct) (?:artists|composers|styles|eras|periods)|wide(?:r)? (?:range|variety)|broader|mix (?:it|them) up|less obvious|far-?fetched|be (?:bold|creative)|variety)\b",
        text,
    ):
        return "adventurous"
    if re.search(
        r"\b(?:closest (?:only|first|possible|ones)|only the (?:very )?closest|just the closest|strict(?:ly)?(?: by)?(?: order| likeness| ranking)?|exact order|pure order|no variety|sorted by likeness|regardless of (?:the )?(?:artist|composer)|as close as possible|most exact|the very closest)\b",
        text,
    ):
        return "closest"
    if re.search(r"\bbalanced\b", text):
        return "balanced"
    return None


def allows_same_track(text: str) -> bool:
    """Whether moments of the same track are welcome too."""
    same = r"(?:same|its own|own) (?:track|piece|song|recording|work)"
    return (
        re.search(
            rf"\b(?:also|including?|even|allow(?:ing)?|with|too|as well)\b.*\b{same}\b|\b{same} (?:too|as well|is (?:fine|ok|okay|allowed)|included|allowed)\b",
            text,
        )
        is not None
    )


_OPENING = re.compile(
    r"^\W*(?:(?:please|can you|could you|would you|will you|now|then|ok|okay|so|and|hey|hi|hello|kindly|i(?:'d| would) (?:like|love)(?: you)?(?: to)?|i want(?: you)?(?: to)?|i need|i(?:'m| am) (?:looking|searching|hunting) for|i(?:'m| am) after|let'?s|help me|is there|are there|do you have|have you got|got|any chance of|show|find|search(?: for)?|look(?: for)?|give|get|bring|fetch|hear|play|list|locate|dig (?:up|out)|hunt(?: down)?(?: for)?|want|need|looking for|try|maybe|perhaps|how about|what about|just|also|hear|seek|me|us|for|to|out)[ ,.!]+)+"
)
_MOMENTS = re.compile(
    r"^(?:(?:some|a|an|the|any|all|few|more|other|a few|several|me|of|short|lots of)\s+)*(?:(?:ten[- ]second |\d+[- ]second )?(?:moments?|passages?|places?|spots?|parts?|bits?|sections?|excerpts?|tracks?|songs?|pieces?|recordings?|things?))\s+(?:(?:that|which|where|with|of|in which|when|having|featuring|containing)\s+)?(?:(?:there )?(?:is|are|has|have|sounds?|feels?|features?|contains?|you hear|i hear|one hears|we hear|the)\s+)?(?:like\s+)?"
)
_SOMETHING = re.compile(
    r"^(?:something|anything|music|stuff|some music|sounds?|some)\s+(?:(?:that|which)\s+)?(?:(?:is|are|sounds?|feels?|has|with|features?)\s+)?(?:like\s+)?(?:a bit |rather |very |really )?"
)


def read_description(reading: Reading) -> str:
    """The words that describe music, without the request around them, as the user wrote them."""
    text = reading.text
    start, end = 0, len(text)
    if match := _OPENING.match(text):
        start = match.end()
    if match := re.match(
        rf"(?:the )?(?:top |best )?{_COUNTS}(?= \w)(?! (?:piano|voice|violin|hand|part|man|string|men|women|guitar|instrument|flute|cello)\w*)(?!-)\s+(?:more |other )?",
        text[start:],
    ):
        start += match.end()
    for pattern in (_MOMENTS, _SOMETHING):
        if (match := pattern.match(text[start:])) and text[start + match.end() :].strip(" ?!.,;"):
            start += match.end()
    if match := re.search(
        r"(?:[\s,;.!?]+(?:please|for me|now|thanks|thank you|in (?:my|the) (?:library|collection|music)|if (?:you can|possible)|would be (?:nice|great)|by any chance|somewhere|anywhere|at all|too|if you have (?:any|some)))+\W*$|[\s,;.!?]+$",
        text[start:],
    ):
        end = start + match.start()
    pieces = [piece for piece in _pieces(text, start, end)]
    written = " ".join(reading.original(*piece).strip(" ,;") for piece in pieces)
    return re.sub(r"\s+(?:and|but|,)$", "", re.sub(r"\s+", " ", written)).strip(" ,;.?!")


def _pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The spans between what was cut out."""
    position = start
    for cut in re.finditer(r"\s*;\s*", text[start:end]):
        if start + cut.start() > position:
            yield position, start + cut.start()
        position = start + cut.end()
    if end > position:
        yield position, end


_MOODS_FOR = (
    (r"\bcheer (?:me|us) up\b|\blift (?:my|our) (?:mood|spirits)\b|\bbrighten\b", "cheerful"),
    (r"\bcalm (?:me|us)(?: down)?\b|\bsooth", "calm"),
    (r"\b(?:relax|unwind|wind down|chill)\b", "relaxing"),
    (r"\bwake (?:me|us) up\b|\benerg[iy]\w*\b|\bpump", "energetic"),
)


def read_mood(text: str) -> str:
    """The mood that is wished for, or that the user is in."""
    found = re.findall(rf"(?<!good )\b{any_of('moods')}\b(?! (?:morning|evening of|deal))", text)
    if found:
        return " ".join(dict.fromkeys(found[:2]))
    for pattern, mood in _MOODS_FOR:
        if re.search(pattern, text):
            return mood
    return ""


_ACTIVITY = re.compile(
    r"\b(?:for when|for while|for|while|during|when|as|whilst)\s+(?!me\b|us\b|now\b|you\b|a change\b|once\b|the moment\b)(?:i(?:'m| am)?\s+|we(?:'re| are)?\s+|you(?:'re| are)?\s+)?(?:to\s+)?(?P<a>.+)$"
    r"|\bto\s+(?!(?:listen|hear|play|enjoy|me|put|try|recommend|suggest|find|be|the\b(?! (?:gym|beach|office)))\b)(?P<b>.+)$"
    r"|\bi(?:'m| am)\s+(?:just |about to |going to |currently |now )*(?P<c>(?:cooking|studying|working|reading|driving|running|cleaning|painting|writing|coding|walking|having .+|hosting .+|going .+|travel\w+|jogging|relaxing|ironing|gardening|knitting|drawing).*)$"
)
_HOURS = re.compile(
    r"\b(?:this |a |the |my |early |late |lazy |quiet |rainy |sunny )*(?:morning|afternoon|evening|night|tonight|lunch|dinner|breakfast|bedtime|weekend|sunday|monday|tuesday|wednesday|thursday|friday|saturday)(?: (?:morning|afternoon|evening|night))?\b"
)


def read_activity(reading: Reading) -> str:
    """What the music is for, as the user wrote it."""
    text = re.sub(r"[.?!,;]+\s*$", "", reading.text)
    if match := _ACTIVITY.search(text):
        group = match.lastgroup or "a"
        start, end = match.span(group)
        if tail := re.search(
            r"[,;.?!]|\s(?:please|thanks|tonight please|but|and (?:make|keep))\b.*$", text[start:end]
        ):
            end = start + tail.start()
        words = re.sub(
            r"^(?:a|an|the|my|our|some|this)\s+",
            "",
            reading.original(start, end).strip(),
            flags=re.IGNORECASE,
        )
        if words and not re.fullmatch(
            r"(?:me|us|you|now|it|this|that|music|something|listen(?:ing)?(?: to)?|hear)", words.lower()
        ):
            return words
    if match := _HOURS.search(text):
        return re.sub(r"^(?:a|an|the|my|this)\s+", "", reading.original(*match.span()), flags=re.IGNORECASE)
    return ""


_NAMED = re.compile(
    r"\b(?:named|called|titled|entitled|with the (?:name|title)|under the (?:name|title)(?: of)?|name (?:it|them|the playlist|that)|call (?:it|them|the playlist|that)|by the name(?: of)?)\s+(?:the )?(?P<n>.+?)(?=\s+(?:as|in) (?:an? )?(?:m3u8?|cue|csv|json|xspf|playlist)|\s+and (?:save|export|add|keep|put|store)\b|[,;?!]|\.(?:\s|$)| please|$)"
)
_AS = re.compile(
    r"\b(?:as|under|to|into|in)\s+(?:(?:a|an|my|the|new|another)\s+)*(?:playlist\s+)?(?P<n>[^,;?!]+?)(?=\s+(?:as|in) (?:an? )?(?:m3u8?|cue|csv|json|xspf)| please|[,;?!]|\.(?:\s|$)|$)"
)
_BEFORE = re.compile(r"\b(?:my|the|a|new)\s+(?P<n>[^,;?!<]+?)\s+playlist\b")
_NO_NAME = re.compile(
    r"(?:<[chpt]\d+>|(?:an? |the |my )?(?:new )?(?:playlists?|lists?|files?|m3u8?|cue(?: sheet| file)?|csv(?: file)?|json(?: file)?|xspf|all|it|them|these|those|this|that|disk|results?|hits?|one|format|m3u8? (?:file|playlist|format)|mix|later|folder|home|library|good|me|favou?rites playlist))\W*",
    re.IGNORECASE,
)


def read_playlist_name(reading: Reading) -> str:
    """What the playlist shall be called."""
    for _, _, title in [*reading.all("m"), *reading.all("q")]:
        return str(title)
    for pattern in (_NAMED, _AS, _BEFORE):
        for match in pattern.finditer(reading.text):
            name = reading.original(*match.span("n")).strip(" .'\"")
            if (
                name
                and "<" not in match["n"]
                and not _NO_NAME.fullmatch(name)
                and not re.match(r"(?:make|save|create|export|put|store|turn)\b", name.lower())
            ):
                return re.sub(r"\s+playlist$", "", name)
    return ""


def read_format(text: str) -> str:
    """The playlist's format, m3u8 where none is said."""
    match = re.search(r"\b(m3u8|m3u|xspf|cue|csv|json|pls)\b", text)
    return {"m3u": "m3u8"}.get(match[1], match[1]) if match else "m3u8"


_SEARCH_WORDS = frozenset(
    """a about again all also am an and any anything are as at available be bring browse by called can catalogue check
    collection compositions composed composer composers contain contains could count date dated display do does else
    enumerate entitled every everything exist exists fetch files find folder for from genre get give got grab had has have
    hello hey hi how i i'd i'm i've in index indexed into is it just know let let's library like list listing locate look
    looking lot lots many me more much music musical my name named of on one ones only open or other our out own owned
    piece pieces play please possess print pull put recorded recording recordings records released search see show some
    something song songs start stuff tags tell than that the their them there these they thing things this those title
    titled titles to track tracks try tune tunes up us want was we were what what's where where's which who whose with work works would
    write written wrote year years you you've your file artist artists album albums
    need needs word words entire complete whole full here anywhere somewhere stored now at maybe perhaps possibly
    actually really happen too as well thanks thank so ok okay then yes no not but bit hear listen""".split()
)
_PLURALS = {
    "waltzes": "waltz",
    "masses": "mass",
    "symphonies": "symphony",
    "marches": "march",
    "rhapsodies": "rhapsody",
    "studies": "study",
    "lieder": "lied",
    "etudes": "etude",
}


def read_search_text(reading: Reading) -> str:
    """What is left to look for in the tags: the words that neither ask nor filter."""
    for _, _, title in [*reading.all("m"), *reading.all("q")]:
        return str(title)
    text = reading.text
    if match := re.search(
        r"\b(?:called|named|titled|entitled|with (?:the |a )?(?:title|name|words?)(?: of)?(?: like)?)\s+(?P<n>[^;?!<]+)",
        text,
    ):
        name = reading.original(*match.span("n")).strip(" .,'\"")
        return re.sub(
            r"\s+(?:please|for me|in (?:my|the) (?:library|collection))$", "", name, flags=re.IGNORECASE
        )
    kept: list[str] = []
    for match in re.finditer(r"[^\s,;?!<>]+", text):
        word = match[0].strip("'\".()")
        if not word or word in _SEARCH_WORDS or re.fullmatch(r"[a-z]\d+", word):
            continue
        written = reading.original(*match.span()).strip("'\".()")
        plural = _PLURALS.get(word) or (
            word[:-1]
            if re.fullmatch(
                r"(?:prelude|fugue|sonata|rag|quartet|nocturne|mazurka|chorale|madrigal|concerto|minuet|dance|motet|hymn|invention|gymnopedie|ballad|opera|aria|polonaise|impromptu|trio|serenade|variation|suite|cantata)s",
                word,
            )
            else ""
        )
        kept.append(plural or written)
    return " ".join(kept)
