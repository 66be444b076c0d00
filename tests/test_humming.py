"""A hummed tune in polyphonic music: the whole search on sound made here, and what is said of it."""

from __future__ import annotations

import base64
import io
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hummed_music import RATE_HZ, TUNE, TUNE_S, clip_query, frames_of, piece, sung, track, with_tune
from PIL import Image

from app.agent.planner.answers.hum import hummed
from app.view.hum_plot import line_picture, melody_picture, middle_turn, tune_html
from index.analysis.f0 import (
    outline,
    track_sound,
)
from index.analysis.melody_salience import Salience
from index.audio.reading import Sound
from index.core.errors import EmptyLibraryError, QueryError
from index.core.hits import Alignment
from index.core.moments import Passage
from index.core.tracks import Clip
from index.explain.explain import explain
from index.factors.melody import Melody, note_name, tempo_words
from index.humming.hummed import HummedResults
from index.humming.searcher import TuneSearcher, confidence
from index.store.salience_store import SalienceTable
from tools.find_by_humming import find_by_humming
from tools.session import Session


@pytest.fixture(scope="module")
def searcher() -> TuneSearcher:
    salience = Salience()
    return TuneSearcher(
        [track(n) for n in range(10)], SalienceTable.of([salience.kept(piece(n)) for n in range(10)])
    )


@pytest.mark.parametrize(("shift", "ratio"), [(0.0, 1.0), (-8.0, 0.75), (4.5, 1.35)])
def test_a_hum_finds_its_piece_moment_shift_and_tempo(
    searcher: TuneSearcher, tmp_path: Path, shift: float, ratio: float
) -> None:
    results = searcher.find(clip_query(tmp_path, sung(TUNE, shift, ratio)))
    best = results.hits[0]
    assert best.track.title == "Piece 7"
    assert best.moment.start_s == pytest.approx(20.0, abs=0.6)
    assert best.moment.end_s == pytest.approx(20.0 + TUNE_S, abs=0.6)
    assert best.alignment.tempo_ratio == pytest.approx(1 / ratio, rel=0.1)
    wanted = -shift
    away = (best.alignment.shift_semitones - wanted + 6) % 12 - 6
    assert abs(away) <= 0.75
    assert -5 <= best.alignment.shift_semitones <= 6
    assert best.confidence > 0.5 > results.hits[1].confidence
    assert [hit.rank for hit in results.hits] == [1, 2, 3, 4, 5]
    assert len({hit.track.id for hit in results.hits}) == 5
    assert set(best.factors) == {"melody"}
    assert best.score == best.factors["melody"].contribution


def test_a_voice_that_slides_by_a_semitone_is_followed(searcher: TuneSearcher, tmp_path: Path) -> None:
    sound = sung(TUNE, 0.0, 1.0)
    steady = track_sound(sound)
    slid = np.linspace(-0.6, 0.6, len(steady.midi))
    query = clip_query(tmp_path, sound)
    places = [
        searcher.find_tune(query, replace(steady, midi=steady.midi + bend)).hits[0]
        for bend in (0 * slid, slid)
    ]
    assert [hit.track.title for hit in places] == ["Piece 7", "Piece 7"]
    held, bent = (hit.factors["melody"].value for hit in places)
    assert bent > 0.75 * held, "what it slid by costs little"
    assert places[1].confidence > 0.5


def test_a_tune_that_is_nowhere_is_not_believed(searcher: TuneSearcher, tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    other = tuple((int(midi), 0.5) for midi in rng.integers(55, 75, 16))
    assert searcher.find(clip_query(tmp_path, sung(other, 0, 1))).hits[0].confidence < 0.5


def test_only_allowed_tracks_are_found(searcher: TuneSearcher, tmp_path: Path) -> None:
    query = clip_query(tmp_path, sung(TUNE, 0, 1), k=20)
    results = searcher.find(query, lambda track: track.title != "Piece 7")
    assert "Piece 7" not in {hit.track.title for hit in results.hits}
    assert results.hits


def test_a_query_without_a_tune_is_refused(searcher: TuneSearcher, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    noise = Sound((0.1 * rng.standard_normal(3 * RATE_HZ)).astype(np.float32), RATE_HZ)
    with pytest.raises(QueryError, match="no tune to follow in “hum"):
        searcher.find(clip_query(tmp_path, noise))


def test_an_empty_library_says_so(tmp_path: Path) -> None:
    with pytest.raises(EmptyLibraryError):
        TuneSearcher([], SalienceTable.of([])).find(clip_query(tmp_path, sung(TUNE, 0, 1)))


def test_a_hit_is_explained_by_its_melody(searcher: TuneSearcher, tmp_path: Path) -> None:
    query = clip_query(tmp_path, sung(TUNE, 0, 1))
    hit = searcher.find(query).hits[0]
    evidence = explain(query, hit, query.passage, {"melody": Melody()})
    assert [part.name for part in evidence.parts] == ["melody"]
    assert evidence.parts[0].share == 1.0
    assert [fact.name for fact in evidence.parts[0].shared] == ["shift", "tempo ratio"]
    assert evidence.parts[0].query_facts[0].text == "C4 to C4, 0 semitones"


def test_the_tool_says_shift_and_tempo(searcher: TuneSearcher, tmp_path: Path) -> None:
    query = clip_query(tmp_path, sung(TUNE, 0, 1))
    library: Any = SimpleNamespace(
        passage=lambda *_: query.passage, find_hum=lambda asked, _earlier: searcher.find(asked)
    )
    clip = query.passage.source
    assert isinstance(clip, Clip)
    answer = find_by_humming(Session(library, (clip,)), k=3)
    assert answer.data["query"]["by"] == "hum"
    assert len(answer.data["hits"]) == 3
    assert "Searched for the tune of: “hum.wav”" in answer.text
    assert "#1 “Piece 7”" in answer.text
    assert "in the same key, " in answer.text
    assert "(tempo ratio 1.0" in answer.text or "(tempo ratio 0.9" in answer.text
    heights = [height for height in answer.data["hummed"] if height is not None]
    assert len(answer.data["hummed"]) == pytest.approx(10 * TUNE_S, abs=8)
    assert np.median(np.abs(np.array(heights) - np.round(heights))) < 0.3
    told = hummed(answer.data)
    assert told.startswith("That is “Piece 7”, at 0:20 (#1, confidence ")
    assert "Beside your tune the recording is in the same key and " in told


def decoded(address: str) -> np.ndarray:
    """The strength of a picture, (rows, columns) in [0, 1]."""
    file = io.BytesIO(base64.b64decode(address.partition(",")[2]))
    return np.asarray(Image.open(file).getchannel("A"), float) / 255


def test_the_hum_is_drawn_over_the_melody_that_it_matched(searcher: TuneSearcher, tmp_path: Path) -> None:
    results = searcher.find(clip_query(tmp_path, sung(TUNE, -3.0, 1.2)))
    assert isinstance(results, HummedResults)
    hit = results.hits[0]
    frames = replace(frames_of(40.0), notes=with_tune(7, 20.0))
    found = Passage(hit.track, frames, hit.moment.start_s, hit.moment.end_s)
    line = [None if x is None else x + hit.alignment.shift_semitones for x in outline(results.pitch)]
    turn = middle_turn(line)
    drawn = decoded(line_picture(line, turn)).reshape(12, 8, -1).max(axis=1)
    heard = decoded(melody_picture(found, turn))
    stretched = drawn[:, np.linspace(0, drawn.shape[1] - 1, heard.shape[1]).astype(int)]
    together = (heard.argmax(axis=0) == stretched.argmax(axis=0)).mean()
    assert together > 0.6, "the line lies on the melody"
    assert middle_turn([0.0, 11.0, None, 1.0, 10.5]) in (5.0, 6.0, 7.0), "it does not fold between B and C"
    html = tune_html(outline(results.pitch), hit, found)
    assert html.count("data:image/png") == 4
    assert "the melody heard in Piece 7" in html
    assert tune_html([], hit, found) == tune_html([None, None], hit, found) == ""


def test_words_of_a_tune() -> None:
    assert (note_name(60), note_name(69)) == ("C4", "A4")
    assert (tempo_words(1.25), tempo_words(0.8)) == ("20 % slower", "25 % faster")
    assert tempo_words(1.01) == "at the same tempo"
    assert confidence(1.5, 0.5, 8.0) > confidence(1.5, 0.0, 8.0)
    assert Melody().shared(None, None, Alignment(3, 1.0))[0].text == "a minor third higher"  # type: ignore[arg-type]
