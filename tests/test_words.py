"""Words: what the lexicon has, what is meant by a description, which moments meet it, and what is measured."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from word_library import frames_of, row, searcher, track

from index.analysis.window_descriptors import PROPERTIES, measure, version_of
from index.core.errors import LibraryError, QueryError
from index.core.filters import Filters
from index.core.moments import Grid
from index.search.candidates import Shelf
from index.store.frame_store import FrameStore
from index.store.property_table import PropertyTable
from index.store.window_store import PropertyStore, percentiles, table_of
from index.words.lexicon import NearestMeaning, lexicon, split_words, stem
from index.words.measured_facts import facts_of
from index.words.parse import understand
from index.words.results import TextQuery
from index.words.searcher import open_searcher
from index.words.term_scores import TermScores

PIANO_SLOW = track(1, year=1888, composer="Erik Satie")
PIANO_FAST = track(2, year=1899, composer="Scott Joplin", genre="Ragtime")
ORGAN_SLOW = track(3, year=1722, composer="Johann Sebastian Bach")
CHOIR_LOUD = track(4, year=1590)
STRINGS_MINOR = track(5, year=1806)
QUIET_GUITAR = track(6)
MUSIC = {
    PIANO_SLOW: row(tempo=50, density=1, minor=-0.9, family_piano=0.95, others=0.1),
    PIANO_FAST: row(tempo=180, density=8, minor=-0.8, family_piano=0.97, others=0.2),
    ORGAN_SLOW: row(tempo=60, density=1.5, minor=0.5, family_organ=0.9),
    CHOIR_LOUD: row(level=-12, minor=-0.5, family_voices=0.99),
    STRINGS_MINOR: row(tempo=120, density=5, minor=0.95, family_strings=0.9, others=0.6),
    QUIET_GUITAR: row(level=-34, minor=0.1, **{"family_plucked strings": 0.9, "tag_guitar": 0.5}),
}


@pytest.fixture
def words(tmp_path):
    return searcher(MUSIC, tmp_path)


def found(words, description, **options):
    return [hit.track for hit in words.find(TextQuery(description, **options)).hits]


def test_every_measurement_of_the_lexicon_exists():
    for meaning in lexicon().meanings:
        for ask in meaning.asks:
            for name in ask.properties:
                assert name in PROPERTIES or name == "written" or name.startswith("years:"), (
                    meaning.name,
                    name,
                )


def test_no_phrase_has_two_meanings():
    phrases = [tuple(split_words(phrase)) for meaning in lexicon().meanings for phrase in meaning.words]
    assert sorted(phrases) == sorted(set(phrases))


def test_stems():
    assert stem("calmly") == stem("calm")
    assert stem("pianos") == stem("piano")
    assert stem("violins") == stem("violin")


@pytest.mark.parametrize(
    ("description", "meant"),
    [
        ("slow sad strings", ["slow", "sad", "strings"]),
        ("solo harpsichord, busy", ["solo", "harpsichord", "busy"]),
        ("quiet choir", ["quiet", "choir"]),
        ("something like rain", ["rain"]),
        ("fast and happy fiddle", ["fast", "happy", "violin"]),
        ("peaceful solo piano", ["calm", "solo", "piano"]),
        ("a string quartet in a minor key", ["strings", "minor"]),
        ("no drums", ["not drums"]),
        ("without drums or voices, fast", ["not drums", "not voice", "fast"]),
        ("no drums and slow", ["not drums", "slow"]),
        ("very fast", ["very fast"]),
        ("not too loud", ["not too loud"]),
        ("rather slow piano", ["rather slow", "piano"]),
        ("a bit sad", ["a bit sad"]),
        ("harpsicord", ["harpsichord"]),
        ("around 120 bpm", ["120 bpm"]),
        ("in D minor", ["d minor"]),
        ("in F sharp minor", ["f sharp minor"]),
        ("music with a walking pace", ["moderate"]),
        ("PIANO!", ["piano"]),
        ("anything but piano", ["not piano"]),
        ("slow but loud", ["slow", "loud"]),
        ("people singing together, in no hurry", ["choir", "slow"]),
        ("Träumerisch", []),
    ],
)
def test_what_is_meant(description, meant):
    understanding = understand(description)
    said = [
        f"{word.degree} {word.meaning.name}".strip() if word.wanted else f"not {word.meaning.name}"
        for word in understanding.understood
    ]
    assert said == meant


@pytest.mark.parametrize(
    "description",
    ["very slow strings, no drums", "a bit faster than usual", "not too loud, peaceful fiddle", "no voices"],
)
def test_a_word_said_again_as_a_description_means_the_same(description):
    understood = understand(description).understood
    again = understand(", ".join(word.phrase for word in understood)).understood
    assert [(word.meaning, word.degree, word.wanted) for word in again] == [
        (word.meaning, word.degree, word.wanted) for word in understood
    ]


def test_words_that_mean_nothing_are_told_and_small_words_are_not():
    understanding = understand("some music like a purple hovercraft for piano, please")
    assert [word.meaning.name for word in understanding.understood] == ["piano"]
    assert understanding.unknown == ("purple", "hovercraft")


def test_words_of_the_tags_are_known():
    understanding = understand("Joplin on the piano", in_tags={"joplin"}.__contains__)
    assert [(word.words, word.meaning.kind) for word in understanding.understood] == [
        ("joplin", "tag"),
        ("piano", "sound"),
    ]


def test_the_vectors_that_ship_are_those_of_the_table():
    """Fails after a change of lexicon.md: run `python -m index.words.lexicon`."""
    from index.words import lexicon as module

    texts, _ = module._texts()
    with np.load(module.SHIPPED) as kept:
        assert str(kept["key"]) == module._key(texts)
        assert kept["vectors"].shape == (len(texts), 384)


def test_the_text_network_places_the_rest(tmp_path, monkeypatch):
    monkeypatch.setattr("index.words.lexicon.SHIPPED", tmp_path / "none.npz")

    class Encoder:
        def encode(self, texts):
            return np.array(
                [
                    [1.0, 0.0] if "rain" in text or "drizzl" in text or "drip" in text else [0.0, 1.0]
                    for text in texts
                ]
            )

    nearest = NearestMeaning(tmp_path, Encoder)
    near = nearest.of("drizzling")
    assert near is not None
    meaning, nearness = near
    assert meaning.name == "rain"
    assert nearness == pytest.approx(1.0)
    understanding = understand("a hovercraft", nearest=lambda words: (meaning, 0.6))
    assert understanding.understood[0].nearness == 0.6


@pytest.mark.parametrize(("asked", "near", "name"), [("window", "wind", None), ("clarinet-like", "wind", "winds"),
                                                     ("drizzling", "rain", "rain")])  # fmt: skip
def test_a_guess_is_an_instrument_only_where_it_is_near(tmp_path, monkeypatch, asked, near, name):
    monkeypatch.setattr("index.words.lexicon.SHIPPED", tmp_path / "none.npz")

    class Encoder:
        def encode(self, texts):
            cosine = 0.62 if asked == "clarinet-like" else 0.57
            return np.array(
                [
                    [1.0, 0.0]
                    if text == asked
                    else [cosine, (1 - cosine**2) ** 0.5]
                    if near in text
                    else [0.0, 1.0]
                    for text in texts
                ]
            )

    placed = NearestMeaning(tmp_path, Encoder).of(asked)
    assert (placed[0].name if placed else None) == name


def test_instruments_and_properties_together(words):
    assert found(words, "slow piano", k=1) == [PIANO_SLOW]
    assert found(words, "fast piano", k=1) == [PIANO_FAST]
    assert found(words, "organ", k=1) == [ORGAN_SLOW]
    assert found(words, "loud choir", k=1) == [CHOIR_LOUD]
    assert found(words, "strings in a minor key", k=1) == [STRINGS_MINOR]
    assert found(words, "quiet", k=1) == [QUIET_GUITAR]


def test_negation_turns_the_order_round(words):
    assert set(found(words, "no piano", k=4)) == set(MUSIC) - {PIANO_SLOW, PIANO_FAST}
    assert found(words, "not loud", k=6)[-1] == CHOIR_LOUD
    assert found(words, "slow, no piano", k=1) == [ORGAN_SLOW]


def test_tags_and_years(words):
    assert found(words, "ragtime", k=1) == [PIANO_FAST]
    assert found(words, "baroque", k=1) == [ORGAN_SLOW]
    assert found(words, "Satie", k=1) == [PIANO_SLOW]


def test_the_parts_of_a_hit_add_up_to_its_score(words):
    results = words.find(TextQuery("slow piano, not loud", k=6))
    for hit, met in zip(results.hits, results.met, strict=True):
        assert len(met) == 3
        assert sum(word.contribution for word in met) == pytest.approx(hit.score, abs=2e-4)
        assert all(0 <= word.met <= 1 for word in met)
        assert hit.confidence == 0
        assert hit.factors == {}
    assert results.hits[0].likeness > results.hits[-1].likeness
    assert "50 bpm" in results.met[0][0].fact or "50 bpm" in results.met[0][1].fact


def test_what_no_moment_meets_is_weak(words):
    assert not words.find(TextQuery("organ")).weak
    assert words.find(TextQuery("brass")).weak


def test_nothing_understood_finds_nothing(words):
    results = words.find(TextQuery("purple hovercraft"))
    assert results.hits == ()
    assert results.understanding.unknown == ("purple", "hovercraft")


def test_filters_hits_per_track_and_least_likeness(words):
    assert CHOIR_LOUD not in found(words, "loud", k=6, filters=Filters({"tempo_max": 90}))
    assert found(words, "piano", k=9, hits_per_track=3).count(PIANO_SLOW) == 1  # its windows overlap
    assert len(found(words, "piano", k=6, min_likeness=0.8)) < len(MUSIC)


def test_silence_is_not_quiet_music(tmp_path):
    one = track(1)
    library = searcher({one: row(level=-30), track(2): row(level=-20)}, tmp_path)
    library.table.values[0, PROPERTIES.index("level")] = -80
    library = type(library)(library._shelf, library.table, library._frames, library._nearest)
    hit = library.find(TextQuery("quiet", k=1)).hits[0]
    assert hit.track == one
    assert hit.moment.start_s > 0


def test_a_track_that_is_silent_all_through_answers_no_words(tmp_path):
    silent, quiet = track(1, "Silence"), track(2, "Quiet")
    nothing = replace(frames_of(level_db=-100.0), loudness_lufs=-math.inf)
    hushed = replace(frames_of(level_db=-100.0), loudness_lufs=-69.0)
    moving = np.tile(np.array([-20.0, -32.0], np.float16), len(hushed.level_db))[: len(hushed.level_db)]
    hushed = replace(hushed, level_db=moving)
    music = {silent: measure(silent, nothing, Grid())[0], quiet: measure(quiet, hushed, Grid())[0]}
    library = searcher(music, tmp_path)
    for wish in ("sad", "quiet", "slow", "calm"):
        assert {hit.track for hit in library.find(TextQuery(wish, k=5)).hits} == {quiet}, wish


def test_a_trace_of_a_tag_is_no_reason(tmp_path):
    library = searcher({track(1): row(level=-8), track(2): row(level=-30)}, tmp_path)
    loud = PROPERTIES.index("tag:loud")
    library.table.values[:, loud] = 0.01
    words = understand("loud").understood[0]
    assert "network hears" not in facts_of(words, library.table, [track(1), track(2)], 0)
    library.table.values[:, loud] = 0.2
    assert "the network hears “loud” with 20 %" in facts_of(words, library.table, [track(1), track(2)], 0)
    library.table.values[:, loud] = 0.01
    refused = understand("not loud").understood[0]
    assert "with 1 %" in facts_of(refused, library.table, [track(1), track(2)], 0)


@pytest.mark.parametrize(
    "wrong", [{"description": " "}, {"description": "a", "k": 0}, {"description": "a", "diversity": "x"}]
)
def test_queries_that_make_no_sense(wrong):
    with pytest.raises(QueryError):
        TextQuery(**wrong)


def test_percentiles_share_ties():
    assert percentiles(np.array([1.0, 2.0, 2.0, 3.0])).tolist() == [0.125, 0.5, 0.5, 0.875]


def test_measured_properties_are_those_of_the_frames():
    piece = track(1)
    minor = measure(piece, frames_of(notes=(57, 60, 64), level_db=-30), Grid())
    major = measure(piece, frames_of(notes=(60, 64, 67), level_db=-10), Grid())
    assert minor.shape == (3, len(PROPERTIES))
    column = {name: PROPERTIES.index(name) for name in PROPERTIES}
    assert np.all(minor[:, column["minor"]] > 0)
    assert np.all(major[:, column["minor"]] < 0)
    assert minor[0, column["tonic"]] == 9
    assert major[0, column["tonic"]] == 0
    assert minor[0, column["level"]] == pytest.approx(-30, abs=0.1)
    assert minor[0, column["voices"]] == 3
    assert minor[0, column["register"]] == pytest.approx((57 + 60 + 64) / 3, abs=0.1)


def test_a_track_is_measured_once(tmp_path, monkeypatch):
    frames = FrameStore(tmp_path / "frames")
    music = [track(number) for number in range(3)]
    for each in music:
        frames.write(each.id, frames_of(notes=(60,)))
    told = []
    first = table_of(
        music[:2], frames, Grid(), tmp_path / "words", progress=lambda done, total: told.append(total)
    )
    second = table_of(
        music, frames, Grid(), tmp_path / "words", progress=lambda done, total: told.append(total)
    )
    assert told == [2, 2, 1]
    assert np.array_equal(second.values[: len(first.values)], first.values)
    assert table_of(music[1:], frames, Grid(), tmp_path / "words").track_ids == ("id1", "id2")
    for file in (tmp_path / "words").glob("*.npz"):
        file.write_bytes(b"broken")
    again = table_of(music[1:], frames, Grid(), tmp_path / "words")
    assert np.array_equal(again.values, second.values[3:])


def test_what_one_file_held_of_all_tracks_is_taken_over(tmp_path):
    frames, folder = FrameStore(tmp_path / "frames"), tmp_path / "words"
    music = [track(number) for number in range(2)]
    for each in music:
        frames.write(each.id, frames_of(notes=(60,)))
    measured = table_of(music, frames, Grid(), tmp_path / "measured")
    folder.mkdir()
    version = version_of(Grid()).rpartition("-")[0]
    np.savez(
        folder / f"properties-{version}.npz",
        properties=json.dumps(PROPERTIES),
        ids=np.array([each.id for each in music]),
        counts=np.array([3, 3]),
        values=measured.values,
    )
    for each in music:
        frames.delete(each.id)
    for _ in range(2):
        assert np.array_equal(table_of(music, frames, Grid(), folder).values, measured.values)
    assert not list(folder.glob("*.npz"))


@pytest.mark.parametrize("kept", [b"", b"broken", None])
def test_properties_that_are_not_what_they_should_be_are_measured_again(tmp_path, kept):
    frames, piece = FrameStore(tmp_path / "frames"), track(1)
    frames.write(piece.id, frames_of(notes=(60,)))
    store = PropertyStore(tmp_path / "words", Grid())
    measured = store.table([piece], frames).values
    (file,) = (tmp_path / "words").rglob("*.npy")
    if kept is None:
        np.save(file, measured[:1])  # of a version that counted its windows otherwise
    else:
        file.write_bytes(kept)
    assert np.array_equal(store.table([piece], frames).values, measured)
    assert np.array_equal(np.load(file), measured)


def test_a_track_that_cannot_be_read_has_no_words_and_the_others_do(tmp_path, caplog):
    frames = FrameStore(tmp_path / "frames")
    music = [track(number) for number in range(3)]
    for each in music:
        frames.write(each.id, frames_of(notes=(60,)))
    frames.path("id1").write_bytes(b"cut short")
    frames.delete("id2")
    table = PropertyStore(tmp_path / "words", Grid()).table(music, frames)
    assert table.track_ids == ("id0",)
    assert "id1" in caplog.text and "id2" in caplog.text
    assert len(PropertyStore(tmp_path / "words", Grid()).table([], frames).values) == 0
    assert open_searcher(Shelf.of(music, Grid()), frames, tmp_path / "words").find(TextQuery("loud")).hits
    with pytest.raises(LibraryError, match="reprise check --repair"):
        open_searcher(Shelf.of(music[1:], Grid()), frames, tmp_path / "words")


@pytest.mark.parametrize("at_once", [7, 16, 1000])
def test_a_family_is_steadied_within_its_track_however_many_rows_are_taken_at_once(monkeypatch, at_once):
    monkeypatch.setattr("index.words.term_scores._ROWS_AT_ONCE", at_once)
    counts = [1, 2, 30, 3, 8, 9, 10, 1, 25, 4]
    values = np.random.default_rng(1).random((sum(counts), len(PROPERTIES))).astype(np.float16)
    table = PropertyTable([str(number) for number in range(len(counts))], counts, values)
    own, expected = table.column("family:piano"), []
    for first, count in zip(table.first_rows, counts, strict=True):
        of_track = own[first : first + count].astype(float)
        around = [of_track[max(0, row - 4) : row + 5].mean() for row in range(count)]
        expected += list((of_track + around) / 2)
    steadied = TermScores(table, [])._steady("family:piano")
    np.testing.assert_allclose(steadied, expected, rtol=1e-6)
