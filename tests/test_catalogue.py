"""The catalogue: what it keeps, under which names tracks are found, and many processes at once."""

from __future__ import annotations

import math
import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from index.catalogue.catalogue import Catalogue, Job, KnownFile, NewTrack
from index.catalogue.track_lookup import named, the_one
from index.core.errors import AmbiguousTrackError, FingerprintError, LibraryError, UnknownTrackError
from index.core.filters import Filters, FilterValue
from index.core.tracks import Track
from index.text.titles import SURE, closeness, contains, nearest, words


def track(number: int, title: str, artist: str = "", composer: str = "", year: int | None = None) -> Track:
    return Track(
        f"{number:020x}", f"/m/{number}.ogg", title, artist, composer, "Album", "Classical", year, 60.0
    )


def put(catalogue: Catalogue, each: Track, path: str | None = None) -> list[str]:
    return catalogue.put(KnownFile(path or each.path, each.id, 1000, 5), NewTrack(each, 26, -20.0))


LIBRARY = [
    track(1, "Gymnopédie No. 1", "Anne Queffélec", "Erik Satie", 1888),
    track(2, "Gymnopédie No. 2", "Anne Queffélec", "Erik Satie", 1888),
    track(3, "Goldberg Variations, BWV 988: Aria", "", "Johann Sebastian Bach", 1741),
    track(4, "Prélude in C major", "", "J.S. Bach", 1722),
    track(5, "Les contes d'Hoffmann: Barcarolle", "", "Jacques Offenbach", 1881),
    track(6, "Piano Sonata No. 11 in A major, K. 331: III. Rondo alla turca", "", "Mozart", 1783),
    track(7, "Für Elise", "", "Ludwig van Beethoven", 1810),
    track(8, "4′33″", "David Tudor", "John Cage", 1952),
    track(9, "Blue Monday", "New Order", "", 1983),
    track(10, "Où est ma maison", "Ødegård & Łukasz", "", None),
]


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    catalogue = Catalogue(tmp_path)
    for each in LIBRARY:
        put(catalogue, each)
    return catalogue


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("gymnopedie 1", 1),
        ("Gymnopedie No 1", 1),
        ("GYMNOPÉDIE NO. 2", 2),
        ("gymnopedy no. 1", 1),
        ("gymnopédie n° 1", 1),
        ("1 gymnopedie", 1),
        ("Satie gymnopedie 2", 2),
        ("Gymnopédie No. 1 by Erik Satie", 1),
        ("Goldberg Variations Aria", 3),
        ("goldberg variatons", 3),
        ("aria goldberg", 3),
        ("bwv988", 3),
        ("prelude in c", 4),
        ("prelude in C major, Bach", 4),
        ("barcarole", 5),
        ("Rondo alla Turca", 6),
        ("sonata k331", 6),
        ("sonata 11", 6),
        ("fur elise", 7),
        ("für elise (beethoven)", 7),
        ("4'33", 8),
        ("blue mondey", 9),
        ("New Order - Blue Monday", 9),
        ("New Order - Blue Monday.mp3", 9),
        ("ou est ma maison", 10),
        ("odegard & lukasz ou est ma maison", 10),
        ("7.ogg", 7),
        ("7", 7),
        ("/m/7.ogg", 7),
        (f"{7:020x}", 7),
    ],
)
def test_a_name_finds_its_track(catalogue: Catalogue, name: str, number: int) -> None:
    match = catalogue.find(name)[0]
    assert match.track.title == LIBRARY[number - 1].title
    assert match.closeness >= SURE


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("gymnopedie 3", "Gymnopédie No. 1"),
        ("Sonata No. 12", "Piano Sonata"),
        ("Moonlight Sonata", "Piano Sonata"),
        ("Erik Satie", "Gymnopédie No. 1"),
        ("Smells Like Teen Spirit", ""),
        ("x", ""),
        ("", ""),
        ("!!!", ""),
        ("a\0b", ""),
    ],
)
def test_another_name_is_not_sure(catalogue: Catalogue, name: str, nearest: str) -> None:
    found = catalogue.find(name)
    assert all(match.closeness < SURE for match in found)
    assert not nearest or found[0].track.title.startswith(nearest)


def test_numbers_in_words_are_numbers() -> None:
    assert words("Second movement of Opus twenty-seven, No. 2") == ["2", "movement", "of", "op", "27", "2"]
    assert words("Sonata: I. Adagio; I 2nd that") == ["sonata", "1", "adagio", "i", "2", "that"]
    movements = (
        "Symphony No. 41 in C major, “Jupiter”: I. Allegro",
        "Symphony No. 41 in C major, “Jupiter”: II. Andante",
    )
    for name, number in (("second movement of the Jupiter Symphony", 1), ("jupiter symphony 1st mvt", 0)):
        near = nearest(name, [(title, "Mozart") for title in movements])
        assert near[0][0] == number and near[0][1] >= SURE > near[1][1]


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("minuet", "String Quartet in C major, Op. 74 No. 1: III. Menuetto. Allegretto"),
        ("the waltz in A minor", "Valse in A minor"),
        ("a prelude and fugue", "Praeludium und Fuge"),
        ("palestrina mass", "Missa Papae Marcelli: Kyrie"),
    ],
)
def test_kinds_of_music_are_known_in_other_languages(name: str, title: str) -> None:
    assert closeness(name, title, "Palestrina") >= SURE
    assert contains("Missa Papae Marcelli: Kyrie", "mass") and not contains("Amasse", "mass")


def test_one_of_several_tracks_is_meant_or_asked_for() -> None:
    def tracks(*titles: str) -> list[Track]:
        return [
            Track(title, f"/{n}.ogg", title, "", "Joseph Haydn", "", "", None, 60.0)
            for n, title in enumerate(titles)
        ]

    two = tracks("Sonata in C, Hob. XVI:50: I. Allegro", "Sonata in C, Hob. XVI:50: III. Allegro molto")
    with pytest.raises(AmbiguousTrackError, match="may be “Sonata in C") as asked:
        the_one("Sonata in C", named("Sonata in C", two))
    assert list(asked.value.nearest) == [track.title for track in two]
    assert the_one("Sonata in C third movement", named("Sonata in C third movement", two)) is two[1]
    assert the_one("the Haydn", named("the Haydn", two[:1])) is two[0]
    with pytest.raises(UnknownTrackError):
        the_one("the Haydn", named("the Haydn", two))


def test_words() -> None:
    assert words("Sonata No. II, K331 & l'Été") == ["sonata", "2", "k", "331", "and", "lete"]
    assert words("007 — №5") == ["7", "5"]
    assert closeness("Prelude", "Prelude") == 1
    assert closeness("Prelude", "Prelude No. 1") < 1
    assert contains("Johann Sebastian Bach", "J. S. Bach") and contains("J.S. Bach", "johann sebastian bach")
    assert contains("Hip-Hop/Rap", "hip hop") and not contains("Jacques Offenbach", "bach")
    assert not contains("Johann Sebastian Bach", "Carl Bach") and not contains("", "x")


def titles(tracks: list[Track]) -> list[str]:
    return [each.title for each in tracks]


def test_searching_tags(catalogue: Catalogue) -> None:
    assert len(catalogue.tracks()) == 10
    assert titles(catalogue.tracks("satie")) == ["Gymnopédie No. 1", "Gymnopédie No. 2"]
    assert titles(catalogue.tracks("satie 2")) == ["Gymnopédie No. 2"]
    assert titles(catalogue.tracks("1888 gymnopedie")) == ["Gymnopédie No. 1", "Gymnopédie No. 2"]
    assert titles(catalogue.tracks("bach")) == ["Prélude in C major", "Goldberg Variations, BWV 988: Aria"]
    assert titles(catalogue.tracks("gymnopedi no. 2")) == ["Gymnopédie No. 2"]
    assert catalogue.tracks("metallica") == []


@pytest.mark.parametrize(
    ("conditions", "numbers"),
    [
        ({"composer": "bach"}, {3, 4}),
        ({"composer": "Johann Sebastian Bach"}, {3, 4}),
        ({"not_composer": "bach"}, {1, 2, 5, 6, 7, 8, 9, 10}),
        ({"composer": "new order"}, {9}),
        ({"artist": "queffelec"}, {1, 2}),
        ({"artist": "Bach"}, {3, 4}),
        ({"genre": "classical", "year_to": 1750}, {3, 4}),
        ({"year_from": 1900}, {8, 9}),
        ({"composer": ["bach", "new order"]}, {3, 4, 9}),
        ({"not_composer": ["bach", "new order"]}, {1, 2, 5, 6, 7, 8, 10}),
        ({"not_year_from": 1800}, {3, 4, 6, 10}),
        ({"album": "album", "year_from": 1880, "year_to": 1890}, {1, 2, 5}),
        ({"tempo_min": 120, "key_mode": "major", "instrument": "flute", "composer": "satie"}, {1, 2}),
    ],
)
def test_filters(catalogue: Catalogue, conditions: dict[str, FilterValue], numbers: set[int]) -> None:
    found = catalogue.tracks("", Filters(conditions))
    assert {int(each.id, 16) for each in found} == numbers


def test_a_track_may_have_several_files(tmp_path: Path) -> None:
    catalogue = Catalogue(tmp_path)
    assert put(catalogue, LIBRARY[0]) == []
    assert catalogue.put(KnownFile("/copy.ogg", LIBRARY[0].id, 1000, 6)) == []
    assert catalogue.paths(LIBRARY[0].id) == ["/m/1.ogg", "/copy.ogg"]
    assert len(catalogue.tracks()) == 1 and catalogue.find("/copy.ogg")[0].track.path == "/m/1.ogg"
    assert catalogue.forget(["/m/1.ogg"]) == []
    assert catalogue.tracks()[0].path == "/copy.ogg"
    assert catalogue.forget(["/copy.ogg"]) == [LIBRARY[0].id]
    assert catalogue.tracks() == [] and catalogue.files() == {} and catalogue.windows() == {}


def test_what_may_have_remains_is_remembered(tmp_path: Path) -> None:
    catalogue = Catalogue(tmp_path)
    catalogue.begin(LIBRARY[0].id, 26)
    assert catalogue.unfinished() == {LIBRARY[0].id: 26}
    put(catalogue, LIBRARY[0])
    assert catalogue.unfinished() == {}
    catalogue.forget([LIBRARY[0].path])
    assert catalogue.unfinished() == {LIBRARY[0].id: 26}
    catalogue.finish([LIBRARY[0].id])
    assert catalogue.unfinished() == {}


def test_a_file_with_new_content_gives_its_old_track_up(tmp_path: Path) -> None:
    catalogue = Catalogue(tmp_path)
    put(catalogue, LIBRARY[0], "/m/x.ogg")
    assert put(catalogue, LIBRARY[1], "/m/x.ogg") == [LIBRARY[0].id]
    assert titles(catalogue.tracks()) == ["Gymnopédie No. 2"]
    assert put(catalogue, LIBRARY[1], "/m/x.ogg") == []  # again: nothing changes
    assert catalogue.windows() == {LIBRARY[1].id: 26}
    assert catalogue.fail("/m/x.ogg", "it is empty (0 bytes)") == [LIBRARY[1].id]
    assert catalogue.tracks() == []
    assert [(each.path, each.reason) for each in catalogue.failures()] == [
        ("/m/x.ogg", "it is empty (0 bytes)")
    ]
    put(catalogue, LIBRARY[0], "/m/x.ogg")
    assert catalogue.failures() == []


def test_the_generation_counts_changes(tmp_path: Path) -> None:
    catalogue, other = Catalogue(tmp_path), Catalogue(tmp_path)
    start = other.generation()
    put(catalogue, LIBRARY[0])
    assert other.generation() == start + 1 and len(other.tracks()) == 1
    catalogue.fail("/unknown.ogg", "no")
    catalogue.forget(["/nothing.ogg"])
    assert other.generation() == start + 1
    catalogue.rename(track(1, "Another title"))
    assert other.generation() == start + 2 and titles(other.tracks()) == ["Another title"]


def test_silence_has_no_loudness_and_odd_paths_are_kept(tmp_path: Path) -> None:
    catalogue = Catalogue(tmp_path)
    path = os.fsdecode(b"/m/latin \xe9\xff\n\xf0\x9f\x8e\xbb.wav")
    catalogue.put(KnownFile(path, LIBRARY[0].id, 2**40, 2**62), NewTrack(LIBRARY[0], 1, -math.inf))
    catalogue.fail(path + "2", "why")
    assert Catalogue(tmp_path).tracks()[0].path == path
    assert catalogue.files()[path] == KnownFile(path, LIBRARY[0].id, 2**40, 2**62)
    assert catalogue.failures()[0].path == path + "2"
    assert catalogue.find(path)[0].closeness == 1


def test_fingerprints(tmp_path: Path) -> None:
    catalogue = Catalogue(tmp_path)
    catalogue.made_with.check("musicnn, hop 2 s")
    catalogue.made_with.claim("musicnn, hop 2 s")
    catalogue.made_with.claim("musicnn, hop 4 s")  # nothing is indexed yet
    put(catalogue, LIBRARY[0])
    catalogue.made_with.check("musicnn, hop 4 s")
    with pytest.raises(
        FingerprintError, match="with musicnn, hop 4 s, but the settings now say musicnn, hop 2 s"
    ):
        catalogue.made_with.claim("musicnn, hop 2 s")
    assert catalogue.made_with.fingerprint() == "musicnn, hop 4 s"


def test_jobs_of_the_living(tmp_path: Path) -> None:
    catalogue = Catalogue(tmp_path)
    assert catalogue.job() is None
    now = time.time()
    job = Job(os.getpid(), "/music", 3, 10, 1, 600.0, 42.0, "/music/a.ogg", now - 60, now)
    catalogue.jobs.report(job)
    assert Catalogue(tmp_path).job() == job
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    catalogue.jobs.end(os.getpid())
    assert catalogue.job() is None
    catalogue.jobs.report(Job(gone.pid, "/music", 3, 10, 1, 600.0, None, "", now, now))
    assert catalogue.job() is None
    catalogue.jobs.report(Job(os.getpid(), "/music", 3, 10, 1, 600.0, None, "", now - 90, now - 60))
    assert catalogue.job() is None  # silent for too long


def test_what_is_no_catalogue_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "catalogue.sqlite").write_text("not a database, but long enough to be taken for one" * 20)
    with pytest.raises(LibraryError, match="cannot be used: file is not a database"):
        Catalogue(tmp_path)
    with pytest.raises(LibraryError, match="cannot be used"):
        Catalogue(tmp_path, "nonsense://x")


WRITER = """
import sys
from pathlib import Path
from index.catalogue.catalogue import Catalogue, KnownFile, NewTrack
from index.core.moments import Track
home, name = Path(sys.argv[1]), int(sys.argv[2])
catalogue = Catalogue(home)
for number in range(30):
    track = Track(f"{name * 1000 + number:020x}", "", f"T{number}", "", "", "", "", None, 10.0)
    catalogue.put(KnownFile(f"/{name}/{number}", track.id, 1, 1), NewTrack(track, 1, -20.0))
    catalogue.tracks()
"""


def test_many_processes_at_once(tmp_path: Path) -> None:
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), str(n)]) for n in range(4)]
    assert [writer.wait(timeout=60) for writer in writers] == [0] * 4
    catalogue = Catalogue(tmp_path)
    assert len(catalogue.tracks()) == 120 and catalogue.generation() == 120
    with sqlite3.connect(tmp_path / "catalogue.sqlite") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
