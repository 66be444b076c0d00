"""Words that are sung or spoken: the network's loading, lines with times, the tool and what is said of it."""

import json
import subprocess
import sys

import numpy as np
import pytest
import soundfile
import sounds
from small_library import SmallLibrary
from tiny_whisper import write_tiny_whisper

from app.agent.assistant import Assistant
from app.agent.events import Answered, Listening, ToolAnswered, ToolCalled
from app.agent.memory.conversations import Memory
from app.agent.planner.answers.lyrics import written_down
from app.settings import SettingsError, load_settings
from app.view.lyrics import words_html
from index.analysis.transcriber import Transcriber
from index.core.errors import WeightsError
from index.core.options import LibraryOptions
from index.core.tracks import Clip
from index.core.transcript import Line, Transcript, Word
from index.library import Library
from index.models.whisper_weights import fetch, weights_of
from tools import all_tools
from tools.session import Session
from tools.transcribe_vocals import transcribe_vocals

WORDS = "Here comes the summer, and it rains again."
LINE = Line("Summer <rain>", 1.0, 2.5, (Word("Summer", 1.0, 1.6, 0.9), Word("<rain>", 1.7, 2.5, 0.8)))


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    return write_tiny_whisper(tmp_path_factory.mktemp("whisper") / "tiny-test.pt", WORDS)


@pytest.fixture(scope="module")
def transcriber(weights):
    return Transcriber(str(weights))


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (tmp_path / "whisper").mkdir()
    return tmp_path / "whisper"


def written(path, sound):
    soundfile.write(path, sound.samples, sound.rate_hz)
    return path


class Hearing(SmallLibrary):
    """The small library, and what its network hears."""

    lines: tuple[Line, ...] = (LINE,)

    def transcribe(self, passage):
        self.heard = passage
        return Transcript(self.lines, "en", "base")


def test_a_checkpoint_is_loaded_and_hears_words_with_times(transcriber):
    heard = transcriber.write_down(sounds.chords(sounds.CADENCE, 62, 1.0, 6))
    assert heard.text == WORDS
    assert heard.language == "en"
    (line,) = heard.lines
    assert [word.text for word in line.words] == WORDS.split()
    times = [time for word in line.words for time in (word.start_s, word.end_s)]
    assert times == sorted(times) and 0 <= times[0] <= times[-1] <= 6
    assert all(word.probability > 0.9 for word in line.words)


def test_times_are_those_of_the_track_and_the_sound_goes_in_at_16_khz(transcriber, monkeypatch):
    import whisper

    taken = []
    real = whisper.transcribe

    def seen(model, samples, **options):
        taken.append(samples)
        return real(model, samples, **options)

    monkeypatch.setattr(whisper, "transcribe", seen)
    sound = sounds.chords(sounds.CADENCE, 62, 1.0, 6)
    early, late = transcriber.write_down(sound), transcriber.write_down(sound, 60.0)
    assert late.lines[0].start_s == pytest.approx(early.lines[0].start_s + 60)
    assert late.lines[0].words[2].end_s == pytest.approx(early.lines[0].words[2].end_s + 60)
    assert sound.rate_hz != 16000
    assert [len(samples) for samples in taken] == [pytest.approx(16000 * 6, abs=2)] * 2
    assert taken[0].dtype == np.float32


def test_where_only_dots_are_heard_there_is_no_line(tmp_path):
    silent = Transcriber(str(write_tiny_whisper(tmp_path / "silent.pt", "...")))
    assert silent.write_down(sounds.clicks(120, 3)).lines == ()


def test_lines_that_whisper_itself_doubts_are_left_out(transcriber, monkeypatch):
    import whisper

    good = {"text": " Yes.", "start": 0.0, "end": 1.0, "avg_logprob": -0.3, "no_speech_prob": 0.9,
            "compression_ratio": 1.0, "words": []}  # fmt: skip
    unsure = {**good, "text": " Thank you.", "avg_logprob": -1.4}
    looping = {**good, "text": " la la la", "compression_ratio": 9.0}
    answer = {"language": "en", "segments": [unsure, good, looping]}
    monkeypatch.setattr(whisper, "transcribe", lambda *_, **__: answer)
    assert transcriber.write_down(sounds.clicks(120, 2)).text == "Yes."


def test_missing_weights_say_how_to_get_them(cache, tmp_path):
    with pytest.raises(WeightsError, match=r"\(base, 139 MB\).*`make whisper`") as missing:
        weights_of("base")
    assert "which is here" not in str(missing.value)
    (cache / "small.pt").touch()
    with pytest.raises(WeightsError, match="or set REPRISE_WHISPER=small, which is here"):
        weights_of("base")
    with pytest.raises(WeightsError, match="switched off"):
        Transcriber("off").check()
    with pytest.raises(WeightsError, match=r"no file .*gone\.pt"):
        Transcriber(str(tmp_path / "gone.pt")).check()
    assert not Transcriber("base").ready and Transcriber("small").ready


def test_names_mean_files_in_whispers_own_cache(cache):
    for file in ("base.pt", "large-v3.pt", "large-v3-turbo.pt"):
        (cache / file).touch()
    assert weights_of("base") == cache / "base.pt"
    assert weights_of("large") == cache / "large-v3.pt"
    assert weights_of("turbo") == cache / "large-v3-turbo.pt"


def test_a_broken_file_is_said_to_be_broken(tmp_path):
    for name, content in (
        ("empty.pt", b""),
        ("text.pt", b"no network"),
        ("cut.pt", b"PK\x03\x04" + b"0" * 99),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(WeightsError, match=rf"{name} is no whole checkpoint"):
            Transcriber(str(tmp_path / name)).write_down(sounds.clicks(120, 2))


def test_fetching_without_a_network_is_one_sentence(cache, monkeypatch):
    import urllib.error
    import urllib.request

    def refused(*_, **__):
        raise urllib.error.URLError("no route")

    monkeypatch.setattr(urllib.request, "urlopen", refused)
    with pytest.raises(WeightsError, match=r"\(tiny\) could not be fetched: .*no route"):
        fetch("tiny")


def test_the_setting(cache, weights):
    assert load_settings().whisper == "base"
    assert load_settings(whisper=str(weights)).whisper == str(weights)
    assert load_settings(whisper="off").whisper == "off"
    with pytest.raises(SettingsError, match=r"REPRISE_WHISPER wants a size of Whisper .* not “huge”"):
        load_settings(whisper="huge")


def test_nothing_heavy_is_imported_before_words_are_asked_for():
    code = (
        "import sys, index.library, index.analysis.transcriber, app.settings; app.settings.load_settings()\n"
        "from index.analysis.transcriber import Transcriber; Transcriber('tiny').ready\n"
        "assert not {'torch', 'whisper', 'numba'} & set(sys.modules), 'heavy'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# --- the tool -------------------------------------------------------------------------------------------------


def test_a_clips_words_from_the_real_library(tmp_path, weights):
    path = written(tmp_path / "song.wav", sounds.chords(sounds.CADENCE, 62, 1.0, 8))
    library = Library(LibraryOptions(tmp_path / "home", whisper=str(weights)))
    session = Session(library, (library.clip(path),))
    answer = transcribe_vocals(session, "clip @ 0:02-0:08")
    assert answer.data["kind"] == "words"
    assert answer.data["transcript"]["lines"][0]["text"] == WORDS
    assert 2 <= answer.data["transcript"]["lines"][0]["words"][0]["start_s"] < 8
    assert answer.text.startswith("Words in “song.wav”, 0:02-0:08, as heard by Whisper")
    assert WORDS in answer.text
    assert json.loads(json.dumps(answer.data)) == answer.data


def test_a_whole_clip_is_written_down_where_no_time_is_named(tmp_path):
    library = Hearing(tmp_path)
    song, lecture = Clip("a", "/long.mp3", "long.mp3", 240.0), Clip("b", "/b.mp3", "b.mp3", 4000.0)
    transcribe_vocals(Session(library, (song,)), "clip")
    assert (library.heard.start_s, library.heard.end_s) == (0.0, 240.0)
    answer = transcribe_vocals(Session(library, (lecture,)), "clip")
    assert (library.heard.start_s, library.heard.end_s) == (40.0, 50.0)
    assert "Others: clip @ 0:20-0:30" in answer.text
    transcribe_vocals(Session(library, (song,)), "clip @ 1:00")
    assert (library.heard.start_s, library.heard.end_s) == (60.0, 70.0)


def test_no_words_is_an_answer(tmp_path):
    library = Hearing(tmp_path)
    library.lines = ()
    answer = transcribe_vocals(Session(library), "Pavane @ 0:10")
    assert answer.text == "No words were heard in “Pavane”, 0:10-0:20."
    assert written_down(answer.data) == "I hear no words in “Pavane” at 0:10-0:20."
    assert not words_html("t", answer.data)


def test_asked_in_a_conversation(tmp_path):
    sound = tmp_path / "x.wav"
    sound.write_bytes(b"sound")
    library = Hearing(tmp_path)
    talk = Assistant(load_settings(home=tmp_path), library, all_tools(), Memory(tmp_path / "threads.sqlite"))
    called, answered, *_, told = talk.turn(talk.new_thread(), "what are the words in this clip?", [sound])
    assert isinstance(called, ToolCalled)
    assert isinstance(answered, ToolAnswered)
    assert isinstance(told, Answered)
    assert (called.name, called.args) == ("transcribe_vocals", {"moment": "clip"})
    assert answered.status == "ok"
    assert told.text == "In “x.wav” at 0:00-0:12 I hear: “Summer <rain>”"


def test_asked_without_weights_the_answer_says_what_to_do(tmp_path, cache):
    path = written(tmp_path / "song.wav", sounds.chords(sounds.CADENCE, 62, 1.0, 3))
    settings = load_settings(home=tmp_path / "home")
    library = Library(LibraryOptions(settings.home))
    talk = Assistant(settings, library, all_tools(), Memory(None))
    turn = talk.turn(talk.new_thread(), "what are the words in this clip?", [path])
    _, answered, *_, told = [event for event in turn if not isinstance(event, Listening)]
    assert isinstance(answered, ToolAnswered)
    assert isinstance(told, Answered)
    assert answered.status == "error" and answered.artifact["error"] == "WeightsError"
    assert "`make whisper`" in told.text


def test_the_page_shows_lines_with_times_and_a_player(tmp_path):
    answer = transcribe_vocals(Session(Hearing(tmp_path), (Clip("c1", "/c.wav", "c.wav", 12.0),)), "clip")
    drawn = words_html("thread", answer.data)
    assert 'src="/reprise/clip/thread/c1/0.000-12.000.wav"' in drawn
    assert "<dt>0:01</dt>" in drawn and '<span title="0:01.7">&lt;rain&gt;</span>' in drawn
    track = transcribe_vocals(Session(Hearing(tmp_path)), "Pavane @ 0:10")
    assert 'src="/reprise/track/id2/10.000-20.000.wav"' in words_html("thread", track.data)
