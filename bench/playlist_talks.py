"""Follow-ups in conversations that people really had: do they keep what they must, and drop what they must?

python -m bench.playlist_talks DIALOGS.jsonl [--wrong]

DIALOGS is a file of google-research-datasets/cpcd (CC BY 4.0; not part of this repository), in which people ask
somebody for a playlist, turn by turn. Thirty conversations of ten turns are made of them: the turns of one dialog after
those of another, until there are ten. Artists and titles of their catalogue become composers and titles of the demo
library, each always the same one. What a turn must do is told by its own words: who names a composer or a title gets a
call with that name, and with none that was named before and not now, unless it is added ("also", "and"); who
asks for more gets the last search again, or moments like it; who only thanks gets no call. Of the other turns
it is asked only that they carry no old name along. Prints the share of turns that do what they must, by kind.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.agent.planner.decide.calls import TOOLS
from app.agent.planner.model import Planner
from bench.planner import Conversation

CONVERSATIONS, TURNS = 30, 10
COMPOSERS = (
    "Mozart", "Bach", "Haydn", "Beethoven", "Schubert", "Chopin", "Handel", "Verdi", "Joplin", "Monteverdi",
    "Palestrina", "Corelli", "Schumann", "Schoenberg", "Webern", "Weber",
)  # fmt: skip
TITLES = ("Maple Leaf Rag", "Fanny Power", "Garryowen", "Yankee Doodle", "Money Musk", "Planxty Irwin")
_THANKS = re.compile(
    r"(?:yes+|ok(?:ay+)?|thanks?(?: you)?|great|good|perfect|awesome|nice|alright|cool|love (?:it|them|these)|"
    r"that'?s (?:perfect|great|good)|you (?:did a great job|rock)|sounds good|good (?:choice|job)|hi+|hello)[ ,.!]*"
)
_MORE = re.compile(r"\b(?:more|few more|couple more|another|one more|others?)\b")
_ADDS = re.compile(r"\b(?:also|too|and|add|as well|mix|with|including|plus|throw in)\b")


@dataclass(frozen=True)
class Told:
    """A turn in words of the demo library, and the names that stand in it."""

    text: str
    names: tuple[str, ...]

    @property
    def kind(self) -> str:
        """What the turn must do, by its own words."""
        plain = self.text.lower().strip()
        if self.names:
            return "names"
        if re.fullmatch(rf"(?:{_THANKS.pattern})+", plain):
            return "thanks"
        return "more" if _MORE.search(plain) and len(plain.split()) <= 6 else "other"


def turns_of(dialog: Mapping[str, Any]) -> Iterator[Told]:
    """The turns of a dialog, their artists and titles replaced."""
    tracks = dialog["tracks"].values()
    artists = sorted({name for track in tracks for name in track["track_artists"] if len(name) > 3})
    titles = sorted({track["track_titles"] for track in tracks if len(track["track_titles"].split()) > 1})
    new = {name.lower(): COMPOSERS[place % len(COMPOSERS)] for place, name in enumerate(artists)}
    new |= {title.lower(): TITLES[place % len(TITLES)] for place, title in enumerate(titles)}
    names = "|".join(sorted(map(re.escape, new), key=len, reverse=True))
    for turn in dialog["turns"]:
        said = str(turn["user_query"])
        found = [new[match.lower()] for match in re.findall(rf"(?i)\b(?:{names})\b", said)] if names else []
        text = re.sub(rf"(?i)\b(?:{names})\b", lambda match: new[match[0].lower()], said) if names else said
        yield Told(text, tuple(dict.fromkeys(found)))


def conversations(dialogs: Sequence[Mapping[str, Any]]) -> list[list[Told]]:
    """Thirty conversations of ten turns each."""
    turns = [turn for dialog in dialogs for turn in turns_of(dialog)]
    wanted = min(CONVERSATIONS, len(turns) // TURNS)
    return [turns[place * TURNS : (place + 1) * TURNS] for place in range(wanted)]


def right(
    turn: Told, calls: Sequence[Mapping[str, Any]], before: Sequence[Mapping[str, Any]], old: set[str]
) -> bool:
    """Whether a turn kept what it must, and dropped what it must."""
    said = json.dumps([call["args"] for call in calls], ensure_ascii=False).lower()
    if turn.kind == "thanks":
        return not calls
    if turn.kind == "more":
        return not before or not calls or _goes_on(calls[0], before[-1])
    gone = old - set(turn.names)
    carried = any(re.search(rf"\b{name.lower()}\b", said) for name in gone)
    dropped = not carried or bool(_ADDS.search(turn.text.lower()))
    kept = not calls or any(name.lower() in said for name in turn.names) or not turn.names
    return dropped and kept


def _goes_on(call: Mapping[str, Any], last: Mapping[str, Any]) -> bool:
    """The same search again, for more, or moments like its hits; a playlist counts as neither."""
    if call["name"] != last["name"]:
        return call["name"] == "find_similar_moments"
    wide = {"k", "diversity"}
    return {k: v for k, v in call["args"].items() if k not in wide} == {
        k: v for k, v in last["args"].items() if k not in wide
    }


def main() -> None:
    """Make the conversations, have them, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dialogs", type=Path)
    parser.add_argument("--wrong", action="store_true", help="list the turns that went wrong")
    given = parser.parse_args()
    dialogs = [json.loads(line) for line in given.dialogs.read_text(encoding="utf-8").splitlines()]
    planner = Planner()
    made, good, asked = Counter[str](), Counter[str](), Counter[str]()
    for turns in conversations(dialogs):
        talk = Conversation(planner, list(TOOLS.values()))
        before: list[Mapping[str, Any]] = []
        old: set[str] = set()
        for turn in turns:
            calls, answer = talk.say(turn.text, clip=False)
            fine = right(turn, calls, before, old)
            made[turn.kind] += 1
            good[turn.kind] += fine
            asked[turn.kind] += not calls
            if not fine and given.wrong:
                print(
                    f"  {turn.kind}: {turn.text}\n      got {[(c['name'], c['args']) for c in calls] or answer[:80]}"
                )
            before += [call for call in calls if call["name"] != "library_status"]
            old |= set(turn.names)
    print(f"{good.total()} of {made.total()} turns = {good.total() / max(1, made.total()):.3f}")
    for kind, count in made.most_common():
        print(f"  {kind:<8} {good[kind]:>3} of {count}, without a call {asked[kind]}")


if __name__ == "__main__":
    main()
