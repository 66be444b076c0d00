"""How often explanations are right: what they say of key, chords, shift, tempo and instruments against the
scores.

    python -m bench.explanations --works 60 --splits tune,test

Each work is played twice: as the library has it, and by other instruments of another soundfont at another
tempo and key. Passages of ten seconds of both are described; passages of the second are aligned with the
first as in a search. Prints a table and writes bench/results/explanations.json. Frames are kept in the cache
folder.

References
----------
Raffel et al., "mir_eval: a transparent implementation of common MIR metrics", ISMIR 2014 (key and chord scores).
"""

from __future__ import annotations

import argparse
import json
import os
import re
import zlib
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from bench.score_truth import FAMILIES, LabelledSpan, families, notes_key, quarter_bpm, verticals, written_key
from bench.variants import variant
from bench.works import works
from demo.render import render
from demo.scores import Score, ScoreError, cache_folder, load_score
from index.core.frames import Frames
from index.core.hits import FactorScore, Hit
from index.core.moments import Moment, Passage
from index.core.query import Query
from index.core.tracks import Clip, Track
from index.descriptors.chord_progression import chords_of, key_of
from index.descriptors.key_and_chords import Chord
from index.descriptors.texture import texture
from index.factors import Span
from index.factors.rhythm import pulse
from index.factors.timbre import instruments
from index.placement import by_notes
from index.placement.prepared import PreparedQuery
from index.search.refinement import refine
from index.store.frame_store import FrameStore

LENGTH_S = 64.0
QUERY_S = 10.0
STEP_S = 13.0
FIRST_S = 3.7
SHORTEST_S = 24.0
RESULTS = Path(__file__).parent / "results/explanations.json"
GOALS = {
    "key, weighted": 0.90,
    "chords, major or minor": 0.75,
    "shift": 0.95,
    "tempo ratio within 4 %": 0.95,
    "family named first": 0.80,
}
LEVELS = (1, 2, 1 / 2, 3, 1 / 3, 3 / 2, 2 / 3, 4, 1 / 4)
_FLAT = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
Rows = dict[str, list[float]]


@dataclass(frozen=True)
class Playing:
    """How a score is played: tempo, key and instruments; as written where nothing is given."""

    ratio: float = 1.0
    shift: int = 0
    programs: tuple[int, ...] = ()


def prepare(given: tuple[str, str]) -> str:
    """Play and analyse one work twice, unless that was done; the name of its frames, or nothing."""
    path, home = given
    name = re.sub(r"[^\w.-]+", "_", path)
    done = Path(home) / f"{name}.json"
    if done.exists():
        return name
    try:
        score = load_score(path)
    except ScoreError:
        return ""
    if score.duration_s < SHORTEST_S:
        return ""
    store = FrameStore(Path(home))
    store.write(name, _analyser().analyse(render(score, max_s=LENGTH_S)))
    other = variant(score, "all", np.random.default_rng(zlib.crc32(path.encode())))
    store.write(f"{name}~", _analyser().analyse(render(score, max_s=LENGTH_S, **other.arguments())))
    about = {"path": path, "programs": other.programs, "tempo_ratio": other.tempo_ratio}
    done.write_text(json.dumps({**about, "transpose": other.transpose}), "utf-8")
    return name


@lru_cache(maxsize=1)
def _analyser() -> Any:
    from index.analysis.analyser import Analyser

    return Analyser(threads=1)


def measure(name: str, home: Path) -> Rows:
    """Everything that is said of one work, right (1) or wrong (0) or in between."""
    store, about = FrameStore(home), json.loads((home / f"{name}.json").read_text("utf-8"))
    score = load_score(about["path"])
    rows: Rows = defaultdict(list)
    other = Playing(about["tempo_ratio"], about["transpose"], tuple(about["programs"]))
    for suffix, playing in (("", Playing()), ("~", other)):
        frames = store.read(name + suffix)
        for start_s in np.arange(FIRST_S, frames.duration_s - QUERY_S - 1, STEP_S):
            passage = _passage(name, frames, float(start_s))
            span = (start_s * playing.ratio, (start_s + QUERY_S) * playing.ratio)
            _describe(passage, score, span, playing, rows)
            if suffix:
                _lay(passage, store.read(name), span, playing, rows)
    return rows


def _describe(
    passage: Passage, score: Score, span: tuple[float, float], playing: Playing, rows: Rows
) -> None:
    import mir_eval

    key = key_of(passage)
    own = notes_key(score, *span)
    if own is not None:
        right = mir_eval.key.weighted_score(
            _key_label((own[0] + playing.shift) % 12, own[1]), _key_label(key.tonic, key.mode)
        )
        rows["key of any passage, weighted"].append(right)
        rows["key is said"].append(float(key.confident))
        if key.confident:
            rows["key, weighted"].append(right)
    whole = written_key(score)
    if whole is not None and key.confident:
        truth = _key_label((whole[0] + playing.shift) % 12, whole[1])
        rows["key against the signature, weighted"].append(
            mir_eval.key.weighted_score(truth, _key_label(key.tonic, key.mode))
        )
    labels = verticals(score, *span)
    right_s, total_s = _chord_overlap(labels, chords_of(passage, key), playing)
    if total_s > 1:
        rows["chords, major or minor"].append(right_s / total_s)
        rows["chords, seconds compared"].append(total_s)
    beat, quarter = pulse(passage), quarter_bpm(score, *span) * playing.ratio
    rows["tempo is said"].append(float(beat.clear))
    if beat.clear:
        rows["tempo within 4 %, some metrical level"].append(
            float(any(_near(beat.bpm, quarter * x) for x in LEVELS))
        )
        rows["tempo within 4 % of the quarter"].append(float(_near(beat.bpm, quarter)))
    sounding = families(score, *span, playing.programs)
    heard = instruments(passage)
    known = {name: share for name, share in sounding.items() if name in FAMILIES}
    if known:
        rows["a family is named"].append(float(bool(heard)))
        if heard:
            rows["family named first"].append(float(heard[0][0] in known))
            rows[f"family named first, {max(known, key=lambda n: known[n])}"].append(
                float(heard[0][0] in known)
            )
    top = texture(passage).top
    tops = [n.midi for n in score.notes if n.start_s < span[1] and n.end_s > span[0]]
    if top is not None and top.clear and tops:
        rows["highest note within a semitone"].append(
            float(abs(top.high_midi - max(tops) - playing.shift) <= 1)
        )


def _lay(query: Passage, frames: Frames, span: tuple[float, float], playing: Playing, rows: Rows) -> None:
    """Lay a passage of the other playing on all windows of the first, as a search does, and refine the best."""
    starts = np.arange(0, max(frames.duration_s - QUERY_S, 0.1), 2.0)
    placed = by_notes.place(
        PreparedQuery(Query(query)), [Span(frames, float(s), float(s) + QUERY_S) for s in starts]
    )
    best = int(np.argmax(placed.value))
    where, alignment = placed.spans[best], placed.alignments[best]
    track = Track(query.name, "", query.name, "", "", "", "", None, frames.duration_s)
    moment = Moment(query.name, where.start_s, where.end_s)
    scores = {"harmony": FactorScore(float(placed.value[best]), 1, 1, 1)}
    hit = refine(PreparedQuery(Query(query)), Hit(1, track, moment, 1, 1, 1, scores, alignment), frames)
    truth = Moment(query.name, span[0], min(span[1], frames.duration_s))
    rows["laid on the right place"].append(float(hit.moment.overlap(truth) >= 0.5))
    if hit.moment.overlap(truth) >= 0.5:
        shift = (-playing.shift - hit.alignment.shift_semitones) % 12
        rows["shift"].append(float(shift == 0))
        rows["tempo ratio within 4 %"].append(float(_near(hit.alignment.tempo_ratio, playing.ratio)))


def _chord_overlap(
    truth: Sequence[LabelledSpan], said: Sequence[Chord], playing: Playing
) -> tuple[float, float]:
    """Seconds of the same triad, of those in which the score has a major or minor one (mir_eval's majmin)."""
    import mir_eval

    names = [_chord_label(chord) for chord in said]
    times = np.array([[chord.start_s * playing.ratio, chord.end_s * playing.ratio] for chord in said])
    labels = [_moved(one.label, playing.shift) for one in truth]
    spans = np.array([[one.start_s, one.end_s] for one in truth])
    times, names = mir_eval.util.adjust_intervals(times, names, spans.min(), spans.max(), "N", "N")
    joint, wanted, got = mir_eval.util.merge_labeled_intervals(spans, labels, times, names)
    agree = mir_eval.chord.majmin(wanted, got)
    durations = mir_eval.util.intervals_to_durations(joint)
    keep = (agree >= 0) & np.array([label not in ("N", "X") for label in wanted])
    return float((durations * np.maximum(agree, 0))[keep].sum()), float(durations[keep].sum())


def _moved(label: str, shift: int) -> str:
    root, colon, quality = label.partition(":")
    return f"{_FLAT[(_FLAT.index(root) + shift) % 12]}:{quality}" if colon else label


def _chord_label(chord: Chord) -> str:
    return "N" if chord.quality == "N" else f"{_FLAT[chord.root]}:{'min' if chord.quality else 'maj'}"


def _key_label(tonic: int, mode: str) -> str:
    return f"{_FLAT[tonic]} {mode}"


def _near(value: float, wanted: float) -> bool:
    return abs(value / wanted - 1) <= 0.04


def _passage(name: str, frames: Frames, start_s: float) -> Passage:
    return Passage(Clip(name, "", name, frames.duration_s), frames, start_s, start_s + QUERY_S)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.explanations", description=__doc__.splitlines()[0])
    parser.add_argument("--works", type=int, default=60)
    parser.add_argument("--splits", default="tune,test")
    parser.add_argument("--home", type=Path, default=cache_folder() / "explanations")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    chosen = parser.parse_args()
    chosen.home.mkdir(parents=True, exist_ok=True)
    table: dict[str, dict[str, Any]] = {}
    with ProcessPoolExecutor(chosen.processes, mp_context=get_context("spawn")) as pool:
        for split in chosen.splits.split(","):
            paths = works(chosen.works * 2, split=split)
            names: list[str] = []
            for first in range(0, len(paths), chosen.works // 2):
                batch = [(path, str(chosen.home)) for path in paths[first : first + chosen.works // 2]]
                names += [name for name in pool.map(prepare, batch) if name]
                if len(names) >= chosen.works:
                    break
            names = names[: chosen.works]
            rows: Rows = defaultdict(list)
            for one in pool.map(measure, names, [chosen.home] * len(names)):
                for what, values in one.items():
                    rows[what] += values
            table[split] = {"works": len(names)} | {
                what: {"mean": round(float(np.mean(values)), 4), "n": len(values)}
                for what, values in sorted(rows.items())
            }
            print(f"\n{split}: {len(names)} works")
            for what, values in sorted(rows.items()):
                goal = f"  (goal {GOALS[what]:.2f})" if what in GOALS else ""
                print(f"  {what:44s} {np.mean(values):6.3f}  n={len(values)}{goal}")
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps({"goals": GOALS, **table}, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
