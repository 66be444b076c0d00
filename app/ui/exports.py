"""Moments taken elsewhere: a choice of formats, and a button that writes the file when it is clicked."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import streamlit as st

from index.core.moments import TrackMoment
from index.playlists.files import FORMATS, endings, file_stem, write_playlist

LABELS: Mapping[str, str] = {
    "m3u8": "M3U8, for VLC and others",
    "mpv": "M3U8, for mpv",
    "xspf": "XSPF",
    "cue": "CUE sheet",
    "csv": "Table (CSV)",
    "json": "JSON",
    "m4a": "One sound file (M4A)",
    "mp3": "One sound file (MP3)",
    "opus": "One sound file (Opus)",
    "flac": "One sound file (FLAC)",
}


def draw_export(name: str, items: Sequence[TrackMoment], key: str) -> None:
    """The choice and the button."""
    form = st.selectbox(
        "Format",
        FORMATS,
        format_func=lambda each: LABELS.get(each, each),
        key=f"format_{key}",
        label_visibility="collapsed",
    )
    st.download_button(
        "Download",
        partial(playlist_file, form, name, tuple(items)),
        f"{file_stem(name)}{endings(form)[0]}",
        "application/octet-stream",
        key=f"download_{key}_{form}",
        on_click="ignore",
    )


def playlist_file(form: str, name: str, items: Sequence[TrackMoment]) -> io.BytesIO:
    """A playlist as the bytes of its file.

    Raises
    ------
    RepriseError
        If the format cannot hold these moments, or no sound could be read.
    """
    with tempfile.TemporaryDirectory(prefix="reprise-") as folder:
        written = write_playlist(Path(folder) / f"playlist{endings(form)[0]}", form, name, items)
        return io.BytesIO(written.path.read_bytes())
