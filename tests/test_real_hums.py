"""The script that scores public sets of hums, on a set of their form that is made here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import soundfile
from hummed_music import TUNE, sung
from music21 import note, stream

from bench.real_hums import RealHum, answered, main, qbsh, score_of, summary


def midi(path: Path, semitones: int, backwards: bool = False) -> None:
    """The tune as a MIDI file, twice; a quarter lasts half a second."""
    track, at = stream.Part(), 0.0
    for pitch, length_s in (*TUNE, *TUNE)[:: -1 if backwards else 1]:
        track.insert(at, note.Note(pitch + semitones, quarterLength=round(20 * length_s) / 10))
        at += round(20 * length_s) / 10
    path.parent.mkdir(parents=True, exist_ok=True)
    track.write("midi", fp=str(path))


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Two tunes and a hum of the first, as MIR-QBSH has them."""
    root = tmp_path / "corpus"
    midi(root / "midiFile" / "00001.mid", 0)
    midi(root / "midiFile" / "00002.mid", 3, backwards=True)
    hum = sung(TUNE, -10.0, 1.1)
    (root / "waveFile" / "year2003" / "person00001").mkdir(parents=True)
    soundfile.write(root / "waveFile" / "year2003" / "person00001" / "00001.wav", hum.samples, hum.rate_hz)
    return root


def test_the_corpus_is_played_and_its_hums_know_their_tune(corpus: Path, tmp_path: Path) -> None:
    hums = qbsh(corpus, tmp_path / "music")
    assert [hum.piece for hum in hums] == ["00001"]
    assert sorted(file.name for file in (tmp_path / "music").iterdir()) == ["00001.flac", "00002.flac"]
    score = score_of(corpus / "midiFile" / "00001.mid")
    assert [note.midi for note in score.parts[0].notes[:3]] == [67, 69, 71]


def test_the_corpus_is_scored(corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "work"), "--qbsh", str(corpus)]) == 0
    said = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
    assert (said["hums"], said["piece@1"], said["MRR"]) == (1, 1.0, 1.0)


def test_other_sets_come_with_a_table(tmp_path: Path) -> None:
    (tmp_path / "q1.wav").write_bytes(b"x")
    table = tmp_path / "answers.csv"
    table.write_text("file,title\nq1.wav,Yesterday\nlost.wav,Help\n", "utf-8")
    assert answered(tmp_path, table) == [RealHum(tmp_path / "q1.wav", "Yesterday")]
    assert summary([1, 2, 0, 20]) == {"hums": 4, "piece@1": 0.25, "piece@10": 0.5, "MRR": 0.388}
    with pytest.raises(SystemExit):
        main([str(tmp_path), "--hums", str(tmp_path)])
