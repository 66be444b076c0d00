"""Other assistants: the tools by the Model Context Protocol, in this process, by HTTP and by standard streams."""

import asyncio
import os
import socket
import stat
import sys
import threading
import time
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import httpx2
import pytest
import uvicorn
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.types import TextResourceContents
from small_library import SmallLibrary

from app.mcp.caller import Caller
from app.mcp.conversations import Conversations
from app.mcp.server import build_server
from app.mcp.serving import ServeError, http_app, kept_token, serve_http
from index.audio.reading import Sound
from tools import all_tools

TOKEN = "a-token-of-this-test"


class Library(SmallLibrary):
    """The small library, whose files can be heard."""

    def sound(self, source, start_s=0.0, end_s=None):
        import numpy as np

        return Sound(np.zeros(int(8000 * (end_s - start_s)), np.float32), 8000)


@pytest.fixture
def library(tmp_path):
    return Library(tmp_path)


def server_of(library, **more):
    def no_assistant():
        raise AssertionError("nobody asked for conversations")

    return build_server(all_tools(), Caller(library, **more), no_assistant)


def asked(server, conversation):
    """Run a conversation of a client with a server."""

    async def run():
        async with Client(server) as client:
            return await conversation(client)

    return asyncio.run(run())


def test_the_thirteen_tools_with_their_arguments(library):
    async def conversation(client):
        return (await client.list_tools()).tools

    tools = {tool.name: tool for tool in asked(server_of(library), conversation)}
    assert tools.keys() == {function.__name__ for function in all_tools()}
    assert len(tools) == 13
    schema = tools["find_similar_moments"].input_schema
    assert list(schema["properties"]) == [
        "moment",
        "k",
        "emphasis",
        "filters",
        "exclude_same_track",
        "diversity",
    ]
    assert schema["properties"]["k"]["default"] == 5
    assert "required" not in schema
    assert tools["explain_match"].input_schema["required"] == ["result"]
    assert {"kind", "text", "hits"} <= tools["find_similar_moments"].output_schema["properties"].keys()
    assert tools["find_similar_moments"].annotations.read_only_hint
    assert not tools["add_to_library"].annotations.read_only_hint


def test_a_search_and_why(library):
    async def conversation(client):
        found = await client.call_tool("find_similar_moments", {"moment": "Pavane @ 0:10-0:20", "k": 2})
        why = await client.call_tool("explain_match", {"result": "#2"})
        again = await client.call_tool("find_similar_moments", {"moment": "Träumerei @ 0:00", "k": 1})
        pinned = await client.call_tool(
            "explain_match", {"result": found.structured_content["hits"][1]["ref"]}
        )
        return found, why, again, pinned

    found, why, again, pinned = asked(server_of(library), conversation)
    hits = found.structured_content["hits"]
    assert [hit["rank"] for hit in hits] == [1, 2]
    assert hits[0]["title"] == "Gymnopédie No. 1"
    assert (hits[0]["start_s"], hits[0]["end_s"]) == (5.0, 15.0)
    assert [link.uri for link in found.content[1:]] == [hit["sound"] for hit in hits]
    assert why.structured_content["kind"] == "explanation"
    assert again.structured_content["hits"][0]["ref"] != hits[0]["ref"]
    # The second hit of the first search is still reached, though "#2" does not exist any more.
    assert pinned.structured_content["kind"] == "explanation"


def test_each_client_has_its_own_hits(library):
    server = server_of(library)
    kept = Conversations(most=2)
    first, second = kept.of("a"), kept.of("b")
    assert kept.of("a") is first
    kept.of("c")
    assert kept.of("b") is not second

    async def run():
        async with (
            Client(server, client_info=_named("one")) as one,
            Client(server, client_info=_named("two")) as two,
        ):
            await one.call_tool("find_similar_moments", {"moment": "Pavane @ 0:10", "k": 1})
            return await two.call_tool("explain_match", {"result": "#1"})

    refused = asyncio.run(run())
    assert refused.is_error
    assert "search first" in refused.content[0].text


def _named(name):
    from mcp import Implementation

    return Implementation(name=name, version="1")


@pytest.mark.parametrize(
    ("tool", "args", "said"),
    [
        ("find_similar_moments", {"moment": "No Such Title @ 0:10"}, "No track called"),
        ("find_similar_moments", {"moment": "Pavane @ 9:99"}, "is no time"),
        ("find_similar_moments", {"moment": "Pavane @ 0:10", "k": -3}, "at least one"),
        ("find_similar_moments", {"moment": "Pavane @ 0:10", "emphasis": {"charm": 2}}, "no factor"),
        ("find_similar_moments", {"moment": "Pavane @ 0:10", "filters": {"a'; drop table": 1}}, "filter"),
        ("find_similar_moments", {"moment": "file:/etc/shadow-of-nothing @ 0:10"}, "no such file"),
        ("find_similar_moments", {}, "Bring a clip first"),
        ("explain_match", {"result": "#99999999999999999999"}, "search first"),
        ("explain_match", {"result": "\x00\n../../etc/passwd"}, "by its number"),
        ("make_playlist", {"format": "exe"}, "search first"),
        ("add_to_library", {"source": "/no/such/folder"}, "no file or folder"),
    ],
)
def test_hostile_arguments_are_one_sentence(library, tool, args, said):
    async def conversation(client):
        return await client.call_tool(tool, args), await client.call_tool("library_status", {})

    refused, after = asked(server_of(library), conversation)
    assert refused.is_error
    assert said.lower() in refused.content[0].text.lower()
    assert refused.structured_content["data"]["error"]
    assert not after.is_error


@pytest.mark.parametrize("args", [{"moment": 12}, {"moment": "Pavane @ 0:10", "k": "many"}, {"moment": None}])
def test_arguments_of_another_type_are_refused(library, args):
    async def conversation(client):
        return await client.call_tool("find_similar_moments", args)

    assert asked(server_of(library), conversation).is_error
    assert library.queries == []


def test_a_file_is_a_clip_of_the_conversation(library, tmp_path):
    clip = tmp_path / "radio @ home.wav"
    clip.write_bytes(b"sound")

    async def conversation(client):
        first = await client.call_tool("find_similar_moments", {"moment": f"file:{clip} @ 0:02-0:08", "k": 1})
        again = await client.call_tool("find_similar_moments", {"moment": "clip:1", "k": 1})
        return first, again

    first, again = asked(server_of(library), conversation)
    assert not first.is_error, first.content[0].text
    assert not again.is_error, again.content[0].text
    asked_for = [
        (query.passage.name, query.passage.start_s, query.passage.end_s) for query in library.queries
    ]
    assert asked_for == [("radio @ home.wav", 2.0, 8.0), ("radio @ home.wav", 0.0, 12.0)]


def test_nothing_is_added_before_the_user_was_asked(library, tmp_path):
    folder, file = tmp_path / "music", tmp_path / "song.wav"
    folder.mkdir()
    file.write_bytes(b"sound")

    async def conversation(client):
        answers = [
            await client.call_tool("add_to_library", {"source": str(path)}) for path in (folder, file, folder)
        ]
        assert library.added == []  # each time something else was asked in between
        answers.append(await client.call_tool("add_to_library", {"source": str(folder)}))
        return answers

    *questions, done = asked(server_of(library), conversation)
    for question in questions:
        assert question.structured_content["kind"] == "question"
        assert "Ask the user" in question.content[0].text
    assert done.structured_content["kind"] == "added"
    assert library.added == [folder]


def test_moments_as_sound(library):
    async def conversation(client):
        found = await client.call_tool("find_similar_moments", {"moment": "Pavane @ 0:10", "k": 2})
        sound = await client.read_resource(found.structured_content["hits"][0]["sound"])
        return found, sound.contents[0]

    found, sound = asked(server_of(library, sounds=True), conversation)
    assert [block.type for block in found.content] == ["text", "audio", "audio"]
    assert sound.mime_type == "audio/wav"
    assert sound.blob == found.content[1].data


@pytest.mark.parametrize(
    "uri",
    [
        "reprise://track/nothing",
        "reprise://track/Pavane",  # a title is no id
        "reprise://moment/id1/0.000-99999999.000.wav",
        "reprise://moment/id1/nan-nan.wav",
        "reprise://moment/..%2F..%2Fetc/0-1.wav",
    ],
)
def test_only_what_there_is_can_be_read(library, uri):
    async def conversation(client):
        with pytest.raises(Exception, match=r"."):
            await client.read_resource(uri)
        return await client.read_resource("reprise://tracks")

    assert "Pavane" in asked(server_of(library), conversation).contents[0].text


def test_wishes_with_blanks(library):
    async def conversation(client):
        wishes = (await client.list_prompts()).prompts
        filled = await client.get_prompt("playlist", {"mood": "calm", "name": "Rain"})
        return wishes, filled.messages[0].content.text

    wishes, text = asked(server_of(library), conversation)
    assert {wish.name for wish in wishes} >= {"moments_like", "name_that_tune", "describe", "playlist"}
    assert "calm" in text and "called Rain" in text


def test_a_call_that_is_cancelled_gives_the_server_back(library):
    began, go_on = threading.Event(), threading.Event()

    def slow(query):
        began.set()
        go_on.wait(20)
        raise AssertionError("its answer is not wanted any more")

    library.find = slow

    async def conversation(client):
        call = asyncio.create_task(client.call_tool("find_similar_moments", {"moment": "Pavane @ 0:10"}))
        await asyncio.to_thread(began.wait, 10)
        call.cancel()
        return await client.call_tool("library_status", {})

    try:
        assert not asked(server_of(library), conversation).is_error
    finally:
        go_on.set()


def test_progress_is_told(library, monkeypatch):
    monkeypatch.setattr("app.mcp.caller._TELL_S", 0.01)
    told = []

    def slow(query):
        time.sleep(0.2)
        return SmallLibrary.find(library, query)

    library.find = slow

    async def heard(progress, total, message):
        told.append(message)

    async def conversation(client):
        return await client.call_tool(
            "find_similar_moments", {"moment": "Pavane @ 0:10"}, progress_callback=heard
        )

    assert not asked(server_of(library), conversation).is_error
    assert told


@contextmanager
def served(server):
    """A server by HTTP; its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    running = uvicorn.Server(
        uvicorn.Config(http_app(server, port, TOKEN), host="127.0.0.1", port=port, log_level="error")
    )
    thread = threading.Thread(target=running.run)
    thread.start()
    while not running.started:
        time.sleep(0.01)
    try:
        yield port
    finally:
        running.should_exit = True
        thread.join()


@asynccontextmanager
async def by_http(port, token=TOKEN, mode="auto"):
    async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}) as http:
        transport = streamable_http_client(f"http://127.0.0.1:{port}/mcp", http_client=http)
        async with Client(transport, mode=mode) as client:
            yield client


@pytest.mark.parametrize("mode", ["legacy", "auto"])
def test_by_http(library, mode):
    async def run(port):
        async with by_http(port, mode=mode) as one:
            await one.call_tool("find_similar_moments", {"moment": "Pavane @ 0:10", "k": 2})
            return await one.call_tool("explain_match", {"result": "#2"})

    with served(server_of(library)) as port:
        why = asyncio.run(run(port))
    assert why.structured_content["kind"] == "explanation"


def test_http_wants_the_token_and_its_own_name(library):
    with served(server_of(library)) as port:
        url = f"http://127.0.0.1:{port}/mcp"
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
        accepts = {"Accept": "application/json, text/event-stream"}
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}):
            assert httpx2.post(url, json=body, headers=accepts | headers).status_code == 401
        right = accepts | {"Authorization": f"Bearer {TOKEN}"}
        rebound = httpx2.post(url, json=body, headers=right | {"Host": "evil.example:80"})
        assert rebound.status_code == 421
        elsewhere = httpx2.post(url, json=body, headers=right | {"Origin": "http://evil.example"})
        assert elsewhere.status_code == 403


def test_a_taken_port_is_said(library):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ServeError, match="is taken"):
            serve_http(server_of(library), taken.getsockname()[1], TOKEN)


def test_the_token_is_made_once_and_is_the_owners_alone(tmp_path):
    home = tmp_path / "home"
    token = kept_token(home)
    assert len(token) >= 32
    assert kept_token(home) == token
    assert stat.S_IMODE((home / "mcp.token").stat().st_mode) == 0o600


def test_by_standard_streams(tmp_path):
    """The command itself, on a home with nothing in it."""
    root = Path(__file__).parent.parent
    environment = {**os.environ, "REPRISE_HOME": str(tmp_path / "home"), "PYTHONPATH": str(root)}
    command = StdioServerParameters(
        command=sys.executable, args=["-m", "app.cli", "mcp"], env=environment, cwd=str(root)
    )

    async def run():
        async with Client(command) as client:
            tools = await client.list_tools()
            empty = await client.call_tool("find_by_description", {"description": "slow harpsichord"})
            conversations = await client.read_resource("reprise://conversations")
            (told,) = conversations.contents
            assert isinstance(told, TextResourceContents)
            return len(tools.tools), empty, told.text

    count, empty, conversations = asyncio.run(run())
    assert count == 13
    assert empty.is_error
    assert "empty" in empty.content[0].text
    assert conversations == "[]"
