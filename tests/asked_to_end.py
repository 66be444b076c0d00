"""A test run that is asked to end (Ctrl-C, `kill`, a time limit) ends, whatever a test takes the signal for.

Reprise takes such a signal for its user's wish while it works: adding stops in order, and the signal is used up. In a
test that looks like a fault of the product, and the run goes on.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Generator

import pytest

_READ, _WRITE = "asked_to_end_read", "asked_to_end_write"


def pytest_configure(config: pytest.Config) -> None:
    """Have every signal noted that Python handles, by whatever handler."""
    read, write = os.pipe()
    for end in (read, write):
        os.set_blocking(end, False)
    setattr(config, _READ, read)
    setattr(config, _WRITE, write)
    signal.set_wakeup_fd(write, warn_on_full_buffer=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """End the run behind the part of a test in which it was asked to."""
    report = yield
    try:
        noted = os.read(getattr(item.config, _READ), 1024)
    except BlockingIOError:
        return report
    for number in (signal.SIGINT, signal.SIGTERM):
        if number in noted:
            pytest.exit(f"the run was asked to end ({number.name}) during {item.nodeid}", 130)
    return report


def pytest_unconfigure() -> None:
    """Note nothing more."""
    signal.set_wakeup_fd(-1)
