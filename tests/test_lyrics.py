"""Words of whole tracks: written down in the background, kept, shown and searched."""

from typing import Any

import numpy as np
import pytest
import soundfile
import sounds
import typer
from langchain_core.messages import HumanMessage
from ready_place import add_clicks, copied, end
from tiny_whisper import write_tiny_whisper

from app.agent.planner.model import Planner
from index.analysis.transcriber import Transcriber
from index.catalogue.lyrics import within
from index.core.errors import LibraryError, WeightsError
from index.core.frames import rows
from index.core.moments import Grid
from index.core.options import LibraryOptions
from index.core.transcript import Line, Transcript, Word
from index.library import Library
from index.lyrics.searcher import SungSearch, sought
from index.lyrics.transcribe_all import LEAST_VOICE, voice_probability, write_down_all, written_down
from index.models.musicnn import TAGS
from index.words.results import TextQuery
from tools import all_tools
from tools.find_by_description import find_by_description
from tools.library_status import library_status
from tools.session import Session
from tools.transcribe_vocals import transcribe_vocals

WORDS = "Here comes the summer, and it rains again."


def line(text, start_s=0.0, word_s=0.5):
    words = tuple(
        Word(word, start_s + word_s * place, start_s + word_s * (place + 1), 0.9)
        for place, word in enumerate(text.split())
    )
    return Line(text, start_s, words[-1].end_s, words)


class Writes(Transcriber):
    """Hears what it is told to; notes the order in which it is asked."""

    def __init__(self, heard):
        super().__init__("base")
        self.heard, self.asked = heard, []

    def check(self):
        pass

    def write_down(self, sound, starts_s=0.0):
        title = sound  # the library of these tests hands over titles
        self.asked.append((title, starts_s))
        if isinstance(self.heard.get(title), Exception):
            raise self.heard[title]
        lines = tuple(each.later(starts_s) for each in self.heard.get(title, ()))
        return Transcript(lines, "en", self.name)


@pytest.fixture(scope="module")
def voices(tmp_path_factory):
    """Three tracks with more and less of a voice; to be copied."""
    folder = tmp_path_factory.mktemp("voices")
    place = add_clicks(folder, ("alone", "choir", "song"))
    set_voice(place, {"alone": 0, "choir": 250, "song": 120})
    end(place)
    return folder


@pytest.fixture
def place(voices, tmp_path):
    place = copied(voices, tmp_path)
    yield place
    place.vectors.close()


def set_voice(place, levels):
    from dataclasses import replace

    for track in place.catalogue.tracks():
        tags = np.zeros((rows(track.duration_s, 1), 50), np.uint8)
        tags[:, TAGS["MTT"].index("singing")] = levels[track.title]
        frames = replace(place.frames.read(track.id), tags=tags)
        place.frames.write(track.id, frames)


def write_down(place, transcriber, tell=lambda title, far: None):
    def title_of(track, start_s, end_s) -> Any:
        """What is written down here is told by the title alone."""
        return track.title

    return write_down_all(place.home, place.catalogue, place.frames, transcriber, sound=title_of, tell=tell)


HEARD = {
    "choir": [line("Kyrie eleison", 2), line("the sun is burning hot in July", 6)],
    "song": [line("Here comes the summer", 1), line("and it rains again", 4), line("I love you so", 8)],
}


def test_tracks_with_most_voice_come_first_and_instruments_are_left_alone(place):
    transcriber, told = Writes(HEARD), []
    done = write_down(place, transcriber, lambda title, far: told.append((title, far.done, far.running)))
    assert [title for title, _ in transcriber.asked] == ["choir", "song"]
    assert told == [("choir", 0, True), ("song", 1, True), ("alone", 2, True)]
    assert (done.done, done.total, done.with_words, done.failed, done.running) == (3, 3, 2, 0, False)
    assert written_down(place.home, place.catalogue) == done
    again = Writes(HEARD)
    write_down(place, again)
    assert again.asked == []


def test_it_goes_on_where_it_stopped_and_tries_failures_again(place):
    gone = LibraryError("the file is gone.")
    first = Writes({**HEARD, "choir": gone})
    done = write_down(place, first)
    assert (done.done, done.failed) == (2, 1)
    second = Writes(HEARD)
    assert write_down(place, second).failed == 0
    assert [title for title, _ in second.asked] == ["choir"]


def test_a_stop_in_between_loses_no_track(place):
    class Stopped(Writes):
        def write_down(self, sound, starts_s=0.0):
            if sound == "song":
                raise KeyboardInterrupt
            return super().write_down(sound, starts_s)

    with pytest.raises(KeyboardInterrupt):
        write_down(place, Stopped(HEARD))
    far = written_down(place.home, place.catalogue)
    assert far is not None
    assert (far.done, far.with_words, far.running) == (1, 1, False)


def test_one_program_at_a_time(place):
    from index.lyrics.transcribe_all import LOCK
    from index.system.locks import only_one

    with only_one(place.home / LOCK) as alone:
        assert alone
        transcriber = Writes(HEARD)
        assert write_down(place, transcriber).running and transcriber.asked == []
        far = written_down(place.home, place.catalogue)
        assert far is not None and far.running


def test_nothing_is_said_of_words_before_they_are_asked_for(place):
    assert written_down(place.home, place.catalogue) is None


def test_a_long_track_is_written_down_in_parts(place, monkeypatch):
    monkeypatch.setattr("index.lyrics.transcribe_all.PART_S", 5.0)
    transcriber = Writes({"song": [line("la la", 1)]})
    write_down(place, transcriber)
    assert [start for title, start in transcriber.asked if title == "song"] == [0, 5, 10]
    song = next(track for track in place.catalogue.tracks() if track.title == "song")
    kept = place.catalogue.lyrics.transcript(song.id, 0, 20)
    assert [each.start_s for each in kept.lines] == [1, 6, 11]


def test_words_go_with_their_track(place, tmp_path):
    write_down(place, Writes(HEARD))
    assert len(place.catalogue.lyrics.lines()) == 5
    place.remove(tmp_path / "music" / "song.wav")
    assert len(place.catalogue.lyrics.lines()) == 2
    write_down(place, Writes(HEARD))  # sweeps
    assert len(place.catalogue.lyrics.noted()) == 2


def test_a_passage_has_the_words_whose_middle_lies_in_it():
    whole: Line = line("Here comes the summer", 10.0)
    assert within(whole, 9, 13) is whole
    part = within(whole, 10.5, 11.6)
    assert part is not None and part.text == "comes the"
    assert within(whole, 13, 20) is None
    wordless = within(Line("no words", 1, 3), 1.5, 9)
    assert wordless is not None and wordless.text == "no words"


def test_voice_is_what_the_tags_say(place):
    frames = {track.title: place.frames.read(track.id) for track in place.catalogue.tracks()}
    assert voice_probability(frames["choir"]) == pytest.approx(250 / 255)
    assert voice_probability(frames["alone"]) == 0 < LEAST_VOICE


# --- searching --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("description", "words", "explicit"),
    [
        ("where do they sing about summer", "summer", True),
        ("where do they sing about summer?", "summer", True),
        ("which song has the words hello darkness", "hello darkness", True),
        ("find where she sings 'let it be'", "let it be", True),
        ("where she sings let it be", "let it be", True),
        ("a song where they sing about the sea", "the sea", True),
        ("where is the word summer sung", "summer", True),
        ("search the lyrics for summer", "summer", True),
        ("lyrics about lost love", "lost love", True),
        ("songs about rain", "rain", False),
        ("about rain", "rain", False),
        ("slow sad strings", "", False),
        ("a choir singing softly", "", False),
        ("female singing with guitar", "", False),
        ("where she sings softly", "", False),
        ("something like rain", "", False),
    ],
)
def test_which_descriptions_ask_for_words(description, words, explicit):
    assert sought(description) == (words, explicit)


@pytest.fixture
def search(place):
    write_down(place, Writes(HEARD))
    return SungSearch(place.catalogue, Grid())


def found(search, description, **query):
    return search.find(TextQuery(description, **query), search.wanted(description))


def test_the_second_in_which_it_is_sung(search):
    results = found(search, "where do they sing about summer?")
    best = results.hits[0]
    assert (best.track.title, best.moment.start_s, best.moment.end_s) == ("song", 0.0, 10.0)
    assert results.met[0][0].fact == "sung at 0:01, “Here comes the summer”"
    assert results.hits[0].score == 0.9 or results.hits[0].score == 1.0
    assert results.understanding.understood[0].words == "summer"
    assert not results.weak and results.compared == 5


def test_what_the_words_mean_is_found_too(search):
    results = found(search, "where do they sing about the heat of the sun")
    assert results.hits[0].track.title == "choir"
    assert results.met[0][0].fact.startswith("sung at 0:06")
    assert 0.35 < results.hits[0].score < 0.9


def test_a_phrase_counts_more_than_its_words_and_may_run_on(search):
    assert found(search, "where she sings 'comes the summer and'").hits[0].score == 1.0
    assert found(search, "where she sings 'summer comes'").hits[0].score == pytest.approx(0.9)


def test_what_nobody_sings_is_not_found(search):
    assert found(search, "the words carburettor tax form are sung").hits == ()


def test_more_hits_of_a_track_only_where_asked_for(search):
    few = found(search, "lyrics about love and summer and rain", k=9)
    assert len({hit.track.id for hit in few.hits}) == len(few.hits)


def test_without_written_words_it_is_said_how_to_get_them(place):
    search = SungSearch(place.catalogue, Grid())
    with pytest.raises(LibraryError, match="`reprise add --lyrics`"):
        search.wanted("where do they sing about summer")
    assert search.wanted("songs about rain") == ""


# --- the whole product ------------------------------------------------------------------------------------------


def test_from_files_to_the_second_that_is_sung(tmp_path, monkeypatch, capsys):
    import app.background
    from app.cli import lyrics as cli_lyrics
    from app.cli.main import add

    weights = write_tiny_whisper(tmp_path / "tiny.pt", WORDS)
    path = tmp_path / "music" / "song.wav"
    path.parent.mkdir()
    sound = sounds.chords(sounds.CADENCE, 62, 1.0, 12)
    soundfile.write(path, sound.samples, sound.rate_hz)
    home = tmp_path / "home"
    for name, value in (("HOME", home), ("WHISPER", weights)):
        monkeypatch.setenv(f"REPRISE_{name}", str(value))
    monkeypatch.setattr("index.lyrics.transcribe_all.LEAST_VOICE", 0.0)  # chords of sines have no voice
    started = []
    monkeypatch.setattr(app.background, "start", lambda home, what, *command: started.append(command))
    with pytest.raises(typer.Exit) as ended:
        add([path], workers=1, lyrics_too=True)
    assert ended.value.exit_code == 0
    assert started == [("lyrics",)]
    with pytest.raises(typer.Exit) as ended:
        cli_lyrics.lyrics()
    assert ended.value.exit_code == 0
    assert "1 of 1 track is written down; 1 has words." in capsys.readouterr().out
    library = Library(LibraryOptions(home, whisper="off"))  # what is written down needs no network
    session = Session(library)
    assert "Words written down: 1 of 1 track, 1 has words." in library_status(session).text
    answer = find_by_description(session, "where do they sing about summer")
    assert answer.data["hits"][0]["track"]["title"] == "song"
    assert "“Here comes the summer, and it rains again.”" in answer.text
    heard = transcribe_vocals(session, "song @ 0:00-0:10")
    assert heard.data["transcript"]["lines"][0]["text"] == WORDS
    library.close()


def test_without_weights_nothing_is_started(tmp_path, monkeypatch):
    from app.cli.main import add

    monkeypatch.setenv("REPRISE_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "none"))
    with pytest.raises(WeightsError, match="`make whisper`"):
        add(None, lyrics_too=True)


@pytest.mark.parametrize(
    "words",
    [
        "where do they sing about summer",
        "where do they sing about summer?",
        "which song has the words hello darkness",
        "find where she sings 'let it be'",
        "search the lyrics for summer",
        "songs about rain",
    ],
)
def test_the_planner_asks_for_sung_words_as_a_description(words):
    tools = [tool.__name__ for tool in all_tools()]
    (call,) = Planner()._reply([HumanMessage(words)], tools).tool_calls
    assert call["name"] == "find_by_description"
    assert sought(call["args"]["description"])[0] == sought(words)[0]
