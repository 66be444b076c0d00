"""The music that the conversation of bench/conversation.jsonl is about, made in code: short, but with the right tags.

`told_home` in conftest.py indexes it once; whoever needs it takes a copy.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
import sounds
from hummed_music import TUNE, sung
from test_browser_asking import with_tune
from test_misbehaving import WICKED

from demo.render import write_tagged
from index.audio.reading import Sound

MINOR = ((0, "m"), (5, "m"), (7, ""), (0, "m"))
RADIO_FROM_S = 8.0
THEME = (0, 4, 7, 12, 11, 7, 9, 5)


def pieces() -> dict[tuple[str, str, int], Sound]:
    """Sounds by title, composer and year."""
    theme = sounds.melody(THEME, 68, 0.25, 10.0)
    strain = sounds.chords(sounds.CADENCE, 61, 0.5, 10.0)
    bach, mozart, haydn = "Johann Sebastian Bach", "Wolfgang Amadeus Mozart", "Joseph Haydn"
    return {
        ("The Well-Tempered Clavier I: Prelude No. 1 in C major, BWV 846", bach, 1722): prelude(60, 2.0),
        ("Maple Leaf Rag", "Scott Joplin", 1899): sounds.joined(theme, strain, theme, strain),
        ("Rigoletto: La donna è mobile", "Giuseppe Verdi", 1851): sounds.chords(sounds.SONG, 59, 0.8, 24.0),
        ("String Quartet No. 1 in G major, K. 80: III. Menuetto", mozart, 1770): sounds.broken(
            sounds.SONG, 67, 1.5, 24.0
        ),
        ("String Quartet No. 3 in G major, K. 156: III. Tempo di Menuetto", mozart, 1772): sounds.broken(
            sounds.CADENCE, 67, 1.2, 24.0
        ),
        ("String Quartet, Op. 1 No. 1: III. Adagio", haydn, 1762): sounds.broken(MINOR, 58, 2.4, 24.0),
        ("String Quartet, Op. 74 No. 1: II. Andantino", haydn, 1793): sounds.chords(MINOR, 60, 1.2, 24.0),
        ("Mazurka in C-sharp minor, Op. 6 No. 2", "Frédéric Chopin", 1830): sounds.broken(
            MINOR, 61, 1.2, 24.0
        ),
        ("Winterreise, D. 911: V. Der Lindenbaum", "Franz Schubert", 1827): Sound(
            with_tune(), sounds.RATE_HZ
        ),
        (WICKED, "Anonymous", 1700): sounds.broken(MINOR, 62, 2.0, 24.0),
    }


def prelude(tonic_midi: int, chord_s: float) -> Sound:
    """Broken chords under a slow tune."""
    return sounds.broken(((0, ""), (2, "m"), (7, ""), (9, "m"), (5, ""), (7, "")), tonic_midi, chord_s, 30.0)


def write_music(folder: Path) -> None:
    """The pieces as tagged files."""
    folder.mkdir(parents=True)
    for number, ((title, composer, year), sound) in enumerate(pieces().items()):
        write_tagged(folder / f"{number}.flac", sound, {"title": title, "composer": composer, "date": year})


def write_clips(folder: Path) -> dict[str, Path]:
    """What is brought to the conversation: "clip", the prelude in another key and tempo, and "hum", the song's tune."""
    played = prelude(62, 1.9)
    first = round(RADIO_FROM_S * played.rate_hz)
    hum = sung(TUNE, -9.0, 1.1)
    clips = {
        "clip": (folder / "a tune from the radio.wav", played.samples[first : first + 10 * played.rate_hz]),
        "hum": (folder / "my humming.wav", np.concatenate([np.zeros(4000, np.float32), hum.samples])),
    }
    for path, samples in clips.values():
        soundfile.write(path, samples, sounds.RATE_HZ)
    return {name: path for name, (path, _) in clips.items()}
