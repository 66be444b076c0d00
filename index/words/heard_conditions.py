"""Filters that ask something of the sound, as words: what is searched for where nothing else was said."""

from __future__ import annotations

from index.core.filters import Filters


def heard_conditions(filters: Filters) -> str:
    """What filters ask of the sound, as a description: "minor, 140 bpm"; empty where they ask only for tags."""
    bounds = [filters.conditions[name] for name in ("tempo_min", "tempo_max") if name in filters.conditions]
    named = [
        str(value)
        for name in ("key_mode", "instrument")
        for value in Filters.values(filters.conditions.get(name) or [])
    ]
    tempo = [f"{sum(float(str(bound)) for bound in bounds) / len(bounds):.0f} bpm"] if bounds else []
    return ", ".join([*named, *tempo])
