"""What is learned about a model and its server while they are used, so that nothing is tried twice in vain."""

from __future__ import annotations

import re
from dataclasses import dataclass

LEAST_CONTEXT = 2048
_NO_TOOLS = re.compile(r"tool|function.?call|jinja|chat.?template|\brole\b|alternate", re.IGNORECASE)
_NO_SYSTEM = re.compile(r"system.{0,20}(role|message|prompt)|role.{0,20}system|alternate", re.IGNORECASE)
_OVERFLOW = re.compile(
    r"context.{0,20}(length|size|window|limit|exceed)|exceed.{0,30}(context|token)|too (many|long).{0,20}tokens?"
    r"|maximum.{0,20}(context|tokens)|prompt is too long",
    re.IGNORECASE,
)


@dataclass
class Talents:
    """What a model can do; assumed to be everything until it shows otherwise."""

    context: int = 8192
    """Tokens that fit into a request and its reply."""
    plain: bool = False
    """The server knows nothing of tools: they are described in words, calls are written as JSON."""
    merged: bool = False
    """The server knows no system prompt either."""
    thinks_aloud: bool = False
    """Its replies begin with thoughts that nothing marks at their beginning."""

    lazy: int = 0
    """Turns, one after the other, in which it made no call even when told to."""

    def learn(self, error: Exception, sent: int) -> bool:
        """Take in a refusal; whether it is worth asking again, in another way. `sent`: tokens of the request."""
        text = str(error)
        status = getattr(error, "status_code", None)
        overflow = type(error).__name__.endswith("OverflowError") or _OVERFLOW.search(text)
        if overflow and self.context > LEAST_CONTEXT:
            self.context = max(LEAST_CONTEXT, min(self.context // 2, sent))
            return True
        if status not in (400, 422, 500, 501) or overflow:
            return False
        if not self.plain and _NO_TOOLS.search(text):
            self.plain = True
            self.merged = bool(_NO_SYSTEM.search(text))
            return True
        if self.plain and not self.merged and (_NO_SYSTEM.search(text) or status == 500):
            self.merged = True
            return True
        return False

    def notice(self, text: str) -> None:
        """Take in a reply."""
        end = re.search(r"</(?:think|thinking|thought|reasoning)>", text)
        if end and not re.search(r"<(?:think|thinking|thought|reasoning)>", text[: end.start()]):
            self.thinks_aloud = True
