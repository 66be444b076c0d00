"""How well words find music: renditions whose instruments, tempo and mode the score knows, searched by
descriptions.

    python -m bench.words SETS/words [--split test]

Works of one split (bench.works) are played by one family of instruments each, slow or fast, by two soundfonts
in turn, twenty seconds long, and put into a library of their own. Precision at 10 counts different tracks;
where fewer than ten fit, it is over as many as there are.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench.descriptions import descriptions
from bench.score_truth import written_key
from bench.variants import other_soundfont
from bench.works import SPLITS, Split, works
from demo.ensembles import spread
from demo.render import default_soundfont, render, write_tagged
from demo.scores import Score, ScoreError, load_score

LENGTH_S = 20.0
LEAD_S = 2.0
"""Left out at the start: pieces often begin with an upbeat or one voice alone."""
PROGRAMS: dict[str, tuple[int, ...]] = {
    "piano": (0,), "harpsichord": (6,), "organ": (19,), "guitar": (24,), "strings": (40, 40, 41, 42),
    "choir": (52,), "winds": (73, 68, 71, 70), "brass": (56, 56, 60, 57), "harp": (46,),
}  # fmt: skip
SLOW = (72.0, 3.0)
"""At most so many quarters a minute, and so many different onsets a second."""
FAST = (120.0, 3.5)
"""At least so many."""
RATIOS = (0.4, 2.4)
"""Nothing is played slower or faster than this against the score."""
AT = 10


def collect(folder: Path, renditions: int, split: Split = "tune") -> list[dict[str, Any]]:
    """Render what is not there yet; the truth of every rendition, also written to truth.json."""
    folder.mkdir(parents=True, exist_ok=True)
    known = folder / "truth.json"
    truth: list[dict[str, Any]] = json.loads(known.read_text("utf-8")) if known.exists() else []
    if len(truth) >= renditions:
        return truth[:renditions]
    names = list(PROGRAMS)
    scores = _scores(renditions, split)
    for number in range(len(truth), renditions):
        instrument, pace = names[number % len(names)], ("slow", "fast")[(number // len(names)) % 2]
        score, mode, ratio, start_s = next(scores[pace])
        programs = spread(PROGRAMS[instrument], len(score.parts))
        font = (default_soundfont(), other_soundfont())[(number // (2 * len(names))) % 2]
        sound = render(
            score, font, programs=programs, tempo_ratio=ratio, start_s=start_s, max_s=LEAD_S + LENGTH_S + 4.0
        )
        path = folder / "music" / f"{number:03d}.flac"
        path.parent.mkdir(exist_ok=True)
        write_tagged(path, sound.span(LEAD_S, LEAD_S + LENGTH_S), {"title": f"Piece {number}"})
        bpm, onsets = pace_of(score, start_s, start_s + LENGTH_S * ratio)
        truth.append(
            {
                "file": str(path),
                "work": score.path,
                "instrument": instrument,
                "mode": mode,
                "pace": pace,
                "quarter_bpm": round(bpm * ratio, 1),
                "onsets": round(onsets * ratio, 2),
                "font": font.name,
            }
        )
        known.write_text(json.dumps(truth, indent=1), "utf-8")
    return truth


def _scores(count: int, split: Split) -> dict[str, Iterator[tuple[Score, str, float, float]]]:
    """For each pace: scores with mode, tempo ratio and start, major and minor in turn."""
    found: dict[tuple[str, str], list[tuple[Score, str, float, float]]] = {}
    for path in works(8 * count, split=split):
        try:
            score = load_score(path)
        except ScoreError:
            continue
        key = written_key(score)
        if key is None or score.duration_s < 15 or len(score.parts) > 8:
            continue
        start_s = 0.2 * score.duration_s if score.duration_s > 60 else 0.0
        bpm, onsets = pace_of(score, start_s, start_s + 20)
        if not onsets:
            continue
        ratios = {"slow": min(60 / bpm, 2.4 / onsets), "fast": max(136 / bpm, 4.2 / onsets)}
        for pace, ratio in ratios.items():
            lasts = (score.duration_s - start_s) / ratio >= LEAD_S + LENGTH_S
            if lasts and RATIOS[0] <= ratio <= RATIOS[1]:
                found.setdefault((pace, key[1]), []).append((score, key[1], ratio, start_s))
        if all(
            len(found.get((pace, mode), ())) >= count // 4 + 2
            for pace in ratios
            for mode in ("major", "minor")
        ):
            break

    def turns(pace: str) -> Iterator[tuple[Score, str, float, float]]:
        lists = [found.get((pace, mode), []) for mode in ("major", "minor")]
        place = 0
        while any(lists):
            if lists[place % 2]:
                yield lists[place % 2].pop(0)
            place += 1

    return {pace: turns(pace) for pace in ("slow", "fast")}


def pace_of(score: Score, start_s: float, end_s: float) -> tuple[float, float]:
    """Quarters a minute, and different onsets a second, of a span of a score."""
    starts = {round(note.start_s, 2) for note in score.notes if start_s <= note.start_s < end_s}
    return score.quarter_bpm, len(starts) / (min(end_s, score.duration_s) - start_s)


def measure(library: Any, truth: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Precision of every description, with what was understood."""
    by_file = {one["file"]: one for one in truth}
    rows = []
    for asked in descriptions():
        wanted = sum(asked.fits(one) for one in truth)
        began = time.perf_counter()
        found = library.find_text(asked.text, k=AT)
        took_ms = (time.perf_counter() - began) * 1000
        right = sum(asked.fits(by_file[hit.track.path]) for hit in found.hits)
        precision = right / max(1, min(AT, wanted))
        rows.append(
            {
                "kind": asked.kind,
                "text": asked.text,
                "fitting": wanted,
                "precision": precision,
                "ms": took_ms,
            }
        )
    return rows


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.words", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--renditions", type=int, default=99)
    parser.add_argument("--split", choices=SPLITS, default="test")
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    truth = collect(chosen.folder, chosen.renditions, chosen.split)
    print(f"{len(truth)} renditions", flush=True)
    from index.core.options import LibraryOptions
    from index.library import Library

    library = Library(LibraryOptions(chosen.folder / "home"))
    try:
        library.add([chosen.folder / "music"], workers=1)
        rows = measure(library, truth)
    finally:
        library.close()
    for row in rows:
        print(
            f"{row['kind']:10} {row['precision']:.2f} of {row['fitting']:3} {row['ms']:6.0f} ms  {row['text']}"
        )
    for kind in dict.fromkeys(row["kind"] for row in rows):
        some = [row["precision"] for row in rows if row["kind"] == kind]
        print(f"{kind}: precision at {AT} {np.mean(some):.3f} over {len(some)} descriptions")
    print(f"middle time {np.median([row['ms'] for row in rows]):.0f} ms")
    if chosen.json:
        chosen.json.write_text(json.dumps(rows, indent=1), "utf-8")


if __name__ == "__main__":
    main()
