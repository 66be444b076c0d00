"""A recording that is speech is read as the message; anything else stays a clip."""

import pytest
from small_library import SmallLibrary

from app.agent.assistant import Assistant
from app.agent.events import Answered, Brought, ToolCalled
from app.agent.memory.conversations import Memory
from app.settings import load_settings
from index.core.errors import WeightsError
from index.core.tracks import Clip
from index.core.transcript import Line, Transcript
from tools import all_tools


class Hearing(SmallLibrary):
    """Its clips are of the kind that their file is named after."""

    said: str = "What do you have by Erik Satie?"

    def clip(self, path, name="", *, recorded=False):
        return Clip(path.stem, str(path), name or path.name, 6.0, recorded, kind=path.stem)

    def find_hum(self, query, earlier=()):
        return self.find(query)

    def transcribe(self, passage):
        if not self.said:
            return Transcript((), "en", "base")
        if self.said == "no weights":
            raise WeightsError("Whisper's weights are not on this computer: run `make whisper`.")
        return Transcript((Line(self.said, 0.0, 2.0),), "en", "base")


@pytest.fixture
def library(tmp_path):
    return Hearing(tmp_path)


def turn(library, kind, words="", recorded=True):
    path = library.home / f"{kind}.wav"
    path.write_bytes(b"sound")
    talk = Assistant(load_settings(home=library.home), library, all_tools(), Memory(None))
    thread = talk.new_thread()
    events = list(talk.turn(thread, words, [Brought(path, recorded=recorded)]))
    calls = [event for event in events if isinstance(event, ToolCalled)]
    (answer,) = [event for event in events if isinstance(event, Answered)]
    return calls, answer, talk.history(thread)


def test_speech_is_read_as_the_message(library):
    calls, answer, history = turn(library, "speech")
    assert calls[0].name == "search_library"
    assert "Gymnopédie" in answer.text
    assert history[0].text == "heard: “What do you have by Erik Satie?”"
    assert history[0].clips == ()


@pytest.mark.parametrize("kind", ["tune", "music"])
def test_a_tune_and_music_stay_clips(library, kind):
    calls, _, history = turn(library, kind)
    assert calls[0].args["moment"] == "clip"
    assert history[0].text == "" and len(history[0].clips) == 1


def test_beside_written_words_and_as_a_file_speech_is_a_clip(library):
    calls, _, history = turn(library, "speech", "find moments like this")
    assert (calls[0].name, calls[0].args["moment"]) == ("find_similar_moments", "clip")
    assert history[0].text == "find moments like this"
    calls, _, history = turn(library, "speech", recorded=False)
    assert calls[0].args["moment"] == "clip" and len(history[0].clips) == 1


def test_without_weights_it_stays_a_clip_and_one_sentence_says_why(library):
    library.said = "no weights"
    calls, answer, history = turn(library, "speech")
    assert calls[0].args["moment"] == "clip" and len(history[0].clips) == 1
    assert (
        "sounds like speech, but I could not read it: Whisper's weights are not on this computer"
        in answer.text
    )
    assert history[-1].text == answer.text


def test_speech_without_a_word_that_can_be_made_out_stays_a_clip(library):
    library.said = ""
    _, answer, history = turn(library, "speech")
    assert "I could make out no words" in answer.text and len(history[0].clips) == 1
