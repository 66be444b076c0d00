"""Readers of other people's recordings: each makes a set of the layout that the benchmarks read."""

import json

import av
import numpy as np
import pytest
import soundfile
from sounds import laid, note, silent_frames

from bench.damage import coded
from bench.landmarks import Landmarks
from bench.phones import AAC, AMR, OPUS, PLACES, RATE_HZ, SILENCE_S, recorded
from bench.rooms import Room
from bench.world import on_hold, others, phone_recordings, singers, sung_tunes
from bench.world.layout import write_truth
from index.analysis.f0 import track_sound
from index.audio.reading import Sound, read_sound
from index.core.moments import Passage
from index.core.tracks import Clip, Track


def music(seed: int, length_s: float = 12.0) -> Sound:
    rng = np.random.default_rng(seed)
    count = int(length_s * 4) - 3
    return laid([(s / 4, note(int(rng.integers(50, 80)), 0.6)) for s in range(count)], length_s)


def written(path, sound: Sound):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, sound.samples, sound.rate_hz)
    return path


def truth(folder):
    return {piece["piece"]: piece for piece in json.loads((folder / "truth.json").read_text())}


def test_phone_recordings_lie_at_the_beginning_of_their_excerpt(tmp_path):
    source, out = tmp_path / "source" / "queries", tmp_path / "set"
    written(source / "cut_output" / "7_cut.wav", music(0, 10))
    for name in phone_recordings.KINDS:
        written(source / f"{name}_output" / f"7_cut_{name}.wav", music(1, 10))
    assert write_truth(out, phone_recordings.build_set(source.parent, out)) == "1 pieces, 0 min, 3 queries"
    piece = truth(out)["7_cut"]
    assert [query["kind"] for query in piece["queries"]] == ["phone-outdoors", "coded", "noise"]
    for query in piece["queries"]:
        assert (query["a_start_s"], query["a_end_s"], query["also"]) == (0, 10, [])
        assert read_sound(out / query["file"]).duration_s == pytest.approx(10)
    assert (out / "library" / "7_cut.wav").resolve() == source / "cut_output" / "7_cut.wav"


def test_queries_of_music_on_hold_lie_where_they_were_cut(tmp_path, monkeypatch):
    monkeypatch.setattr(on_hold, "CODERS", {"g722": 16000})
    plain = music(2, 24)
    file = written(tmp_path / "moh" / "tune.wav", plain)
    with av.open(str(file.with_suffix(".g722")), "w", format="g722") as container:
        stream = container.add_stream("g722", rate=16000, layout="mono")
        slow = on_hold.resample(plain, 16000).samples
        frame = av.AudioFrame.from_ndarray((slow[None] * 32767).astype(np.int16), "s16", "mono")
        frame.sample_rate = 16000
        for part in (frame, None):
            container.mux(stream.encode(part))
    (piece,) = on_hold.build_set(tmp_path / "moh", tmp_path / "set", each=2)
    assert piece.piece == "tune"
    assert [query.kind for query in piece.queries] == ["g722", "g722"]
    for query in piece.queries:
        heard = read_sound(tmp_path / "set" / query.file)
        own = on_hold.resample(plain.span(query.a_start_s, query.a_end_s), 16000).samples
        own, there = own[:159000], heard.samples[:159000]
        lags = np.correlate(there, own[1000:-1000], "valid")
        assert abs(int(lags.argmax()) - 1000) < 160  # ten milliseconds
        assert np.corrcoef(own[1000:-1000], there[lags.argmax() :][: len(own) - 2000])[0, 1] > 0.95


def test_other_pieces_are_linked_and_asked_nothing(tmp_path):
    for number, length_s in enumerate((31, 40, 5)):
        written(tmp_path / "album" / f"{number}.wav", music(number, length_s))
    pieces = others.build_set([tmp_path / "album"], tmp_path / "set", pieces=9, longest_s=35)
    assert [(piece.piece, piece.queries) for piece in pieces] == [("album_0", ())]
    assert [file.name for file in (tmp_path / "set" / "library").iterdir()] == ["album_0.wav"]


@pytest.mark.parametrize("place", PLACES)
def test_a_recording_by_phone_is_as_long_and_has_no_bass(place):
    low = np.sin(2 * np.pi * 60 * np.arange(4 * 22050) / 22050)
    plain = music(3, 4)
    sound = Sound(
        (plain.samples + 0.3 * np.resize(low, len(plain.samples))).astype(np.float32), plain.rate_hz
    )
    heard = recorded(sound, np.random.default_rng(0), place)
    assert heard.duration_s == pytest.approx(4, abs=0.01)
    power = np.abs(np.fft.rfft(heard.samples)) ** 2
    below = np.fft.rfftfreq(len(heard.samples), 1 / heard.rate_hz) < 100
    assert power[below].sum() < 0.05 * power.sum()


def test_a_late_recording_begins_before_the_music():
    plain = music(4, 4)
    heard = recorded(plain, np.random.default_rng(0), late=True)
    assert heard.duration_s == pytest.approx(4 + SILENCE_S, abs=0.05)
    assert heard.rate_hz == RATE_HZ
    assert np.std(heard.samples[:RATE_HZ]) < 0.9 * np.std(heard.samples[3 * RATE_HZ : 5 * RATE_HZ])


@pytest.mark.parametrize("coder", [AAC, OPUS, AMR], ids=["aac", "opus", "amr"])
def test_what_a_coder_gives_back_lies_where_it_lay(coder):
    clicks = np.zeros(3 * RATE_HZ, np.float32)
    tone = 0.5 * np.sin(2 * np.pi * 900 * np.arange(RATE_HZ // 4) / RATE_HZ)
    clicks[2 * RATE_HZ : 2 * RATE_HZ + len(tone)] = tone
    heard = coded(Sound(clicks, RATE_HZ), coder)
    loud = np.flatnonzero(np.abs(heard.samples) > 0.1)
    assert heard.duration_s == pytest.approx(3, abs=0.01)
    assert loud[0] / heard.rate_hz == pytest.approx(2, abs=0.12)
    assert loud[-1] / heard.rate_hz == pytest.approx(2.25, abs=0.12)


@pytest.mark.parametrize("distance_m", [0.2, 3.0])
def test_the_walls_of_a_room_are_louder_than_a_loudspeaker_far_away(distance_m):
    rng = np.random.default_rng(1)
    rooms = [Room.drawn(rng, 0.8, distance_m) for _ in range(5)]
    for room in rooms:
        heard = room.response(RATE_HZ, rng)
        direct, walls = float(np.sum(heard[:40] ** 2)), float(np.sum(heard[40:] ** 2))
        assert (direct > walls) == (distance_m < 1)
        late, later = (float(np.sum(heard[int(at * RATE_HZ) :] ** 2)) for at in (0.2, 0.4))
        assert 10 * np.log10(late / later) == pytest.approx(60 * 0.2 / 0.8, abs=4)


def test_landmarks_find_a_recording_at_its_place_and_no_other(tmp_path):
    files = [written(tmp_path / f"{seed}.wav", music(seed, 20)) for seed in range(5, 9)]
    tracks = [Track(f.stem, str(f), f.stem, "", "", "", "", None, 20.0) for f in files]
    query = written(tmp_path / "q" / "q.wav", music(7, 20).span(6.2, 12.2))
    passage = Passage(Clip("q", str(query), "q.wav", 6.0), silent_frames(6.0), 0.0, 6.0)
    first, second = Landmarks(tracks).find(passage)[:2]
    assert first.piece == "7"
    assert first.start_s == pytest.approx(6.2, abs=0.1)
    assert first.score > 3 * second.score
    kept = Landmarks(tracks, tmp_path / "kept")
    for file in files:
        file.unlink()
    assert (
        Landmarks(tracks, tmp_path / "kept").find(passage)
        == kept.find(passage)
        == [first, *kept.find(passage)[1:]]
    )


def f0(path, pitches_hz, name="f0data"):
    file = path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    times_s = np.arange(len(pitches_hz)) * 0.01
    np.savetxt(file, np.stack([times_s, pitches_hz], axis=1))


def test_melodies_are_sung_again_by_those_of_one_grade(tmp_path):
    source = tmp_path / "source"
    tune = np.repeat([0.0, 262.0, 330.0, 392.0, 0.0], 60)
    f0(source, tune, "f0data/51_mel1_ref1.f0s.txt")
    f0(source, 1.5 * tune, "f0data/51_mel1_per7_pass.f0s.txt")
    f0(source, tune, "f0data/51_mel1_per8_fail.f0s.txt")
    (source / "annotations").mkdir()
    (source / "annotations" / "annotations.csv").write_text(
        "index,file,majority_score\n0,51_mel1_per7.wav,4.0\n1,51_mel1_per8.wav,2.0\n2,51_mel1_per9.wav,\n"
    )
    (piece,) = singers.build_set(source, tmp_path / "set", grade=4, most=5)
    assert piece.piece == "51_mel1"
    assert [(query.kind, query.file) for query in piece.queries] == [("sung", "queries/51_mel1_per7.wav")]
    assert piece.duration_s == pytest.approx(1.8, abs=0.02)
    heard = read_sound(tmp_path / "set" / piece.queries[0].file)
    for number, hertz in enumerate((393, 495, 588)):
        part = heard.span(0.6 * number + 0.1, 0.6 * number + 0.5).samples
        power = np.abs(np.fft.rfft(part * np.hanning(len(part)), 1 << 16)) ** 2
        bins = np.fft.rfftfreq(1 << 16, 1 / heard.rate_hz)
        near = (bins > 0.8 * hertz) & (bins < 1.2 * hertz)
        assert bins[near][power[near].argmax()] == pytest.approx(hertz, rel=0.01)


def test_a_melody_that_was_sung_is_ranked_by_its_grade_on_its_half_alone(tmp_path):
    rng = np.random.default_rng(0)
    turns = {f"5{i}_mel1": rng.permutation([60, 62, 64, 65, 67, 69, 71, 72]) for i in range(4)}
    lines = ["index,file,majority_score"]
    for name, turn in turns.items():
        pitches_hz = np.repeat(440 * 2 ** ((turn - 69) / 12), 180)
        f0(tmp_path, pitches_hz, f"f0data/{name}_ref1.f0s.txt")
        f0(tmp_path, pitches_hz, f"f0data/{name}_per1_pass.f0s.txt")
        lines.append(f"0,{name}_per1.wav,4.0")
    (tmp_path / "annotations").mkdir()
    (tmp_path / "annotations" / "annotations.csv").write_text("\n".join(lines), encoding="utf-8")
    halves = [{one.melody for one in sung_tunes.tries(tmp_path, half, 9)} for half in ("fit", "test")]
    assert halves == [{"50_mel1", "52_mel1"}, {"51_mel1", "53_mel1"}]

    library = {name: np.zeros((60, 12), np.uint8) for name in turns}
    for name, turn in turns.items():
        library[name][np.arange(40), np.repeat(turn % 12, 5)] = 255
    asked = [
        (one.melody, track_sound(singers.sung(*singers.curve(one.file))))
        for one in sung_tunes.tries(tmp_path, "all", 9)
    ]
    found = zip(asked, sung_tunes.found(library, asked), strict=True)
    assert [sung_tunes.rank(melody, pieces) for (melody, _), (pieces, _) in found] == [1, 1, 1, 1]
    ((pieces, _),) = sung_tunes.found({"other": library["50_mel1"]}, asked[:1])
    assert sung_tunes.rank(asked[0][0], pieces) == 0


def test_the_interval_of_a_share_is_wilsons():
    assert sung_tunes.share(np.array([True] * 8 + [False] * 2)) == [0.8, 0.49, 0.94]
