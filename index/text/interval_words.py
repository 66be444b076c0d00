"""How an interval, and how many chords agree, is said."""

from __future__ import annotations

from index.text.wording import number_word

_INTERVALS = ("", "a semitone", "a tone", "a minor third", "a major third", "a fourth", "a tritone")


def agreement_words(agreeing: int, total: int) -> str:
    """As in "six of eight chords agree"."""
    if total == 1:
        return "the one chord agrees" if agreeing else "the one chord differs"
    if agreeing == 0:
        return f"none of the {number_word(total)} chords agree for half of their time"
    if agreeing == total:
        return f"all {number_word(total)} chords agree"
    few, all_of_them = (
        (str(agreeing), str(total)) if total > 12 else (number_word(agreeing), number_word(total))
    )
    return f"{few} of {all_of_them} chords {'agrees' if agreeing == 1 else 'agree'}"


def shift_words(semitones: int) -> str:
    """As in "a minor third higher"."""
    if semitones == 0:
        return "in the same key"
    return f"{_INTERVALS[abs(semitones)]} {'higher' if semitones > 0 else 'lower'}"
