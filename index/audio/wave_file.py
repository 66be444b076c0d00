"""A sound as the bytes of a WAV file, for whoever plays it or hands it on."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from index.audio.reading import Sound


def wave_bytes(sound: Sound) -> bytes:
    """A WAV file of 16 bits at the sound's own rate; samples beyond full scale are clipped."""
    import numpy as np
    import soundfile

    file = io.BytesIO()
    soundfile.write(file, np.clip(sound.samples, -1.0, 1.0), sound.rate_hz, "PCM_16", format="WAV")
    return file.getvalue()
