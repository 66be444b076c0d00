"""`reprise add --lyrics`: sung words are written down by a process of its own, which outlives the command."""

from __future__ import annotations

import typer

from app.cli.library import opened_library
from index.core.lengths import counted, have_words


def start_lyrics() -> None:
    """Begin, or go on, in the background. WeightsError where Whisper's weights are missing."""
    from app.background import start

    with opened_library() as library:
        library.transcriber.check()
        start(library.options.home, "Writing down words", "lyrics")
    print("The words of your songs are being written down in the background: `reprise status` says how far.")


def lyrics() -> None:
    """Write down the words of every track that is not written down yet."""
    with opened_library() as library:
        done = library.write_down(lambda title, far: print(f"{far.done} of {far.total}: {title}", flush=True))
        far = f"{done.done} of {counted(done.total, 'track is', 'tracks are')} written down"
        print(f"{far}; {have_words(done.with_words)}.")
        if done.failed:
            print(f"{done.failed} could not be: run `reprise add --lyrics` again to try once more.")
    raise typer.Exit(1 if done.failed else 0)
