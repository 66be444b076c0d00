"""What the agent may do: one file a tool, typed functions on a Session. No LangChain here.

A tool is named after its function; the arguments after the session are its public arguments.
"""

from __future__ import annotations

from collections.abc import Callable

from tools.answer import ToolAnswer

ToolFunction = Callable[..., ToolAnswer]


def all_tools() -> tuple[ToolFunction, ...]:
    """The tools that are built, in the order in which a model is told of them."""
    from tools.add_to_library import add_to_library
    from tools.compare_moments import compare_moments
    from tools.describe_moment import describe_moment
    from tools.explain_match import explain_match
    from tools.find_by_description import find_by_description
    from tools.find_by_humming import find_by_humming
    from tools.find_repeats import find_repeats
    from tools.find_similar_moments import find_similar_moments
    from tools.library_status import library_status
    from tools.make_playlist import make_playlist
    from tools.recommend_moments import recommend_moments
    from tools.search_library import search_library
    from tools.transcribe_vocals import transcribe_vocals

    return (
        find_similar_moments,
        find_by_description,
        find_by_humming,
        find_repeats,
        describe_moment,
        transcribe_vocals,
        explain_match,
        compare_moments,
        search_library,
        recommend_moments,
        make_playlist,
        add_to_library,
        library_status,
    )
