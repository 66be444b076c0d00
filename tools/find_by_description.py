"""The tool find_by_description: moments that sound as words say."""

from __future__ import annotations

from collections.abc import Mapping

from index.core.filters import FilterValue
from tools.answer import ToolAnswer
from tools.rejections import described_without_rejected
from tools.session import Session
from tools.text_hits import described_answer


def find_by_description(
    session: Session, description: str, k: int = 5, filters: Mapping[str, FilterValue] | None = None
) -> ToolAnswer:
    """Find moments that sound like a description in words, as "slow sad strings" or "solo harpsichord, no drums".

    description: instruments, tempo, loudness, key, mood or style, in the user's words.
    filters: artist, composer, genre, album, year_from, year_to, key_mode (major|minor), tempo_min, tempo_max,
    instrument; a name starting with "not_" leaves out. Several names: a list, ["Haydn", "Mozart"] is either.
    """
    found = session.library.find_text(description, k + len(session.rejected), session.filters(filters))
    return described_answer(described_without_rejected(session, found, k))
