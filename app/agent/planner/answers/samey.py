"""What is said beside results that were searched for because the last ones were all alike."""

from __future__ import annotations

from app.agent.planner.answers.phrases import say, word
from app.agent.planner.decide.complaints import SAMEY, complaint, nearest_changes
from app.agent.planner.parse.conversation import Call, Talk
from app.agent.planner.parse.prepared import prepare

MORE_VARIETY = "More variety"


def after_samey(talk: Talk) -> tuple[str, dict[str, Call | None]]:
    """That what was shown is left out, and the nearest changes to click; nothing after any other words."""
    if not talk.done or talk.before is None or talk.done[-1][1].status == "error":
        return "", {}
    if complaint(prepare(talk.words, talk), talk) != SAMEY:
        return "", {}
    offered = {word(name): call for name, call in nearest_changes(talk).items() if name != MORE_VARIETY}
    return (say("samey"), offered) if offered else ("", {})
