"""How many of the aspects that people name when they describe music are understood and tied to something
measured.

python -m bench.aspects CAPTIONS.csv [--most 300] [--unknown]

CAPTIONS.csv is MusicCaps' table (CC BY-SA 4.0; not part of this repository): each row has an `aspect_list`, a
list of short phrases. Of the phrases used most, those count as understood of which every word that says
something of the music is tied to a measurement; the rest is what a search names as not understood.
"""

from __future__ import annotations

import argparse
import ast
import csv
from collections import Counter
from pathlib import Path

from app.settings import load_settings
from index.words.lexicon import NearestMeaning
from index.words.parse import understand


def aspects(path: Path) -> Counter[str]:
    """How often each phrase is used."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return Counter(phrase.strip().lower() for row in rows for phrase in ast.literal_eval(row["aspect_list"]))


def main() -> None:
    """Count and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("captions", type=Path)
    parser.add_argument("--most", type=int, default=300)
    parser.add_argument("--unknown", action="store_true", help="list what is not understood")
    given = parser.parse_args()
    nearest = NearestMeaning(load_settings().home).of
    most = aspects(given.captions).most_common(given.most)
    known: list[str] = []
    partly: list[str] = []
    unknown: list[str] = []
    for phrase, _ in most:
        taken = understand(phrase, nearest=nearest)
        side = unknown if not taken.understood else partly if taken.unknown else known
        side.append(phrase)
    print(f"{len(most)} aspects: {len(known)} understood = {len(known) / len(most):.3f}, ", end="")
    print(f"{len(partly)} in part, {len(unknown)} not")
    if given.unknown:
        print("in part:", "; ".join(partly))
        print("not:", "; ".join(unknown))


if __name__ == "__main__":
    main()
