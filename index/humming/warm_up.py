"""numba's code is compiled at set-up, not while somebody waits for an answer.

As a program (`python -m index.humming.warm_up`) it compiles everything that is used, ours and librosa's, with
every signature in use, into the given folder; it exits when its parent does.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path


def compile_once(folder: Path, report: Callable[[str], None]) -> None:
    """Compile everything into `folder`, unless that was done before.

    Raises
    ------
    OSError
        If the folder cannot be written.
    """
    from index.system.compiled_code import LIST, CompiledCode, compile_in_child, roots
    from index.system.compiled_locator import code_key

    code = CompiledCode(folder, code_key())
    if code.whole():
        return
    report("compiling the search for tunes")
    elsewhere = [CompiledCode(root, code.key) for root in roots()]

    def build(partial: Path) -> None:
        made = next((each for each in elsewhere if each.whole()), None)
        if made is None:
            compile_in_child(partial)
        else:
            shutil.copytree(made.folder, partial, dirs_exist_ok=True, ignore=shutil.ignore_patterns(LIST))

    code.make(build)
    from index.descriptors import coincidences
    from index.humming import dtw as warping
    from index.humming import rigid_scan, sketch

    for each in (warping, rigid_scan, sketch, coincidences):
        each.compile_all()  # a trial


def compile_all() -> None:
    """Call all that is compiled, as it is called when it is used."""
    import numpy as np

    from index.analysis.analyser import SPECTRUM_HZ
    from index.analysis.f0 import track_sound
    from index.audio.reading import Sound
    from index.descriptors import coincidences
    from index.humming import dtw as warping
    from index.humming import rigid_scan, sketch

    for each in (warping, rigid_scan, sketch, coincidences):
        each.compile_all()
    tone = np.sin(np.arange(2 * SPECTRUM_HZ) * 0.06).astype(np.float32)
    track_sound(Sound(tone, SPECTRUM_HZ))


def _end_with_owner() -> None:
    def wait() -> None:
        os.read(0, 1)  # not by sys.stdin, whose lock would be held when the interpreter ends
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


if __name__ == "__main__":
    _end_with_owner()
    compile_all()
