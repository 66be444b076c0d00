"""The bucket that the settings name is another one, is lost, or does not answer: it is said, and nothing looks lost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from test_bucket import url
from test_reach import write
from tiny_analyser import tiny_analyser

from app.cli.status import print_status
from app.settings import Settings
from app.ui.sidebar import away_html
from app.wiring import library_status
from index.core.errors import StoreUnavailableError
from index.core.options import LibraryOptions
from index.core.query import Query
from index.library import Library
from index.store.bucket import Bucket

__all__ = ["url"]


@pytest.fixture
def analysed(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> LibraryOptions:
    """A library of one track that is kept in the bucket."""
    monkeypatch.setattr("index.ingest.spec._analyser", tiny_analyser)
    options = LibraryOptions(tmp_path / "home", store_url=url)
    library = Library(options)
    assert library.add([write(tmp_path / "music" / "one.wav", 1, 12.0)], 1).added == 1
    library.close()
    return options


def test_a_mistyped_address_is_told_before_anything_looks_lost(
    analysed: LibraryOptions, capsys: pytest.CaptureFixture[str]
) -> None:
    right = Library(analysed)
    assert right.status().store_fault == "" and right.care.check(lambda *_: None, repair=False).findings == []
    right.close()
    url = analysed.store_url
    for mistyped in (url + "x", url.rpartition("/")[0], url.replace("music", "musik")):
        library = Library(replace(analysed, store_url=mistyped))
        with pytest.raises(StoreUnavailableError, match="it is kept at") as told:
            library.add([])
        assert url in str(told.value) and mistyped in str(told.value)
        with pytest.raises(StoreUnavailableError, match="it is kept at"):
            library.find(Query(library.passage(library.track("one"))))
        status = library.status()
        assert status.store_fault == str(told.value) and status.damaged == ()
        print_status(status, analysed.home)
        assert str(told.value) in capsys.readouterr().out and str(told.value) in away_html(status).replace(
            "&#x27;", "'"
        )
        library.close()
    again = Library(analysed)
    assert again.find(Query(again.passage(again.track("one")), exclude_same_track=False)).hits
    again.close()
    assert not Bucket(url.replace("music", "musik")).holds_any(""), (
        "nothing is made where a name was mistyped"
    )


def test_a_place_that_is_lost_is_made_anew_by_a_repair(analysed: LibraryOptions) -> None:
    library = Library(replace(analysed, store_url=analysed.store_url + "-new"))
    library.keep_here()  # as `reprise check --repair` does
    checked = library.care.check(lambda *_: None, repair=True)
    assert checked.findings and checked.whole
    assert library.care.check(lambda *_: None, repair=False).findings == []
    library.close()


def test_status_says_that_the_store_does_not_answer_and_waits_little(
    analysed: LibraryOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    library = Library(analysed)
    fault = library.status().store_fault
    assert "does not answer" in fault and "\n" not in fault
    assert library.status().tracks == 1, "what is at home is told all the same"
    library.close()
    told, _ = library_status(Settings(home=analysed.home, store_url=analysed.store_url))
    assert (told.store_fault, told.tracks) == (fault, 1), "the command says it, too"
