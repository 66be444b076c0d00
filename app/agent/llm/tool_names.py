"""What a model calls our tools and their arguments, and what they are called."""

from __future__ import annotations

import re
from collections.abc import Collection
from difflib import get_close_matches

NEAR = 0.82
"""How alike a misspelt name must be, from 0 to 1."""
OTHER_NAMES = {
    "find_similar_moments": "find_similar similar_moments find_similar_moment search_similar similar_search "
    "find_moments search_moments find_like find_more_like",
    "find_by_humming": "find_hum search_by_humming query_by_humming humming_search identify_humming find_hummed",
    "find_by_description": "search_by_description find_by_text search_by_text text_search describe_search",
    "find_repeats": "find_repetitions find_repeat repeats",
    "describe_moment": "describe describe_clip describe_track analyze_moment analyse_moment analyze_clip",
    "explain_match": "explain explain_result why why_match explain_hit",
    "compare_moments": "compare compare_results compare_clips",
    "search_library": "search_tracks list_tracks find_track find_tracks search_music browse_library",
    "recommend_moments": "recommend recommend_music recommendation get_recommendations suggest_moments",
    "transcribe_vocals": "transcribe get_lyrics lyrics transcribe_lyrics transcribe_clip",
    "make_playlist": "create_playlist save_playlist export_playlist playlist",
    "add_to_library": "add add_clip add_folder add_music import_folder",
    "library_status": "status get_library_status library_info get_status library_stats",
}
"""Names that models take for ours."""
_KNOWN = {other: name for name, others in OTHER_NAMES.items() for other in others.split()}


def known_tool(written: str, tools: Collection[str]) -> str:
    """The tool that a model means; empty where there is none that it can mean."""
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", written.strip().split(".")[-1].split("/")[-1])
    name = re.sub(r"[\s-]+", "_", name).lower().strip("_`\"'():")
    if name in tools:
        return name
    if (known := _KNOWN.get(name, "")) in tools:
        return known
    near = get_close_matches(name, list(tools), n=1, cutoff=NEAR)
    return near[0] if near else ""
