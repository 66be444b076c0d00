"""What was measured for a query term, in short words, what speaks for it first."""

from __future__ import annotations

from collections.abc import Sequence

from index.core.tracks import Track
from index.descriptors.key_and_chords import Key
from index.store.property_table import PropertyTable
from index.words.lexicon import Ask, split_words
from index.words.parse import Understood
from index.words.term_scores import tag_words


def facts_of(word: Understood, table: PropertyTable, tracks: Sequence[Track], row: int) -> str:
    """What was measured in one window for a term: its two most important descriptors, in short words.

    What speaks for the term comes first: a major key says nothing of "lonely". That the network hears something
    with one percent says nothing either, where there is anything else to say.
    """
    asks = sorted(
        word.meaning.asks, key=lambda ask: (not _speaks_for(ask, word, table, row), -abs(ask.weight))
    )
    names = [name for ask in asks[:2] for name in ask.properties[:2]]
    telling = [name for name in names if not word.wanted or _is_heard(name, table, row)]
    said = [_said(name, table, tracks, row, word.words) for name in telling or names[:1]]
    return ", ".join(dict.fromkeys(part for part in said if part))


def _speaks_for(ask: Ask, word: Understood, table: PropertyTable, row: int) -> bool:
    """Whether what was measured lies on the side that the term asks for; True where nobody can say."""
    name = ask.properties[0]
    if name == "minor":
        above = table.value(name, row) > 0
    elif name in _LABELS:
        above = table.place(name, row) >= _MIDDLE
    else:
        return True
    return (above == (ask.weight > 0)) == word.wanted


_MIDDLE = 0.5


def _is_heard(name: str, table: PropertyTable, row: int) -> bool:
    """Whether a tag of the network is more than a trace; True of whatever is no tag."""
    return not name.startswith("tag:") or table.value(name, row) >= _TRACE


_TRACE = 0.05


def _said(name: str, table: PropertyTable, tracks: Sequence[Track], row: int, words: str) -> str:
    base, _, rest = name.partition(":")
    track = tracks[int(table.tracks_of_rows[row])]
    if base == "written":
        there = set(split_words(words)) <= tag_words(track)
        text = f"“{words}” is {'' if there else 'not '}in its tags"
    elif base == "years":
        text = f"from {track.year}" if track.year else "of an unknown year"
    elif base == "bpm":
        text = f"{table.value('tempo', row):.0f} bpm"
    elif base in ("key", "minor"):
        minor, tonic = table.value("minor", row), int(table.value("tonic", row))
        key = Key(tonic, "minor" if minor > 0 else "major", abs(minor))
        text = f"{key.name} with {100 * key.certainty:.0f} % certainty"
    else:
        value = table.value(name, row)
        if base == "family":
            text = f"{rest} {100 * value:.0f} %"
        elif base == "tag":
            text = f"the network hears “{rest}” with {100 * value:.0f} %"
        else:
            text = f"{_LABELS[name].format(value)}, {_place(name, table, row)}"
    return text


_LABELS = {
    "tempo": "{:.0f} bpm",
    "density": "{:.1f} onsets a second",
    "level": "{:.0f} LUFS",
    "swell": "level moves by {:+.0f} dB",
    "range": "{:.0f} dB between soft and loud",
    "brightness": "centroid {:.0f} Hz",
    "register": "middle pitch {:.0f} (MIDI)",
    "voices": "{:.1f} notes at once",
    "certainty": "key {:.2f} sure",
    "others": "other instruments {:.2f}",
}


def _place(name: str, table: PropertyTable, row: int) -> str:
    """The percentile of a value in words: "more than 92 % of the library"."""
    place = table.place(name, row)
    side, share = ("more", place) if place >= 0.5 else ("less", 1 - place)
    return f"{side} than {100 * share:.0f} % of the library"
