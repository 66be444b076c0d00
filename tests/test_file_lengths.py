"""Modules stay short enough to be read at once."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LONGEST = 300


@pytest.mark.parametrize("package", ["app", "tools", "index", "demo", "prompts", "bench"])
def test_no_module_is_longer_than_can_be_read_at_once(package: str) -> None:
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in (ROOT / package).rglob("*.py")}
    assert lengths
    assert {str(path): count for path, count in lengths.items() if count > LONGEST} == {}
