"""Which f0 estimator tracks a hum best: pYIN as the search uses it, basic-pitch's contour, or CREPE.

    python -m bench.trackers [--hums 30] [--full]

Hums are made from scores of the development split (bench/humming.py), so that their true pitch is known, and
tracked they are, with pink noise 12 dB below the voice, and with noise as loud as the voice. A frame that a
tracker calls silent counts as wrong. `--full` adds CREPE's large network, which takes minutes.

References
----------
Salamon, Gómez, Ellis, Richard, "Melody extraction from polyphonic music signals", IEEE Signal Processing Magazine 2014
(the measures). Raffel et al., "mir_eval: a transparent implementation of common MIR metrics", ISMIR 2014.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, dataclass, fields

import numpy as np

from bench.damage import pink_noise
from bench.humming import CURVE_HZ, Curve, Hum, hum
from bench.metrics import auroc
from bench.works import works
from demo.scores import ScoreError, load_score
from index.analysis.f0 import PitchTrack, track_sound, track_strongest
from index.audio.reading import Sound, resample
from index.core.errors import WeightsError
from index.core.frames import NOTE_HZ, rows

NOISES_DB: dict[str, float | None] = {"clean": None, "12 dB": 12.0, "0 dB": 0.0}
"""Voice over noise; the clean hums have the faint noise that `bench.humming` gives them."""
RIGHT_CENTS = 50.0


@dataclass(frozen=True)
class Tracker:
    """An f0 estimator."""

    name: str
    follow: Callable[[Sound], PitchTrack]
    first_s: float = 0.0
    """The centre of the first frame."""


@dataclass(frozen=True)
class Marks:
    """How well one hum was tracked; all but the last two are shares."""

    pitch: float
    """Of the frames with a voice: right within half a semitone (raw pitch accuracy)."""
    chroma: float
    """The same, octaves aside."""
    recall: float
    """Of the frames with a voice: called voiced."""
    false_alarm: float
    """Of the frames without: called voiced."""
    sure: float
    """How often a correct frame (octaves aside) has a higher confidence than any other one."""
    off_semitones: float
    """The median pitch error of frames that are voiced and detected as such."""
    cpu_s: float
    """Processor time for ten seconds of hum."""


def marks(curve: Curve, heard: PitchTrack, first_s: float = 0.0, cpu_s: float = 0.0) -> Marks:
    """Compare the estimated pitch with the truth."""
    from mir_eval import melody

    times_s = np.arange(len(curve.midi)) / CURVE_HZ
    heard_s = first_s + np.arange(len(heard.midi)) * heard.step_s
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # mir_eval warns where a tracker hears nothing at all
        voiced, cents, said, guessed = melody.to_cent_voicing(
            times_s, _hz(curve.midi, curve.voiced), heard_s, _hz(heard.midi, heard.voiced)
        )
        pitch = melody.raw_pitch_accuracy(voiced, cents, said, guessed, cent_tolerance=RIGHT_CENTS)
        chroma = melody.raw_chroma_accuracy(voiced, cents, said, guessed, cent_tolerance=RIGHT_CENTS)
        recall, false_alarm = melody.voicing_measures(voiced, said)
    both = (voiced > 0) & (said > 0)
    off = float(np.median(np.abs(cents - guessed)[both])) / 100 if both.any() else np.nan
    return Marks(pitch, chroma, recall, false_alarm, _sure(curve, heard, heard_s), off, cpu_s)


def _hz(midi: np.ndarray, voiced: np.ndarray) -> np.ndarray:
    """Frequencies as mir_eval wants them: 0 where silent."""
    return np.where(voiced, 440 * 2 ** ((midi - 69) / 12), 0.0)


def _sure(curve: Curve, heard: PitchTrack, heard_s: np.ndarray) -> float:
    """The area under the ROC curve of telling right frames by the tracker's confidence."""
    if heard.confidence is None:
        return np.nan
    at = np.minimum(np.round(heard_s * CURVE_HZ).astype(int), len(curve.midi) - 1)
    off = (heard.midi - curve.midi[at] + 6) % 12 - 6
    right = curve.voiced[at] & (np.abs(off) <= RIGHT_CENTS / 100)
    return auroc(heard.confidence[right], heard.confidence[~right])


def trackers(full: bool = False) -> Iterator[Tracker]:
    """What is compared; networks whose weights are missing are named and left out."""
    yield Tracker("pYIN, as used", track_sound)
    yield Tracker("pYIN, what it doubts too", lambda sound: track_sound(sound, 0.0))
    yield Tracker("basic-pitch's contour", _contour(), 0.5 / NOTE_HZ)
    try:
        import torch

        from bench.crepe import Crepe

        torch.set_num_threads(1)  # as the others
        yield Tracker("CREPE tiny", Crepe("tiny").track)
        if full:
            yield Tracker("CREPE full", Crepe("full").track)
    except WeightsError as error:
        print(f"CREPE is left out. {error}", file=sys.stderr)


def _contour() -> Callable[[Sound], PitchTrack]:
    from index.analysis.analyser import strongest_contour
    from index.models.basic_pitch import RATE_HZ, BasicPitch

    network = BasicPitch()

    def follow(sound: Sound) -> PitchTrack:
        heard = network.activations(resample(sound, RATE_HZ).samples)
        return track_strongest(strongest_contour(heard, rows(sound.duration_s, NOTE_HZ)))

    return follow


def hums(count: int, seed: int = 0) -> Iterator[Hum]:
    """Hums of so many works of the development split."""
    made = 0
    for number, path in enumerate(works(3 * count, seed, split="tune")):
        try:
            hummed = hum(load_score(path), np.random.default_rng([seed, number]))
        except ScoreError:
            continue
        if hummed is not None:
            yield hummed
            made += 1
        if made == count:
            return


def compare(chosen: Sequence[Tracker], voices: Sequence[Hum]) -> Iterator[tuple[str, Tracker, Marks]]:
    """The mean marks of every tracker at every noise."""
    for tracker in chosen:
        tracker.follow(
            voices[0].sound.span(0, 3)
        )  # what is compiled or loaded at the first use is not counted
    for label, noise_db in NOISES_DB.items():
        rng = np.random.default_rng(0)
        sounds = [v.sound if noise_db is None else pink_noise(v.sound, noise_db, rng) for v in voices]
        for tracker in chosen:
            got = []
            for voice, sound in zip(voices, sounds, strict=True):
                began = time.process_time()
                heard = tracker.follow(sound)
                cpu_s = (time.process_time() - began) * 10 / sound.duration_s
                got.append(astuple(marks(voice.curve, heard, tracker.first_s, cpu_s)))
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # numpy warns of a measure that no hum has
                yield label, tracker, Marks(*np.nanmean(got, axis=0).tolist())


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.trackers", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--hums", type=int, default=30)
    parser.add_argument("--full", action="store_true", help="CREPE's large network too")
    chosen = parser.parse_args(arguments)
    names = [field.name for field in fields(Marks)]
    print(f"| noise | tracker | {' | '.join(names)} |")
    print("|---" * (len(names) + 2) + "|")
    for noise, tracker, mean in compare(list(trackers(chosen.full)), list(hums(chosen.hums))):
        print(f"| {noise} | {tracker.name} | {' | '.join(f'{x:.2f}' for x in astuple(mean))} |", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
