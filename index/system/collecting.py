"""How often Python looks for garbage that refers to itself.

By default it looks after every 700 new objects, and ever so often through all there are. Importing what answers a
question makes a few hundred thousand that stay, and a large library holds as many more: looking through them took a
sixth of the time to a first answer, and now and then a tenth of a second of a search.
"""

from __future__ import annotations

import gc

_NEW, _YOUNG, _OLD = 50_000, 20, 50
"""So many new objects, and so many times of the one before each."""


def collect_rarely() -> None:
    """For the rest of this process; what refers to nothing that refers to it goes at once, as ever."""
    gc.set_threshold(_NEW, _YOUNG, _OLD)
