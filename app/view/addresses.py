"""Addresses of what the page's server serves: moments, tracks, clips, and the page's own files."""

from __future__ import annotations

import hashlib
from pathlib import Path

ASSETS = Path(__file__).parents[1] / "ui" / "assets"


def moment_url(track_id: str, start_s: float, end_s: float) -> str:
    """The address at which a moment is played."""
    return f"/reprise/track/{track_id}/{start_s:.3f}-{end_s:.3f}.wav"


def track_url(track_id: str) -> str:
    """The address at which a whole track is played."""
    return f"/reprise/track/{track_id}"


def clip_url(thread_id: str, clip_id: str) -> str:
    """The address at which a clip is played; the player adds "/START-END.wav"."""
    return f"/reprise/clip/{thread_id}/{clip_id}"


def asset_url(name: str) -> str:
    """Where one of the page's own files is served; it changes when any of them does."""
    version = hashlib.sha256()
    for path in sorted(ASSETS.iterdir()):
        version.update(path.read_bytes())
    return f"/reprise/page/{name}?{version.hexdigest()[:12]}"
