"""More tracks than a process may have files open: every search, words of songs, recommendations, status."""

import subprocess
import sys
from pathlib import Path

import pytest

TRACKS, FILES = 200, 96
"""Python and the networks take a dozen for themselves."""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such limit")
def test_more_tracks_than_files_may_be_open(tmp_path):
    script = Path(__file__).with_name("many_tracks.py")
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path / "home"), str(FILES), str(TRACKS)],
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.split()[-1]) < 64
