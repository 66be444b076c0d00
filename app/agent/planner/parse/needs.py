"""What a text has to contain for a pattern to be found in it: one of a few words, read from the pattern itself.

Looking for words is a thousand times quicker than making a pattern, and most patterns are about something that a
sentence does not speak of. "\\b(?:ignore|forget) the (?:rhythm|beat)" needs "ignore" or "forget".
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass

Need = frozenset[str] | None
"""Strings of which one is in every text that matches; None where nothing can be said."""

_LONG_ENOUGH = 4
"""Letters; what is longer is no better, and fewer words are."""
_TOKEN = re.compile(
    r"(?P<run>[a-z ',_-]+(?![*+?{]))|(?P<macro>\{[A-Z][A-Z0-9]*\})|(?P<times>[*+?]\??|\{\d*,?\d*\}\??)"
    r"|(?P<look>\(\?<?[=!])|(?P<group>\((?:\?:|\?P<\w+>|(?!\?)))|(?P<close>\))|(?P<or>\|)"
    r"|(?P<edge>\\[bBAZ]|[$^])|(?P<escape>\\[^\w\s]|\\ )|(?P<any>\\\w|\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?P=\w+\))"
    r"|(?P<char>.)",
    re.DOTALL,
)


@dataclass(frozen=True)
class Macro:
    """A named piece of pattern, and what it needs."""

    text: str
    need: Need

    @property
    def is_whole(self) -> bool:
        """Whether it stands for itself wherever it is put: no choice at its top, nothing that repeats what was."""
        return self.text[:1] not in "*+?{" and not _has_choice(self.text)


def need_of(pattern: str, macros: Mapping[str, Macro]) -> Need:
    """What a pattern needs, with its macros not yet put in."""
    return _Reader(_put_in(pattern, macros), macros).choice()


@functools.lru_cache(maxsize=2048)
def meets(need: frozenset[str], text: str) -> bool:
    """Whether a text has one of the strings."""
    return any(word in text for word in need)


def _put_in(pattern: str, macros: Mapping[str, Macro]) -> str:
    """The pattern with every macro written out that does not stand for itself."""

    def written(match: re.Match[str]) -> str:
        macro = macros[match[1]]
        return match[0] if macro.is_whole else _put_in(macro.text, macros)

    return re.sub(r"\{([A-Z][A-Z0-9]*)\}", written, pattern)


@functools.lru_cache(maxsize=1024)
def _has_choice(pattern: str) -> bool:
    depth = 0
    for token in _TOKEN.finditer(pattern):
        if token.lastgroup in ("look", "group"):
            depth += 1
        elif token.lastgroup == "close":
            depth -= 1
        elif token.lastgroup == "or" and depth == 0:
            return True
    return False


class _Reader:
    """Goes once through a pattern."""

    def __init__(self, pattern: str, macros: Mapping[str, Macro]) -> None:
        self._tokens = list(_TOKEN.finditer(pattern))
        self._macros = macros
        self._at = 0

    def choice(self) -> Need:
        """What the branches up to the closing bracket need together: one of what each of them needs."""
        needs = [self._branch()]
        while self._at < len(self._tokens) and self._tokens[self._at].lastgroup == "or":
            self._at += 1
            needs.append(self._branch())
        self._at += 1  # the bracket
        words: set[str] = set()
        for need in needs:
            if need is None:
                return None
            words |= need
        return frozenset(words)

    def _branch(self) -> Need:
        """What one branch needs: of all that has to be there, what is found least."""
        needs: list[Need] = []
        run = ""

        def ended() -> None:
            nonlocal run
            if len(run) > 1:
                needs.append(frozenset([run]))
            run = ""

        while self._at < len(self._tokens) and self._tokens[self._at].lastgroup not in ("or", "close"):
            token = self._tokens[self._at]
            kind, text = token.lastgroup, token[0]
            self._at += 1
            if kind == "run":
                run += text
            elif kind in ("char", "escape"):
                char = text[-1]
                if self._repeated() is None:
                    run += char
                else:
                    run += char if self._at_least_once() else ""
                    ended()
            elif kind == "look":
                ended()
                self.choice()
            elif kind != "edge":
                ended()
                need = self.choice() if kind == "group" else None
                if kind == "macro":
                    need = self._macros[text[1:-1]].need
                if self._at_least_once():
                    needs.append(need)
        ended()
        return _best(needs)

    def _repeated(self) -> str | None:
        token = self._tokens[self._at] if self._at < len(self._tokens) else None
        return token[0] if token is not None and token.lastgroup == "times" else None

    def _at_least_once(self) -> bool:
        """Whether what was just read has to be there; what says how often is passed over."""
        times = self._repeated()
        if times is None:
            return True
        self._at += 1
        return times[0] == "+" or re.match(r"\{0*[1-9]", times) is not None


def _best(needs: list[Need]) -> Need:
    known = [need for need in needs if need]
    return max(known, key=lambda need: (min(_LONG_ENOUGH, *map(len, need)), -len(need)), default=None)
