"""Silence, steady noise and a single tone are named as such, and nothing is likened to silence."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from small_library import TRACKS, SmallLibrary

from app.agent.planner.answers.answer import answer
from app.agent.planner.parse.conversation import Call
from index.analysis.no_music import heard_as, no_music
from index.core.frames import CONTOUR_BINS_PER_SEMITONE
from index.core.moments import Passage
from index.core.query import Query
from index.core.tracks import Clip
from tools.sound_hits import NO_MUSIC

FRAMES = 100


def passage(level_db, pitch, noted, start_s=0.0, end_s=10.0, *, moves=1.0) -> Passage:
    """Ten seconds of a level, a pitch (semitones from A0), a share of noted frames, and moving MFCCs."""
    count = np.arange(FRAMES)
    notes = np.zeros((FRAMES, 88), np.uint8)
    notes[: round(noted * FRAMES), 40] = 255
    contour = np.zeros((FRAMES, 2), np.uint16)
    contour[:, 0] = np.round(np.broadcast_to(pitch, FRAMES) * CONTOUR_BINS_PER_SEMITONE)
    level = np.broadcast_to(np.asarray(level_db, np.float16), FRAMES)
    mfcc = (moves * np.random.default_rng(1).standard_normal((20, 13))).astype(np.float16)
    frames = SimpleNamespace(level_db=level, contour=contour, notes=notes, count=count, mfcc=mfcc)
    return cast(Any, SimpleNamespace(frames=frames, start_s=start_s, end_s=end_s))


MELODY = 40 + np.arange(FRAMES) % 12
PULSED = np.where(np.arange(FRAMES) % 5 == 0, -20.0, -35.0)


@pytest.mark.parametrize(
    ("sound", "kind"),
    [
        (passage(-100.0, 40, 0.0), "silence"),
        (passage(-np.inf, 40, 0.0), "silence"),
        (passage(-25.0, MELODY, 0.1), "noise"),
        (passage(-22.0, 48, 1.0), "tone"),
        (passage(-22.0, 48 + np.sin(np.arange(FRAMES)), 0.4), "tone"),
        (passage(PULSED, MELODY, 0.0), ""),  # drums
        (passage(PULSED, 48, 1.0), ""),  # one note, struck again and again
        (passage(-22.0, MELODY, 0.9), ""),  # an organ
        (passage(-15.0, MELODY, 0.1, moves=2.5), ""),  # dense, compressed music, in which no note is heard
    ],
)
def test_what_is_no_music(sound, kind):
    assert no_music(sound) == kind


def test_only_the_passage_is_judged_not_the_whole():
    level = np.where(np.arange(FRAMES) < 50, -100.0, -25.0)
    assert no_music(passage(level, MELODY, 0.9, 0.0, 5.0)) == "silence"
    assert no_music(passage(level, MELODY, 1.0, 5.0, 10.0)) == ""


def told(kind: str, **more: Any) -> str:
    data = {"kind": "description", "no_music": kind, "moment": {"name": "a.wav", "start_s": 0, "end_s": 10}}
    message = SimpleNamespace(artifact={**data, **more}, status="success", text="")
    return answer(Call("describe_moment", {"moment": "clip"}), cast(Any, message))


@pytest.mark.parametrize(
    ("kind", "said"),
    [("silence", "silence"), ("noise", "noise"), ("tone", "one single tone"), ("speech", "speaks")],
)
def test_a_passage_that_is_no_music_is_named(kind, said):
    assert said in told(kind)


def test_nothing_is_likened_to_silence():
    query = {"source": "clip", "name": "a.wav", "k": 5, "filters": {}, "emphasis": {}}
    artifact = {"kind": "hits", "no_music": "silence", "query": query, "hits": [{"rank": 1}]}
    message = SimpleNamespace(artifact=artifact, status="success", text="")
    words = answer(Call("find_similar_moments", {"moment": "clip"}), cast(Any, message))
    assert "silence" in words and "closest" not in words


def test_a_search_for_silence_finds_nothing_and_says_why(tmp_path, capsys):
    from app.cli.hits import print_results
    from index.library import Library
    from tools.resolve import Resolved
    from tools.sound_hits import hits_answer

    small = SmallLibrary(tmp_path)
    clip = Clip("c", "", "a.wav", 10.0, kind="music")
    silent = Passage(clip, passage(-np.inf, 40, 0.0).frames, 0.0, 10.0)
    moments = SimpleNamespace(find=lambda query, allowed: small.find(query))
    alone = SimpleNamespace(searches=SimpleNamespace(moments=lambda: moments), _allowed=lambda filters: None)
    results = Library.find(cast(Any, alone), Query(silent))
    assert (results.no_music, results.hits) == ("silence", ())
    print_results(results)
    assert capsys.readouterr().out.strip() == NO_MUSIC["silence"]
    told = hits_answer(Resolved("clip", replace(silent, frames=cast(Any, None))), results)
    assert told.text.splitlines()[1:] == [NO_MUSIC["silence"]] and told.data["hits"] == []
    message = SimpleNamespace(artifact=told.data, status="success", text="")
    words = answer(Call("find_similar_moments", {"moment": "clip"}), cast(Any, message))
    assert "silence" in words and "found nothing" not in words


def test_a_command_lists_nothing_that_is_like_silence(tmp_path, capsys):
    from app.cli.hits import print_results

    library = SmallLibrary(tmp_path)
    results = library.find(Query(library.passage(TRACKS[0], 0.0, 10.0)))
    assert results.hits
    print_results(replace(results, no_music="silence"))
    words = capsys.readouterr().out
    assert "is silence" in words
    assert TRACKS[0].title not in words and TRACKS[1].title not in words


@pytest.mark.parametrize(
    ("clip_kind", "level_db", "told_as"),
    [("speech", -22.0, "speech"), ("speech", -100.0, "silence"), ("music", -22.0, ""), ("tune", -22.0, "")],
)
def test_a_clip_of_speech_is_named_as_speech(clip_kind, level_db, told_as):
    sound: Any = passage(level_db, MELODY, 0.9)
    sound.source = Clip("a", "a.wav", "a.wav", 10.0, kind=clip_kind)

    assert heard_as(sound) == told_as


def test_a_passage_of_a_track_is_never_speech():
    sound: Any = passage(-22.0, MELODY, 0.9)
    sound.source = TRACKS[0]

    assert heard_as(sound) == ""


def test_a_command_says_that_a_file_is_speech(tmp_path, capsys):
    from app.cli.hits import print_results

    library = SmallLibrary(tmp_path)
    results = library.find(Query(library.passage(TRACKS[0], 0.0, 10.0)))
    print_results(replace(results, no_music="speech"))
    assert "sounds like speech, not music" in capsys.readouterr().out


def test_a_file_that_is_asked_with_keeps_what_it_sounds_like(tmp_path):
    from app.cli.request import Asker, Request

    file = tmp_path / "a.wav"
    file.write_bytes(b"sound")
    heard = SimpleNamespace(frames=SimpleNamespace(duration_s=10.0), whole_s=10.0, kind="speech")
    grid = SimpleNamespace(window_s=10.0)
    library = SimpleNamespace(options=SimpleNamespace(grid=grid), listen_to=lambda *asked: heard)

    query = Asker(cast(Any, library)).query(Request(audio=str(file)))
    assert cast(Clip, query.passage.source).kind == "speech"
