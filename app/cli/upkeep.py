"""`reprise check` and `reprise upgrade`: looking after what the library keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.library import opened_library
from index.core.lengths import counted

if TYPE_CHECKING:
    from index.status import IndexHeld

_MOST_SHOWN = 20


def check(
    repair: Annotated[bool, typer.Option("--repair", help="Make anew what is damaged or missing.")] = False,
) -> None:
    """Verify all that the library keeps. Safe to interrupt; the next check goes on."""
    from app.cli.bars import CareBar
    from app.settings import load_settings
    from app.wiring import library_options
    from index.upkeep.care import check_files

    options = library_options(load_settings())
    if not options.folder.is_dir():
        print(f"There is no library in {options.home} yet.")
        raise typer.Exit(0)
    files = check_files(options.home, options.folder, repair=repair)
    with opened_library() as library, CareBar() as bar:
        if repair:
            library.keep_here()
        checked = library.care.check(bar.show, repair=repair)
        bar.close()
        findings = [*files.findings, *checked.findings]
        for sentence in findings[:_MOST_SHOWN]:
            bar.line(f"  {sentence}")
        if len(findings) > _MOST_SHOWN:
            bar.line(f"  ... and {len(findings) - _MOST_SHOWN} more.")
        repaired = files.repaired + checked.repaired
        left = len(findings) - repaired
        looked = f"{counted(checked.tracks, 'track')}, {counted(checked.windows, 'moment')}"
        if checked.interrupted:
            bar.line(f"Stopped with {checked.left:,} of {looked} to go: run the same command again to go on.")
        elif not findings:
            bar.line(f"All is as it should be: {looked}.")
        elif not left:
            bar.line(f"All is as it should be now: {looked}; {repaired} {_things(repaired)} mended.")
        elif repair:
            bar.line(
                f"{left} {_things(left)} could not be mended, {repaired} {_things(repaired)} mended: {looked}."
            )
        else:
            bar.line(f"{left} {_things(left)} wrong: `reprise check --repair` mends that.")
        for note in checked.notes:
            bar.line(note)
        for held in library.status().indices:
            if not held.current:
                bar.line(not_looked_at(held))
    raise typer.Exit(1 if left or checked.interrupted else 0)


def upgrade() -> None:
    """Bring a library of an older version up to this one. Safe to interrupt and to repeat."""
    from app.cli.bars import CareBar

    with opened_library() as library, CareBar() as bar:
        upgraded = library.care.upgrade(bar.show)
        bar.close()
        for sentence in (*upgraded.sentences(), *upgraded.problems):
            bar.line(f"  {sentence}")
        if upgraded.interrupted:
            bar.line("Stopped: run the same command again to go on.")
        elif upgraded.problems:
            bar.line(
                "The library is of this version, but for what is listed: run this again when it can be read."
            )
        else:
            bar.line("The library is of this version.")
    raise typer.Exit(1 if upgraded.problems or upgraded.interrupted else 0)


def not_looked_at(held: IndexHeld) -> str:
    """What is said of an index that the settings do not name."""
    from app.settings import EMBEDDERS

    named = held.name if held.name in EMBEDDERS else f"the folder that made {held.name}"
    return f"The index of {held.name} was not looked at: set REPRISE_EMBEDDER to {named} for that."


def _things(count: int) -> str:
    return "thing was" if count == 1 else "things were"
