"""Numbers, ranks, times, lists and likenesses as a sentence says them."""

from __future__ import annotations

from collections.abc import Sequence

from index.core.errors import clock

NUMBER_WORDS = (
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)


AT_THE_TOP = 0.9
"""From this likeness on it is said how few random moments are closer."""
RAREST = 10_000
"""More than this is not claimed: so few random moments were looked at."""


def closer_than(likeness: float, among: int = 0) -> str:
    """A likeness (the share of random moments that are less alike) in words, on a scale that spreads its top.

    "closer than 62 % of moments", "closer than all but 1 in 400", "closer than all but 1 in over 10,000".
    `among` is how many moments were compared (0: it is not known): a library of 3,000 shows no 1 in 10,000.
    """
    if likeness < AT_THE_TOP:
        return f"closer than {100 * likeness:.0f} % of moments"
    rare = 1 / max(1 - likeness, 1e-12)
    most = min(RAREST, _rounded_down(among)) if among > 0 else RAREST
    if rare > most:
        return f"closer than all but 1 in over {most:,}"
    step = 10 ** max(0, len(str(int(rare))) - 2)
    return f"closer than all but 1 in {int(round(rare / step) * step):,}"


def _rounded_down(count: int) -> int:
    """A count with two figures: 3,529 is 3,500."""
    step = 10 ** max(0, len(str(count)) - 2)
    return count // step * step


def number_word(count: int) -> str:
    """Numbers up to twelve in words."""
    return NUMBER_WORDS[count] if 0 <= count < len(NUMBER_WORDS) else str(count)


def ordinal(rank: int) -> str:
    """As in "first", "2nd", "14th"."""
    if rank == 1:
        return "first"
    ending = {1: "st", 2: "nd", 3: "rd"}.get(rank % 10, "th") if rank % 100 not in (11, 12, 13) else "th"
    return f"{rank}{ending}"


def count_of(number: int, noun: str) -> str:
    """As in "one onset", "3 onsets", "no onsets"."""
    return f"{'no' if number == 0 else 'one' if number == 1 else number} {noun}{'' if number == 1 else 's'}"


def time_of(seconds: float) -> str:
    """A time to the second, as a clock shows it."""
    return clock(round(seconds))


def listed(words: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def with_article(words: str) -> str:
    """ "a slow melody", "an organ melody"."""
    return f"{'an' if words[:1].lower() in 'aeiou' and not words.startswith(('uni', 'one')) else 'a'} {words}"
