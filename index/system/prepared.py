"""Where graphs and compiled code lie that set-up made."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def prepared_dir() -> Path:
    """Where prepared graphs are kept: REPRISE_WEIGHTS, else inside the virtual environment."""
    chosen = os.environ.get("REPRISE_WEIGHTS")
    return Path(chosen) if chosen else Path(sys.prefix) / "share" / "reprise"
