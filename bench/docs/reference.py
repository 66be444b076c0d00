"""The reference of commands, settings and tools as Markdown, read from the code that defines them."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

_MADE = "<!-- Made from {source} by `python -m bench.docs`; do not edit. -->"
_WIDTH = 110
_INTERNAL = ("page_id",)
"""Settings that one process of Reprise hands to another."""


def commands_page() -> str:
    """docs/reference/commands.md: every command of `reprise`, its arguments and options."""
    from typer.main import get_command

    from app.cli.main import app

    group: Any = get_command(app)
    lines = [
        "# Commands",
        "",
        _MADE.format(source="the Typer app in app/cli"),
        "",
        f"`reprise`: {group.help}",
        "",
        "`reprise COMMAND --help` shows the same in a terminal. Exit codes: 0 done; 1 done, but some files or lines "
        "failed, and they are listed; 2 not done.",
        "",
        "Before the command:",
        "",
        *_parameters(group, group.context_class(group, info_name="reprise")),
    ]
    for name, command in group.commands.items():
        if command.hidden:
            continue
        context = command.context_class(command, info_name=f"reprise {name}")
        usage = " ".join(["reprise", name, *command.collect_usage_pieces(context)])
        lines += [f"## reprise {name}", "", inspect.cleandoc(command.help or ""), ""]
        lines += ["```", usage, "```", "", *_parameters(command, context)]
    return _wrapped(lines)


def _wrapped(lines: Iterable[str]) -> str:
    """Lines as a page, prose within 110 characters; tables, headings, comments and code stay as they are."""
    page: list[str] = []
    in_code = False
    for line in "\n".join(lines).rstrip().split("\n"):
        in_code ^= line.startswith("```")
        keeps = in_code or len(line) <= _WIDTH or line.startswith(("|", "#", "<", "-", "`" * 3))
        page += (
            [line] if keeps else textwrap.wrap(line, _WIDTH, break_long_words=False, break_on_hyphens=False)
        )
    return "\n".join(page) + "\n"


def _parameters(command: Any, context: Any) -> list[str]:
    """A table of a command's arguments and options; nothing for a command without any."""
    records = [param.get_help_record(context) for param in command.params if "--help" not in param.opts]
    rows = [f"| `{names.replace('|', ', ')}` | {_cell(said)} |" for names, said in filter(None, records)]
    return ["| | |", "|---|---|", *rows, ""] if rows else []


def _default(value: Any) -> str:
    """A default as a reader wants it; nothing where there is none."""
    return "" if value in (None, "", False) else f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def settings_page() -> str:
    """docs/reference/settings.md: every environment variable that Reprise reads."""
    from app.settings import Settings

    about = _attribute_docstrings(inspect.getsource(Settings))
    lines = [
        "# Settings",
        "",
        _MADE.format(source="app/settings.py"),
        "",
        "Settings are read from the environment when a program starts. A value that cannot be used ends the program "
        "with one sentence that says what is wanted; a name that is no setting is told once, with the nearest. "
        "Providers of language models read their own keys "
        "(`OPENAI_API_KEY`, `ANTHROPIC_API_KEY`).",
        "",
        "| setting | meaning | value | default |",
        "|---|---|---|---|",
    ]
    for name, field in Settings.model_fields.items():
        if name in _INTERNAL:
            continue
        default = "the platform's data folder" if field.default_factory else _default(field.default)
        wants = _cell(field.description or "")
        lines.append(f"| `REPRISE_{name.upper()}` | {_cell(about[name])} | {wants} | {default} |")
    return _wrapped(lines)


def _attribute_docstrings(source: str) -> dict[str, str]:
    """The string below each annotated attribute of a class, by the attribute's name."""
    (found,) = ast.parse(source).body
    assert isinstance(found, ast.ClassDef)
    strings: dict[str, str] = {}
    for statement, after in zip(found.body, [*found.body[1:], ast.Pass()], strict=True):
        if not (isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)):
            continue
        match after:
            case ast.Expr(value=ast.Constant(value=str(text))):
                strings[statement.target.id] = inspect.cleandoc(text)
    return strings


def tools_page() -> str:
    """docs/reference/tools.md: what the agent and other assistants may call."""
    from tools import all_tools

    lines = [
        "# Tools",
        "",
        _MADE.format(source="the docstrings in tools/"),
        "",
        "The conversation is answered by these functions: the built-in planner, a language model, and other "
        "assistants (by `reprise mcp`) call the same ones. A tool returns a text of measured facts and JSON data "
        "with a `kind`. A moment is written as `clip`, `clip:2`, `#3` (a result), or `TITLE @ 1:23-1:33`.",
        "",
    ]
    for tool in all_tools():
        paragraph, arguments = _described(tool)
        lines += [
            f"## {tool.__name__}",
            "",
            paragraph,
            "",
            "| argument | type | default | |",
            "|---|---|---|---|",
        ]
        for name, parameter in list(inspect.signature(tool, eval_str=True).parameters.items())[1:]:
            default = "" if parameter.default in (parameter.empty, None) else f"`{parameter.default!r}`"
            kind = _cell(_type_name(parameter.annotation))
            lines.append(f"| `{name}` | {kind} | {default} | {_cell(arguments.get(name, ''))} |")
        if lines[-1].startswith("|---"):
            del lines[-2:]
            lines.append("No arguments.")
        lines.append("")
    return _wrapped(lines)


def _described(tool: Any) -> tuple[str, dict[str, str]]:
    """The first paragraph of a tool's docstring, and what it says of each argument."""
    paragraph, _, rest = inspect.getdoc(tool).partition("\n\n")  # type: ignore[union-attr]
    names = set(inspect.signature(tool).parameters)
    said: dict[str, str] = {}
    name = ""
    for line in rest.splitlines():
        before, colon, after = line.partition(": ")
        if colon and before in names:
            name, line = before, after  # noqa: PLW2901
        if name:
            said[name] = f"{said[name]} {line}" if name in said else line
    return " ".join(paragraph.split()), said


def _type_name(annotation: Any) -> str:
    """A type as a reader of JSON knows it."""
    return " or ".join(dict.fromkeys(_json_types(annotation)))


def _json_types(annotation: Any) -> Iterator[str]:
    plain = {str: "text", int: "whole number", float: "number", bool: "true or false"}
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        for each in inside:
            if each is not type(None):
                yield from _json_types(each)
    elif annotation in plain:
        yield plain[annotation]
    elif origin is not None and inside and all(isinstance(each, str) for each in inside):
        yield " or ".join(f"`{each}`" for each in inside)
    elif origin is not None and len(inside) == 2:
        yield "object"
    elif origin is not None:
        yield f"list of {_type_name(inside[0])}"
    else:
        yield str(getattr(annotation, "__name__", annotation))


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def room_docstring(folder: Path) -> str:
    """The first line of what a room says about itself."""
    module = folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")
    return (ast.get_docstring(ast.parse(module.read_text("utf-8"))) or "").split("\n")[0]
