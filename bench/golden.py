"""The answers of a fixed set of questions, with every number: the proof that a change of the code changed no
answer.

    python -m bench.golden write FILE --home HOME --work FOLDER
    python -m bench.golden check FILE --home HOME --work FOLDER

HOME is a home with the demo library; FOLDER takes the clips and hums that are made of its pieces, from one
seed. Asked are 60 clips, 60 moments, 40 hums and 40 descriptions; 60 of the hits are explained, and the
conversations of bench/utterances are led with tools whose answers are made up. `check` prints what differs,
and ends with 1 if anything does. Numbers are compared bit by bit, so both runs belong on one machine.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from app.agent.planner.decide.calls import TOOLS
from app.agent.planner.model import Planner
from app.cli.request import Asker, Request
from app.settings import Settings
from app.wiring import open_library
from bench.agreement import FOLDER, read_conversations
from bench.damage import pink_noise
from bench.descriptions import descriptions
from bench.humming import hum
from bench.planner import Conversation
from demo.pieces import pieces
from demo.scores import ScoreError, read_work
from index.audio.reading import Sound, read_sound
from index.core.errors import RepriseError
from index.library import Library
from index.protocol import MusicLibrary

SEED = 20
CLIPS, MOMENTS, HUMS, DESCRIPTIONS, EXPLAINED = 60, 60, 40, 40, 60
K = 10
_SEARCH_ID = re.compile(r"(#\d+):c[0-9a-f]{8}\b")
"""Which search a result is of: another in every run."""


def questions(library: MusicLibrary, folder: Path) -> Iterator[tuple[str, Request]]:
    """The searches by name; sounds that they need are made in `folder` where they are missing."""
    rng = np.random.default_rng(SEED)
    tracks = sorted(library.tracks(), key=lambda track: track.path)
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(CLIPS):
        track, length_s = tracks[int(rng.integers(len(tracks)))], float(rng.uniform(3.0, 20.0))
        start_s = float(rng.uniform(0, max(0.1, track.duration_s - length_s)))
        noise, noise_db = int(rng.integers(1 << 30)), float(rng.choice([0, 10, 30]))
        clip = folder / f"clip-{number}.wav"
        if not clip.exists():
            sound = read_sound(Path(track.path), start_s, start_s + length_s)
            _write(clip, pink_noise(sound, noise_db, np.random.default_rng(noise)))
        yield f"clip {number}", Request(audio=str(clip), k=K)
    for number in range(MOMENTS):
        track = tracks[int(rng.integers(len(tracks)))]
        start_s = int(rng.integers(0, max(1, int(track.duration_s) - 12)))
        emphasis = {} if number % 3 else {str(rng.choice(["harmony", "timbre", "rhythm"])): 2.0}
        diversity = ("closest", "balanced", "adventurous")[number % 3]
        moment = f"{track.id} @ {start_s // 60}:{start_s % 60:02d}"
        yield f"moment {number}", Request(moment=moment, k=K, weights=emphasis, diversity=diversity)
    yield from _hums(folder)
    words = descriptions()
    for number in range(DESCRIPTIONS):
        text = words[number * len(words) // DESCRIPTIONS].text
        yield f"words {number}", Request(text=text, k=K)


def _hums(folder: Path) -> Iterator[tuple[str, Request]]:
    made = 0
    for piece in pieces():
        if made == HUMS:
            return
        file = folder / f"hum-{made}.wav"
        if not file.exists():
            try:
                hummed = hum(read_work(piece.path), np.random.default_rng(SEED + made))
            except ScoreError:
                continue
            if hummed is None:
                continue
            _write(file, hummed.sound)
        yield f"hum {made}", Request(audio=str(file), by="hum", k=K)
        made += 1


def answers(library: Library, folder: Path) -> dict[str, Any]:
    """What the library answers, by the question's name."""
    asker, given = Asker(library), {}
    explained = 0
    for name, request in questions(library, folder):
        try:
            results = asker.find(request)
        except RepriseError as error:
            given[name] = {"error": str(error)}
            continue
        given[name] = _plain([hit.as_record() for hit in results.hits])
        if (
            explained < EXPLAINED
            and name.startswith(("clip", "moment"))
            and results.hits
            and int(name.split()[1]) % 2
        ):
            query = asker.query(request)
            hit = results.hits[min(len(results.hits) - 1, explained % 3)]
            given[f"why {name}"] = _plain(library.explain(query, hit))
            explained += 1
    return given


def conversations() -> dict[str, Any]:
    """What the planner calls and says, by file and turn."""
    given: dict[str, Any] = {}
    planner = Planner()
    for path in sorted(FOLDER.glob("*.jsonl")):
        for number, turns in enumerate(read_conversations(path)):
            talk = Conversation(planner, list(TOOLS.values()))
            for place, turn in enumerate(turns):
                said = json.dumps(_plain(talk.say(turn.text, turn.clip)))
                given[f"{path.name} {number}.{place}"] = json.loads(_SEARCH_ID.sub(r"\1", said))
    return given


def _plain(value: Any) -> Any:
    """Values as JSON keeps them; arrays are lists."""
    if isinstance(value, (str, int, float, bool, type(None))):
        return value
    if isinstance(value, Mapping):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    return value.tolist() if isinstance(value, (np.generic, np.ndarray)) else str(type(value))


def _write(file: Path, sound: Sound) -> None:
    soundfile.write(file, sound.samples, sound.rate_hz, subtype="FLOAT")


def differences(before: Any, after: Any, place: str = "") -> Iterator[str]:
    """The places in which two answers differ."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted({*before, *after}):
            if name not in before or name not in after:
                yield f"{place}/{name}: only {'before' if name in before else 'after'}"
            else:
                yield from differences(before[name], after[name], f"{place}/{name}")
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from differences(one, other, f"{place}[{number}]")
    elif before != after and not (before != before and after != after):  # noqa: PLR0124 NaN is NaN
        yield f"{place}: {before!r} before, {after!r} after"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the answers down, or compare them with those that were."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["write", "check"])
    parser.add_argument("file", type=Path)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--only-conversations", action="store_true")
    given = parser.parse_args(arguments)
    found = {"conversations": conversations()}
    if not given.only_conversations:
        library = open_library(Settings(home=given.home))
        try:
            found["answers"] = answers(library, given.work)
        finally:
            library.close()
    if given.what == "write":
        given.file.write_text(json.dumps(found, indent=0, sort_keys=True), encoding="utf-8")
        print(", ".join(f"{len(part)} {name}" for name, part in found.items()))
        return 0
    before = json.loads(given.file.read_text(encoding="utf-8"))
    different = list(differences({name: before[name] for name in found}, json.loads(json.dumps(found))))
    print("\n".join(different[:50]))
    print(f"{len(different)} differences in {sum(len(part) for part in found.values())} answers")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
