"""What may be asked next: for an empty conversation, and after an answer."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import streamlit as st

from app.background import Started, demo_job, start
from app.ui.drawing import clicked, stand_in
from app.view.turns import Turn, hits_of
from app.view.words import in_markdown, shortened
from index.core.errors import clock

if TYPE_CHECKING:
    from app.ui.opened import Opened
    from index.core.tracks import Track

REFRESH_S = 3.0
SHORT_TITLE = 34
ENOUGH_TRACKS = 4


class Asks(Protocol):
    """Whoever takes the words of a click."""

    thread_id: str

    def ask(self, words: str) -> None:
        """Begin a turn."""

    def again(self) -> None:
        """Begin the last turn once more."""


def greet(opened: Opened, chat: Asks) -> None:
    """An empty conversation: what Reprise is for, and things to click."""
    st.html(
        '<div class="rp-hello"><div class="sign" aria-hidden="true">‖: :‖</div>'
        "<h1>Which moment are you thinking of?</h1>"
        "<p>Drop a clip, hum into the microphone, or name a moment of your music. "
        "Reprise finds the passages that sound like it, plays them, and says why.</p></div>"
    )
    growing = not opened.library.tracks() or _being_filled(opened)
    st.fragment(_offers, run_every=REFRESH_S if growing else None)(opened, chat)


@stand_in("What could be asked")
def _offers(opened: Opened, chat: Asks) -> None:
    tracks = opened.library.tracks()
    with st.container(key="suggestions"):
        for label, words in _kept(tracks, chat.thread_id):
            st.button(
                label, key=f"suggest_{words}", width="stretch", on_click=clicked(_ask), args=(chat, words)
            )
        if not tracks:
            _first_music(opened)
    if st.session_state.pop("_whole_page", False):
        st.rerun()


def _kept(tracks: list[Track], thread_id: str) -> list[tuple[str, str]]:
    """The suggestions of this conversation; they stay as they are while the library grows."""
    kept: dict[str, list[tuple[str, str]]] = st.session_state.setdefault("suggestions", {})
    offers = kept.get(thread_id) or suggestions(tracks, thread_id)
    if len(tracks) >= ENOUGH_TRACKS:
        kept[thread_id] = offers
    return offers


def _first_music(opened: Opened) -> None:
    """An empty library: the demo library is being made, or can be."""
    started: Started | None = st.session_state.get("adding")
    if _being_filled(opened) or (started and started.running):
        st.html(
            '<p class="rp-small rp-wait">Music is being added. You can ask as soon as the first pieces are in.</p>'
        )
        return
    st.button(
        "Make the demo library: a hundred pieces of five centuries, made on this computer in a few minutes",
        key="make_demo",
        width="stretch",
        on_click=clicked(_make_demo),
        args=(opened,),
    )
    if started and started.refused:
        st.error(in_markdown(started.refused))


def _being_filled(opened: Opened) -> bool:
    job = opened.library.status().job
    return bool(job or demo_job(opened.settings.home, ()))


def _make_demo(opened: Opened) -> None:
    st.session_state["adding"] = start(opened.settings.home, "The demo library", "demo")


def _ask(chat: Asks, words: str) -> None:
    chat.ask(words)
    st.session_state["_whole_page"] = True


def suggestions(tracks: list[Track], seed: str) -> list[tuple[str, str]]:
    """(label, words) to click, about music that is there; the same for one conversation."""
    usable = sorted((track for track in tracks if track.duration_s >= 25), key=lambda track: track.id)
    if not usable:
        return []
    chosen = random.Random(seed)
    chosen.shuffle(usable)
    brief = sorted(usable, key=lambda track: len(track.title) > SHORT_TITLE)
    first, second, third = brief[0], brief[1 % len(brief)], usable[-1]
    at_first, at_second = (clock(round(track.duration_s * 0.3)) for track in (first, second))
    author = third.author
    offers = [
        (
            _label(f"Find moments like “{_short(first)}” at {at_first}"),
            f"Find moments like “{first.title}” @ {at_first}",
        ),
        (_label(f"Describe “{_short(second)}” at {at_second}"), f"Describe “{second.title}” @ {at_second}"),
    ]
    if author:
        offers.append((_label(f"What do I have by {author}?"), f"What do I have by {author}?"))
    return [*offers, ("What is in my library?", "What is in my library?")]


def _short(track: Track) -> str:
    return shortened(track.title, 48)


def _label(text: str) -> str:
    return in_markdown(text)


def follow_ups(chat: Asks, turns: Sequence[Turn], *, repeatable: bool = False) -> None:
    """Pills below the newest answer, and a way to have it answered again where that is the last thing said."""
    number = len(turns) - 1
    with st.container(horizontal=True, gap="xsmall", key=f"pills_{number}"):
        for words in next_words(turns):
            st.button(
                in_markdown(words), key=f"pill_{number}_{words}", on_click=clicked(chat.ask), args=(words,)
            )
        if repeatable:
            st.button(
                "Ask again",
                key=f"again_{number}",
                type="tertiary",
                icon=":material/refresh:",
                help="Answer the last message once more",
                on_click=clicked(chat.again),
            )


def next_words(turns: Sequence[Turn]) -> list[str]:
    """What could be said next, in the user's words: an answer to a question, or about the last search."""
    choices = list(turns[-1].choices) if turns else []
    if choices and not any(call.kind == "hits" for call in turns[-1].calls):
        return list(dict.fromkeys(choices))
    calls = [call for turn in turns for call in turn.calls]
    search = next((call for call in reversed(calls) if call.kind == "hits"), None)
    if search is None or not (hits := hits_of(search)):
        return choices
    query = (search.artifact or {}).get("query", {})
    words = ["only major" if query.get("filters", {}).get("key_mode") == "minor" else "only minor"]
    words.append("closer in harmony" if "timbre" in query.get("emphasis", {}) else "closer in sound")
    words.append("save as playlist")
    return list(dict.fromkeys([*choices, *words, *(["compare 1 and 2"] if len(hits) > 1 else [])]))
