"""Makes the set on which feeling is measured: works by many composers, played twice by different soundfonts.

    python -m bench.feeling_sets OUT --demo HOME --asap FOLDER --corpus 260 --fonts QUERY.sf2 OTHER.sf2 ...
        [--library ONE.sf2 TWO.sf2 ...]

The library holds the demo's pieces (HOME is a home in which `reprise demo` was run), performances by people at the
piano (bench.world.performances) and so many further works of music21's corpus, played by the soundfonts of the library
in turn; of each piece, moments are played again by every other soundfont, so that no soundfont is a cue: what
is asked is in one, what is found in others. What the notes themselves say of every window of
the library and of every moment is kept with them: texture, density, register, mode, tempo. Only frames are kept; what
is there stays. `--heard` makes do with what was heard so far.
"""

from __future__ import annotations

import argparse
import json
import zlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from bench.feeling_notes import period, what_notes_say
from bench.feeling_scores import MOMENT_S, PEOPLE_S, Played, by_people, moments, of_corpus, of_demo
from demo.render import default_soundfont, render
from demo.scores import Note, Part, Score
from index.analysis.analyser import Analyser
from index.audio.reading import Sound
from index.audio.sound_hash import sound_hash
from index.core.moments import Grid
from index.store.frame_store import FrameStore

_LEAD_S, _SLOT_S = 3.0, 16.0
_BATCH = 15


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


def hear(
    out: Path,
    everything: Sequence[Played],
    home: Path,
    fonts: Sequence[tuple[Path, int]],
    library: Sequence[Path],
) -> None:
    """Hear what has not been heard. `fonts`: each with how many moments of a piece it plays."""
    frames, analyser = FrameStore(out / "frames"), Analyser()
    demo_frames = FrameStore(home / "frames")
    for played in everything:
        bank = library[zlib.crc32(played.name.encode()) % len(library)]
        if not frames.has(_library(played)):
            heard = (
                analyser.analyse(render(played.score, bank, rate_hz=22050, max_s=PEOPLE_S + 2.5))
                if played.frames_of is None
                else demo_frames.read(sound_hash(played.frames_of))
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


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--demo", type=Path, required=True, help="a home in which `reprise demo` was run")
    parser.add_argument("--asap", type=Path, required=True)
    parser.add_argument("--corpus", type=int, default=0, help="so many further works, at most")
    parser.add_argument("--library", type=Path, nargs="+", default=[default_soundfont()])
    parser.add_argument("--fonts", type=Path, nargs="+", required=True)
    parser.add_argument("--moments", type=int, nargs="+", default=[1], help="of a piece, by font")
    parser.add_argument(
        "--heard", action="store_true", help="of what was heard so far; nothing more is heard"
    )
    chosen = parser.parse_args()
    counts = chosen.moments + [chosen.moments[-1]] * len(chosen.fonts)
    fonts = list(zip(chosen.fonts, counts, strict=False))
    everything = [*of_demo(chosen.demo), *by_people(chosen.asap)]
    everything += of_corpus(chosen.corpus) if chosen.corpus else []
    if not chosen.heard:
        hear(chosen.out, everything, chosen.demo, fonts, chosen.library)
    items = kept_items(chosen.out, everything, fonts)
    print(f"{len(items)} pieces by {len({item.composer for item in items})} composers")


if __name__ == "__main__":
    main()
