"""What is known to be damaged: whoever meets it notes it, `status` names it, `add` and `check --repair` mend it.

A file a thing, in the folder `damaged` of an index, named after it: the id of a track, or of a store. Any program may
note and forget at any time.
"""

from __future__ import annotations

from pathlib import Path

from index.system.files import private_folder

VECTORS = "vectors"
"""The vector store as a whole."""
_ENDING = ".txt"


class Damages:
    """The damages that are known in one index's folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "damaged"

    def note(self, name: str, reason: str) -> None:
        """Note that something is damaged; where even that cannot be written, whoever looks next will see it too."""
        file = self._folder / f"{name}{_ENDING}"
        try:
            if not file.exists():
                private_folder(self._folder)
                file.write_text(reason, "utf-8", errors="replace")
        except OSError:
            return

    def forget(self, name: str) -> None:
        """It is mended."""
        (self._folder / f"{name}{_ENDING}").unlink(missing_ok=True)

    def known(self) -> dict[str, str]:
        """What is damaged, and how, by name."""
        found = {}
        for file in sorted(self._folder.glob(f"*{_ENDING}")):
            try:
                found[file.stem] = file.read_text("utf-8", errors="replace")
            except FileNotFoundError:
                continue  # mended this very moment
        return found
