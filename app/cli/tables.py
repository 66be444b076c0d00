"""Tables on a terminal."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.table import Table
from rich.text import Text


def table_of(*columns: str) -> Table:
    """An empty table; numbers stand on the right."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in columns:
        table.add_column(
            name, justify="right" if name in ("#", "likeness", "confidence", "share") else "left"
        )
    return table


def add_row(table: Table, *cells: str) -> None:
    """A row of plain text: a title may look like markup."""
    table.add_row(*map(Text, cells))


def print_table(table: Table) -> None:
    """As wide as the terminal; wide enough for whole lines where nobody watches."""
    width = None if sys.stdout.isatty() else 160
    Console(highlight=False, width=width).print(table)
