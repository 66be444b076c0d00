"""Requests that misbehave, for tests of the processes that work at requests."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from index.core.errors import AudioReadError, ClipTooShortError


@dataclass(frozen=True)
class Does:
    """What its name says."""

    what: str
    number: float = 0.0

    def run(self, parts: Any, tell: Any) -> Any:
        return getattr(self, f"_{self.what}")(tell)

    def _pid(self, tell: Any) -> int:
        return os.getpid()

    def _counts(self, tell: Any) -> str:
        for number in range(int(self.number)):
            tell(number)
        return "done"

    def _dies(self, tell: Any) -> None:
        os.kill(os.getpid(), signal.SIGSEGV)

    def _eats(self, tell: Any) -> int:
        held = []
        for _ in range(400):
            held.append(np.ones(2_500_000))  # 20 MB
            time.sleep(0.005)
        return len(held)

    def _refuses(self, tell: Any) -> None:
        raise AudioReadError("a.wav", "it is a spoon")

    def _is_short(self, tell: Any) -> None:
        raise ClipTooShortError("b.wav", 0.5)

    def _errs(self, tell: Any) -> None:
        raise ZeroDivisionError("of a bug")

    def _sleeps(self, tell: Any) -> str:
        time.sleep(self.number)
        return "slept"

    def _tells_for_ever(self, tell: Any) -> None:
        while True:
            tell(np.zeros(1000))
            time.sleep(0.01)

    def _prints(self, tell: Any) -> str:
        print("what a library prints", flush=True)
        os.write(1, b"and native code\n")
        return "still understood"


def parts() -> str:
    return "parts"
