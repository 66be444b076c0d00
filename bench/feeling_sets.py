"""Makes the set on which feeling is measured: works by many composers, played twice by different soundfonts.

    python -m bench.feeling_sets OUT --demo HOME --asap FOLDER [--fonts QUERY.sf2 OTHER.sf2 ...]

The library holds the demo's pieces (HOME is a home in which `reprise demo` was run) and performances by people at the
piano (bench.world.performances); of each piece, moments are played again by every other soundfont, so that no
soundfont is a cue: what is asked is in one, what is found in another. What the notes themselves say of every window of
the library and of every moment is kept with them: texture, density, register, mode, tempo. Only frames are kept; what
is there stays. `--heard` makes do with what was heard so far.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from bench.score_truth import notes_key
from bench.world import performances
from demo.ensembles import spread
from demo.pieces import Piece, pieces, tempo_ratio
from demo.render import render
from demo.scores import Note, Part, Score, load_score
from index.analysis.analyser import Analyser
from index.audio.reading import Sound, content_hash
from index.core.moments import Grid
from index.store.frame_store import FrameStore

MOMENT_S = 10.0
PEOPLE_S = 40.0
"""So much is played of a performance, from twenty seconds on where it is long enough."""
_LEAD_S, _SLOT_S = 3.0, 16.0
MOST_A_COMPOSER = 8
_BATCH = 15
_TOGETHER_S = 0.05
_TUNES = ("Traditional", "O'Carolan", "Berlin", "Foster", "Liliuokalani", "Johnson")

FULL_NAMES = {
    "Beethoven": "Ludwig van Beethoven",
    "Chopin": "Frédéric Chopin",
    "Mozart": "Wolfgang Amadeus Mozart",
    "Schumann": "Robert Schumann",
}
"""Composers of performances as the demo calls them."""

PERIODS = {
    "medieval": "Landini Gherardello Cascia Bologna Firenze Ciconia Vitry Luca",
    "renaissance": "Josquin Palestrina Lusitano",
    "baroque": "Monteverdi Corelli Handel Sebastian",
    "classical": "Philipp Haydn Mozart Beethoven",
    "romantic": "Weber Schubert Chopin Schumann Liszt Brahms Verdi Glinka Balakirev",
    "modern": "Debussy Ravel Rachmaninoff Scriabin Prokofiev Schoenberg Webern Beach",
}


@dataclass(frozen=True)
class Asked:
    """A moment of a piece, played by another soundfont."""

    sound: str
    font: str
    start_s: float
    """In the library's rendering."""
    notes: dict[str, float]


@dataclass(frozen=True)
class Item:
    """A piece of the set."""

    name: str
    work: str
    composer: str
    period: str
    duration_s: float
    windows: tuple[dict[str, float], ...]
    """What the notes say of each window of the grid."""
    asked: tuple[Asked, ...]


def period(composer: str) -> str:
    """The period of a composer; empty for tunes."""
    if any(name in composer for name in _TUNES):
        return ""
    return next((p for p, names in PERIODS.items() if any(name in composer for name in names.split())), "")


def what_notes_say(notes: Sequence[Note], start_s: float, end_s: float, bpm: float) -> dict[str, float]:
    """Texture, density, register, mode and tempo of a span of notes, as numbers; nan where there is none."""
    inside = [note for note in notes if note.start_s < end_s and note.end_s > start_s]
    begun = np.sort([note.start_s for note in inside if note.start_s >= start_s])
    if len(begun) < 3:
        return {}
    groups = np.split(begun, np.flatnonzero(np.diff(begun) > _TOGETHER_S) + 1)
    seconds = np.array([min(note.end_s, end_s) - max(note.start_s, start_s) for note in inside])
    pitches = np.array([note.midi for note in inside])
    at = np.arange(start_s, end_s, 0.1)[:, None]
    begins, ends = np.array([(note.start_s, note.end_s) for note in inside]).T
    sounding = ((begins <= at) & (at < ends)).sum(axis=1)
    sizes = np.array([len(group) for group in groups])
    key = notes_key(_of_notes(inside), start_s, end_s)
    mean = float(pitches @ seconds / seconds.sum())
    classes = np.bincount(pitches % 12, weights=seconds, minlength=12)
    share = classes[classes > 0] / classes.sum()
    return {
        "polyphony": float(sounding[sounding > 0].mean()) if (sounding > 0).any() else 0.0,
        "together": float(sizes.mean()),
        "density": len(groups) / (end_s - start_s),
        "register": mean,
        "spread": float(np.sqrt(((pitches - mean) ** 2) @ seconds / seconds.sum())),
        "major": float("nan") if key is None else float(key[1] == "major"),
        "chromatic": float(-(share * np.log2(share)).sum()),
        "loud": float(np.mean([note.velocity for note in inside])),
        "bpm": bpm,
    }


def _of_notes(notes: Sequence[Note]) -> Score:
    return Score("", "", "", None, "", (Part("", 0, tuple(notes)),), (), 120.0, 0, "")


def cell(notes: dict[str, float]) -> tuple[Any, ...] | None:
    """Texture x tempo x mode x density x register; None where one of them is not known."""
    if not notes or np.isnan(notes["major"]) or np.isnan(notes["bpm"]):
        return None
    texture = "line" if notes["polyphony"] < 1.5 else "chords" if notes["together"] >= 2 else "parts"
    return (
        texture,
        notes["bpm"] >= 100,
        notes["major"] > 0.5,
        int(np.searchsorted([2.0, 4.5], notes["density"])),
        int(np.searchsorted([58.0, 67.0], notes["register"])),
    )


@dataclass(frozen=True)
class Played:
    """A piece before it is heard: its score in the library's time, and how the library has it."""

    name: str
    work: str
    composer: str
    score: Score
    frames_of: Path | None
    """The file in the demo's home; None where it has to be played."""

    def bpm(self, start_s: float, end_s: float) -> float:
        """Beats a minute in a span."""
        beats = [bar.start_s for bar in self.score.measures if start_s <= bar.start_s < end_s]
        if self.frames_of is None:
            return 60 / float(np.median(np.diff(beats))) if len(beats) > 2 else float("nan")
        return self.score.quarter_bpm


def of_demo(home: Path) -> Iterator[Played]:
    """The demo's pieces as they sound in its library."""
    for piece in pieces():
        file = home / "demo" / piece.file_name
        if file.is_file():
            yield Played(_slug(piece.path), piece.path, piece.composer, _in_library(piece), file)


def _in_library(piece: Piece) -> Score:
    score = load_score(piece.path)
    ratio = tempo_ratio(piece, score)
    programs = (
        spread(piece.ensemble, len(score.parts)) if piece.ensemble else [p.program for p in score.parts]
    )
    parts = tuple(
        Part(part.name, program, _moved(part.notes, 0.0, 1 / ratio))
        for part, program in zip(score.parts, programs, strict=True)
    )
    values = {**score.__dict__, "parts": parts, "quarter_bpm": score.quarter_bpm * ratio}
    return Score(**values)


def by_people(folder: Path, most: int = MOST_A_COMPOSER) -> Iterator[Played]:
    """One performance of each of some works by every composer, cut to what is played of it."""
    works: dict[str, list[tuple[str, list[Path]]]] = defaultdict(list)
    for work, files in performances.works(folder).items():
        if not re.search(r"_no_\w*repeat|_repeat$", work):
            works[work.split("/")[0]].append((work, files))
    for composer, own in works.items():
        step = max(1, len(own) // most)
        for work, files in own[::step][:most]:
            score = performances.read_performance(files[0])
            low_s = min(20.0, max(0.0, score.duration_s - PEOPLE_S))
            notes = tuple(n for n in score.parts[0].notes if low_s <= n.start_s < low_s + PEOPLE_S)
            part = Part("piano", 0, _moved(notes, -low_s, 1.0))
            bars = tuple(b._replace(start_s=b.start_s - low_s, end_s=b.end_s - low_s) for b in score.measures)
            full = FULL_NAMES.get(composer, composer)
            cut = Score(**{**score.__dict__, "parts": (part,), "measures": bars})
            yield Played(_slug(work), work, full, cut, None)


def _moved(notes: Sequence[Note], by_s: float, factor: float) -> tuple[Note, ...]:
    return tuple(
        note._replace(start_s=(note.start_s + by_s) * factor, end_s=(note.end_s + by_s) * factor)
        for note in notes
    )


def moments(played: Played, duration_s: float, count: int) -> list[float]:
    """Where the moments begin that are asked, the same every time."""
    rng = np.random.default_rng(int.from_bytes(played.name.encode()[-6:], "big"))
    last_s = max(0.0, min(duration_s, played.score.duration_s) - MOMENT_S - 1)
    places = np.linspace(0, last_s, count + 1)
    return [float(rng.uniform(low, max(low + 0.01, high))) for low, high in pairwise(places)]


def played_by(asked: Sequence[tuple[Played, float]], font: Path) -> list[Sound]:
    """Moments by a soundfont, one rendering for all: it is opened once."""
    by_program: dict[int, list[Note]] = defaultdict(list)
    for slot, (played, start_s) in enumerate(asked):
        for part in played.score.parts:
            for note in part.notes:
                begin = note.start_s - start_s + _LEAD_S
                end = note.end_s - start_s + _LEAD_S
                if end > 0 and begin < MOMENT_S + _LEAD_S:
                    low, high = slot * _SLOT_S, slot * _SLOT_S + _LEAD_S + MOMENT_S
                    by_program[part.program].append(
                        note._replace(start_s=low + max(0.0, begin), end_s=min(high, low + end))
                    )
    parts = tuple(Part("", program, tuple(sorted(notes))) for program, notes in by_program.items())
    score = Score("", "", "", None, "", parts, (), 120.0, 0, "")
    sound = render(score, font, rate_hz=22050, max_s=len(asked) * _SLOT_S + 5)
    return [
        sound.span(slot * _SLOT_S + _LEAD_S, slot * _SLOT_S + _LEAD_S + MOMENT_S)
        for slot in range(len(asked))
    ]


def hear(out: Path, everything: Sequence[Played], home: Path, fonts: Sequence[tuple[Path, int]]) -> None:
    """Hear what has not been heard. `fonts`: each with how many moments of a piece it plays."""
    frames, analyser = FrameStore(out / "frames"), Analyser()
    demo_frames = FrameStore(home / "frames")
    for played in everything:
        if not frames.has(_library(played)):
            heard = (
                analyser.analyse(render(played.score, rate_hz=22050, max_s=PEOPLE_S + 2.5))
                if played.frames_of is None
                else demo_frames.read(content_hash(played.frames_of))
            )
            frames.write(_library(played), heard)
    for font, count in fonts:
        todo = [
            (name, played, start_s)
            for played in everything
            for name, start_s in _moments(played, frames.read(_library(played)).duration_s, font, count)
            if not frames.has(name)
        ]
        order = np.random.default_rng(0).permutation(len(todo))
        for low in range(0, len(todo), _BATCH):
            batch = [todo[i] for i in order[low : low + _BATCH]]
            sounds = played_by([(played, start_s) for _, played, start_s in batch], font)
            for (name, _, _), sound in zip(batch, sounds, strict=True):
                frames.write(name, analyser.analyse(sound))
            print(f"{font.stem}: {low + len(batch)} of {len(todo)}", flush=True)


def kept_items(out: Path, everything: Sequence[Played], fonts: Sequence[tuple[Path, int]]) -> list[Item]:
    """The pieces that were heard, with what their notes say; written to items.json."""
    frames, items = FrameStore(out / "frames"), []
    for played in everything:
        if not frames.has(_library(played)):
            continue
        duration_s = frames.read(_library(played)).duration_s
        notes = played.score.notes
        asked = tuple(
            Asked(name, font.stem, start_s, _said(played, notes, start_s, start_s + MOMENT_S))
            for font, count in fonts
            for name, start_s in _moments(played, duration_s, font, count)
            if frames.has(name)
        )
        windows = tuple(_said(played, notes, low, high) for low, high in Grid().spans(duration_s))
        composer = played.composer
        items.append(Item(played.name, played.work, composer, period(composer), duration_s, windows, asked))
    (out / "items.json").write_text(json.dumps([asdict(item) for item in items]), "utf-8")
    return items


def _said(played: Played, notes: Sequence[Note], start_s: float, end_s: float) -> dict[str, float]:
    return what_notes_say(notes, start_s, end_s, played.bpm(start_s, end_s))


def _library(played: Played) -> str:
    return f"{played.name}-library"


def _moments(played: Played, duration_s: float, font: Path, count: int) -> list[tuple[str, float]]:
    """Name and start of each moment of a piece by a soundfont."""
    starts = moments(played, duration_s, count)
    return [(f"{played.name}-{font.stem}-{number}", start_s) for number, start_s in enumerate(starts)]


def load_items(out: Path) -> list[Item]:
    """The pieces of a set that was made."""
    rows = json.loads((out / "items.json").read_text("utf-8"))
    return [
        Item(
            **{
                **row,
                "windows": tuple(row["windows"]),
                "asked": tuple(Asked(**each) for each in row["asked"]),
            }
        )
        for row in rows
    ]


def _slug(text: str) -> str:
    return re.sub(r"[^\w.-]+", "_", text)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--demo", type=Path, required=True, help="a home in which `reprise demo` was run")
    parser.add_argument("--asap", type=Path, required=True)
    parser.add_argument("--fonts", type=Path, nargs="+", required=True)
    parser.add_argument("--moments", type=int, nargs="+", default=[1], help="of a piece, by font")
    parser.add_argument(
        "--heard", action="store_true", help="of what was heard so far; nothing more is heard"
    )
    chosen = parser.parse_args()
    counts = chosen.moments + [chosen.moments[-1]] * len(chosen.fonts)
    fonts = list(zip(chosen.fonts, counts, strict=False))
    everything = [*of_demo(chosen.demo), *by_people(chosen.asap)]
    if not chosen.heard:
        hear(chosen.out, everything, chosen.demo, fonts)
    items = kept_items(chosen.out, everything, fonts)
    print(f"{len(items)} pieces by {len({item.composer for item in items})} composers")


if __name__ == "__main__":
    main()
