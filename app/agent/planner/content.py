"""Where no rule speaks: what the words are made of. Changes to the last search, or music described."""

from __future__ import annotations

import re

from app.agent.planner.conversation import Talk
from app.agent.planner.emphasis import read_emphasis
from app.agent.planner.filters import has_composer, read_filters
from app.agent.planner.words import Reading, any_of

_CHANGING = frozenset(
    """only just again but and now then please the a an same search query repeat redo rerun try once more with without
    instead results result ones one moments hits passages also too this time make it them those these that what about
    how for in from to me show give find keep limit restrict narrow let's lets ok okay no not i i'd i'm we want would
    like prefer rather bit little much even of on could you can be should do weight filter filters further few pieces
    works music songs tracks examples stuff something things other others different exclusively solely alright well hm
    hmm actually maybe perhaps great good thanks thank yes sorry wait oh my your at all some get set put way
    previous last old new if possible kind apply use version alternatives less closer bring looking anything
    down up leave out drop skip exclude omit include including add remove except same's""".split()
)
_CHANGED = re.compile(
    r"\b(?:only|just|again|instead|same|repeat|redo|rerun|retry|without|but|now|less|more|ignore|leave out|exclude|drop|skip"
    r"|except|not|no|what about|how about|and|then|other than|limit|restrict|narrow|keep|try|also|rather|emphasi[sz]e|focus)\b"
)


def only_changes(reading: Reading, intent: str | None, talk: Talk) -> bool:
    """Whether the words say nothing but how the last search shall be changed: "only works by Liszt"."""
    if talk.brought or intent not in ("search", "description", "recommend", "similar", None):
        return False
    before = reading.text
    if re.search(r"<[chtqmp]\d+>", before) or not _CHANGED.search(before):
        return False
    read_filters(reading)
    _, left = read_emphasis(reading.text)
    if left == before:
        return False
    return all(word in _CHANGING or word.isdigit() for word in re.findall(r"[a-z0-9']+", left))


_ASKS = re.compile(
    r"^\W*(?:who|what(?:'s)?|which|when|why|how|is|are|do|does|did|can|will|should|was|were|could)\b"
)
_SOUGHT = re.compile(
    r"\b(?:find|search|look(?:ing)? for|something like|anything (?:like|with)|music (?:that|which|with|like)"
    r"|(?:moments?|passages?) (?:with|where|of|that|when|in which)|sounds? like|something (?:that|with|where))\b"
)
_WISHED = re.compile(
    r"^\W*(?:(?:please|now|and|ok),? )*(?:i(?:'m| am) (?:looking|searching) for|i want(?: to (?:hear|find))?"
    r"|i(?:'d| would) (?:like|love)(?: to (?:hear|find))?|i need|i(?:'m| am) after|let me hear|(?:give|get|bring|show|play) me)\s+"
)
_SUBJECTS = re.compile(
    r"\b(?:music|sounds?|voices?|choir|orchestra|melody|melodies|chords?|rhythms?|beats?|tempo|crescendo|ending|opening|waltz"
    r"|march|fugue|dance|aria|ballad|lullaby|arpeggios?|trills?|drones?|solo|duet|trio|quartet|fanfares?|theme|bass|riff|groove"
    r"|ostinato|pizzicato|tremolo|staccato|legato|applause|bells?|rain|thunder|birds?|water|silence|chant(?:ing|s)?|polyphon\w+"
    r"|counterpoint|unison|chromatic|dissonan\w+|consonan\w+|syncopat\w+|percussi\w+|acoustic|electric|instrumental|a ?cappella"
    r"|harmonies|notes?|register|loud|soft|fast|slow)\b"
)
LONGEST_DESCRIPTION = 12
"""Words; more of them is a story, no description."""


def by_content(reading: Reading, talk: Talk) -> str | None:
    """A clip alone is searched for; words about music are a description; a bare name is looked up."""
    text = reading.text
    asks = _ASKS.search(text)
    if talk.brought and not re.search(r"\b(?:what|how|who|when|which)\b", text):
        return "similar"
    bare = len(re.sub(r"<\w+>|\W", "", text)) < 14
    if reading.all("m") and bare and re.search(r"^\W*<m|\b(?:find|search|show|have|open|look)", text):
        return "search"
    if asks:
        return None
    if _SOUGHT.search(text):
        if has_composer(text) and not _describes(text):
            return "search"
        return "description" if len(text.split()) > 1 else None
    wish = _WISHED.sub("", text)
    personal = re.search(r"\b(?:you|your|i|my|we)\b", wish)
    if _describes(wish) and len(wish.split()) <= LONGEST_DESCRIPTION and not personal:
        return "description"
    return "search" if re.fullmatch(rf"\W*(?:the )?{any_of('composers')}\W*", text) else None


def _describes(text: str) -> bool:
    known = rf"\b(?:{any_of('moods')}|{any_of('instruments')}|{any_of('genres')})\b"
    return re.search(known, text) is not None or _SUBJECTS.search(text) is not None
