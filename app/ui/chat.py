"""The conversation: what was said, the tool at work, the answer as it comes, and what it found."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from app.agent.running import Running
from app.log import mistake
from app.ui.answers import draw_explanation, draw_found
from app.ui.asked import Asked
from app.ui.chips import draw_chips, draw_conditions
from app.ui.drawing import clicked, put_html, stand_in
from app.ui.hit_card import CardActions, spoken
from app.ui.players import ClipShown, clip_player, keep_in_view
from app.ui.stream import show_events, step_html, waiting_html
from app.ui.suggestions import follow_ups, greet
from app.ui.uploads import Upload, Uploads
from app.view.conditions import conditions_of
from app.view.turns import Call, Turn, at_card, turns_of
from app.view.words import in_html, in_markdown, prose
from index.core.errors import RepriseError, clock

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from app.ui.opened import Opened
    from index.core.hits import Hit

TURNS_SHOWN = 10


class Chat:
    """One conversation on the page."""

    def __init__(self, opened: Opened, thread_id: str) -> None:
        self.opened = opened
        self.thread_id = thread_id
        self._whys: dict[str, Turn] = {}
        self._actions = CardActions(clicked(self.more), clicked(self.why), self._draw_why)

    # asking

    def ask(self, words: str, files: Sequence[Upload] = (), recording: Upload | None = None) -> None:
        """Begin a turn with the user's words and files."""
        folder = self.opened.askings.begin(self.thread_id)
        uploads = Uploads(files, recording, folder)
        self._begin(self.opened.askings.write(folder, words, uploads.brought))

    def press(self, words: str, tool: str, args: Mapping[str, Any], card: str = "") -> None:
        """Begin the turn of a button; with `card`, that card shows it."""
        folder = self.opened.askings.begin(self.thread_id)
        self._begin(self.opened.askings.write(folder, words, (), {"tool": tool, "args": dict(args)}), card)

    def once_more(self, asked: Asked) -> None:
        """Begin a turn that broke off anew."""
        self._begin(self.opened.askings.write(asked.folder, asked.words, asked.brought, asked.call))

    def _begin(self, asked: Asked, card: str = "") -> None:
        assistant = self.opened.assistant
        if asked.call:
            turn = partial(
                assistant.press, self.thread_id, asked.words, asked.call["tool"], asked.call["args"]
            )
        else:
            turn = partial(assistant.turn, self.thread_id, asked.words, files=asked.brought)
        self._start(Running(asked.words, asked.names, card, after=asked.forget), turn)

    def more(self, hit: Hit, pinned: str) -> None:
        """The button "more like this"."""
        self.press(f"More like {spoken(hit)}", "find_similar_moments", {"moment": pinned})

    def why(self, hit: Hit, pinned: str) -> None:
        """The button "why?": asks once, then hides and shows what was said."""
        closed = st.session_state.setdefault("closed_whys", set())
        if pinned in self._whys:
            closed.symmetric_difference_update({pinned})
            return
        closed.discard(pinned)
        self.press(f"Why {spoken(hit)}?", "explain_match", {"result": pinned}, card=pinned)

    def again(self) -> None:
        """The button "ask again": the newest message once more; its answer gives way to the new one."""
        words = next((entry.text for entry in reversed(self._entries()) if entry.role == "user"), "")
        asked = self.opened.askings.write(self.opened.askings.begin(self.thread_id), words)
        turn = partial(self.opened.assistant.again, self.thread_id)
        self._start(Running(words, after=asked.forget), turn, self._newest)

    def _start(
        self,
        running: Running,
        turn: Callable[[], Iterator[Any]],
        entries: Callable[[], int] | None = None,
    ) -> None:
        running.halt = partial(self.opened.assistant.stop, self.thread_id)
        self.opened.runs.start(self.thread_id, running, turn, entries or (lambda: len(self._entries())))

    def _newest(self) -> int:
        """Where the newest message stands among the entries."""
        entries = self._entries()
        return max((place for place, entry in enumerate(entries) if entry.role == "user"), default=0)

    def _entries(self) -> list[Any]:
        return list(self.opened.assistant.history(self.thread_id))

    # drawing

    def draw(self) -> None:
        """Draw the conversation, follow the turn at work, then offer what may come next."""
        running = self.opened.runs.current(self.thread_id)
        entries: list[Any] = []
        with stand_in("This conversation"):
            entries = self._entries()
        if running is not None and running.before is not None:
            entries = entries[: running.before]
        turns = turns_of(entries)
        self._turns = turns
        self._whys = {pinned: turn for turn in turns if (pinned := at_card(turn))}
        shown_calls = {call.call_id for turn in turns for call in turn.calls}
        flow = [turn for turn in turns if at_card(turn).partition(":")[2] not in shown_calls]
        live = running if running is not None and not running.card else None
        broken = self.opened.askings.broken(self.thread_id)
        # Places are fixed and emptied by hand: what is not drawn anew stays on the page for a while.
        keep_in_view(self.thread_id, len(flow) if live else len(flow) - 1, live=live is not None)
        top = st.empty()
        if not flow and not broken and live is None:
            with top.container(), stand_in("The greeting"):
                greet(self.opened, self)
            return
        hidden = max(0, len(flow) - st.session_state.get("turns_shown", TURNS_SHOWN))
        if hidden:
            label = f"Show earlier messages ({hidden})"
            top.button(label, type="tertiary", on_click=_show_turns, args=(len(flow),))
        for number, turn in list(enumerate(flow))[hidden:]:
            with st.container(key=f"turn_{number}"):
                with stand_in("This turn"):
                    self._draw_turn(turn, number)
                end = st.empty()
                if number == len(flow) - 1 and live is None:
                    with end.container(), stand_in("What could be asked next"):
                        follow_ups(self, flow, repeatable=turns[-1] is turn)
        for asked in broken:
            with stand_in("A question that was not answered"):
                self._draw_broken(asked, flow[-1] if flow else None)
        if live is not None:
            with st.container(key=f"turn_{len(flow)}"):
                self._follow(live)

    def _draw_turn(self, turn: Turn, number: int) -> None:
        with st.chat_message("user"):
            with stand_in("What was brought"):
                self._draw_clips(turn, number)
            if turn.words:
                st.markdown(_lines(turn.words))
        with st.chat_message("assistant"):
            if turn.calls:
                with stand_in("What was looked up"):
                    put_html("".join(step_html(call) for call in turn.calls))
            if turn.answer:
                with st.container(key=f"{'failed' if turn.failed else 'answer'}_{number}"):
                    st.markdown(prose(turn.answer))
        for call in turn.calls:
            self._draw_found(call)

    def _draw_broken(self, asked: Asked, newest: Turn | None) -> None:
        """A turn that its server did not live to answer, to be asked again; unless it was kept with the others."""
        kept = newest is not None and not newest.answer and newest.words == asked.words
        if not kept:
            with st.chat_message("user"):
                for name in asked.names:
                    put_html(f'<div class="rp-file">{in_html(name)}</div>')
                if asked.words:
                    st.markdown(_lines(asked.words))
        with st.chat_message("assistant"), st.container(key=f"broken_{asked.folder.name}"):
            st.markdown("Reprise had to start again before this was answered. Everything is kept.")
            with st.container(horizontal=True, gap="xsmall"):
                anew = clicked(partial(self.once_more, asked))
                if kept:
                    anew = clicked(partial(self._again_instead, asked))
                st.button("Ask it again", key=f"anew_{asked.folder.name}", on_click=anew)
                leave = clicked(asked.forget)
                st.button("Leave it", key=f"leave_{asked.folder.name}", type="tertiary", on_click=leave)

    def _again_instead(self, asked: Asked) -> None:
        self.again()
        asked.forget()

    def _draw_found(self, call: Call) -> None:
        with stand_in("What the words were understood as"):
            draw_chips(call, clicked(self.press))
            draw_conditions(call, conditions_of(call, self._turns), clicked(self.press))
        with stand_in("What was found"):
            draw_found(self.opened, self.thread_id, call, self._actions)

    def _draw_clips(self, turn: Turn, number: int) -> None:
        for place, clip in enumerate(turn.clips):
            search = next((call for call in turn.calls if _query(call).get("id") == clip.id), None)
            query = _query(search) if search else {}
            span = (float(query.get("start_s", 0.0)), float(query.get("end_s", clip.duration_s)))
            offers = tuple((search.artifact or {}).get("offers", ())) if search else ()
            key = f"clip_{number}_{place}"
            shown = ClipShown(self.thread_id, clip, span, offers)
            clip_player(self.opened, shown, key, clicked(partial(self._picked, key, clip.id)))

    def _picked(self, key: str, clip_id: str) -> None:
        """A span of a clip was chosen on its waveform."""
        picked = st.session_state[key].pick
        clips = self.opened.assistant.clips(self.thread_id)
        number = next((i for i, clip in enumerate(clips, 1) if clip.id == clip_id), 0)
        if picked and number:
            start, end = (clock(round(float(picked[name]), 1)) for name in ("start_s", "end_s"))
            moment = {"moment": f"clip:{number} @ {start}-{end}"}
            self.press(f"Find moments like this passage: {start} to {end}", "find_similar_moments", moment)

    def _follow(self, running: Running) -> None:
        """Show the turn at work as it goes; when it is over, the page is drawn anew from the conversation."""
        with st.chat_message("user"):
            for name in running.files:
                put_html(waiting_html(name))
            if running.words:
                st.markdown(_lines(running.words))
        with st.chat_message("assistant"):
            steps, words, stop = st.empty(), st.empty(), st.empty()
            stop.button("Stop", key="stop", type="tertiary", icon=":material/stop:", on_click=running.stop)
        cards = st.container()

        def draw(call: Call) -> None:
            with cards:
                self._draw_found(call)

        show_events(running, steps, words, draw)
        if self._faulty(running, words):
            steps.empty()
            stop.empty()
        else:
            st.rerun()

    def _draw_why(self, pinned: str) -> None:
        """In a hit's card: the answer to "why?", at work or done."""
        running = self.opened.runs.current(self.thread_id)
        if running is not None and running.card == pinned:
            steps, words = st.empty(), st.empty()
            show_events(running, steps, words)
            steps.empty()
            if self._faulty(running, words):
                return
            words.empty()
            self._whys |= {pin: turn for turn in turns_of(self._entries()) if (pin := at_card(turn))}
        turn = self._whys.get(pinned)
        if turn is None or pinned in st.session_state.get("closed_whys", ()):
            return
        with st.container(key="evidence_" + re.sub(r"\W", "_", pinned)), stand_in("This evidence"):
            st.markdown(prose(turn.answer))
            for call in turn.calls:
                if call.kind == "explanation":
                    draw_explanation(self.opened, self.thread_id, call.artifact or {}, pinned)

    def _faulty(self, running: Running, place: DeltaGenerator) -> bool:
        """Say it where a turn ended in a fault of ours; the conversation goes on."""
        if running.fault is None:
            return False
        self.opened.runs.dismiss(self.thread_id)
        if isinstance(running.fault, RepriseError):
            said = f"This was not answered: {running.fault}"
        else:
            said = mistake(running.fault, "The conversation is kept. Please try again.")
        place.error(prose(said))
        return True


def _show_turns(number: int) -> None:
    st.session_state["turns_shown"] = number


def _query(call: Call) -> Mapping[str, Any]:
    return (call.artifact or {}).get("query", {}) if call.kind == "hits" else {}


def _lines(words: str) -> str:
    return "  \n".join(in_markdown(line) for line in words.splitlines())
