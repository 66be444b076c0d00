"""A test run that is asked to end (Ctrl-C, `kill`, a time limit) ends, whatever a test takes the signal for.

Reprise takes such a signal for its user's wish while it works: adding stops in order, and the signal is used up. In a
test that looks like a fault of the product, and the run goes on.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Generator, Iterator

import pytest

_READ, _WRITE = "asked_to_end_read", "asked_to_end_write"
_OWN = pytest.StashKey[list[signal.Signals]]()
"""The signals that a test sent itself."""


def pytest_configure(config: pytest.Config) -> None:
    """Have every signal noted that Python handles, by whatever handler."""
    read, write = os.pipe()
    for end in (read, write):
        os.set_blocking(end, False)
    setattr(config, _READ, read)
    setattr(config, _WRITE, write)
    signal.set_wakeup_fd(write, warn_on_full_buffer=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """End the run behind the test in which it was asked to, when what that had set up is taken down."""
    done = yield
    try:
        noted = os.read(getattr(item.config, _READ), 1024)
    except BlockingIOError:
        return done
    own = item.stash.get(_OWN, [])
    for number in (signal.SIGINT, signal.SIGTERM):
        if noted.count(number) > own.count(number):
            pytest.exit(f"the run was asked to end ({number.name}) during {item.nodeid}", 130)
    return done


@pytest.fixture
def signal_myself(request: pytest.FixtureRequest) -> Iterator[Callable[[signal.Signals], None]]:
    """For a test that sends itself a signal: one that is sent by this does not end the run."""
    own = request.node.stash.setdefault(_OWN, [])

    def send(number: signal.Signals) -> None:
        own.append(number)
        signal.raise_signal(number)

    yield send


def pytest_unconfigure() -> None:
    """Note nothing more."""
    signal.set_wakeup_fd(-1)
