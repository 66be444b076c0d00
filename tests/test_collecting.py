"""Python looks for garbage more rarely where a library is opened, and still finds it."""

import gc
import weakref

import pytest

from app.settings import Settings
from app.wiring import open_library


class Circle:
    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def thresholds():
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


@pytest.mark.usefixtures("thresholds")
def test_what_refers_to_itself_goes_though_it_is_looked_for_rarely(tmp_path):
    gc.set_threshold(700, 10, 10)
    open_library(Settings(home=tmp_path)).close()
    often = gc.get_threshold()[0]
    assert often >= 10_000
    gone = weakref.ref(Circle())
    kept: list[list[int]] = [[] for _ in range(often // 2)]
    assert gone() is not None
    kept += [[] for _ in range(often)]
    assert gone() is None
