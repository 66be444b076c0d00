"""Tool calls that a model wrote into its text, and arguments that it wrote nearly right."""

import pytest

from app.agent.llm.arguments import Heard, repaired
from app.agent.llm.lenient_json import read_object
from app.agent.llm.text_calls import spoken_calls
from app.agent.llm.tool_names import known_tool
from tools import all_tools

TOOLS = {function.__name__: function for function in all_tools()}
SIMILAR = [("find_similar_moments", {"moment": "clip"})]


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "find_similar_moments", "arguments": {"moment": "clip"}}',
        '{"tool": "find_similar_moments", "args": {"moment": "clip"}}',
        '{"function": {"name": "find_similar_moments", "arguments": "{\\"moment\\": \\"clip\\"}"}}',
        '{"type": "function", "function": "find_similar_moments", "parameters": {"moment": "clip"}}',
        '{"action": "find_similar_moments", "action_input": {"moment": "clip"}}',
        '{"find_similar_moments": {"moment": "clip"}}',
        '{"name": "find_similar_moments", "moment": "clip"}',
        '{"tool_calls": [{"name": "find_similar_moments", "arguments": {"moment": "clip"}}]}',
        'Let me look.\n```json\n{"name": "find_similar_moments", "arguments": {"moment": "clip"}}\n```',
        '<think>I could {"name": "x"}</think>'
        '<tool_call>{"name": "find_similar_moments", "arguments": {"moment": "clip"}}</tool_call>',
        '<tool_call>{"name": "find_similar_moments", "arguments": {"moment": "clip"}',
        "{'name': 'find_similar_moments', 'parameters': {'moment': 'clip',}}",
        "{name: find_similar_moments, arguments: {moment: clip}}",
        '<function=find_similar_moments>{"moment": "clip"}</function>',
        "<tool_call><function=find_similar_moments><parameter=moment>\nclip\n</parameter></function></tool_call>",
        'Thought: I need it.\nAction: find_similar_moments\nAction Input: {"moment": "clip"}\nObservation: ...',
        '```tool_code\nprint(find_similar_moments(moment="clip"))\n```',
        '[find_similar_moments(moment="clip")]',
        '[TOOL_CALLS]find_similar_moments[ARGS]{"moment": "clip"}',
        '[TOOL_CALLS] [{"name": "find_similar_moments", "arguments": {"moment": "clip"}}]',
        '<|python_tag|>{"name": "find_similar_moments", "parameters": {"moment": "clip"}}',
        'functools[{"name": "find_similar_moments", "arguments": {"moment": "clip"}}]',
    ],
)
def test_a_call_in_the_text_is_found(text):
    spoken = spoken_calls(text, TOOLS)
    assert [(known_tool(name, TOOLS), args) for name, args in spoken.calls] == SIMILAR
    assert "{" not in spoken.words and "<" not in spoken.words


@pytest.mark.parametrize(
    "text",
    [
        "Here are five moments.",
        "I could use find_similar_moments (a tool) for that.",
        "The likeness is < 0.9, {so} it is weak.",
        'He said {"hello": 1} to me.',
        "[1] and [2] are near.",
    ],
)
def test_words_are_no_call(text):
    assert spoken_calls(text, TOOLS).calls == () and spoken_calls(text, TOOLS).words == text


def test_thoughts_are_not_shown():
    assert spoken_calls("<think>five?</think>\nHello.", TOOLS).words == "Hello."
    assert spoken_calls("hm, five? </think> Hello.", TOOLS).words == "Hello."
    assert spoken_calls("<think>without end", TOOLS).words == ""


def test_an_object_alone_wants_to_be_a_call():
    assert spoken_calls('{"name": "delete_all", "arguments": {}}', TOOLS).calls == (("delete_all", {}),)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("findSimilarMoments", "find_similar_moments"),
        ("functions.explain_match", "explain_match"),
        ("find_similar_moment", "find_similar_moments"),
        ("library-status", "library_status"),
        ("get_lyrics", ""),
        ("delete_everything", ""),
    ],
)
def test_names_of_tools(written, meant):
    assert known_tool(written, set(TOOLS) - {"transcribe_vocals"}) == meant


@pytest.mark.parametrize(
    ("tool", "written", "meant"),
    [
        ("find_similar_moments", {"moment": "the clip", "k": "5"}, {"moment": "clip", "k": 5}),
        ("find_similar_moments", {"clip": "clip", "top_k": 3.0}, {"moment": "clip", "k": 3}),
        ("find_similar_moments", "clip", {"moment": "clip"}),
        ("find_similar_moments", '{"moment": "clip", "k": 5', {"moment": "clip", "k": 5}),
        ("find_similar_moments", {"emphasis": "harmony"}, {"emphasis": {"harmony": 2.0}}),
        (
            "find_similar_moments",
            {"emphasis": ["harmony", "tempo"]},
            {"emphasis": {"harmony": 2.0, "rhythm": 2.0}},
        ),
        (
            "find_similar_moments",
            {"emphasis": {"chords": "more", "rhythm": "ignore", "timbre": "1.5"}},
            {"emphasis": {"harmony": 2.0, "rhythm": 0.0, "timbre": 1.5}},
        ),
        ("find_similar_moments", {"filters": '{"composer": "Bach"}'}, {"filters": {"composer": "Bach"}}),
        ("find_similar_moments", {"filters": "composer=Bach"}, {"filters": {"composer": "Bach"}}),
        (
            "find_similar_moments",
            {"composer": "Bach", "harmony": 2},
            {"filters": {"composer": "Bach"}, "emphasis": {"harmony": 2.0}},
        ),
        (
            "find_similar_moments",
            {"filters": {"key": "C minor", "artist": ""}},
            {"filters": {"key_mode": "minor"}},
        ),
        (
            "find_similar_moments",
            {"filters": {"year": "1700-1750"}},
            {"filters": {"year_from": 1700.0, "year_to": 1750.0}},
        ),
        (
            "find_similar_moments",
            {"filters": {"exclude_composer": "Bach"}},
            {"filters": {"not_composer": "Bach"}},
        ),
        ("find_similar_moments", {"moment": "tune.wav"}, {"moment": "clip:1"}),
        ("find_similar_moments", {"moment": "Clair de Lune at 2:15"}, {"moment": "Clair de Lune @ 2:15"}),
        (
            "find_similar_moments",
            {"moment": "Op. 9 No. 2 (1:05-1:15)"},
            {"moment": "Op. 9 No. 2 @ 1:05-1:15"},
        ),
        (
            "find_similar_moments",
            {"exclude_same_track": "False", "diversity": "close"},
            {"exclude_same_track": False, "diversity": "closest"},
        ),
        (
            "describe_moment",
            {"title": "Clair de Lune", "start": 135, "end": "2:25"},
            {"moment": "Clair de Lune @ 2:15-2:25"},
        ),
        ("describe_moment", {"moment": "Symphony No. 5"}, {"moment": "Symphony No. 5"}),
        ("explain_match", {"number": 2}, {"result": "#2"}),
        ("find_similar_moments", {"moment": "", "filters": {"artist": "", "tempo_max": 0}}, {"filters": {}}),
        ("find_similar_moments", {"emphasis": {"harmony": 0, "melody": 0}}, {"emphasis": {}}),
        ("explain_match", {"result": "the second one"}, {"result": "#2"}),
        ("explain_match", {"result": "#2:c1a2"}, {"result": "#2:c1a2"}),
        ("compare_moments", {"moment1": 1, "moment2": "result 3"}, {"first": "#1", "second": "#3"}),
        (
            "make_playlist",
            {"results": "1, 3", "title": "Summer"},
            {"results": ["#1", "#3"], "name": "Summer"},
        ),
        ("make_playlist", {"results": ["all"]}, {"results": "all"}),
        ("find_by_description", {"query": "slow strings"}, {"description": "slow strings"}),
        ("search_library", {"composer": "Chopin"}, {"filters": {"composer": "Chopin"}}),
        ("library_status", {"verbose": True}, {}),
    ],
)
def test_arguments_are_put_right(tool, written, meant):
    done = repaired(TOOLS[tool], written, Heard(("tune.wav",)))
    assert (done.args, done.problem) == (meant, "")


@pytest.mark.parametrize("tool", TOOLS)
def test_right_arguments_stay_as_they_are(tool):
    args = {
        "find_similar_moments": {
            "moment": "#3:cab @ 0:10",
            "k": 4,
            "emphasis": {"melody": 0.5},
            "filters": {"not_composer": "Bach"},
        },
        "make_playlist": {"results": ["#1"], "name": "x", "format": "m3u8"},
        "compare_moments": {"first": "clip:2 @ 0:05-0:15", "second": "#1"},
    }.get(tool)
    if args:
        assert repaired(TOOLS[tool], args).args == args


@pytest.mark.parametrize(
    ("tool", "written", "says"),
    [
        ("find_similar_moments", {"k": "many"}, "k wants a number, not “many”"),
        (
            "find_similar_moments",
            {"diversity": "purple"},
            "diversity is one of closest, balanced, adventurous",
        ),
        ("explain_match", {}, 'result must be given, as in {"result": ...}'),
    ],
)
def test_what_is_wrong_is_said(tool, written, says):
    assert says in repaired(TOOLS[tool], written).problem


def test_nothing_is_evaluated():
    assert read_object('__import__("os").system("true")') is None
    assert read_object("{'a': open('/etc/passwd')}") != {"a": "x"}
