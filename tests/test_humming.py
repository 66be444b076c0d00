"""A hummed tune in polyphonic music: salience, pitch, warping, and the whole search on sound made here."""

from __future__ import annotations

import base64
import io
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import soundfile
from PIL import Image

from app.agent.planner.answers.hum import hummed
from app.view.hum_plot import line_picture, melody_picture, middle_turn, tune_html
from bench.damage import pink_noise
from index.analysis.analyser import strongest_contour
from index.analysis.f0 import (
    PitchTrack,
    Tune,
    outline,
    track_contour,
    track_pitch,
    track_sound,
    track_strongest,
    tune_at,
)
from index.analysis.melody_salience import Salience, note_features
from index.audio.reading import Sound
from index.core.errors import EmptyLibraryError, QueryError
from index.core.frames import Frames
from index.core.hits import Alignment
from index.core.moments import Passage
from index.core.query import Query
from index.core.tracks import Clip, Track
from index.explain.explain import explain
from index.factors.melody import Melody, note_name, tempo_words
from index.humming import compiled as compiling
from index.humming.coarse_dtw import NOWHERE, align_everywhere
from index.humming.dtw import best_path
from index.humming.evidence import WEIGHTS, Evidence, Line, followed
from index.humming.leniency import softened
from index.humming.searcher import HummedResults, TuneSearcher, confidence
from index.humming.warm_up import compile_once
from index.models.basic_pitch import BasicPitch
from index.store.salience_store import SalienceStore, SalienceTable
from tools.find_by_humming import find_by_humming
from tools.session import Session

RATE_HZ = 22050
TUNE = ((67, 0.6), (69, 0.3), (71, 0.3), (74, 0.9), (72, 0.3), (69, 0.6), (66, 0.6), (67, 0.9), (62, 0.6), (64, 0.3),
        (66, 0.3), (67, 0.6), (71, 0.9), (69, 0.9))  # fmt: skip


def sung(notes: tuple[tuple[int, float], ...], shift: float, ratio: float, seed: int = 0) -> Sound:
    """A voice with vibrato, overtones, uneven timing and a little noise; notes last `ratio` times as long."""
    rng = np.random.default_rng(seed)
    pitch = np.concatenate(
        [
            np.full(
                round(length * ratio * rng.uniform(0.93, 1.07) * RATE_HZ), midi + shift + rng.normal(0, 0.15)
            )
            for midi, length in notes
        ]
    )
    pitch += 0.3 * np.sin(2 * np.pi * 5.5 * np.arange(len(pitch)) / RATE_HZ)
    phase = 2 * np.pi * np.cumsum(440 * 2 ** ((pitch - 69) / 12)) / RATE_HZ
    voice = sum(np.sin(h * phase) / h**1.5 for h in range(1, 6))
    return Sound((0.2 * voice + 0.002 * rng.standard_normal(len(pitch))).astype(np.float32), RATE_HZ)


def music(seed: int, seconds: float = 40.0) -> np.ndarray:
    """Notes at 10 Hz of a random top voice over a bass and two held middle voices."""
    rng = np.random.default_rng(seed)
    notes = np.zeros((round(seconds * 10), 88), np.uint8)
    at = 0
    while at < len(notes):
        length = int(rng.choice([3, 3, 6, 9]))
        notes[at : at + length, int(rng.integers(60, 77)) - 21] = 225
        at += length
    for first in range(0, len(notes), 12):
        for low, high in ((36, 48), (48, 55), (52, 59)):
            notes[first : first + 12, int(rng.integers(low, high)) - 21] = 200
    return notes


def with_tune(seed: int, start_s: float) -> np.ndarray:
    """The same music, its top voice being TUNE from `start_s` on."""
    notes = music(seed)
    at_s = start_s
    for midi, length_s in TUNE:
        low, high = round(at_s * 10), round((at_s + length_s) * 10)
        notes[low:high, 59 - 21 :] = 0
        notes[low:high, midi - 21] = 225
        at_s += length_s
    return notes


TUNE_S = sum(length for _, length in TUNE)
STARTS_S = {3: 12.0, 7: 20.0}


def track(number: int) -> Track:
    return Track(f"{number:02d}" * 8, f"{number}.wav", f"Piece {number}", "", "", "", "", None, 40.0)


def piece(number: int) -> np.ndarray:
    return with_tune(number, STARTS_S[number]) if number == 7 else music(number)


@pytest.fixture(scope="module")
def searcher() -> TuneSearcher:
    salience = Salience()
    return TuneSearcher(
        [track(n) for n in range(10)], SalienceTable.of([salience.kept(piece(n)) for n in range(10)])
    )


def frames_of(seconds: float) -> Frames:
    contour = np.tile(np.array([[(60 - 21) * 3 + 1, 60000]], np.uint16), (round(seconds * 10), 1))
    empty = np.zeros((1, 1))
    return Frames(seconds, -20.0, np.zeros((round(seconds * 10), 88), np.uint8), contour, *([empty] * 8))


def clip_query(folder: Path, sound: Sound, k: int = 5) -> Query:
    path = folder / "hum.wav"
    soundfile.write(path, sound.samples, sound.rate_hz)
    clip = Clip("c" * 16, str(path), "hum.wav", sound.duration_s, recorded=True)
    return Query(Passage(clip, frames_of(sound.duration_s), 0.0, sound.duration_s), k=k)


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


def test_changing_the_offset_costs_what_it_should() -> None:
    rows = np.zeros((4, 12), np.uint8)
    rows[[0, 1, 2, 3], [0, 0, 1, 1]] = 255
    odds = np.linspace(-1, 1, 256).astype(np.float32)
    tune = Tune(np.zeros(4, np.int64), np.zeros(4, np.float32), np.ones(4, np.float32))
    for slide, score in ((0.5, 4 - 1.5), (9.0, 0.0)):  # three steps of a third, or half the tune off
        classes, fraction = tune.beside(np.arange(4) / 3)
        assert best_path(rows, odds, classes, fraction, tune.weight, 5.0, slide, 0)[0] == pytest.approx(
            score, abs=0.02
        )


def test_a_path_says_where_each_frame_lies() -> None:
    rows = np.zeros((9, 12), np.uint8)
    rows[[2, 3, 4, 5, 6], [0, 2, 4, 4, 5]] = 255  # the third frame is held, the last two are one row's
    odds = np.linspace(-1, 1, 256).astype(np.float32)
    tune = Tune(np.array([0, 2, 4, 5, 7]), np.zeros(5, np.float32), np.ones(5, np.float32))
    rows[6, 7] = 255
    classes, fraction = tune.beside(np.zeros(1))
    score, path, offsets = best_path(rows, odds, classes, fraction, tune.weight, 0.1, 1.0, 0)
    assert path.tolist() == [2, 3, 5, 6, 6]
    assert offsets.tolist() == [0] * 5
    assert score == pytest.approx(5 - 2 * 0.1, abs=1e-5)
    assert best_path(rows[:1], odds, classes, fraction, tune.weight, 0.1, 1.0, 0)[1].tolist() == [-1] * 5


def plain_ends(rows: np.ndarray, tune: Tune, odds: np.ndarray, penalty: float) -> np.ndarray:
    """(rows,) the best score of a tune that ends at each row, by the book: frames missed at first are worth least."""
    count, least = len(tune.weight), odds.min()
    worth = odds[rows] - least
    best = np.zeros(len(rows))
    for key in range(12):
        low = (tune.low_class + key) % 12
        cell = worth[:, low] * (1 - tune.fraction) + worth[:, (low + 1) % 12] * tune.fraction
        cell = np.pad(cell * tune.weight, ((2, 0), (2, 0)))
        score = np.zeros((len(rows) + 2, count + 2))
        for t in range(2, len(rows) + 2):
            score[t, 2] = cell[t, 2]
            for i in range(3, count + 2):
                aside = penalty * tune.weight[i - 2]
                score[t, i] = max(
                    score[t - 1, i - 1] + cell[t, i],
                    score[t - 1, i - 2] + cell[t, i - 1] + cell[t, i] - aside,
                    score[t - 2, i - 1] + 0.5 * (cell[t - 1, i] + cell[t, i]) - aside,
                )
        best = np.maximum(best, score[2:, -1])
    return best / tune.weight.sum() + least


def test_the_sweep_is_the_plain_recursion_and_knows_key_and_tempo() -> None:
    rng = np.random.default_rng(0)
    table = SalienceTable.of([rng.integers(0, 256, (n, 12)).astype(np.uint8) for n in (70, 900, 30)])
    odds = np.log(0.85 * (np.arange(256) / 255) ** 2 * 12 + 0.15).astype(np.float32)
    tunes = [
        Tune(
            rng.integers(0, 12, n),
            (rng.integers(0, 8, n) / 8).astype(np.float32),
            rng.choice([0.0, 0.5, 1.0], n),
        )
        for n in (9, 14)
    ]
    table.rows[200:214] = 0
    table.rows[np.arange(200, 214), (tunes[1].low_class + 5) % 12] = 255
    ends = align_everywhere(table, np.array([0, 1]), tunes, odds, 2.4, threads=2)
    wanted = [
        np.maximum(*(plain_ends(table.rows[low:high], tune, odds, 2.4) for tune in tunes))
        for low, high in ((0, 70), (70, 970))
    ]
    np.testing.assert_allclose(ends.value[:970], np.concatenate(wanted), atol=0.02)
    assert (ends.value[970:] == NOWHERE).all(), "not asked for"
    assert (ends.key[213], ends.tune[213]) == (5, 1)


def test_evidence_has_its_parts() -> None:
    pitch = PitchTrack(0.1, np.repeat([60.0, 64.0, 67.0, 64.0], [8, 4, 8, 4]), np.ones(24, bool))
    line = Line.of(pitch, 1.0)
    assert np.flatnonzero(line.begins).tolist() == [0, 4, 6, 10]
    assert line.by_note[[0, 4]].tolist() == pytest.approx([0.5, 2**-0.5])
    rows = np.zeros((16, 12), np.uint8)
    rows[[*range(2, 6)], 1] = rows[[6, 7], 5] = rows[[*range(8, 12)], 8] = (
        255  # a semitone up, the last note missing
    )
    odds = np.log(0.85 * (np.arange(256) / 255) ** 2 * 12 + 0.15).astype(np.float32)
    path = followed(line, rows, odds, 1)
    assert path.rows.tolist() == list(range(2, 14))
    evidence = path.evidence
    assert evidence.unheard == pytest.approx(2 / 12)
    assert evidence.onsets == pytest.approx(3 / 4)
    heard, missing = np.log(0.85 * (softened(rows)[2, 1] / 255) ** 2 * 12 + 0.15), np.log(0.15)
    long, short = 2 * 4 / 4**0.5, 2 / 2**0.5  # of both long notes, of each short one
    by_notes = ((long + short) * heard + short * missing) / (long + 2 * short)
    assert evidence.path == pytest.approx(by_notes, abs=0.01)
    sharp, nothing = np.log(0.9 * 12 + 0.1), np.log(0.1)
    assert evidence.notes < (10 * sharp + 2 * nothing) / 12, "a short note missing weighs more"
    assert evidence.total == pytest.approx(sum(WEIGHTS[name] * getattr(evidence, name) for name in WEIGHTS))
    assert set(WEIGHTS) == set(Evidence.__annotations__)


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


def test_pyin_hears_a_tone_within_a_tenth_of_a_semitone() -> None:
    time_s = np.arange(2 * RATE_HZ) / RATE_HZ
    pitch = track_sound(Sound(np.sin(2 * np.pi * 261.63 * time_s).astype(np.float32), RATE_HZ))
    assert np.median(pitch.midi[pitch.voiced]) == pytest.approx(60.0, abs=0.1)
    assert pitch.voiced_s > 1.7
    assert pitch.confidence is not None
    assert pitch.confidence[pitch.voiced].min() >= 0.02


def test_a_voice_in_noise_as_loud_is_heard_and_noise_alone_is_not() -> None:
    voice = sung(TUNE, 0.0, 1.0)
    faint = Sound(1e-4 * voice.samples, RATE_HZ)
    sounds = (
        voice,
        pink_noise(voice, 0.0, np.random.default_rng(1)),
        pink_noise(faint, -60.0, np.random.default_rng(1)),
    )
    clean, noisy, alone = (track_sound(sound) for sound in sounds)
    both = clean.voiced & noisy.voiced
    off = (noisy.midi - clean.midi + 6) % 12 - 6
    assert both.sum() > 0.8 * clean.voiced.sum()
    assert (np.abs(off[both]) < 0.5).mean() > 0.9
    assert noisy.confident_s > 4
    assert alone.confident_s < 0.5


def test_frames_count_by_how_sure_they_are_beside_the_middle_one() -> None:
    voiced, sure = np.array([1, 1, 1, 1, 1, 0], bool), np.array([0.9, 0.8, 0.8, 0.2, 0.8, 0.9])
    pitch = PitchTrack(0.1, np.full(6, 60.0), voiced, sure)
    assert pitch.weight.tolist() == pytest.approx([1, 1, 1, 0.5, 1, 0])
    assert replace(pitch, confidence=None).weight.tolist() == [1, 1, 1, 1, 1, 0]
    faint = replace(pitch, confidence=sure / 50)
    assert faint.weight.tolist() == pytest.approx(pitch.weight.tolist()), "the scale does not matter"
    assert faint.confident_s == pytest.approx(0.4)
    tune = tune_at(replace(pitch, midi=np.array([60.0, 60.0, 60.0, 64.0, 60.0, 0.0])), 1.0, 10.0)
    assert tune.weight.tolist() == pytest.approx([1, 1, 1, 0.5, 1])
    two = PitchTrack(0.1, np.array([60.0, 64.0] * 4), np.ones(8, bool), np.array([0.9, 0.1] * 4))
    halves = tune_at(two, 1.0, 5.0)
    assert halves.low_class.tolist() == [halves.low_class[0]] * 4, "of two frames the surer one is followed"


def test_without_its_sound_a_passage_is_heard_by_its_contour() -> None:
    clip = Clip("x", "/nowhere/x.wav", "x", 3.0)
    pitch = track_pitch(Passage(clip, frames_of(3.0), 0.0, 3.0))
    assert (
        pitch.midi.tolist()
        == track_contour(Passage(clip, frames_of(3.0), 0.0, 3.0)).midi.tolist()
        == [60.0] * 30
    )
    assert pitch.confidence == pytest.approx(np.full(30, 60000 / 65535))


def test_a_tone_of_440_hz_is_heard_as_a_by_its_contour() -> None:
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(2 * RATE_HZ) / RATE_HZ).astype(np.float32)
    pitch = track_strongest(strongest_contour(BasicPitch().activations(tone), 20))
    assert np.median(pitch.midi) == pytest.approx(69.0, abs=0.01)


def test_a_tune_is_taken_in_tune_with_itself_and_stretched() -> None:
    pitch = PitchTrack(0.1, np.repeat([60.3, 64.3], 10), np.repeat([True, True], 10))
    tune = tune_at(pitch, 1.5, 5.0)
    assert pitch.tuning == pytest.approx(0.3)
    assert len(tune.low_class) == 15
    sounding = (tune.low_class + tune.fraction) % 12
    assert sounding[0] == pytest.approx(0.0, abs=1e-5) or sounding[0] == pytest.approx(12.0, abs=1e-5)
    assert sounding[-1] == pytest.approx(4.0, abs=1e-5)
    assert tune.weight.tolist() == [1.0] * 15


def test_the_top_voice_has_the_salience() -> None:
    notes = with_tune(7, 20.0)
    classes = Salience().classes(notes)
    at_s, right, total = 20.0, 0, 0
    for midi, length_s in TUNE:
        heard = classes[round(at_s * 10) : round((at_s + length_s) * 10)].argmax(axis=1)
        right, total = right + int((heard == midi % 12).sum()), total + len(heard)
        at_s += length_s
    assert right / total > 0.9
    np.testing.assert_allclose(classes.sum(axis=1), 1, atol=1e-4)


def test_salience_does_not_depend_on_the_blocks() -> None:
    notes = np.concatenate([music(seed, 130.0) for seed in range(3)])
    cut = Salience().classes(notes)[2900:3100]
    alone = Salience().classes(notes[2700:3300])[200:400]
    np.testing.assert_allclose(cut, alone, atol=1e-4)
    assert note_features(notes[:3]).shape == (3, 88, 24)


def test_salience_is_measured_once(tmp_path: Path) -> None:
    reads: list[str] = []

    def read(track_id: str) -> SimpleNamespace:
        reads.append(track_id)
        return SimpleNamespace(notes=music(1))

    frames: Any = SimpleNamespace(read=read)
    store = SalienceStore(tmp_path, frames)
    first, second = store.table([track(1)]), store.table([track(1)])
    assert reads == [track(1).id]
    assert first.rows.tolist() == second.rows.tolist()
    assert first.bounds.tolist() == [0, 200]


def test_salience_measured_while_adding_is_what_is_read(tmp_path: Path) -> None:
    def never(track_id: str) -> SimpleNamespace:
        raise AssertionError("measured again")

    store = SalienceStore.of_home(tmp_path, SimpleNamespace(read=never))  # type: ignore[arg-type]
    store.write(track(1).id, Salience().kept(music(1)))
    assert store.table([track(1)]).bounds.tolist() == [0, 200]
    store.delete(track(1).id)
    store.delete(track(2).id)
    assert not list(tmp_path.rglob("*.npy"))


def test_the_search_is_compiled_once_at_set_up(tmp_path: Path) -> None:
    told: list[str] = []
    compile_once(tmp_path / "new", told.append)
    compile_once(tmp_path / "new", told.append)
    assert told == ["compiling the search for tunes"]
    assert best_path.stats.cache_hits or best_path.signatures


def test_without_a_place_to_keep_it_compiled_code_still_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(*_: object, **options: object) -> object:
        if options.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return lambda function: function

    monkeypatch.setattr(compiling, "njit", nowhere)
    assert compiling.compiled(abs)(-3) == 3


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
