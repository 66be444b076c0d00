"""`reprise setup`: what a fresh installation fetches and prepares once."""

from __future__ import annotations

from typing import Annotated

import typer


def setup(
    whisper: Annotated[
        str,
        typer.Option(
            metavar="SIZE", help="Fetch Whisper's weights, too: tiny, base, small, medium, turbo, large."
        ),
    ] = "",
) -> None:
    """Fetch pretrained weights and prepare networks: once after installing, and after an update."""
    from index.setup.fetch import fetch
    from index.setup.prepare import prepare_all

    def tell(line: str) -> None:
        print(f"  {line}", flush=True)

    fetch(tell)
    prepare_all(tell)
    if whisper:
        from index.models.whisper_weights import fetch as fetch_whisper

        print(f"Whisper's weights are in {fetch_whisper(whisper)}")
    print("Reprise is ready: `reprise app` opens the page.")
