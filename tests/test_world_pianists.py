"""Works that other people play: where each place of the score sounds, and which span a query plays."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from sounds import laid, note

from bench.world import others, pianists, slow_piano
from bench.world.pianists import Piece, Played, build_set, heard_at
from demo.scores import Note, Part, Score
from index.audio.reading import read_sound

LINE = [60, 64, 67, 65, 62, 59, 60, 67, 69, 72, 71, 67, 64, 65, 62, 67] * 4


def score(starts_s, name="x") -> Score:
    notes = tuple(Note(float(at), float(at) + 0.4, key, 80) for at, key in zip(starts_s, LINE, strict=False))
    return Score(name, name, "Somebody", None, "", (Part("piano", 0, notes),), (), 120.0, 0, "")


def two_pianists(repeated: bool) -> Piece:
    """The library's pianist plays a beat in 0.5 s, the other in 0.6, after a second of nothing."""
    count = 64 if repeated else 60
    beats = np.arange(count, dtype=float)
    line = score(beats * 0.5)
    if not repeated:  # no two bars alike
        rng = np.random.default_rng(0)
        keys = rng.permutation(np.arange(30, 90))[:count].tolist()
        part = Part(
            "piano", 0, tuple(n._replace(midi=k) for n, k in zip(line.parts[0].notes, keys, strict=False))
        )
        line = Score("x", "x", "Somebody", None, "", (part,), (), 120.0, 0, "")
    slower = [n._replace(start_s=1 + n.start_s * 1.2, end_s=1 + n.end_s * 1.2) for n in line.parts[0].notes]
    other = Score("y", "y", "Somebody", None, "", (Part("piano", 0, tuple(slower)),), (), 120.0, 0, "")
    own = Played("own", line, beats, beats * 0.5)
    return Piece(
        "tune",
        Score(
            **{
                **line.__dict__,
                "parts": (
                    Part(
                        "piano",
                        0,
                        tuple(
                            n._replace(start_s=n.start_s * 2, end_s=n.end_s * 2) for n in line.parts[0].notes
                        ),
                    ),
                ),
            }
        ),
        own,
        (Played("other", other, beats, 1 + beats * 0.6),),
    )


@pytest.mark.parametrize("repeated", [False, True])
def test_a_query_plays_the_span_that_the_score_says(tmp_path, repeated):
    piece = two_pianists(repeated)
    for seed in range(5):
        drawn = pianists._drawn(piece, piece.others[0], 28.0, np.random.default_rng(seed))
        assert drawn is not None
        start_s, (truth, *also) = drawn
        assert truth == pytest.approx(((start_s - 1) / 1.2, (start_s + 9) / 1.2), abs=2e-3)
        assert bool(also) == repeated
        for low, high in also:
            rounds = (low - truth[0]) / 8  # sixteen beats of the library's pianist
            assert rounds == pytest.approx(round(rounds), abs=1e-3)
            assert high - low == pytest.approx(truth[1] - truth[0], abs=2e-3)


def test_a_set_of_pianists_has_its_pieces_and_both_kinds(tmp_path):
    (found,) = build_set(tmp_path, [two_pianists(False)], each=1)
    assert [query.kind for query in found.queries] == list(pianists.KINDS)
    sounds = [read_sound(tmp_path / query.file) for query in found.queries]
    assert all(sound.duration_s == pytest.approx(10, abs=0.01) for sound in sounds)
    assert np.corrcoef(sounds[0].samples[:200000], sounds[1].samples[:200000])[0, 1] < 0.5
    assert [file.name for file in (tmp_path / "library").iterdir()] == ["tune.flac"]


def test_nothing_is_asked_of_who_plays_other_repeats():
    piece = two_pianists(False)
    hasty = Played("other", piece.others[0].score, piece.others[0].written_s, np.linspace(0, 12, 60))
    assert pianists._drawn(piece, hasty, 28.0, np.random.default_rng(0)) is None


def test_notes_laid_on_a_score_say_when_each_place_of_it_sounds(tmp_path):
    lines = [
        "info(midiClockUnits,480).",
        "info(midiClockRate,500000).",
        *(
            f"snote(n{i},[C,n],4,{i}:1,0,1/4,{float(i)},{i + 1.0},[v1])"
            f"-note(n{i},{60 + i},{480 * i + 96},{480 * i + 400},60,0,0)."
            for i in range(4)
        ),
        "snote(n9,[D,n],4,9:1,0,1/4,9.0,10.0,[v1])-deletion.",
    ]
    file = tmp_path / "x.match"
    file.write_text("\n".join(lines))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pianists, "read_performance", lambda midi: score([0.0]))
        written, played = pianists._match(file, tmp_path / "x.mid")
    assert [n.midi for n in written.parts[0].notes] == [60, 61, 62, 63]
    assert played.written_s.tolist() == [0, 0.5, 1, 1.5]
    assert heard_at(played, np.array([0.25, 1.5])) == pytest.approx([0.25, 1.5])


def test_parts_of_a_recording_do_not_overlap(tmp_path):
    keys = np.random.default_rng(1).integers(50, 80, 380)
    sound = laid([(s / 4, note(int(key), 0.3)) for s, key in enumerate(keys)], 96)
    (tmp_path / "album").mkdir()
    soundfile.write(tmp_path / "album" / "long.wav", sound.samples, sound.rate_hz)
    pieces = others.build_set([tmp_path / "album"], tmp_path / "set", 9, 600, cut_s=45, each=3)
    assert [piece.duration_s for piece in pieces] == [45, 45]
    first, second = (
        read_sound(tmp_path / "set" / "library" / f"album_long-{n}.flac").samples for n in (0, 1)
    )
    begin = int(2 * sound.rate_hz)  # pauses of two seconds before, between and after
    assert np.abs(first - sound.samples[begin : begin + len(first)]).max() < 1e-3
    begin = int(49 * sound.rate_hz)
    assert np.abs(second - sound.samples[begin : begin + len(second)]).max() < 1e-3


def test_the_slowest_passages_are_asked_once_a_work(tmp_path, monkeypatch):
    """Of two scores of one performance there is one piece; its queries lie where the fewest notes begin."""
    quick = [Note(at, at + 0.2, 60, 64) for at in np.arange(0, 80, 0.25).tolist()]
    slow = [each for each in quick if not 41 <= each.start_s < 51] + [
        Note(at, at + 2, 50, 64) for at in (41.0, 44.0, 47.0, 50.0)
    ]
    scores = {"a.mid": tuple(sorted(slow)), "b.mid": tuple(quick)}
    found = {"X/One": [Path("a.mid")], "X/One_no_repeat": [Path("a.mid")], "X/Two": [Path("b.mid")]}
    monkeypatch.setattr(slow_piano, "works", lambda source: found)
    monkeypatch.setattr(slow_piano, "read_performance", lambda file: of_notes(scores[file.name]))
    chosen = slow_piano.slowest(tmp_path, 2)
    assert [name for name, _, _ in chosen] == ["X_One", "X_Two"]
    assert chosen[0][2] == 26.0
    (piece,) = slow_piano.build_set(tmp_path, tmp_path / "set", 1)
    assert [query.kind for query in piece.queries] == [f"slow, {place}" for place in slow_piano.PLACES]
    for query in piece.queries:
        assert (query.a_start_s, query.a_end_s) == (15.0, 25.0)
        assert read_sound(tmp_path / "set" / query.file).duration_s == pytest.approx(10, abs=0.2)


def of_notes(notes: tuple[Note, ...]) -> Score:
    return Score("", "", "", None, "", (Part("piano", 0, notes),), (), 120.0, 0, "")
