"""The files of tests that take longest begin first, so that no process is left with one of them at the end.

pytest-xdist hands out whole files (`--dist loadfile`), by default those with most tests first: a conversation of
thirty turns in a browser is one test, and would come last, while the other processes have nothing left to do.
"""

from __future__ import annotations

import pytest

LONGEST = (
    "test_browser_conversation.py",
    "engines/test_whole_product.py",
    "test_browser_faults.py",
    "test_embedders.py",
    "test_ingest.py",
    "engines/test_damaged_clips.py",
    "engines/test_ray.py",
    "test_same_recording.py",
    "test_adding_faults.py",
    "test_browser_limits.py",
    "test_browser.py",
    "test_planner.py",
    "test_page.py",
    "test_browser_asking.py",
    "test_misbehaving_conversation.py",
    "test_lyrics.py",
    "test_upgrade.py",
    "test_mending.py",
    "test_reach.py",
    "test_cli.py",
    "test_agent.py",
    "engines/test_behind_proxy.py",
    "engines/test_two_pages.py",
    "test_album_ingest.py",
    "test_real_hums.py",
    "test_many_tracks.py",
)
"""By the processor's seconds, their processes included; a file that waits counts by the clock. Below tests/."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put those files first, in this order; the others stay as they were."""
    root = config.rootpath / "tests"
    place = {root / name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path, len(LONGEST)))
