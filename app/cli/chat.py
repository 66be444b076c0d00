"""The conversation in a terminal, for people (`reprise chat`) and for programs (`reprise chat --json`).

Programs write one JSON object a line, {"text": ..., "files": [...]}, and read events, one a line; each input line
ends in exactly one {"type": "answer"}, whatever happened. Each process is a new conversation.
"""

from __future__ import annotations

import contextlib
import json
import logging
import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from app.agent.events import Answered, Event, Listening, Token, ToolAnswered, ToolCalled, as_json
from app.settings import load_settings
from app.wiring import open_assistant
from index.core.errors import RepriseError, clock, printable
from index.text.wording import closer_than
from tools.sound_hits import compared_of

if TYPE_CHECKING:
    from rich.console import Console

    from app.agent.assistant import Assistant

SUFFIXES = {
    ".wav",
    ".flac",
    ".mp3",
    ".ogg",
    ".opus",
    ".oga",
    ".m4a",
    ".aac",
    ".aiff",
    ".aif",
    ".mp4",
    ".mkv",
    ".webm",
    ".wma",
    ".mov",
}
"""What a path in the typed words must end in to be taken for a clip."""


class BadLineError(Exception):
    """A line of input that is no message; its text says what is wrong with it."""


def run_chat(json_mode: bool = False) -> int:
    """Talk until the input ends; the exit code."""
    return _talk_in_json(sys.stdin.buffer, sys.stdout) if json_mode else _talk()


# --- for programs -----------------------------------------------------------------------------------------


def _talk_in_json(lines: Any, output: TextIO) -> int:
    assistant: Assistant | None = None
    thread_id = ""
    code = 0
    with contextlib.redirect_stdout(sys.stderr):  # what a library prints must not get between the events
        try:
            assistant = open_assistant(load_settings(), remember=False)
            thread_id = assistant.new_thread()
            refusal = ""
        except RepriseError as error:
            refusal, code = str(error), 2
        for line in lines:
            if not line.strip():
                continue
            try:
                for event in _events(line, assistant, thread_id, refusal):
                    if isinstance(event, Listening):
                        continue  # not one of the events that programs read
                    output.write(json.dumps(as_json(event), ensure_ascii=False) + "\n")
                    output.flush()
            except BrokenPipeError:
                return code
            except KeyboardInterrupt:
                break
        if assistant is not None:
            assistant.library.close()
    return code


def _events(line: bytes, assistant: Assistant | None, thread_id: str, refusal: str) -> Iterator[Event]:
    """The events of one input line; exactly one answer among them, the last."""
    if assistant is None:
        yield Answered(refusal, failed=True)
        return
    try:
        text, files = _parsed(line)
    except BadLineError as error:
        yield Answered(f"This line cannot be read: {error}.", failed=True)
        return
    try:
        yield from assistant.turn(thread_id, text, files)
    except Exception as error:
        logging.getLogger("reprise.agent").exception("a turn failed")
        yield Answered(_bug(error), failed=True)


def _parsed(line: bytes) -> tuple[str, list[Path]]:
    """Text and files of a line; BadLineError says what is wrong with it."""
    try:
        given = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise BadLineError("it is not UTF-8") from error
    except json.JSONDecodeError as error:
        raise BadLineError(f"it is not JSON ({error.msg} at character {error.pos})") from error
    if not isinstance(given, dict):
        raise BadLineError(
            'it must be an object like {"text": "find moments like this", "files": ["clip.wav"]}'
        )
    text, files = given.get("text", ""), given.get("files", [])
    if not isinstance(text, str):
        raise BadLineError("text must be a string")
    if not isinstance(files, list) or not all(isinstance(file, str) and file for file in files):
        raise BadLineError("files must be a list of paths")
    return text, [Path(file).expanduser() for file in files]


def _bug(error: Exception) -> str:
    """What is said of a mistake of ours; the log has more."""
    from app.log import at_home, log_file

    return (
        f"Something went wrong inside Reprise ({type(error).__name__}: {error}). This is a bug, not your mistake. "
        f"The log says more: {at_home(log_file(load_settings().home))}"
    )


# --- for people -------------------------------------------------------------------------------------------


def _talk() -> int:
    from rich.console import Console

    console = Console(highlight=False)
    assistant = open_assistant(load_settings())
    thread_id = assistant.new_thread()
    console.print(
        "[bold]Reprise[/bold] finds moments in your music. Drop a sound file here or type; “help” helps, “exit” ends."
    )
    choices: tuple[str, ...] = ()
    while True:
        try:
            line = console.input("\n[bold cyan]you[/bold cyan] › ").strip()
        except (EOFError, KeyboardInterrupt):
            console.print()
            break
        if line.lower() in ("exit", "quit", "/quit", "/exit"):
            break
        if line:
            choices = _show_turn(console, assistant, thread_id, *split_files(chosen(line, choices)))
    assistant.library.close()
    return 0


def split_files(line: str) -> tuple[str, list[Path]]:
    """Words and sound files of a typed line: a path of a file that is there is a clip, not a word."""
    try:
        parts = shlex.split(line)
    except ValueError:
        parts = line.split()
    found = [
        part for part in parts if Path(part).suffix.lower() in SUFFIXES and Path(part).expanduser().is_file()
    ]
    if not found:
        return line, []
    words = " ".join(part for part in parts if part not in found)
    return words, [Path(part).expanduser().absolute() for part in found]


def chosen(line: str, choices: Sequence[str]) -> str:
    """What a line means after choices were shown: the number of one is that one, anything else is itself."""
    number = line.strip().rstrip(".)")
    return choices[int(number) - 1] if number.isdecimal() and 0 < int(number) <= len(choices) else line


def _show_turn(
    console: Console, assistant: Assistant, thread_id: str, words: str, files: list[Path]
) -> tuple[str, ...]:
    """One turn, shown as it happens; the choices that it ends with. Ctrl-C stops the turn, not the conversation."""
    choices: tuple[str, ...] = ()
    events = assistant.turn(thread_id, words, files)
    streamed = False
    try:
        for event in events:
            match event:
                case Listening():
                    if event.total_s >= 120:
                        console.print(f"  [dim]{event.words}[/dim]")
                case ToolCalled():
                    console.print(f"  [dim]{event.name} {_plain_args(event.args)}[/dim]", soft_wrap=True)
                case ToolAnswered():
                    _show_artifact(console, event)
                case Token():
                    if event.anew and streamed:
                        console.print("\n[dim]once more[/dim]", end="")
                        streamed = False
                    if not streamed:
                        console.print("\n[bold magenta]reprise[/bold magenta] › ", end="")
                    console.print(event.text, end="", markup=False, soft_wrap=True)
                    streamed = True
                case Answered():
                    if not streamed:
                        console.print("\n[bold magenta]reprise[/bold magenta] › ", end="")
                        console.print(event.text, end="", markup=False, soft_wrap=True)
                    console.print()
                    choices = event.choices
                    _show_choices(console, choices)
    except KeyboardInterrupt:
        assistant.stop(thread_id)
        events.close()  # type: ignore[attr-defined]
        console.print("\n[dim]stopped[/dim]")
    except Exception as error:  # a bug must show, and the conversation must go on
        logging.getLogger("reprise.agent").exception("a turn failed")
        console.print(_bug(error), style="red", markup=False)
    return choices


def _show_choices(console: Console, choices: Sequence[str]) -> None:
    """What can be answered with a number."""
    for number, choice in enumerate(choices, start=1):
        console.print(f"  {number}  {choice}", markup=False, style="dim")


def _plain_args(args: Any) -> str:
    from rich.markup import escape

    said = [
        f"{name}={json.dumps(value, ensure_ascii=False)}"
        for name, value in args.items()
        if value not in ("", {}, [])
    ]
    return escape(" ".join(said))


def _show_artifact(console: Console, event: ToolAnswered) -> None:
    from rich.table import Table
    from rich.text import Text

    if event.artifact.get("kind") == "words":
        for line in event.artifact["transcript"]["lines"]:
            console.print(f"  {clock(round(line['start_s'], 1))}  {printable(line['text'])}", markup=False)
    if event.artifact.get("kind") != "hits" or not event.artifact["hits"]:
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    by_sound = any(hit["factors"] for hit in event.artifact["hits"])
    for name in ("", "title", "by", "moment", "likeness", *(["confidence"] if by_sound else [])):
        table.add_column(name, header_style="dim")
    compared = compared_of(event.artifact)
    for hit in event.artifact["hits"]:
        track, moment = hit["track"], hit["moment"]
        span = f"{clock(round(moment['start_s']))}-{clock(round(moment['end_s']))}"
        cells = (
            f"#{hit['rank']}",
            printable(track["title"]),
            printable(track["composer"] or track["artist"]),
            span,
        )
        alike = closer_than(hit["likeness"], compared) if hit["factors"] else f"{hit['likeness']:.2f}"
        sure = [f"{hit['confidence']:.2f}"] if by_sound else []
        table.add_row(*(Text(cell) for cell in cells), alike, *sure)
    console.print(table)
