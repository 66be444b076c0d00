"""How loops are compiled."""

from __future__ import annotations

from typing import Any

from numba import njit


def compiled(function: Any) -> Any:
    """Compiled at its first call, and kept where the place for that may be written to; else not kept."""
    try:
        return njit(cache=True, fastmath=True, nogil=True)(function)
    except RuntimeError:  # no place may be written to
        return njit(fastmath=True, nogil=True)(function)
