"""The planner in other languages: what is written in them is understood, and answered in them."""

import re

import pytest
from langchain_core.messages import HumanMessage

from app.agent.planner.answers.measured import measured
from app.agent.planner.answers.phrases import key_name, query_name, say, speaking, word
from app.agent.planner.decide.calls import TOOLS
from app.agent.planner.model import Planner
from app.agent.planner.parse.conversation import read_talk
from app.agent.planner.parse.glossing import gloss
from app.agent.planner.parse.lexicons import LATIN, language_of, lexicon_of
from bench.agreement import FOLDER, read_conversations
from bench.planner import Conversation, is_right
from index.core.query import CHARACTER, FACTORS, PROOF
from prompts import phrase, sections, table, variables_of
from tools.session import says_no, says_yes

ANSWERED = ("de", "fr", "es", "it", "pt", "nl", "ja")
UNDERSTOOD = (*LATIN, "ja", "zh", "th", "ko", "ru", "ar")


@pytest.mark.parametrize(
    ("words", "language", "english"),
    [
        ("etwas Fröhliches mit Geige", "de", "something happy with violin"),
        ("Zeig mir Stellen wie Der Lindenbaum bei 0:40", "de", "show me moments like Der Lindenbaum at 0:40"),
        ("Trouve des passages comme Le Cygne à 0:30", "fr", "find some moments like Le Cygne at 0:30"),
        ("¿qué tengo de Beethoven?", "es", "what do i have by Beethoven?"),
        ("qual è la tonalità di questo?", "it", "what key is this?"),
        ("música del siglo XVIII", "es", "music of 18th century"),
        ("muziek uit de 18e eeuw", "nl", "music from the 18th century"),
        ("悲しいピアノ", "ja", "sad piano"),
        ("バッハの静かな曲", "ja", "by Bach quiet piece"),
        ("我想找类似的片段", "zh", "find similar moments"),
        ("두 번째는 왜?", "ko", "the second why?"),
        ("Что-нибудь грустное для скрипки", "ru", "something sad for violin"),
        ("شيء حزين مع البيانو", "ar", "something sad with piano"),
        ("1700年以前の曲", "ja", "before 1700 piece"),
        ("wer hat Der Lindenbaum geschrieben", "de", "who wrote Der Lindenbaum"),
        ("Garryowenの作曲者は誰？", "ja", "who wrote Garryowen?"),
        ("Fanny Power ne kadar sürüyor?", "tr", "how long is Fanny Power?"),
        ("من ألف Fanny Power؟", "ar", "who wrote Fanny Power?"),
        ("mach daraus eine Playlist namens Abend", "de", "make a playlist called Abend"),
        ("garde les trois premiers dans une playlist", "fr", "save them the first three as playlist"),
        ("quiero una lista con los dos primeros", "es", "make a playlist with the first two"),
        ("静かなピアノ曲を聴きたい", "ja", "i want to hear quiet piano piece"),
        ("zeig mir meine Playlists", "de", "show me my playlists"),
    ],
)
def test_words_are_put_into_those_of_the_rules(words, language, english):
    glossed = gloss(words)
    assert (glossed.language, glossed.text) == (language, english)


@pytest.mark.parametrize(
    "words",
    [
        "find moments like this",
        "what key is la donna e mobile in?",
        "Clair de Lune",
        "Der Lindenbaum",
        "peaceful solo piano",
        "play Für Elise at 0:10",
        "#2",
        "",
    ],
)
def test_english_stays_as_it_is(words):
    assert gloss(words).text == words and gloss(words).language == "en"


def test_words_of_no_language_are_of_the_one_before():
    assert language_of("#2?", "de") == "de"
    assert language_of("solo Bach", "it") == "it"
    assert read_talk([HumanMessage("etwas Ruhiges"), HumanMessage("#2?")]).language == "de"


@pytest.mark.parametrize("language", UNDERSTOOD)
def test_every_list_has_the_words_that_matter_most(language):
    lexicon = lexicon_of(language)
    meanings = {*lexicon.forms.values(), *lexicon.beginnings.values()}
    assert {"similar", "piano", "violin", "sad", "slow", "fast", "why", "without"} <= meanings


@pytest.mark.parametrize(("name", "reach"), [("languages", 0.95), ("languages2", 0.9)])
def test_conversations_in_other_languages(name, reach):
    planner, right, made = Planner(), 0, 0
    for turns in read_conversations(FOLDER / f"{name}.jsonl"):
        talk = Conversation(planner, list(TOOLS.values()))
        for turn in turns:
            right += is_right(turn, *talk.say(turn.text, turn.clip))
            made += 1
    assert right / made >= reach


@pytest.mark.parametrize("language", (*ANSWERED, "ru", "pl", "tr", "zh", "ko", "ar", "th"))
def test_every_translated_phrase_has_the_variables_of_the_english_one(language):
    book = f"answers.{language}"
    for section in sections(book):
        if section != "words":
            assert variables_of(book, section) == variables_of("answers", section), (language, section)


@pytest.mark.parametrize("language", ANSWERED)
def test_small_words_keep_their_places(language):
    with speaking(language):
        for english in ("are {} moments", " by {}", ", at {}", "not {}", "by {}", ", from {} to {}"):
            assert word(english).count("{}") == english.count("{}")
        assert word("and") != "and"


def test_the_answer_is_in_the_language_of_the_question():
    planner = Planner().bind(tools=list(TOOLS.values()))
    reply = planner.invoke([HumanMessage("quel temps fait-il ?")])
    assert reply.text.startswith("Cela me dépasse")
    assert "trouve des passages semblables" in reply.additional_kwargs["choices"]
    assert planner.invoke([HumanMessage("what's the weather?")]).text.startswith("That is beyond me")
    assert planner.invoke([HumanMessage("今日の天気は？")]).text.startswith("それは分かりません")


def test_what_is_offered_to_click_is_understood():
    for language in UNDERSTOOD:
        with speaking(language):
            wishes = say("examples").split(" | ")
        for wish in wishes[:2]:
            calls, _ = Conversation(Planner(), list(TOOLS.values())).say(wish, True)
            assert calls, (language, wish)


@pytest.mark.parametrize(
    ("language", "english", "said"),
    [
        (
            "de",
            "First of all timbre (48 % of the score): piano in both, 21 % darker. Rhythm adds 15 %: 41 % faster.",
            "Vor allem Klangfarbe (48 % der Wertung): Klavier in beiden, 21 % dunkler. "
            "Rhythmus trägt 15 % bei: 41 % schneller.",
        ),
        (
            "fr",
            "A gentle piano melody over broken chords in A-flat major, about 76 bpm.",
            "Mélodie sur accords arpégés (piano), doux, la bémol majeur, environ 76 bpm.",
        ),
        (
            "es",
            "They differ in notes: none of the seven chords agree for half of their time; "
            "in key: C minor against C major.",
            "Diferencias: notas: ninguno de los siete acordes coincide la mitad del tiempo; "
            "tonalidad: do menor frente a do mayor.",
        ),
        (
            "de",
            "Mostly fingerprint (90 % of the score): 64 % of its bits are the same (chance gives 50), "
            "13 of its 154 spectral peaks fall together (chance gives 2). The tempo is the same.",
            "Hauptsächlich Fingerabdruck (90 % der Wertung): 64 % seiner Bits sind gleich (Zufall ergäbe 50), "
            "13 seiner 154 Spektralspitzen fallen zusammen (Zufall ergäbe 2). Das Tempo: gleich.",
        ),
        (
            "ja",
            "13 of its 154 spectral peaks fall together (chance gives 2)",
            "154個のスペクトルピークのうち13個が一致（偶然なら2）",
        ),
        ("ja", "Without timbre it would not be among the first 50.", "音色がなければ上位50件に入りません。"),
        ("it", "2.4 onsets a second", "2.4 attacchi al secondo"),
        ("pl", "2.4 onsets a second", "2.4 onsets a second"),
        ("nl", "It has “in both” in its title.", "It has “in both” in its title."),
    ],
)
def test_what_was_measured_is_said_in_the_language_of_the_answer(language, english, said):
    with speaking(language):
        assert measured(english) == said


@pytest.mark.parametrize("language", ANSWERED)
def test_every_part_of_a_score_has_a_name_in_the_language_of_the_answer(language):
    book = phrase(f"answers.{language}", "words")
    assert [each for each in (*FACTORS, PROOF, CHARACTER) if f"- “{each}” = “" not in book] == []


def test_every_row_of_the_table_of_facts_keeps_its_places():
    for row in table("facts"):
        places = row["en"].count("{}")
        assert all(len(re.findall(r"\{\d?\}", said)) == places for said in row.values()), row["en"]


@pytest.mark.parametrize(
    ("language", "keys"),
    [
        ("en", ["A-flat major", "B-flat minor", "C-sharp minor"]),
        ("de", ["As-Dur", "b-Moll", "cis-Moll"]),
        ("fr", ["la bémol majeur", "si bémol mineur", "do dièse mineur"]),
        ("ja", ["変イ長調", "変ロ短調", "嬰ハ短調"]),
    ],
)
def test_keys_are_called_as_musicians_call_them(language, keys):
    with speaking(language):
        assert [key_name(key) for key in ("A♭ major", "B♭ minor", "C♯ minor")] == keys


def test_a_search_is_called_what_the_user_wrote():
    with speaking("de", "etwas Ruhiges mit Klavier"):
        assert query_name({"description": "something calm with piano"}) == "“etwas Ruhiges mit Klavier”"
    assert query_name({"description": "calm piano"}) == "“calm piano”"


def test_languages_do_not_leak_from_one_answer_into_the_next():
    with speaking("de"):
        assert re.match("Gern", say("thanks"))
    assert say("thanks").startswith("You're welcome")


@pytest.mark.parametrize(("yes", "no"), [("ja", "nein"), ("はい", "いいえ"), ("да", "нет"), ("sim", "não")])
def test_yes_and_no(yes, no):
    assert says_yes(yes) and not says_no(yes)
    assert says_no(no) and not says_yes(no)
