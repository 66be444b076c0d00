"""The contract of `reprise find --batch`: JSON lines in, JSON lines out, in order, whatever they say."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from asked_library import AskedLibrary, ChordAnalyser

from app.cli.batch import run_batch


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AskedLibrary:
    monkeypatch.setattr("index.analysis.analyser.Analyser", ChordAnalyser)
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    soundfile.write("clip.wav", rng.uniform(-0.5, 0.5, 8000 * 24), 8000)
    soundfile.write("long.wav", rng.uniform(-0.5, 0.5, 8000 * 90), 8000)
    soundfile.write("short.wav", rng.uniform(-0.5, 0.5, 4000), 8000)
    return AskedLibrary(tmp_path)


def run(library: Any, *lines: Any) -> tuple[int, list[Any]]:
    data = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
    output = io.StringIO()
    code = run_batch(library, [line + b"\n" for line in data], output)
    return code, [json.loads(line) for line in output.getvalue().splitlines()]


def test_an_answer_has_the_public_form(library: AskedLibrary) -> None:
    code, (answer,) = run(library, {"id": "7", "audio": "clip.wav", "k": 2})
    assert code == 0
    assert list(answer) == ["id", "elapsed_ms", "results"]
    assert answer["id"] == "7" and answer["elapsed_ms"] > 0
    first, second = answer["results"]
    assert list(first) == [
        "rank",
        "track",
        "title",
        "artist",
        "start_s",
        "end_s",
        "score",
        "likeness",
        "confidence",
        "factors",
    ]
    assert (first["rank"], second["rank"]) == (1, 2)
    assert first["title"] == "Gymnopédie No. 1" and first["end_s"] - first["start_s"] == 24
    assert set(first["factors"]) == {"harmony", "timbre", "dynamics", "rhythm"}


def test_defaults_and_all_fields(library: AskedLibrary) -> None:
    run(library, {"id": 1, "audio": "clip.wav"})
    query = library.asked[-1]
    assert (query.k, query.diversity, query.exclude_same_track, query.hits_per_track) == (
        10,
        "closest",
        True,
        1,
    )
    assert (query.min_likeness, dict(query.emphasis), bool(query.filters)) == (0, {}, False)
    code, _ = run(
        library,
        {
            "id": 1,
            "moment": "The Entertainer @ 0:20-0:35",
            "by": "moment",
            "k": 3,
            "weights": {"harmony": 2},
            "filters": {"composer": "Bach", "not_genre": "pop"},
            "min_likeness": 0.5,
            "diversity": "adventurous",
            "exclude_same_track": False,
            "hits_per_track": 2,
        },
    )
    query = library.asked[-1]
    assert code == 0 and (query.passage.start_s, query.passage.end_s) == (20, 35)
    assert (query.k, query.min_likeness, query.diversity) == (3, 0.5, "adventurous")
    assert (query.exclude_same_track, query.hits_per_track) == (False, 2)
    assert dict(query.emphasis) == {"harmony": 2}
    assert dict(query.filters.conditions) == {"composer": "Bach", "not_genre": "pop"}


@pytest.mark.parametrize(
    ("span", "duration_s"),
    [
        ({}, 24),
        ({"start_s": 2, "end_s": 9.5}, 7.5),
        ({"start_s": 2}, 10),
        ({"start_s": 20}, 4),
        ({"end_s": 5}, 5),
        ({"start_s": 0, "end_s": 100}, 24),
        ({"start_s": None, "end_s": None}, 24),
    ],
)
def test_the_span_of_a_file(library: AskedLibrary, span: dict[str, Any], duration_s: float) -> None:
    code, _ = run(library, {"id": "x", "audio": "clip.wav", **span})
    assert code == 0 and library.asked[-1].passage.duration_s == pytest.approx(duration_s)


def test_a_long_file_is_asked_by_its_most_characteristic_passage(library: AskedLibrary) -> None:
    run(library, {"id": "x", "audio": "long.wav"})
    assert library.asked[-1].passage.duration_s == 10
    run(library, {"id": "x", "audio": "long.wav", "start_s": 5, "end_s": 75})
    assert library.asked[-1].passage.duration_s == 70


ERRORS: list[tuple[Any, str, str]] = [
    (b"{not json", "QueryError", "not JSON"),
    (b"\xff\xfe", "QueryError", "not JSON"),
    (b"[" * 100_000, "QueryError", "not JSON"),
    ([1], "QueryError", "JSON object"),
    ({"audio": "clip.wav"}, "QueryError", "needs an id"),
    ({"id": True, "audio": "clip.wav"}, "QueryError", "needs an id"),
    ({"id": "x"}, "QueryError", "One of audio, moment and text"),
    ({"id": "x", "audio": "clip.wav", "text": "slow"}, "QueryError", "not audio and text at once"),
    ({"id": "x", "audio": "missing.wav"}, "AudioReadError", "there is no such file"),
    ({"id": "x", "audio": "short.wav"}, "ClipTooShortError", "at least one second"),
    ({"id": "x", "audio": "clip.wav", "start_s": 30}, "TimeOutsideTrackError", "past the end"),
    ({"id": "x", "audio": "clip.wav", "start_s": 3, "end_s": 2}, "QueryError", "end_s comes after start_s"),
    ({"id": "x", "audio": "clip.wav", "start_s": -1}, "QueryError", "start_s is 0 or more"),
    ({"id": "x", "audio": "clip.wav", "start_s": "3"}, "QueryError", "start_s is a number"),
    (b'{"id": "x", "audio": "clip.wav", "start_s": NaN}', "QueryError", "start_s is a number"),
    ({"id": "x", "audio": 7}, "QueryError", "audio is a text"),
    ({"id": "x", "audio": "clip.wav", "k": 0}, "QueryError", "At least one result"),
    ({"id": "x", "audio": "clip.wav", "k": 2.5}, "QueryError", "k is a whole number"),
    ({"id": "x", "audio": "clip.wav", "kk": 2}, "QueryError", "no field “kk”"),
    ({"id": "x", "audio": "clip.wav", "by": "smell"}, "QueryError", "moment, hum, text"),
    ({"id": "x", "audio": "clip.wav", "by": "text"}, "QueryError", "cannot start from audio"),
    ({"id": "x", "audio": "clip.wav", "weights": {"smell": 2}}, "QueryError", "no factor “smell”"),
    ({"id": "x", "audio": "clip.wav", "weights": {"harmony": "2"}}, "QueryError", "weight of harmony"),
    ({"id": "x", "audio": "clip.wav", "weights": [1]}, "QueryError", "weights is an object"),
    ({"id": "x", "text": "slow", "weights": {"harmony": 2}}, "QueryError", "Weights are for"),
    ({"id": "x", "audio": "clip.wav", "filters": {"mood": "x"}}, "QueryError", "no filter “mood”"),
    ({"id": "x", "audio": "clip.wav", "diversity": "wild"}, "QueryError", "Diversity"),
    ({"id": "x", "audio": "clip.wav", "exclude_same_track": 1}, "QueryError", "true or false"),
    ({"id": "x", "moment": "Nothing @ 0:10"}, "UnknownTrackError", "Did you mean"),
    ({"id": "x", "moment": "The Entertainer @ 1:99"}, "QueryError", "60 seconds"),
    ({"id": "x", "moment": "The Entertainer @ 0:10", "start_s": 3}, "QueryError", "are for audio"),
]


def test_bad_lines_never_stop_the_batch(library: AskedLibrary) -> None:
    good = {"id": "good", "moment": "The Entertainer @ 0:10"}
    lines = [line for bad, _, _ in ERRORS for line in (bad, b"   ", good)]
    code, answers = run(library, *lines)
    assert code == 1
    assert [answer["id"] for answer in answers[1::2]] == ["good"] * len(ERRORS)
    assert all("results" in answer for answer in answers[1::2])
    for (line, kind, words), answer in zip(ERRORS, answers[::2], strict=True):
        assert set(answer) == {"id", "error"}
        assert answer["error"]["type"] == kind and words in answer["error"]["message"]
        has_id = (isinstance(line, dict) and line.get("id") == "x") or (
            isinstance(line, bytes) and b'"x"' in line
        )
        assert answer["id"] == ("x" if has_id else None)


def test_ids_are_echoed_as_they_are(library: AskedLibrary) -> None:
    ids = ["7", 7, 7.5, "", "ünïcode \ud83c"]
    _, answers = run(library, *({"id": each, "moment": "The Entertainer @ 0:10"} for each in ids))
    assert [answer["id"] for answer in answers] == ids


def test_each_answer_comes_at_once(library: AskedLibrary) -> None:
    output = io.StringIO()

    def lines() -> Any:
        for number in range(3):
            assert len(output.getvalue().splitlines()) == number
            yield json.dumps({"id": number, "moment": "The Entertainer @ 0:10"}).encode()

    assert run_batch(library, lines(), output) == 0


def test_hums_and_words_go_where_the_library_has_them(library: AskedLibrary) -> None:
    code, (answer,) = run(library, {"id": "t", "text": " "})
    assert code == 1 and answer["error"]["type"] == "QueryError"
    code, answers = run(
        library,
        {"id": "h", "audio": "clip.wav", "by": "hum"},
        {"id": "t", "text": "slow", "k": 3},
    )
    (hummed,), (described,) = library.hummed, library.described
    assert code == 0 and hummed.passage.duration_s == 24
    assert (described.description, described.k, library.asked) == ("slow", 3, [])
    assert answers[1]["unknown"] == ["slow"] and len(answers[1]["results"]) == 3
    assert [answer["id"] for answer in answers] == ["h", "t"]


def test_an_error_of_ours_is_told_and_passed_over(
    library: AskedLibrary, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = library.find
    monkeypatch.setattr(library, "find", lambda query: 1 / 0 if query.k == 1 else real(query))
    moment = "The Entertainer @ 0:10"
    code, answers = run(library, {"id": 1, "moment": moment, "k": 1}, {"id": 2, "moment": moment})
    assert code == 1 and answers[0]["error"]["type"] == "ZeroDivisionError" and "results" in answers[1]
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_without_a_library_nothing_can_be_done(tmp_path: Path) -> None:
    code, answers = run(
        AskedLibrary(tmp_path, empty=True), {"id": "1", "audio": "clip.wav"}, {"id": "2", "text": "x"}
    )
    assert code == 2
    assert [answer["error"]["type"] for answer in answers] == ["EmptyLibraryError"] * 2
