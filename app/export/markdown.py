"""A conversation as Markdown, with the moments it found and
the clips it was asked with as sound files beside it.
"""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from app.view.turns import Call, Turn, hits_of, turns_of
from app.view.words import in_markdown, percent
from index.core.errors import LibraryError, RepriseError
from index.core.hits import Hit
from index.core.tracks import Clip
from index.playlists.files import file_stem, guarded_moments
from index.text.wording import closer_than
from tools.sound_hits import compared_of

if TYPE_CHECKING:
    from app.agent.events import Entry
    from index.audio.reading import Sound

MOMENTS, CLIPS = "moments", "clips"


@dataclass
class _Sounds:
    """The sound files of one conversation, each written once."""

    folder: Path
    read: Callable[[Hit], Sound]
    clip_file: Callable[[Clip], Path]
    names: dict[tuple[str, float, float], str] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    def moment(self, hit: Hit) -> str:
        """The file of a moment, relative to the folder; empty where its track cannot be read."""
        key = (hit.track.id, hit.moment.start_s, hit.moment.end_s)
        if key not in self.names:
            span = hit.moment.span.replace(":", ".")
            name = f"{MOMENTS}/{file_stem(f'{len(self.names) + 1:02d} {hit.track.title} {span}')}.flac"
            try:
                self._write(self.folder / name, hit)
            except RepriseError as error:
                self.failed.append(str(error))
                name = ""
            self.names[key] = name
        return self.names[key]

    def clip(self, number: int, clip: Clip) -> str:
        """The file of a clip that was brought; empty where it is gone."""
        given = Path(clip.name)
        name = f"{CLIPS}/{number} {file_stem(given.stem, 'clip')}{Path(clip.path).suffix}"
        target = self.folder / name
        target.parent.mkdir(exist_ok=True)
        try:
            shutil.copyfile(self.clip_file(clip), target)
        except (OSError, LibraryError):
            self.failed.append(f"The clip {clip.name} is not there now.")
            return ""
        return name

    def _write(self, path: Path, hit: Hit) -> None:
        import soundfile

        sound = self.read(hit)
        path.parent.mkdir(exist_ok=True)
        soundfile.write(path, sound.samples.clip(-1.0, 1.0), sound.rate_hz, "PCM_16")


def where_it_was(clip: Clip) -> Path:
    """The file of a clip in the home in which it was brought."""
    return Path(clip.path)


def write_transcript(
    name: str, entries: Sequence[Entry], folder: Path, clip_file: Callable[[Clip], Path] = where_it_was
) -> tuple[str, ...]:
    """Write a conversation into a new folder; sentences about sounds that could not be read."""
    folder.mkdir(parents=True)
    lines = [f"# {in_markdown(name)}", ""]
    clips = 0
    with guarded_moments() as read:
        sounds = _Sounds(folder, read, clip_file)
        for turn in turns_of(entries):
            lines += _turn(turn, clips, sounds)
            clips += len(turn.clips)
    (folder / "conversation.md").write_text("\n".join(lines), encoding="utf-8")
    return tuple(dict.fromkeys(sounds.failed))


def zipped(
    name: str, entries: Sequence[Entry], clip_file: Callable[[Clip], Path] = where_it_was
) -> tuple[bytes, tuple[str, ...]]:
    """The same as the bytes of a ZIP file."""
    with tempfile.TemporaryDirectory(prefix="reprise-") as made:
        folder = Path(made) / file_stem(name, "Conversation")
        failed = write_transcript(name, entries, folder, clip_file)
        path = Path(made) / "conversation.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in sorted(folder.rglob("*")):
                if file.is_file():
                    archive.write(file, file.relative_to(made))
        return path.read_bytes(), failed


def _turn(turn: Turn, clips: int, sounds: _Sounds) -> Iterator[str]:
    if turn.words:
        yield from (f"**You:** {_lines(turn.words)}", "")
    for number, clip in enumerate(turn.clips, start=clips + 1):
        yield from (f"*You brought* {_link(clip.name, sounds.clip(number, clip))}", "")
    if turn.answer:
        yield from (f"**Reprise:** {_lines(turn.answer)}", "")
    for call in turn.calls:
        yield from _found(call, sounds)


def _found(call: Call, sounds: _Sounds) -> Iterator[str]:
    hits = hits_of(call)
    compared = compared_of(call.artifact)
    for hit in hits:
        by = ", ".join(str(part) for part in (hit.track.author, hit.track.year) if part)
        listen = _link("listen", file) if (file := sounds.moment(hit)) else "its file is not there now"
        alike = f"{closer_than(hit.likeness, compared)}, same music: {percent(hit.confidence)}"
        said = [f"**{in_markdown(hit.track.title)}**", in_markdown(by), hit.moment.span, alike, listen]
        yield f"{hit.rank}. {' · '.join(part for part in said if part)}"
    if hits:
        yield ""


def _lines(text: str) -> str:
    return "  \n".join(map(in_markdown, text.splitlines()))


def _link(words: str, file: str) -> str:
    return f"[{in_markdown(words)}]({quote(file)})" if file else in_markdown(words)
