"""`reprise find` and `reprise why`: what is asked on a command line, and its answer."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from app.cli.library import AsJson, opened_library, print_json
from index.core.errors import RepriseError

if TYPE_CHECKING:
    from app.cli.request import Asker, Request
    from index.protocol import MusicLibrary

QueryArgument = Annotated[
    str, typer.Argument(help="A sound file, or a moment of the library: “TRACK @ 1:23-1:33”.")
]
Hummed = Annotated[bool, typer.Option("--hum", help="The file is hummed, whistled or sung.")]
Words = Annotated[str, typer.Option("--text", help="Words instead of sound: “slow solo harpsichord”.")]
Count = Annotated[int, typer.Option("-k", "--k", min=1, help="How many moments.")]
Weights = Annotated[
    list[str], typer.Option("--weight", metavar="NAME=NUMBER", help="Weigh a factor: harmony=2. Repeatable.")
]
Conditions = Annotated[
    list[str],
    typer.Option(
        "--filter",
        metavar="NAME=VALUE",
        help="Keep to: composer=Bach. Repeatable; several composers: any of them.",
    ),
]
Least = Annotated[float, typer.Option("--min-likeness", min=0, max=1, help="Leave out what is less alike.")]
Spread = Annotated[
    Literal["closest", "balanced", "adventurous"], typer.Option("--diversity", help="Pure order, or a mix.")
]


def find(  # noqa: PLR0917 (Typer reads the options from here)
    query: Annotated[str, typer.Argument(help="A sound file, or “TRACK @ 1:23-1:33”.")] = "",
    k: Count = 10,
    hum: Hummed = False,
    text: Words = "",
    weight: Weights = [],  # noqa: B006 (Typer wants it so)
    filter_: Conditions = [],  # noqa: B006
    min_likeness: Least = 0.0,
    diversity: Spread = "closest",
    as_json: AsJson = False,
    batch: Annotated[str, typer.Option(metavar="FILE.jsonl", help="Many searches; “-” reads stdin.")] = "",
) -> None:
    """Find moments like a sound file, a moment of the library, or words."""
    import time

    if batch:
        if query or text:
            raise RepriseError(
                "With --batch each line says what to search for; no QUERY and no --text beside it."
            )
        raise typer.Exit(_batch(batch))
    from app.cli.request import Asker

    started = time.perf_counter()
    options = _options(k, weight, filter_, min_likeness, diversity)
    with opened_library() as library:
        asker = Asker(library)
        results = asker.find(_request(library, query, text, hum=hum, options=options))
        _say(asker)
        if as_json:
            from app.cli.batch import answer, query_of

            print_json(answer(results, started) | query_of(results))
        else:
            from app.cli.hits import print_results

            print_results(results)


def why(  # noqa: PLR0917
    query: QueryArgument,
    result: Annotated[str, typer.Argument(metavar="#N", help="Which of the moments found: “#2”.")],
    hum: Hummed = False,
    weight: Weights = [],  # noqa: B006
    filter_: Conditions = [],  # noqa: B006
    min_likeness: Least = 0.0,
    diversity: Spread = "closest",
    as_json: AsJson = False,
) -> None:
    """Show the evidence for one moment that a search finds, every number measured."""
    from app.cli.request import Asker
    from index.core.errors import UnknownHitError

    wanted = result.strip().removeprefix("#")
    if not wanted.isdecimal() or int(wanted) < 1:
        raise RepriseError(f"A result is named by its number, as “#2”, not “{result}”.")
    number = int(wanted)
    options = _options(max(10, number), weight, filter_, min_likeness, diversity)
    with opened_library() as library:
        asker = Asker(library)
        request = _request(library, query, "", hum=hum, options=options)
        results = asker.find_by_sound(request)
        _say(asker)
        if number > len(results.hits):
            raise UnknownHitError(number, len(results.hits))
        explanation = library.explain(results.query, results.hits[number - 1])
        if as_json:
            print_json(explanation.as_json())
        else:
            from app.cli.hits import print_explanation

            print_explanation(explanation)


def _say(asker: Asker) -> None:
    for line in asker.told:
        print(line, file=sys.stderr)


def _batch(name: str) -> int:
    from app.cli.batch import run_batch

    with opened_library() as library:
        if name == "-":
            return _told(run_batch(library, sys.stdin.buffer, sys.stdout))
        try:
            with Path(name).open("rb") as lines:
                return _told(run_batch(library, lines, sys.stdout))
        except OSError as error:
            raise RepriseError(f"{name} could not be read: {error.strerror}.") from error


def _told(code: int) -> int:
    if code == 2:
        from index.core.errors import EmptyLibraryError

        print(f"reprise: {EmptyLibraryError()}", file=sys.stderr)
    return code


def _request(library: MusicLibrary, query: str, text: str, *, hum: bool, options: dict[str, Any]) -> Request:
    from app.cli.request import Request, request_of_words

    if bool(query) == bool(text):
        raise RepriseError("Say what to search for: a sound file, “TRACK @ 1:23-1:33”, or --text “words”.")
    if text:
        return Request(text=text, by="hum" if hum else "", **options)
    return request_of_words(library, query, by="hum" if hum else "", **options)


def _options(
    k: int, weights: list[str], filters: list[str], min_likeness: float, diversity: str
) -> dict[str, Any]:
    return {
        "k": k,
        "weights": {name: _number(name, value) for name, value in _pairs(weights, "--weight harmony=2")},
        "filters": _conditions(_pairs(filters, "--filter composer=Bach")),
        "min_likeness": min_likeness,
        "diversity": diversity,
    }


def _pairs(given: list[str], example: str) -> list[tuple[str, str]]:
    pairs = [each.partition("=") for each in given]
    for name, equals, value in pairs:
        if not (name and equals and value):
            raise RepriseError(f"“{name}{equals}{value}” is not NAME=VALUE, as in {example}.")
    return [(name.strip(), value.strip()) for name, _, value in pairs]


def _conditions(pairs: list[tuple[str, str]]) -> dict[str, str | list[str]]:
    """The filters by name; a name that was given several times holds several values."""
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return {name: given if len(given) > 1 else given[0] for name, given in values.items()}


def _number(name: str, value: str) -> float:
    try:
        return float(value)
    except ValueError as error:
        raise RepriseError(f"The weight of {name} is a number, not “{value}”.") from error
