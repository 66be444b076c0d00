"""The command line: `reprise`. The work is done elsewhere, and imported only when a command needs it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from app.cli.export import export
from app.cli.find import find, why
from app.cli.library import AsJson, opened_library, paths_to_add, print_json
from app.cli.lyrics import lyrics, start_lyrics
from app.cli.mcp import mcp
from app.cli.setup import setup
from app.cli.upkeep import check, upgrade
from index.core.errors import RepriseError
from index.core.lengths import counted
from index.system.files import private_from_now_on

app = typer.Typer(
    name="reprise",
    help="Finds ten-second moments in the music you own, and says why they match.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def _begin(
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Write more to the log, and on the screen.")
    ] = False,
) -> None:
    """Finds ten-second moments in the music you own, and says why they match."""
    import os

    from app.log import start_logging
    from app.settings import SettingsError, load_settings, unknown_settings
    from index.system.collecting import collect_rarely

    collect_rarely()
    if verbose:
        os.environ["REPRISE_VERBOSE"] = "1"  # for the processes that this one starts, too
    for sentence in unknown_settings(os.environ):
        print(f"reprise: {sentence}", file=sys.stderr)
    try:
        settings = load_settings()
    except SettingsError:
        return  # the command says so itself, if it needs them
    start_logging(settings.home, settings.verbose)


@app.command()
def demo(workers: Annotated[int, typer.Option(min=0, help="Processes; 0 is one a core.")] = 0) -> None:
    """Make the demo library: more than a hundred pieces, played and indexed on the spot."""
    from app.cli.bars import DemoBar
    from app.cli.reports import print_demo
    from demo.library import build_demo

    with opened_library() as library, DemoBar() as bar:
        report = build_demo(library, bar.show, workers)
    print_demo(report)
    raise typer.Exit(1 if report.interrupted else 0)


@app.command()
def add(
    paths: Annotated[list[Path] | None, typer.Argument(metavar="PATH...", help="Files and folders.")] = None,
    *,
    workers: Annotated[int, typer.Option(min=0, help="Processes; 0 is one a core.")] = 0,
    lyrics_too: Annotated[
        bool, typer.Option("--lyrics", help="Write down sung words in the background; needs no PATH.")
    ] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Look at every file again; needs no PATH.")
    ] = False,
    apart: Annotated[
        bool,
        typer.Option(
            "--apart", help="Make tracks of their own of files that were taken for another recording."
        ),
    ] = False,
    ray: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS", help="Spread the work over a Ray cluster: its head's host:6379, or auto."
        ),
    ] = "",
) -> None:
    """Index files and folders. Safe to interrupt and to repeat."""
    from app.cli.bars import AddBar
    from app.cli.reports import print_added
    from app.settings import load_settings

    if apart and not paths:
        raise RepriseError("Say which file is a recording of its own.")
    if not paths and lyrics_too:
        start_lyrics()
        return
    if not paths and not everything:
        raise RepriseError("Say what to add: a file or a folder.")
    with opened_library() as library, AddBar() as bar:
        given = paths_to_add(library, paths or [])
        workers = workers or load_settings().workers
        if apart:
            report = library.part(given, workers, bar.show)
        else:
            report = library.add(given, workers, bar.show, everything=everything, ray=ray)
    print_added(report)
    if lyrics_too and not report.interrupted:
        start_lyrics()
    raise typer.Exit(1 if report.failed or report.interrupted else 0)


app.command(hidden=True)(lyrics)
app.command()(setup)
app.command()(find)
app.command()(why)
app.command()(export)
app.command()(check)
app.command()(upgrade)
app.command()(mcp)


@app.command()
def chat(as_json: Annotated[bool, typer.Option("--json", help="JSON lines in, events out.")] = False) -> None:
    """Talk in the terminal."""
    from app.cli.chat import run_chat

    raise typer.Exit(run_chat(json_mode=as_json))


@app.command(name="app")
def page(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one from 8501 on.")] = 0,
    browser: Annotated[bool, typer.Option(help="Open a browser.")] = True,
) -> None:
    """Talk in the browser."""
    from app.page_server import serve

    raise typer.Exit(serve(port=port, open_browser=browser))


@app.command()
def status(as_json: AsJson = False) -> None:
    """Show what is in the library, what is being added, and what failed."""
    from dataclasses import asdict

    from app.cli.status import print_status
    from app.wiring import library_status

    found, home = library_status()
    if as_json:
        print_json({"home": str(home), **asdict(found)})
    else:
        print_status(found, home)


@app.command()
def remove(path: Annotated[str, typer.Argument(help="A file, a folder, or a track's title.")]) -> None:
    """Take a track or a folder out of the library. Your files stay where they are."""
    with opened_library() as library:
        known = library.catalogue.by_path(path)
        count = library.remove(Path(path).expanduser())
        if not count and known is None and not Path(path).expanduser().exists():
            track = library.track(path)
            count = sum(library.remove(Path(each)) for each in library.catalogue.paths(track.id))
        if not count and known is None:
            raise RepriseError(f"Nothing of {path} is in the library.")
        print(f"{counted(count, 'track')} taken out." if count else "One of its files taken out.")


def main() -> None:
    """Run a command. Exit codes: 0 done, 1 done but some files or lines failed, 2 not done."""
    private_from_now_on()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except RepriseError as error:
        print(f"reprise: {error}", file=sys.stderr)
        sys.exit(2)
    except BrokenPipeError:
        _close_quietly()
        sys.exit(1)
    except Exception as error:
        sys.exit(_told(error))


def _told(error: Exception) -> int:
    """Log a mistake of ours and say where; the exit code."""
    import logging

    from app.log import mistake

    logging.getLogger("reprise.cli").error("a command failed", exc_info=error)
    print(f"reprise: {mistake(error, 'What was done by then is kept.')}", file=sys.stderr)
    return 2


def _close_quietly() -> None:
    """The reader of our output is gone; nothing more can be said."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
