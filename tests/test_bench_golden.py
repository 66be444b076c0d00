"""The fixed questions are the same in every run, or nothing is proved by their answers."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import soundfile
from small_library import TRACKS, SmallLibrary

from bench.golden import CLIPS, MOMENTS, questions


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> SmallLibrary:
    """Its tracks lie on disk: thirty seconds of a tone each."""
    folder = tmp_path_factory.mktemp("sounding")
    seconds, music = np.arange(30 * 22050) / 22050, []
    for number, track in enumerate(TRACKS, 1):
        path = folder / f"{number}.wav"
        soundfile.write(path, 0.2 * np.sin(2 * np.pi * 220 * number * seconds), 22050)
        music.append(replace(track, path=str(path), duration_s=30.0))
    return SmallLibrary(folder, music)


def test_clips_that_lie_there_already_change_no_later_question(library: SmallLibrary, tmp_path: Path) -> None:
    first = list(islice(questions(library, tmp_path), CLIPS + MOMENTS))
    again = list(islice(questions(library, tmp_path), CLIPS + MOMENTS))
    assert len({request.moment for _, request in first}) > MOMENTS // 2
    assert again == first
