"""Where the text network is not prepared, as after an update, the planner goes on without it, and that is said."""

from dataclasses import replace

import pytest
from small_library import SmallLibrary

from app.agent.planner.answers.library import library_state
from app.agent.planner.decide.intent_classifier import Likely
from app.cli.status import print_status
from app.ui.sidebar import away_html
from index.models.text import text_network_missing
from tools.library_status import library_status
from tools.session import Session

SAID = "The text network is not prepared"


@pytest.fixture
def unprepared(monkeypatch, tmp_path):
    monkeypatch.setenv("REPRISE_WEIGHTS", str(tmp_path))


def test_it_is_said_wherever_the_state_is_told(unprepared, capsys, tmp_path):
    library = SmallLibrary(tmp_path)
    status = replace(library.status(), network_missing=text_network_missing())
    library.status = lambda: status  # type: ignore[method-assign]
    told = library_status(Session(library))
    print_status(status, tmp_path)

    assert "make setup" in status.network_missing
    assert SAID in capsys.readouterr().out
    assert SAID in away_html(status)
    assert SAID in told.text and SAID in library_state(told.data)


def test_the_state_knows_it(unprepared, tmp_path):
    from index.core.options import LibraryOptions
    from index.library import Library

    assert Library(LibraryOptions(home=tmp_path)).status().network_missing.startswith(SAID)


def test_the_planner_goes_on_without_it_and_hears_it_once_it_is_there(unprepared, monkeypatch):
    likely = Likely()

    assert likely.intents("find something calm") == {}
    monkeypatch.delenv("REPRISE_WEIGHTS")
    assert text_network_missing() == "" and likely.intents("find something calm")
