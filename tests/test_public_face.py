"""What `import index` promises to a notebook."""

from __future__ import annotations

import doctest
import subprocess
import sys

import pytest

import index


def test_the_example_runs():
    failed, tried = doctest.testmod(index)
    assert (failed, tried) == (0, 4)


def test_every_public_name_is_there():
    assert {name: getattr(index, name).__name__ for name in index.__all__} == {
        name: name for name in index.__all__
    }


def test_no_other_name_is():
    with pytest.raises(AttributeError, match="Searcher"):
        _ = index.Searcher


def test_a_room_opens_without_the_whole_house():
    code = "import sys, index.core.errors; print([m for m in ('numpy', 'index.library') if m in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
