"""Which factors shall matter more or less: "same harmony", "ignore the rhythm", "melody counts most".

Read by two tables of patterns, the ones that lower first: "rhythm doesn't matter" must not be read as
"rhythm ... matter".
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping

MORE, MOST, LESS, NOT_AT_ALL = 2.0, 4.0, 0.5, 0.0

_WORDS = {
    "timbre": r"timbres?|(?:tone|sound)[- ]?colou?rs?|tonal colou?rs?|colou?r|instruments?|instrumentation|orchestration|scoring|textures?|sonority|sonorities|tone quality|tone|sound quality|sound(?!s? (?:like|similar|the same|as|close))|timbrally|who plays(?: it)?|what plays it|which instruments? (?:plays?|are playing|is playing)(?: it)?|what it is played on",
    "harmony": r"harmon(?:y|ies|ic content|ics?|ically)|chords?|chord (?:progressions?|changes|sequences?)|(?:harmonic )?progressions?|changes|tonality|key and chords|keys?",
    "melody": r"melod(?:y|ies|ic (?:line|contour|shape)|ic|ically)|tunes?|melodic lines?|(?:main )?themes?|motifs?|motives?|contour|top (?:line|voice)|lead line|bass ?lines?",
    "rhythm": r"rhythms?|rhythmic(?:ally)?(?: feel| pattern)?|beats?|grooves?|pulse|metres?|meters?|tempos?|tempi|speeds?|pace|timing|how (?:fast|slow|quick)(?:ly)? (?:it|they|the music) (?:is|are|goes)",
    "dynamics": r"dynamics?|loudness|volume|dynamic(?:ally| range| shape| course)|intensity|energy|loud and soft|how (?:loud|soft|quiet)(?:ly)? (?:it|they|things|the music) (?:is|are|plays?)|swells?|crescendos?",
}  # fmt: skip
_ANY = "|".join(_WORDS.values())
_F = rf"(?:(?:the|its|their|this|your|overall|general) )?(?:{_ANY})\b"
_AND = r"(?:and|or|plus|as well as|&)"
_LIST = rf"(?P<f>{_F}(?:(?:, {_F})+,? {_AND} {_F}|(?: {_AND} {_F})?))"
_LIST2 = _LIST.replace("?P<f>", "?P<g>")
_NOT = r"(?:doesn'?t|don'?t|does not|do not|needn'?t|need not|didn'?t|shouldn'?t|should not|isn'?t|is not|aren'?t|are not|not)"

_LOWER = (
    (NOT_AT_ALL, rf"\b(?:ignor(?:e|ing)|disregard(?:ing)?|forget(?: about)?|never ?mind|leave (?:out|aside)|neglect|discard|drop|skip|exclud(?:e|ing)|set aside|omit|without (?:considering|regard (?:to|for)|looking at|minding|caring about)|regardless of|irrespective of|no matter(?: what)?|whatever|turn off|switch off|zero(?: weight)?(?: on| for)?|no weight (?:on|for|to)) {_LIST}(?: is| are| be)?"),
    (NOT_AT_ALL, rf"\b{_LIST} (?:{_NOT}|really {_NOT}) (?:really |even |have to |need to |much |at all |so |that |very )*(?:matter|count|be the same|be considered|important|relevant|care|match|agree|fit|be alike|be similar|interesting)"),
    (NOT_AT_ALL, rf"\b{_LIST} (?:is|are) (?:of no (?:importance|interest)|irrelevant|unimportant|not important|secondary)"),
    (NOT_AT_ALL, rf"\b(?:i )?{_NOT} (?:really |even |much )*(?:care|mind|worry|bother|look|listen|matter)(?: much| so much)? (?:about|for|at|to|what|with|which) {_LIST}"),
    (NOT_AT_ALL, rf"\b(?:no|zero|without any|without|not any) (?:attention|weight|emphasis|importance|focus|stress|role|regard)(?: at all)?(?: to| on| for)? {_LIST}"),
    (NOT_AT_ALL, rf"\b{_LIST} (?:plays?|ha(?:s|ve)|gets?|carr(?:y|ies)) no (?:role|importance|weight|part|influence)"),
    (NOT_AT_ALL, rf"\b{_LIST} (?:aside|apart|out of it|off)\b"),
    (LESS, rf"\b(?:other|different|any|new|changed|another|all) {_LIST}(?: (?:is|are|would be|may be|can be|will do|ok|okay|fine|allowed|welcome)\b)"),
    (LESS, rf"\b(?:with|on|for|in|by|played (?:on|by)|using) (?:other|different|another|any|any other|completely different|totally different) {_LIST}"),
    (LESS, rf"\b(?:other|different|another|changed) {_LIST}"),
    (LESS, rf"\bgiv(?:e|ing) {_LIST} (?:much |a lot |a bit )?less(?: weight| importance| emphasis| attention)?"),
    (LESS, rf"\b{_LIST} (?:can|may|might|could|is allowed to|are allowed to)(?: well| also)? (?:be |sound )?(?:differ(?:ent)?|vary|change|other)"),
    (LESS, rf"\b(?:much |far |a lot |a bit |a little |slightly )?(?:less|lower|reduced?|smaller|weaker|not so much|not as much|little|low)(?: (?:of|weight|emphasis|focus|stress|importance|attention|value|influence|on|about|for|to|in|the|interested|important|is|be|put|given))* {_LIST}"),
    (LESS, rf"\b(?:de-?emphasi[sz]e|downplay|play down|turn down|tone down|lower|reduce|dial (?:down|back)|weaken|put aside|cut) {_LIST}"),
    (LESS, rf"\b{_LIST} (?:matters?|counts?|weighs?|should (?:matter|count|weigh)) (?:much |far |a lot |a bit |a little )?less"),
    (LESS, rf"\b{_LIST} (?:is|are) less important"),
    (NOT_AT_ALL, rf"\b{_LIST} (?:ignored|disregarded|left out|excluded|omitted|removed|neglected|switched off|turned off)\b"),
    (LESS, rf"\b{_LIST} (?:downplayed|reduced|lowered|weakened|turned down|toned down|down|weighted (?:less|lower|down)|de-?emphasi[sz]ed)\b"),
    (LESS, rf"\b(?:turn|dial|bring) {_LIST} down"),
    (LESS, rf"(?:, | and | but ){_LIST} (?:less|not so much)\b"),
    (LESS, rf"\b(?:rather than|instead of|more than|over|not(?: so much)?(?: for| on| by)?|but not(?: for| on| by)?|never) (?:on |by |for |in )?{_LIST}"),
    (LESS, rf"\b(?:without|minus) {_LIST}"),
)  # fmt: skip

_RAISE = (
    (MOST, rf"\b(?:only|just|solely|purely|exclusively|nothing but|entirely|strictly) (?:on |by |for |about |care about |look at |listen to |judge |match |compare |use |the )*{_LIST}"),
    (MOST, rf"\b{_LIST} (?:only|alone|above all|most of all|first)\b"),
    (MOST, rf"\b{_LIST} (?:is|are) (?:what (?:really )?(?:matters|counts)|(?:by far )?the most important(?: thing| part)?|the main thing|everything|all that (?:matters|counts)|most important|essential|crucial|paramount|the point|what i(?:'m| am) after)"),
    (MOST, rf"\b{_LIST} (?:matters?|counts?|should (?:matter|count)) (?:the )?most"),
    (MORE, rf"\bgiv(?:e|ing) {_LIST} (?:much |a lot |a bit |some )?(?:more|extra|double|greater|higher|priority)(?: weight| importance| emphasis| attention)?"),
    (MORE, rf"\b{_LIST} (?:is|are) (?:very |really |more |quite |so |especially )*(?:important|key|decisive|relevant)"),
    (MORE, rf"\b{_LIST} (?:really )?(?:matters?|counts?|weighs?|mattering|counting|weighing|weighted|should (?:matter|count|weigh)|to (?:matter|count|weigh))\b(?: (?:much |a lot |far |even |a bit )?more| a lot| double| twice)?"),
    (MORE, rf"\b(?:much |a lot |far |even |a bit |a little |some |slightly |extra |greater |higher |stronger |more )*(?:more|extra|greater|higher|bigger|stronger|additional|double|twice|increased|most) (?:of )?(?:the )?(?:weight|emphasis|focus|stress|importance|attention|value|priority|influence)(?: should be| is)? (?:on|to|for|in|towards?|at|upon) {_LIST}"),
    (MORE, rf"\b(?:put|place|lay|with|giv(?:e|ing)|pay(?:ing)?|set) (?:the |some |an? |strong |special |particular |main )*(?:weight|emphasis|focus|stress|importance|attention|value|priority|accent) (?:more |mainly |mostly |especially )?(?:on|to|for|in|at|upon) {_LIST}"),
    (MORE, rf"\b(?:emphasi[sz](?:e|ing)|stress(?:ing)?|focus(?:s?ing)?(?: more| mainly| mostly| especially)?(?: on)?|concentrat(?:e|ing)(?: more)?(?: on)?|prioriti[sz](?:e|ing)|favou?r(?:ing)?|boost(?:ing)?|weigh(?:t)?(?:ing)?|accentuate|highlight|prefer|strengthen|increase|raise|turn up|crank up|dial up|double|look (?:more |mainly |mostly )?at|listen (?:more |mainly |mostly )?(?:to|for)|attend to|go by|going (?:mainly |mostly |only )?by|judg(?:e|ing) (?:mainly |mostly )?by|based on|according to|in terms of|with regard to|regarding|concerning|as (?:regards|to)|care (?:more |mostly |mainly |most |a lot |especially )*(?:about|for)|interested (?:mainly |mostly |only |more )?in|(?:mostly|mainly|primarily|especially|particularly|chiefly|above all|more) (?:for|by|on|in|about|because of))(?: more)? {_LIST}(?: more(?: (?:strongly|heavily|highly))?| higher)?"),
    (MORE, rf"\b(?:mostly|mainly|primarily|especially|particularly|chiefly) {_LIST}"),
    (MORE, rf"\b(?:much |a lot |far |even |with |a bit |a little |some )*more {_LIST}"),
    (MORE, rf"\b(?:(?:the |a |an |exactly |roughly |almost |nearly |very |this |that )*(?:same|similar|identical|matching|comparable|closest|closer|close|like|alike|equal|related)|shar(?:e|es|ing)|keep(?:ing)?(?: the)?(?: same)?|preserv(?:e|ing)|match(?:es|ing)?|has|have|having|want(?:ing)?|need(?:ing)?|after|going for) {_LIST}"),
    (MORE, rf"\b(?:similar|alike|close|closer|closest|nearer|nearest|matching|like (?:this|that|it|<\w+>)|related|resembling|comparable|the same|same|match(?:es|ing)?|agree|by|resemble (?:this|it|<\w+>))(?: to (?:this|it|that|mine|<\w+>)(?: <t\d+>)?)?(?: more)? (?:in|by|on|through|for|with regard to|regarding|with respect to|as to) (?:(?:the )?[a-z]+,? (?:and|or) )?{_LIST}"),
    (MORE, rf"\b{_LIST} (?:emphasi[sz]ed|stressed|boosted|highlighted|prioriti[sz]ed|favou?red|strengthened|turned up|doubled|up|weighted (?:more|higher|up|strongly|heavily)|as (?:the )?priority|preferred|in (?:the )?focus)\b"),
    (MORE, rf"\b{_LIST} (?:(?:is|are|should be|must be|has to be|have to be|needs? to be|to be|stays?|remains?|should stay|must stay) )(?:the |very |really |exactly |more )*(?:same|similar|alike|close|closer|identical|unchanged|like (?:this|that|it|<\w+>))"),
    (MORE, rf"\b{_LIST}(?:-wise)? (?:similar|alike|close|closer|related|the same)\b"),
    (MORE, rf"\b(?:turn|bring|dial|crank) {_LIST} up"),
    (MORE, rf"(?:, | and | but ){_LIST} more\b"),
    (MORE, rf"\bweigh(?:ing)? {_LIST} (?:more|heavily|heavier|strongly|higher|double)"),
    (MORE, rf"\bby (?:its |their |the )?{_LIST}"),
)  # fmt: skip

_NUMBERED = re.compile(
    rf"(?P<f>{_F}) ?(?:=|:|x|times|at weight|weight) ?(?P<n>\d+(?:\.\d+)?)\b|(?P<m>\d+(?:\.\d+)?) ?(?:x|times) (?:the )?(?P<g>{_F})"
)
_MATTERS_MORE_THAN = re.compile(
    rf"\b{_LIST} (?:(?:is |are |being )?more important|matters? more|counts? more|weighs? more|more|over|rather) than {_LIST2}|\b{_LIST.replace('?P<f>', '?P<f2>')} (?:over|before|above|instead of|rather than|but not) {_LIST.replace('?P<f>', '?P<g2>')}"
)

_ANY_KEY = re.compile(
    r"\b(?:in |and |or )?(?:regardless of|ignor(?:e|ing)|whatever|any|no matter|different|other|another)(?: the)? keys?\b"
    r"|\b(?:the )?keys? (?:(?:does|do)(?:n't| not) matter|(?:may|can|might|could) (?:change|differ|vary|be \w+))\b"
)
"""Harmony and melody are compared in any key as it is: nothing to change."""


@functools.cache
def _table(table: str) -> tuple[tuple[float, re.Pattern[str]], ...]:
    return tuple(
        (weight, re.compile(pattern)) for weight, pattern in {"lower": _LOWER, "raise": _RAISE}[table]
    )


def factors_in(text: str) -> list[str]:
    """The factors that a piece of text names."""
    return [name for name, words in _WORDS.items() if re.search(rf"\b(?:{words})\b", text)]


def read_emphasis(text: str, before: Mapping[str, float] | None = None) -> tuple[dict[str, float], str]:
    """The weights that the words ask for, and the words that are left.

    `before` are the weights of the search that is changed: "more" then multiplies them.
    """
    found: dict[str, float] = {}

    def take(names: list[str], weight: float) -> None:
        for name in names:
            found.setdefault(name, weight)

    for match in reversed(list(_NUMBERED.finditer(text))):
        take(factors_in(match["f"] or match["g"]), float(match["n"] or match["m"]))
        text = _without(text, match)
    while match := _MATTERS_MORE_THAN.search(text):
        take(factors_in(match["g"] or match["g2"]), LESS)
        take(factors_in(match["f"] or match["f2"]), MORE)
        text = _without(text, match)
    text = _ANY_KEY.sub(" ; ", text)
    for table in ("lower", "raise"):
        for weight, pattern in _table(table):
            while match := pattern.search(text):
                take(factors_in(match["f"]), weight)
                text = _without(text, match)
    earlier = dict(before or {})
    for name, weight in found.items():
        old = earlier.get(name, 1.0)
        earlier[name] = min(100.0, weight * old) if weight in (MORE, LESS) and old > 0 else weight
    return {name: weight for name, weight in earlier.items() if weight != 1.0 or name in found}, text


def _without(text: str, match: re.Match[str]) -> str:
    return text[: match.start()] + " ; " + text[match.end() :]
