"""What of a reply may be shown while it still comes: whole sentences that are supported, no thoughts, no tool calls."""

from __future__ import annotations

from collections.abc import Callable

from app.agent.grounding.faithful import Facts, sentences
from app.agent.llm.text_calls import may_be_call, without_thoughts

_ENDS = ".!?…\n>"


class Sieve:
    """Lets through what will stand in the answer, in whole sentences."""

    def __init__(self, say: Callable[[str, bool], None], facts: Facts) -> None:
        """`say(text, anew)`: a piece to show; with `anew` all that was shown before is taken back."""
        self._say = say
        self._facts = facts
        self._raw = self._shown = ""
        self.held = False
        """Nothing is let through before `finish`."""

    def begin(self, *, held: bool = False) -> None:
        """A new reply comes."""
        self._raw, self.held = "", held

    def hear(self, text: str) -> None:
        """A piece of the reply."""
        self._raw += text
        if not self.held and any(end in text for end in _ENDS):
            ready = "".join(sentences(_before_call(self._raw))[:-1])
            good = "".join(part for part in sentences(ready) if not self._facts.unsupported(part))
            self._show(good.strip(), grow=True)

    def finish(self, answer: str) -> None:
        """The reply is complete: this is the answer."""
        self._show(answer)

    def _show(self, text: str, *, grow: bool = False) -> None:
        """Show what is new; with `grow` a shorter text than the one shown takes nothing back."""
        if text.startswith(self._shown):
            if new := text[len(self._shown) :]:
                self._say(new, False)
        elif grow and self._shown.startswith(text):
            return
        else:
            self._say(text, True)
        self._shown = text


def _before_call(raw: str) -> str:
    """The part of a reply before anything that may be a tool call; thoughts are no part."""
    text = without_thoughts(raw)
    return text[: may_be_call(text)]
