"""Query sets made from scores: nothing reserved, truths that are true, damage as large as it says."""

import itertools
import json

import numpy as np
import pytest

from bench import collection
from bench.damage import mp3, pink_noise, pitch, room, speed, stretch, telephone
from bench.humming import hum, top_voice
from bench.variants import KINDS, exact_repeats, variant
from bench.works import all_works, reserved_paths, side, works
from demo.scores import Bar, Note, Part, Score
from index.audio.reading import Sound

A = [60, 64, 67, 64, 62, 65, 69, 65, 64, 67]
B = [72, 71, 69, 67, 65, 64, 62, 60, 59, 57]


def melody(pitches, step_s=0.5, lower=None):
    def part(name, keys):
        return Part(
            name, 0, tuple(Note(i * step_s, i * step_s + 0.45, key, 80) for i, key in enumerate(keys))
        )

    parts = (part("high", pitches),) + ((part("low", lower),) if lower else ())
    end_s = len(pitches) * step_s
    return Score("test/tune", "Tune", "", None, "", parts, (Bar(0, end_s, 1),), 120.0, 0, "")


def tone(hz=440.0, duration_s=3.0, rate_hz=44100):
    return Sound(
        0.3 * np.sin(2 * np.pi * hz * np.arange(int(duration_s * rate_hz)) / rate_hz).astype(np.float32),
        rate_hz,
    )


def loudest_hz(sound):
    spectrum = np.abs(np.fft.rfft(sound.samples * np.hanning(len(sound.samples))))
    return np.argmax(spectrum) * sound.rate_hz / len(sound.samples)


def test_no_work_is_reserved_and_no_work_lies_on_two_sides():
    reserved = reserved_paths()
    sides = {split: works(400, seed=1, split=split) for split in ("train", "tune", "test")}
    names = {work.path: work.name for work in all_works()}
    for paths in sides.values():
        assert len(set(paths)) == len(paths) > 300
        assert not {path.split("#")[0] for path in paths} & reserved
    for one, other in itertools.combinations(sides.values(), 2):
        assert not {names[path] for path in one} & {names[path] for path in other}
    assert works(50, seed=1) == works(50, seed=1) != works(50, seed=2)
    assert len({path.split("/")[0] for path in works(50)}) >= 10


def test_two_printings_of_a_tune_lie_on_one_side():
    from bench.works import _tune_name

    assert _tune_name("Smith's -- Reel") == _tune_name("SMITH'S REEL, The")
    assert side("bach/bwv66") in ("train", "tune", "test")


def test_the_repeat_in_a_b_a_is_found_and_nothing_else():
    score = melody(A + B + A)
    assert exact_repeats(score, 0.0, 5.0) == [(10.0, 15.0)]
    assert exact_repeats(score, 11.0, 14.0) == [(1.0, 4.0)]
    assert exact_repeats(score, 4.0, 7.0) == []
    assert exact_repeats(score, 0.0, 5.0, until_s=14.0) == []


def test_a_repeat_with_another_bass_is_one_of_the_tune_only():
    score = melody(A + B + A, lower=[36] * 20 + [38] * 10)
    assert exact_repeats(score, 0.0, 5.0) == []
    assert exact_repeats(score, 0.0, 5.0, part=0) == [(10.0, 15.0)]


@pytest.mark.parametrize("kind", KINDS)
def test_variants_change_what_they_say_and_nothing_else(kind):
    score = melody(A + B)
    for seed in range(20):
        other = variant(score, kind, np.random.default_rng(seed))
        assert (other.programs != (0,)) == (kind in ("instruments", "all"))
        assert (other.tempo_ratio != 1) == (kind in ("tempo", "all"))
        assert (other.transpose != 0) == (kind in ("key", "all"))
        assert 0.8 <= other.tempo_ratio <= 1.25
        assert -6 <= other.transpose <= 6
        assert other.score_s(other.heard_s(7.0)) == pytest.approx(7.0)


def test_the_top_voice_is_one_note_at_a_time():
    notes = (
        Note(0, 2, 60, 80),
        Note(0, 2, 72, 80),
        Note(1, 2, 64, 80),
        Note(1.5, 2, 76, 80),
        Note(2, 3, 55, 80),
    )
    score = Score("t", "", "", None, "", (Part("", 0, notes),), (), 120.0, 0, "")
    assert [(note.start_s, note.end_s, note.midi) for note in top_voice(score)] == [
        (0, 1.5, 72),
        (1.5, 2, 76),
        (2, 3, 55),
    ]


def test_a_hum_follows_the_tune_in_its_own_key_and_tempo():
    import librosa

    score = melody((A + B) * 4)
    hummed = hum(score, np.random.default_rng(3))
    assert hummed is not None
    assert 8.5 < (hummed.end_s - hummed.start_s) / hummed.tempo_ratio < 13
    assert hummed.sound.duration_s == pytest.approx(
        (hummed.end_s - hummed.start_s) / hummed.tempo_ratio, rel=0.15
    )
    hz, voiced, _ = librosa.pyin(hummed.sound.samples, fmin=60, fmax=2000, sr=hummed.sound.rate_hz)
    heard = librosa.hz_to_midi(np.nanmedian(hz))
    meant = np.median([n.midi for n in score.parts[0].notes if hummed.start_s <= n.start_s < hummed.end_s])
    assert voiced.mean() > 0.6
    assert heard == pytest.approx(meant + hummed.semitones, abs=2.0)


def test_nobody_hums_demisemiquavers():
    assert hum(melody((A + B) * 20, step_s=0.05), np.random.default_rng(0)) is None


def test_pink_noise_is_as_loud_as_it_says():
    sound = tone()
    noisy = pink_noise(sound, 0.0, np.random.default_rng(0))
    noise = noisy.samples - sound.samples * (noisy.samples @ sound.samples) / (sound.samples @ sound.samples)
    music = noisy.samples - noise
    assert 10 * np.log10(np.sum(music**2) / np.sum(noise**2)) == pytest.approx(0, abs=0.2)


def test_damage_keeps_time_and_changes_pitch_as_it_says():
    sound = tone()
    assert telephone(sound).rate_hz == 8000
    assert telephone(sound).duration_s == pytest.approx(3.0, abs=0.01)
    assert mp3(sound).duration_s == pytest.approx(3.0, abs=0.001)
    assert loudest_hz(mp3(sound)) == pytest.approx(440, abs=1)
    assert room(sound, 0.8, np.random.default_rng(0)).duration_s == 3.0
    assert loudest_hz(speed(sound, 1.04)) == pytest.approx(440 * 1.04, abs=1)
    assert speed(sound, 1.04).duration_s == pytest.approx(3 / 1.04, abs=0.001)
    assert loudest_hz(pitch(sound, 2)) == pytest.approx(440 * 2 ** (2 / 12), abs=3)
    assert pitch(sound, 2).duration_s == pytest.approx(3.0, abs=0.001)
    assert loudest_hz(stretch(sound, 1.25)) == pytest.approx(440, abs=2)
    assert stretch(sound, 1.25).duration_s == pytest.approx(3 / 1.25, abs=0.01)


def test_mp3_lies_where_the_sound_lay():
    click = np.zeros(44100, np.float32)
    click[22050] = 0.9
    assert abs(int(np.abs(mp3(Sound(click, 44100), 64000).samples).argmax()) - 22050) < 600


def test_a_set_is_written_with_its_truth(tmp_path, monkeypatch):
    monkeypatch.setenv("REPRISE_CACHE", str(tmp_path / "cache"))
    paths = ["bach/bwv121.6", "bach/no-such-work"]
    truth = collection.build_set(tmp_path / "set", paths, ["all", "hum", "mp3"], per_kind=1, workers=1)
    assert json.loads((tmp_path / "set" / "truth.json").read_text()) == json.loads(json.dumps(truth))
    (piece,) = truth
    assert (tmp_path / "set" / "library" / f"{piece['piece']}.flac").exists()
    assert [query["kind"] for query in piece["queries"]] == ["cover_all", "hum", "mp3"]
    for query in piece["queries"]:
        assert (tmp_path / "set" / query["file"]).exists()
        assert 0 <= query["a_start_s"] < query["a_end_s"] <= piece["duration_s"]


def test_an_unknown_kind_is_named(tmp_path):
    with pytest.raises(ValueError, match="sung"):
        collection.build_set(tmp_path / "set", [], ["sung"])


def test_only_so_many_pieces_are_asked_for(tmp_path, monkeypatch):
    monkeypatch.setenv("REPRISE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(collection, "works", lambda *_, **__: ["bach/bwv121.6", "bach/bwv39.7"])
    out = tmp_path / "set"
    collection.main(
        [str(out), "--works", "2", "--asked", "1", "--kinds", "hum", "--per-kind", "1", "--workers", "1"]
    )
    truth = json.loads((out / "truth.json").read_text())
    assert [len(piece["queries"]) for piece in truth] == [1, 0]
    assert len(list((out / "library").iterdir())) == 2
