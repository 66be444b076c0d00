"""The parts of the page that know no Streamlit: words, turns, pictures, evidence, turns at work."""

from __future__ import annotations

import base64
import io
import re
import threading
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from fake_library import PIECES, FakeLibrary, fake_tracks, frames_of
from PIL import Image

from app import background
from app.agent.events import Entry
from app.agent.running import Running, Runs
from app.page_server import PageError, free_port
from app.ui.hit_card import head_html, verdict_html
from app.ui.sidebar import care_html, failures_html, holdings_html, job_html
from app.ui.suggestions import next_words, suggestions
from app.ui.uploads import Uploads
from app.view import words
from app.view.evidence import evidence_html
from app.view.plots import bars, chroma_picture
from app.view.saved import Saved
from app.view.steps import at_work, done
from app.view.turns import Call, Turn, at_card, hits_of, turns_of
from index.catalogue.catalogue import Catalogue
from index.catalogue.jobs import Job
from index.catalogue.values import Failure, Unreachable
from index.core.lengths import counted
from index.core.query import Query
from index.core.tracks import Track


@pytest.fixture
def library(tmp_path: Path) -> FakeLibrary:
    return FakeLibrary(tmp_path, fake_tracks(tmp_path))


@pytest.fixture
def found(library: FakeLibrary) -> Any:
    return library.find(Query(library.passage(library.music[2], 10.0), k=5))


# words


def test_markdown_of_titles_is_inert() -> None:
    said = words.in_markdown("*a* [b](http://c) $x$ :red[y] `z` <i>\n# h")
    assert said == r"\*a\* \[b\]\(http\:\/\/c\) \$x\$ \:red\[y\] \`z\` \<i\> \# h".replace(r"\/", "/")


def test_prose_keeps_emphasis_and_lists_and_drops_the_rest() -> None:
    said = words.prose(
        "**bold** and\n- a list\n# no heading ![x](http://e/x.png) $a$ :smile: <b> https://e.org"
    )
    assert said.startswith("**bold** and\n- a list\n\\# no heading")
    assert not re.search(r"(?<!\\)(!\[|\]\(|\$a|:smile|<b>|https:)", said), said
    assert r"\[x\](" in said
    assert r"\$a\$" in said
    assert r"\:smile:" in said


@pytest.mark.parametrize(
    ("seconds", "said"), [(9.4, "9 s"), (240, "4 min"), (9060, "2 h 31 min"), (3 * 3600, "3 h 0 min")]
)
def test_lengths(seconds: float, said: str) -> None:
    assert words.length(seconds) == said


def test_percent_never_claims_certainty() -> None:
    assert [words.percent(p) for p in (0, 0.003, 0.06, 0.996, 1)] == ["0 %", "<1 %", "6 %", ">99 %", "100 %"]


def test_spans_and_counts() -> None:
    assert words.span(65, 75) == "1:05 – 1:15"
    assert words.span(65.25, 68.5) == "1:05.2 – 1:08.5"
    assert counted(1, "track") == "1 track"
    assert counted(4512, "moment") == "4,512 moments"
    assert words.shortened("a very long name of a track", 12) == "a very long…"


# turns


def test_entries_become_turns() -> None:
    entries = [
        Entry("user", "find this"),
        Entry(
            "tool", "found", name="find_similar_moments", call_id="c1", artifact={"kind": "hits", "hits": []}
        ),
        Entry("assistant", "Here."),
        Entry("user", "Why “X”?"),
        Entry("tool", "", name="explain_match", args={"result": "#2:c1"}, call_id="c2", artifact={}),
        Entry("assistant", "Because.", choices=("yes", "no")),
    ]
    first, second = turns_of(entries)
    assert (first.words, first.answer, [call.name for call in first.calls]) == (
        "find this",
        "Here.",
        ["find_similar_moments"],
    )
    assert at_card(first) == ""
    assert at_card(second) == "#2:c1"
    assert second.choices == ("yes", "no")
    assert next_words([first, second]) == ["yes", "no"]
    assert next_words([first]) == []


def test_a_typed_why_stays_in_the_flow() -> None:
    entries = [
        Entry("user", "why the second?"),
        Entry("tool", "", name="explain_match", args={"result": "#2"}),
    ]
    assert at_card(turns_of(entries)[0]) == ""


def test_steps_say_what_was_done(found: Any) -> None:
    artifact = {
        "kind": "hits",
        "query": {"start_s": 3.0, "end_s": 13.0},
        "compared": 4512,
        "elapsed_ms": 14.2,
    }
    call = Call("c", "find_similar_moments", {}, "ok", artifact)
    assert done(call) == "listened to 10 s · compared with 4,512 moments · 14 ms"
    assert at_work("find_similar_moments") == "listening and comparing …"
    assert "no result" in done(Call("c", "search_library", {}, "error", {"kind": "error"}))
    records = {"kind": "hits", "hits": [hit.as_record() for hit in found.hits]}
    assert hits_of(Call("c", "find_similar_moments", {}, "ok", records)) == list(found.hits)


def test_pills_go_on_from_the_last_search(found: Any) -> None:
    query = {"filters": {"key_mode": "minor"}, "emphasis": {"timbre": 2}}
    records = [hit.as_record() for hit in found.hits]
    search = Turn("", calls=(Call("c", "", {}, "ok", {"kind": "hits", "hits": records, "query": query}),))
    compared = Turn("", calls=(Call("d", "", {}, "ok", {"kind": "comparison"}),))
    assert next_words([search, compared]) == [
        "only major",
        "closer in harmony",
        "save as playlist",
        "compare 1 and 2",
    ]


# turns at work


def test_a_turn_goes_on_without_a_follower_and_is_seen_whole_later() -> None:
    runs, running = Runs(), Running("hello")
    runs.start("t", running, lambda: iter("abc"), lambda: 4)
    assert running.wait(5)
    assert [event for event in running.follow() if event] == ["a", "b", "c"]
    assert running.before == 4
    assert runs.current("t") is None


def test_a_further_turn_waits_for_the_one_before() -> None:
    runs, go, order = Runs(), threading.Event(), []

    def first() -> Any:
        yield "one"
        go.wait(5)
        order.append("first")

    runs.start("t", one := Running("1"), first, lambda: 0)

    def second() -> Any:
        order.append("second")
        yield None

    runs.start("t", two := Running("2"), second, lambda: 2)
    go.set()
    assert two.wait(5)
    assert one.finished
    assert order[-1] == "second"


def test_a_fault_is_kept_to_be_shown() -> None:
    def broken() -> Any:
        yield "a"
        raise ValueError("a bug")

    runs, running = Runs(), Running("x")
    runs.start("t", running, broken, lambda: 0)
    assert running.wait(5)
    assert isinstance(running.fault, ValueError)
    assert runs.current("t") is running
    runs.dismiss("t")
    assert runs.current("t") is None


def test_following_tells_that_nothing_happened() -> None:
    release = threading.Event()

    def slow() -> Any:
        yield "a"
        release.wait(5)

    runs, running = Runs(), Running("x")
    runs.start("t", running, slow, lambda: 0)
    events = running.follow(wait_s=0.01)
    assert next(e for e in events if e) == "a"
    assert next(events) is None
    release.set()
    time.sleep(0.05)
    assert [e for e in events if e] == []


# pictures and evidence


def _alpha(address: str) -> np.ndarray:
    data = base64.b64decode(address.removeprefix("data:image/png;base64,"))
    return np.asarray(Image.open(io.BytesIO(data)).convert("LA"))[..., 1]


def test_chroma_picture_has_a_column_each_half_second_and_c_at_the_bottom() -> None:
    frames = frames_of(20.0, (0, 7))
    alpha = _alpha(chroma_picture(frames, 0.0, 10.0))
    assert alpha.shape == (12, 20)
    assert alpha[11, :4].mean() > alpha[10, :4].mean() + 30
    moved = _alpha(chroma_picture(frames, 0.0, 10.0, shift_semitones=2))
    assert np.array_equal(np.roll(alpha, -2, axis=0), moved)


def test_bars_follow_the_level() -> None:
    frames = frames_of(20.0, (0,))
    heights = bars(frames, 0.0, 10.0, 80)
    assert len(heights) == 80
    assert max(heights) == 100
    assert min(heights) >= 4
    silent = SimpleNamespace(level_db=np.full(100, -np.inf, np.float16))
    assert set(bars(silent, 0.0, 10.0, 80)) == {100}  # type: ignore[arg-type]


def test_a_card_shows_only_the_factors_the_hit_has_heaviest_first(found: Any) -> None:
    html = verdict_html(found.hits[1])
    places = [html.index(f"<span>{name}</span>") for name in ("harmony", "timbre", "dynamics", "rhythm")]
    assert places == sorted(places)
    assert "melody" not in html
    assert "same music: 12 %" in html
    assert "closer than all but 1 in 26" in html
    by_words = verdict_html(replace(found.hits[1], factors={}))
    assert "likeness 96" in by_words and "same music" not in by_words


def test_titles_are_escaped_in_html(library: FakeLibrary, found: Any) -> None:
    hit = next(hit for hit in found.hits if hit.track.title == PIECES[5][0])
    html = head_html(hit)
    assert "<b>*Bold*" not in html
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_evidence_shows_shares_chords_and_facts_of_both(library: FakeLibrary, found: Any) -> None:
    hit = found.hits[1]
    explanation = library.explain(found.query, hit).as_json()
    artifact = {"explanation": explanation, "hit": hit.as_record(), "query": {"source": "track"}}
    html = evidence_html(artifact, "your clip", ("data:image/png;base64,AA", "data:image/png;base64,BB"))
    for part in explanation["parts"]:
        assert part["name"] in html
        assert words.percent(part["share"]) in html
        for fact in (*part["query_facts"], *part["hit_facts"]):
            assert words.in_html(fact["text"]) in html
    for pair in explanation["chords"]:
        assert pair["query"].replace("#", "♯") in html or pair["query"] == "N"
    assert html.count('class="same"') >= any(pair["agree"] for pair in explanation["chords"])
    assert "AA" in html
    assert "BB" in html


# the sidebar


def test_sidebar_says_what_is_there_and_what_is_coming(library: FakeLibrary) -> None:
    assert "6 tracks, 11 min" in holdings_html(library.status())
    assert "6 composers, 1722 to 1999" in holdings_html(library.status())
    folder = str(Path.home() / "Music")
    library.job = Job(1, folder, 37, 312, 0, 0.0, 240.0, "x", 0.0, 0.0)
    assert "Adding ~/Music: 37 of 312, 4 min left" in job_html(library.status())
    assert 'aria-valuenow="37"' in job_html(library.status())
    library.failures = (Failure("/m/<i>.mp3", "it holds no sound"),)
    assert "1 file could not be read" in failures_html(library.status())
    assert "&lt;i&gt;.mp3</b>: it holds no sound" in failures_html(library.status())


def test_an_empty_library_says_what_to_do(tmp_path: Path) -> None:
    assert "Add a folder" in holdings_html(FakeLibrary(tmp_path).status())
    assert suggestions([], "seed") == []


def test_suggestions_are_about_music_that_is_there(library: FakeLibrary) -> None:
    offers = suggestions(library.music, "seed")
    assert offers == suggestions(library.music, "seed")
    assert len(offers) == 4
    assert any(track.title in offers[0][1] for track in library.music)


# saved moments, background commands, ports


def test_saved_moments_survive_and_become_a_playlist(tmp_path: Path, found: Any) -> None:
    history = Catalogue(tmp_path).history
    saved = Saved(tmp_path, history)
    assert saved.hits() == []
    assert saved.toggle(found.hits[0])
    assert saved.toggle(found.hits[1])
    assert Saved(tmp_path, history).hits() == list(found.hits[:2])
    assert not saved.toggle(found.hits[0])
    assert not saved.has(found.hits[0])
    playlist = (tmp_path / "playlists" / "Saved moments.m3u8").read_text(encoding="utf-8")
    assert "start-time=31.00" in playlist


def test_a_command_that_is_refused_says_why(tmp_path: Path) -> None:
    started = background.start(tmp_path, "Adding", "no-such-command")
    started.process.wait(60)
    assert not started.running
    assert started.refused
    assert started.log.is_file()


def test_the_next_free_port_is_taken() -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port(port) > port


def test_no_free_port_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.page_server.PORTS_TRIED", 0)
    with pytest.raises(PageError, match="taken"):
        free_port()


def test_tracks_without_a_year_or_author_are_drawn(library: FakeLibrary, found: Any) -> None:
    from dataclasses import replace

    bare: Track = replace(library.music[0], composer="", artist="", year=None)
    assert "&nbsp;" in head_html(replace(found.hits[0], track=bare))


def test_the_demo_library_tells_how_far_it_is(tmp_path: Path, library: FakeLibrary) -> None:
    import portalocker

    from app.ui.sidebar import demo_html

    folder = tmp_path / "demo"
    folder.mkdir()
    assert background.demo_job(tmp_path, []) is None
    (folder / ".lock").touch()
    assert background.demo_job(tmp_path, []) is None
    made = [Track(str(i), str(folder / f"{i}.ogg"), "t", "", "", "", "", None, 60.0) for i in range(6)]
    with (folder / ".lock").open("a") as file:
        portalocker.lock(file, portalocker.LOCK_EX | portalocker.LOCK_NB)
        job = background.demo_job(tmp_path, [*made, *library.music])
    assert job is not None
    assert job.done == 6
    assert job.total >= 100
    assert f"Making the demo library: 6 of {job.total}" in demo_html(job)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a tune.wav", "a tune.wav"),
        ("../../etc/passwd", ".._.._etc_passwd"),
        ("new\nline 🎵.mp3", "new_line 🎵.mp3"),
        ("", "file"),
        ("x" * 300 + ".flac", "x" * 60 + ".flac"),
    ],
)
def test_uploads_keep_their_names_as_far_as_can_be(given: str, kept: str) -> None:
    upload = io.BytesIO(b"sound")
    upload.name = given
    uploads = Uploads([upload], None)
    (file,) = uploads.brought
    assert file.path.name == kept
    assert file.path.read_bytes() == b"sound"
    assert (file.name, file.recorded) == (given, False)
    uploads.forget()
    assert not file.path.exists()


def test_what_is_remembered_is_said_in_a_line(library: FakeLibrary, found: Any) -> None:
    from app.ui.listening import remembered

    history = library.catalogue.history
    assert remembered(history) == "Nothing is remembered yet."
    history.record("finished", [hit.moment for hit in found.hits[:2]])
    history.record("disliked", [found.hits[2].moment])
    assert remembered(history) == "3 moments: 2 played to the end, 1 not for you"
    history.switch("history", False)
    assert remembered(history).startswith("Nothing new is remembered. 3 moments")
    history.forget()
    assert remembered(history) == "Nothing new is remembered."


def test_the_sidebar_says_what_cannot_be_reached_and_what_is_damaged(tmp_path: Path) -> None:
    status = FakeLibrary(tmp_path).status()
    assert care_html(status) == ""
    away = tuple(Unreachable(f"/far/{number}.mp3", 1.7e9) for number in range(2))
    damaged = tuple(f"“<i>{number}”" for number in range(5))
    told = care_html(SimpleNamespace(unreachable=away, damaged=damaged))  # type: ignore[arg-type]
    assert "2 files not reachable since" in told and "they hold stays in the library" in told
    assert "“&lt;i&gt;0”, “&lt;i&gt;1”, “&lt;i&gt;2” and 2 more" in told and "reprise check --repair" in told
