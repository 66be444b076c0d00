"""From a file of music21's corpus to a Score: notes, tempi, repeat signs, dynamics, transposing instruments.

Ornaments, hairpins and fermatas are not played. music21 is imported only when reading.
"""

from __future__ import annotations

import itertools
import re
import statistics
import warnings
from bisect import bisect_right
from pathlib import Path
from typing import Any

from demo.ensembles import Habit, habit_of, program_by_name, spread
from demo.repeats import Jump, RepeatSigns, play_order
from demo.scores import Part, Score, ScoreError
from demo.written import Page, Written, played_bars, played_notes

IN_VOICES = "josquin/"
"""Here the tunes of a file are the voices of one work."""


def read_score(path: str, file: Path) -> Score:
    """Read a corpus file; `path` may name one tune of a book by "#number"."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            stream = parse(path, file)
            return _score(path, stream)
        except ScoreError:
            raise
        except Exception as error:  # music21 raises anything on odd files: the work is skipped and counted
            raise ScoreError(path, f"music21 says {type(error).__name__}: {error}"[:200]) from error


def parse(path: str, file: Path) -> Any:
    """music21's stream of a corpus file."""
    from music21 import converter, stream

    number: dict[str, Any] = {}
    if "#" in path:
        number["number"] = int(path.split("#", 1)[1])
    elif file.suffix == ".abc" and not path.startswith(IN_VOICES):
        number["number"] = _first_tune(file)
    parsed = converter.parse(str(file), forceSource=True, storePickle=False, **number)
    if isinstance(parsed, stream.Opus):
        parsed = parsed.mergeScores() if path.startswith(IN_VOICES) else parsed.scores[0]
    return parsed


def _first_tune(file: Path) -> int | None:
    found = re.search(r"^X:\s*(\d+)", file.read_text("latin-1"), re.MULTILINE)
    return int(found[1]) if found else None


def _score(path: str, stream: Any) -> Score:
    from music21 import key

    habit = habit_of(path)
    parts = [part if part.hasMeasures() else part.makeMeasures() for part in stream.parts]
    written = [_written(part) for part in parts]
    played = [(part, notes) for part, notes in zip(parts, written, strict=True) if notes]
    if not played:
        raise ScoreError(path, "no notes in it")
    page = _page(parts, [notes for _, notes in played], habit)
    order, kept = _order(parts, page)
    programs = _programs([part for part, _ in played], habit)
    sounded = []
    for (part, notes), program in zip(played, programs, strict=True):
        sounded.append(Part(_name(part), program, played_notes(notes, page, order)))
    signature = next(iter(stream.recurse().getElementsByClass(key.KeySignature)), None)
    data = stream.metadata
    return Score(
        path=path,
        title=(data and (data.title or data.movementName)) or path.rsplit("/", 1)[-1],
        composer=(data and data.composer) or "",
        year=None,
        genre=habit.genre,
        parts=tuple(sounded),
        measures=played_bars(page, order),
        quarter_bpm=round(page.quarter_bpm, 2),
        fifths=signature.sharps if signature is not None else 0,
        mode=(getattr(signature, "mode", "") or "") if signature is not None else "",
        repeats_kept=kept,
    )


def _name(part: Any) -> str:
    return str(part.partName or "").replace("\n", " ").strip()


def _written(part: Any) -> list[Written]:
    """All notes of a part, at sounding pitch."""
    from music21 import articulations, chord, dynamics, harmony, instrument, note

    flat = part.flatten()
    loud = [(float(d.offset), d.volumeScalar) for d in flat.getElementsByClass(dynamics.Dynamic)]
    moves = [
        (float(i.offset), int(i.transposition.semitones) if i.transposition is not None else 0)
        for i in flat.getElementsByClass(instrument.Instrument)
    ]
    if part.atSoundingPitch is True:
        moves = []
    graces: list[Any] = []
    found: list[Written] = []
    for element in flat.notes:
        if isinstance(element, harmony.Harmony) or not isinstance(element, (note.Note, chord.Chord)):
            continue
        if element.duration.isGrace:
            graces.append(element)
            continue
        for i, grace in enumerate(graces):
            found += _heads(grace, float(element.offset), loud, moves, graces=len(graces) - i)
        graces = []
        short = any(isinstance(a, articulations.Staccato) for a in element.articulations)
        found += _heads(element, float(element.offset), loud, moves, short=short)
    return found


def _heads(
    element: Any,
    start_q: float,
    loud: list[tuple[float, float]],
    moves: list[tuple[float, int]],
    *,
    graces: int = 0,
    short: bool = False,
) -> list[Written]:
    heads = element.notes if element.isChord else (element,)
    place = bisect_right(loud, (start_q, 2.0)) - 1
    velocity = round(35 + 85 * loud[place][1]) if place >= 0 else 82
    shift = next(
        (semitones for at, semitones in reversed(moves) if at <= start_q), moves[0][1] if moves else 0
    )
    length = float(element.quarterLength)
    return [
        Written(
            start_q,
            length,
            int(head.pitch.midi) + shift,
            max(1, min(127, velocity)),
            (head.tie or element.tie).type if (head.tie or element.tie) else "",
            graces,
            short,
        )
        for head in heads
        if (length > 0 or graces) and 0 <= int(head.pitch.midi) + shift <= 127
    ]


def _page(parts: list[Any], written: list[list[Written]], habit: Habit) -> Page:
    from music21 import stream, tempo

    longest = max(parts, key=lambda part: len(part.getElementsByClass(stream.Measure)))
    bars = sorted({float(bar.offset) for bar in longest.getElementsByClass(stream.Measure)}) or [0.0]
    end = max(max(n.start_q + n.length_q for n in notes) for notes in written)
    end = max(end, float(longest.highestTime))
    tempi: dict[float, float] = {}
    if habit.trust_tempo:
        for part in parts:
            for mark in part.flatten().getElementsByClass(tempo.MetronomeMark):
                bpm = mark.getQuarterBPM()
                if bpm and 15 <= bpm <= 500:
                    tempi.setdefault(float(mark.offset), float(bpm))
    if not tempi or min(tempi) > bars[min(2, len(bars) - 1)]:
        tempi[0.0] = habit.quarter_bpm or _dense_bpm(written, habit)
    else:
        tempi[0.0] = tempi[min(tempi)]
    return Page(bars, end, sorted(tempi.items()))


def _dense_bpm(written: list[list[Written]], habit: Habit) -> float:
    """The tempo at which the middle note of the busiest part lasts as long as the habit says."""
    medians = []
    for notes in written:
        starts = sorted({n.start_q for n in notes if not n.graces})
        steps = [b - a for a, b in itertools.pairwise(starts) if b - a <= 8]
        if len(steps) >= 4:
            medians.append(statistics.mean((statistics.median(steps), statistics.mean(steps))))
    middle = min(medians, default=1.0)
    return float(min(260, max(48, round(60.0 * middle / habit.step_s))))


def _order(parts: list[Any], page: Page) -> tuple[list[int], bool]:
    straight = list(range(len(page.bars_q)))
    try:
        return play_order(len(straight), _signs(parts, page)), True
    except (ValueError, AttributeError, TypeError):
        return straight, False


def _signs(parts: list[Any], page: Page) -> RepeatSigns:  # noqa: PLR0912 one sign a branch
    from music21 import bar, repeat, spanner, stream

    starts: set[int] = set()
    ends: dict[int, int] = {}
    endings: dict[int, frozenset[int]] = {}
    jump, segno, fine, codas = None, None, None, set()
    for part in parts:
        for measure in part.getElementsByClass(stream.Measure):
            i = page.bar(float(measure.offset))
            for line in (measure.leftBarline, measure.rightBarline):
                if isinstance(line, bar.Repeat):
                    if line.direction == "start":
                        starts.add(i if line is measure.leftBarline else i + 1)
                    else:
                        ends[i if line is measure.rightBarline else max(0, i - 1)] = max(2, line.times or 2)
            for mark in measure.recurse().getElementsByClass(repeat.RepeatExpression):
                kind = type(mark).__name__
                if kind == "Segno":
                    segno = i if segno is None else segno
                elif kind == "Fine":
                    fine = i
                elif kind == "Coda":
                    codas.add(i)
                elif kind.startswith(("DaCapo", "DalSegno")):
                    until = "fine" if kind.endswith("Fine") else "coda" if kind.endswith("Coda") else "end"
                    jump = Jump(i, "segno" if kind.startswith("DalSegno") else "start", until)  # type: ignore[arg-type]
        for bracket in part.recurse().getElementsByClass(spanner.RepeatBracket):
            for measure in bracket.getSpannedElements():
                endings[page.bar(float(measure.offset))] = frozenset(bracket.numberRange)
    if jump is not None and jump.until == "end" and fine is not None:
        jump = Jump(jump.bar, jump.back_to, "fine")
    return RepeatSigns(frozenset(starts), ends, endings, jump, segno, fine, tuple(sorted(codas)))


def _programs(parts: list[Any], habit: Habit) -> tuple[int, ...]:
    if habit.ensemble:
        return spread(habit.ensemble, len(parts))
    found = []
    for part in parts:
        instrument = part.getInstrument(returnDefault=False)
        named = program_by_name(_name(part), getattr(instrument, "instrumentName", None))
        given = getattr(instrument, "midiProgram", None)
        found.append(named if named is not None else given if given is not None else 0)
    return tuple(int(program) for program in found)
