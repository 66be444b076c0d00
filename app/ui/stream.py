"""A turn while it goes on: a line for each tool, the words as they come, cards as soon as they are due."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from app.view.steps import at_work, done
from app.view.turns import Call
from app.view.words import in_html, prose

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from app.agent.running import Running

REDRAW_S = 0.06
CARDS_WAIT_S = 1.5
"""Cards stand below the finished words, but are never kept back longer than this."""


def show_events(
    running: Running,
    steps: DeltaGenerator,
    words: DeltaGenerator,
    draw: Callable[[Call], None] | None = None,
) -> None:
    """Follow a turn to its end.

    `steps` and `words` are places that are overwritten; `draw` draws what a call found.
    """
    from app.agent.events import Answered, Listening, Token, ToolAnswered, ToolCalled

    calls: dict[str, Call] = {}
    due: list[tuple[float, Call]] = []
    text, drawn_at, doing = "", 0.0, "thinking"
    _draw_steps(steps, calls, text)
    for event in running.follow():
        now = time.monotonic()
        if event is None:  # drawing is where Streamlit looks whether something was clicked
            _draw_steps(steps, calls, text, doing)
        match event:
            case Listening():
                doing = event.words
                _draw_steps(steps, calls, text, doing)
            case ToolCalled():
                text = ""
                words.empty()
                calls[event.call_id] = Call(event.call_id, event.name, event.args)
            case ToolAnswered():
                before = calls.get(event.call_id, Call(event.call_id, event.name, {}))
                call = replace(before, status=event.status, artifact=event.artifact)
                calls[event.call_id] = call
                due.append((now + CARDS_WAIT_S, call))
            case Token():
                text = event.text if event.anew else text + event.text
            case Answered():
                text = event.text
        if isinstance(event, (ToolCalled, ToolAnswered)):
            doing = "thinking"
            _draw_steps(steps, calls, text)
        if text and (isinstance(event, Answered) or now - drawn_at > REDRAW_S):
            words.markdown(prose(text))
            drawn_at = now
            if not calls:
                steps.empty()
        while draw and due and due[0][0] < now:
            draw(due.pop(0)[1])


def _draw_steps(place: DeltaGenerator, calls: Mapping[str, Call], text: str, doing: str = "thinking") -> None:
    """A line for each tool; before anything else happens, that there is thinking, or how far listening is."""
    busy = f'<div class="rp-step busy">{in_html(doing)}</div>'
    if calls:
        more = busy if doing != "thinking" else ""
        place.html("".join(step_html(call) for call in calls.values()) + more)
    elif text:
        place.empty()
    else:
        place.html(busy)


def step_html(call: Call) -> str:
    """The thin line of one tool; a click shows its arguments."""
    if call.status == "running":
        return f'<div class="rp-step busy">{in_html(at_work(call.name))}</div>'
    args = "".join(
        f"<dt>{in_html(name)}</dt><dd>{in_html(_spoken(value))}</dd>" for name, value in call.args.items()
    )
    wrong = " wrong" if call.status == "error" else ""
    return (
        f'<div class="rp-step{wrong}"><details><summary>{in_html(done(call))}</summary>'
        f"<dl><dt>tool</dt><dd>{in_html(call.name)}</dd>{args}</dl></details></div>"
    )


def waiting_html(name: str) -> str:
    """A clip that is not analysed yet, as high as its waveform will be."""
    return (
        '<div class="rp-clip"><div class="rp-skeleton"></div>'
        f'<div class="rp-file">{in_html(name)}</div></div>'
    )


def _spoken(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_spoken(part)}" for name, part in value.items()) or "–"
    return str(value) if value not in ("", None) else "–"
