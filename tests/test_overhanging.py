"""Clips that begin before a recording does, or go on after it: what lies within it is found."""

import numpy as np
import pytest
import sounds

from index.analysis.no_music import sounding
from index.audio.reading import Sound
from index.core.moments import Grid
from index.core.query import Query
from index.core.tracks import Track
from index.factors import build
from index.search.candidates import Shelf
from index.search.fusion import FusionModel
from index.search.searcher import Searcher
from index.store.frame_store import FrameStore
from tools.resolve import Resolved
from tools.sound_hits import hits_answer

LENGTH_S = 24.0
PIECES = 5
SHORT = 4
NOTES_S = (0.4, 0.35, 0.46, 0.31, 0.42, 0.38)


@pytest.fixture(scope="module")
def pieces():
    """Tunes in which nothing comes back."""
    rng = np.random.default_rng(3)
    steps = [rng.integers(0, 20, 100).tolist() for _ in NOTES_S]
    lengths_s = [8.0 if number == SHORT else LENGTH_S for number in range(len(NOTES_S))]
    made = zip(steps, NOTES_S, lengths_s, strict=True)
    return [sounds.melody(each, 60, note_s, length_s) for each, note_s, length_s in made]


@pytest.fixture(scope="module")
def searcher(analyser, pieces, tmp_path_factory):
    store = FrameStore(tmp_path_factory.mktemp("tunes") / "frames")
    tracks = []
    for number, sound in enumerate(pieces[:PIECES]):
        frames = analyser.analyse(sound)
        store.write(f"tune{number}", frames)
        title = f"Tune {number}"
        tracks.append(Track(f"tune{number}", f"{number}.wav", title, "", "", "", "", 1900, frames.duration_s))
    return Searcher(Shelf.of(tracks, Grid()), None, store, build(), FusionModel.load())


def noise(length_s, level):
    rate_hz = sounds.RATE_HZ
    samples = np.random.default_rng(1).standard_normal(round(length_s * rate_hz)) * level
    return Sound(samples.astype(np.float32), rate_hz)


def test_a_clip_that_began_in_a_room_before_the_piece_is_found_at_its_beginning(searcher, pieces, as_clip):
    clip = as_clip(sounds.joined(noise(6.0, 0.05), pieces[1].span(0.0, 6.0)))
    found = searcher.find(Query(clip, k=2))
    assert found.hits[0].track.title == "Tune 1"
    assert found.hits[0].moment.start_s == pytest.approx(0.0, abs=0.3)
    assert found.hits[0].confidence > 0.9
    assert found.query.passage.start_s == pytest.approx(6.0, abs=0.3), "what lies within it was compared"


def test_an_answer_is_of_the_part_that_was_compared(searcher, pieces, as_clip):
    """So that an explanation, and what it shows and plays, is of that part too."""
    clip = as_clip(sounds.joined(noise(6.0, 0.05), pieces[1].span(0.0, 6.0)))
    told = hits_answer(Resolved("clip", clip), searcher.find(Query(clip, k=2))).data["query"]
    assert (told["start_s"], told["end_s"]) == pytest.approx((6.0, 12.0), abs=0.3)


def test_a_clip_that_goes_on_after_the_piece_is_found_at_its_end(searcher, pieces, as_clip):
    clip = as_clip(sounds.joined(pieces[2].span(LENGTH_S - 5.0, LENGTH_S), noise(6.0, 0.05)))
    found = searcher.find(Query(clip, k=2))
    assert found.hits[0].track.title == "Tune 2"
    assert found.hits[0].moment.end_s == pytest.approx(LENGTH_S, abs=0.3)
    assert found.query.passage.end_s == pytest.approx(5.0, abs=0.3)


def test_from_one_piece_into_the_next_one_of_the_two_is_found(searcher, pieces, as_clip):
    into = sounds.joined(pieces[0].span(LENGTH_S - 5.0, LENGTH_S), pieces[3].span(0.0, 5.0))
    best = searcher.find(Query(as_clip(into), k=2)).hits[0]
    assert (best.track.title, best.confidence > 0.9) in {("Tune 0", True), ("Tune 3", True)}


def test_a_clip_that_holds_a_short_piece_whole_is_found(searcher, pieces, as_clip):
    sound = sounds.joined(noise(6.0, 0.05), pieces[SHORT], noise(5.0, 0.05))
    found = searcher.find(Query(as_clip(sound), k=2))
    assert found.hits[0].track.title == f"Tune {SHORT}"
    assert (found.hits[0].moment.start_s, found.hits[0].moment.end_s) == pytest.approx((0.0, 8.0), abs=0.4)


def test_of_a_piece_that_is_not_there_no_part_is_taken(searcher, pieces, as_clip):
    clip = as_clip(sounds.joined(noise(5.0, 0.05), pieces[PIECES].span(0.0, 6.0)))
    found = searcher.find(Query(clip, k=2))
    assert found.hits[0].confidence < 0.5, found.hits[0]
    assert found.query.passage == clip


def test_a_clip_within_a_piece_is_compared_whole(searcher, pieces, as_clip):
    clip = as_clip(pieces[1].span(8.0, 18.0))
    found = searcher.find(Query(clip, k=2))
    assert found.query.passage == clip
    assert found.hits[0].moment.start_s == pytest.approx(8.0, abs=0.2)


@pytest.mark.parametrize(
    ("silence_s", "heard"), [((5.0, 0.0), (5.0, 11.0)), ((0.0, 4.0), (0.0, 6.0)), ((0.5, 0.5), (0.0, 7.0))]
)
def test_long_silence_at_either_end_belongs_to_no_clip(analyser, pieces, silence_s, heard):
    before, after = (noise(length_s, 0) for length_s in silence_s)
    sound = sounds.joined(before, pieces[0].span(0.0, 6.0), after)
    assert sounding(analyser.analyse(sound)) == pytest.approx(heard, abs=0.3)


def test_silence_alone_is_all_there_is():
    assert sounding(sounds.silent_frames(8.0)) == (0.0, 8.0)
