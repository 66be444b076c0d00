"""Words of whole tracks as the catalogue keeps them: written down once, searched and shown from then on."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from sqlalchemy import Connection, delete, func, insert, select, union

from index.catalogue.database import Database, lasting
from index.catalogue.tables import LyricsRow, RetiredRow, SettingRow, SungLineRow, TrackRow
from index.core.transcript import Line, Transcript, Word

_EDITION = "lyrics_edition"


@dataclass(frozen=True)
class SungLine:
    """One line of a track, and where the text network places it."""

    track_id: str
    line: Line
    vector: np.ndarray
    """(384,) float32 of unit length."""


@dataclass(frozen=True)
class Noted:
    """What became of one track."""

    language: str
    network: str
    problem: str
    """Why its words could not be written down; empty where they were."""


@lasting
class Lyrics:
    """The words noted in a catalogue's database. Each track is noted in one transaction, whole or not at all."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def noted(self) -> dict[str, Noted]:
        """What became of the tracks that are done, by id."""
        query = select(LyricsRow.track_id, LyricsRow.language, LyricsRow.network, LyricsRow.problem)
        with self._database.read() as connection:
            return {track_id: Noted(*rest) for track_id, *rest in connection.execute(query)}

    def note(self, track_id: str, heard: Transcript, vectors: np.ndarray, problem: str = "") -> None:
        """Note the words of a track; `vectors` (lines, 384) are those of the text network."""
        rows = [
            {
                "track_id": track_id,
                "start_s": line.start_s,
                "end_s": line.end_s,
                "text": line.text,
                "words": json.dumps([asdict(word) for word in line.words]),
                "vector": vector.astype(np.float16).tobytes(),
            }
            for line, vector in zip(heard.lines, vectors, strict=True)
        ]
        done = {"language": heard.language, "network": heard.network, "problem": problem}
        with self._database.write() as connection:
            connection.execute(delete(SungLineRow).where(SungLineRow.track_id == track_id))
            connection.execute(delete(LyricsRow).where(LyricsRow.track_id == track_id))
            connection.execute(insert(LyricsRow).values(track_id=track_id, written_at=time.time(), **done))
            if rows:
                connection.execute(insert(SungLineRow), rows)
            _count_up(connection)

    def transcript(self, track_id: str, start_s: float, end_s: float) -> Transcript | None:
        """The words of a passage, where its track's words are written down."""
        noted = self.noted().get(track_id)
        if noted is None or noted.problem:
            return None
        lines = [each.line for each in self._read(SungLineRow.track_id == track_id)]
        inside = tuple(cut for line in lines if (cut := within(line, start_s, end_s)))
        return Transcript(inside, noted.language, noted.network)

    def lines(self) -> list[SungLine]:
        """Every line of every track that is in the library, in order."""
        return self._read(SungLineRow.track_id.in_(select(TrackRow.id)))

    def worded(self) -> int:
        """How many tracks of the library have words."""
        inside = SungLineRow.track_id.in_(select(TrackRow.id))
        query = select(func.count(func.distinct(SungLineRow.track_id))).where(inside)
        with self._database.read() as connection:
            return int(connection.scalar(query) or 0)

    def edition(self) -> int:
        """A number that grows with every change of the lines, by whichever process."""
        with self._database.read() as connection:
            return _edition(connection)

    def any_lines(self) -> bool:
        """Whether any line is written down."""
        with self._database.read() as connection:
            return connection.scalar(select(SungLineRow.id).limit(1)) is not None

    def sweep(self) -> None:
        """Forget the words of tracks that are not in the library any more, and of which nothing is kept."""
        known = union(select(TrackRow.id), select(RetiredRow.track_id))
        with self._database.write() as connection:
            for table in (SungLineRow, LyricsRow):
                connection.execute(delete(table).where(table.track_id.not_in(known)))
            _count_up(connection)

    def _read(self, condition: object) -> list[SungLine]:
        query = select(SungLineRow.__table__).where(condition)  # type: ignore[arg-type]
        query = query.order_by(SungLineRow.track_id, SungLineRow.start_s)
        with self._database.read() as connection:
            return [
                SungLine(
                    row.track_id,
                    Line(
                        row.text,
                        row.start_s,
                        row.end_s,
                        tuple(Word(**word) for word in json.loads(row.words)),
                    ),
                    np.frombuffer(row.vector, np.float16).astype(np.float32),
                )
                for row in connection.execute(query)
            ]


def _edition(connection: Connection) -> int:
    return int(connection.scalar(select(SettingRow.value).where(SettingRow.key == _EDITION)) or 0)


def _count_up(connection: Connection) -> None:
    """Note that lines changed. The ids of lines are given again, and their number may stay: they do not tell."""
    edition = _edition(connection) + 1
    connection.execute(delete(SettingRow).where(SettingRow.key == _EDITION))
    connection.execute(insert(SettingRow).values(key=_EDITION, value=str(edition)))


def within(line: Line, start_s: float, end_s: float) -> Line | None:
    """The part of a line that lies in a span: the words whose middle does."""
    if line.start_s >= start_s and line.end_s <= end_s:
        return line
    if not line.words:
        return line if start_s <= (line.start_s + line.end_s) / 2 < end_s else None
    words: Sequence[Word] = [
        word for word in line.words if start_s <= (word.start_s + word.end_s) / 2 < end_s
    ]
    if not words:
        return None
    return Line(" ".join(word.text for word in words), words[0].start_s, words[-1].end_s, tuple(words))
