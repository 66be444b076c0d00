"""The tracks of a file that holds an album: by a CUE sheet beside it or in its tags, or by its chapters."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from index.album.chapters import chapters_of, is_nameless
from index.album.cue_sheet import MOST_BYTES, CueSheet, SheetFile, decoded, parse
from index.audio.stream import open_regular
from index.audio.tag_file import file_tags
from index.audio.tags import Tags, year_of
from index.core.errors import AudioReadError

SHORTEST_S = 1.0
_MOST_SHEETS = 200
_EMBEDDED = ("cuesheet", "Cuesheet", "CUESHEET", "TXXX:CUESHEET", "TXXX:cuesheet", "WM/Cuesheet")


@dataclass(frozen=True)
class Part:
    """A track that is a part of a file."""

    tags: Tags
    start_s: float
    end_s: float | None
    """None is the file's end."""


def parts_of(path: Path, tags: Tags) -> tuple[Part, ...]:
    """The tracks of a file in order, at least two; none where the file is one track. Never raises.

    Parameters
    ----------
    path : Path
        A sound file.
    tags : Tags
        What it says of itself, for what a sheet does not say.
    """
    if found := parts_by_sheets(path, tags, sheets_beside(path.parent)):
        return found
    for sheet in _embedded(path):
        tracks = [track for file in sheet.files for track in file.tracks]
        if found := _by_sheet(sheet, SheetFile(path.name, tracks), tags):
            return found
    return _by_chapters(path, tags)


def parts_by_sheets(path: Path, tags: Tags, sheets: Sequence[CueSheet]) -> tuple[Part, ...]:
    """The tracks of a file by the first of some sheets that knows it."""
    for sheet in sheets:
        named = _named(sheet, path)
        if named is not None and (found := _by_sheet(sheet, named, tags)):
            return found
    return ()


def sheets_beside(folder: Path) -> list[CueSheet]:
    """The CUE sheets of a folder, by name."""
    try:
        names = sorted(entry.name for entry in os.scandir(folder) if entry.name.lower().endswith(".cue"))
    except OSError:
        return []
    found = []
    for name in names[:_MOST_SHEETS]:
        try:
            with open_regular(folder / name) as file:
                found.append(parse(decoded(file.read(MOST_BYTES))))
        except AudioReadError:
            continue
        found[-1].stem = Path(name).stem
    return found


def _named(sheet: CueSheet, path: Path) -> SheetFile | None:
    """What a sheet says of a file: named exactly, but for case and composition, or but for its ending.

    A sheet of one file may also go by that file's name itself.
    """
    for same in (_whole, _without_ending):
        for file in sheet.files:
            if same(file.name) == same(path.name):
                return file
    if len(sheet.files) == 1 and _whole(sheet.stem) in (_whole(path.stem), _whole(path.name)):
        return sheet.files[0]
    return None


def _whole(name: str) -> str:
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return unicodedata.normalize("NFC", last).casefold()


def _without_ending(name: str) -> str:
    return _whole(name).rpartition(".")[0] or _whole(name)


def _by_sheet(sheet: CueSheet, file: SheetFile, tags: Tags) -> tuple[Part, ...]:
    tracks = sorted(file.tracks, key=lambda track: track.start_s or 0.0)
    starts = [track.start_s or 0.0 for track in tracks]
    if len(tracks) < 2 or len(set(starts)) < len(starts):
        return ()
    parts = [
        Part(
            Tags(
                title=track.title or f"{sheet.title or tags.album or tags.title} {track.number}",
                artist=track.performer or sheet.performer or tags.artist,
                composer=track.songwriter or sheet.songwriter or tags.composer,
                album=sheet.title or tags.album or tags.title,
                genre=sheet.genre or tags.genre,
                year=year_of(sheet.date) or tags.year,
            ),
            start_s,
            end_s,
        )
        for track, start_s, end_s in zip(tracks, starts, [*starts[1:], None], strict=True)
        if track.audio and (end_s is None or end_s - start_s >= SHORTEST_S)
    ]
    return tuple(parts) if len(parts) > 1 else ()


def _by_chapters(path: Path, tags: Tags) -> tuple[Part, ...]:
    chapters = chapters_of(path)
    if not chapters:
        return ()
    album = tags.album or tags.title
    parts = []
    ends = [*(chapter.start_s for chapter in chapters[1:]), None]
    for number, (chapter, end_s) in enumerate(zip(chapters, ends, strict=True), 1):
        title = chapter.title or str(number)
        named = f"{album}: {title}" if is_nameless(title) else title
        parts.append(Part(replace(tags, title=named, album=album), chapter.start_s, end_s))
    return tuple(parts)


def _embedded(path: Path) -> Iterator[CueSheet]:
    """Sheets in the tags of a file: Vorbis comments, APE tags, ID3; and the CUESHEET block of FLAC."""
    read = file_tags(path)
    file, tags = read.file, read.tags or {}
    for name in _EMBEDDED:
        try:
            found = tags[name]
        except (KeyError, ValueError, TypeError):
            continue
        found = getattr(found, "text", found)
        text = found if isinstance(found, str) else "\n".join(str(each) for each in found)
        yield parse(f'FILE "" WAVE\n{text}')
        return
    block = getattr(file, "cuesheet", None)
    if block is not None and file.info.sample_rate:
        lines = ['FILE "" WAVE']
        for track in block.tracks:
            index = next((each for each in track.indexes if each.index_number == 1), None)
            if index is None or track.track_number > 99:
                continue
            frames = round((track.start_offset + index.index_offset) / file.info.sample_rate * 75)
            time = f"{frames // 4500}:{frames // 75 % 60:02d}:{frames % 75:02d}"
            lines += [
                f"TRACK {track.track_number} {'AUDIO' if track.type == 0 else 'MODE1'}",
                f"INDEX 01 {time}",
            ]
        yield parse("\n".join(lines))
