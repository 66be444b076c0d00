"""`reprise mcp`: the tools for other assistants, by the Model Context Protocol."""

from __future__ import annotations

import sys
from functools import cache
from typing import Annotated

import typer

from app.cli.library import opened_library


def mcp(
    http: Annotated[
        bool, typer.Option("--http", help="Serve by HTTP on this computer, not by streams.")
    ] = False,
    port: Annotated[int, typer.Option(min=1, max=65535, help="With --http.")] = 8765,
    sounds: Annotated[
        bool, typer.Option("--sounds", help="Send found moments as sound, for assistants that can listen.")
    ] = False,
) -> None:
    """Serve the tools to other assistants (Model Context Protocol)."""
    from app.mcp.caller import Caller
    from app.mcp.server import build_server
    from app.mcp.serving import HOST, PATH, kept_token, serve_http, serve_streams
    from app.settings import load_settings
    from app.wiring import adding, open_assistant
    from tools import all_tools

    settings = load_settings()
    with opened_library() as library:
        caller = Caller(library, adding(settings), sounds)
        server = build_server(all_tools(), caller, cache(lambda: open_assistant(settings, library)))
        if not http:
            serve_streams(server)
            return
        token = settings.mcp_token or kept_token(settings.home)
        where = "REPRISE_MCP_TOKEN" if settings.mcp_token else str(settings.home / "mcp.token")
        print(f"Serving at http://{HOST}:{port}{PATH} (Ctrl-C ends it); its token: {where}", file=sys.stderr)
        serve_http(server, port, token)
