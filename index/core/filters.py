"""Filters: conditions on the tracks and the moments that a search may return. Values only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from index.core.errors import QueryError

FilterValue = str | float | list[str]
"""A name or a number; several names where one of them is enough."""


@dataclass(frozen=True)
class Filters:
    """Conditions on tracks and moments; each may be left out by a name starting with "not_".

    Of several names ({"composer": ["Haydn", "Mozart"]}) any is enough; "not_" leaves out all of them.
    """

    conditions: Mapping[str, FilterValue] = field(default_factory=dict)

    TEXT = ("artist", "composer", "genre", "album", "instrument", "key_mode")
    NUMBERS = ("year_from", "year_to", "tempo_min", "tempo_max")
    SEVERAL = ("artist", "composer", "genre", "album", "instrument")
    """Those that may hold several names."""
    TAGS = ("artist", "composer", "genre", "album", "year_from", "year_to")
    """Those that the tags of a track decide; the others are decided by listening."""

    def __post_init__(self) -> None:
        known = {*self.TEXT, *self.NUMBERS}
        clean: dict[str, FilterValue] = {}
        for name, value in dict(self.conditions).items():
            base = name.removeprefix("not_")
            if base not in known:
                raise QueryError(
                    f"There is no filter “{name}”; there are {', '.join(sorted(known))}, each also as not_…."
                )
            if base in self.NUMBERS:
                try:
                    clean[name] = float(value)  # type: ignore[arg-type]
                except (TypeError, ValueError) as error:
                    raise QueryError(f"The filter {name} wants a number, not “{value}”.") from error
            else:
                clean[name] = _text_condition(name, value)
            if base == "key_mode" and clean[name] not in ("major", "minor"):
                raise QueryError(f"key_mode is major or minor, not “{value}”.")
        object.__setattr__(self, "conditions", clean)

    def __bool__(self) -> bool:
        return bool(self.conditions)

    @staticmethod
    def values(value: FilterValue) -> Sequence[str | float]:
        """The values of a condition, of which one has to match."""
        return value if isinstance(value, list) else (value,)


def _text_condition(name: str, value: object) -> str | list[str]:
    """The names of a condition, each once; one of them as plain text."""
    if not isinstance(value, list | tuple | set | frozenset):
        return str(value)
    names = list(dict.fromkeys(str(part) for part in value))
    several = name.removeprefix("not_") in Filters.SEVERAL
    if not names or (len(names) > 1 and not several):
        raise QueryError(f"The filter {name} holds {'a name' if several else 'one value'}, not {len(names)}.")
    return names if len(names) > 1 else names[0]
