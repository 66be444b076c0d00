"""The sidebar: conversations, the library and what is being added to it, saved moments, the model in use."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from app import background
from app.ui.assistant_panel import draw_assistant
from app.ui.drawing import put_html, stand_in
from app.ui.exports import draw_export
from app.ui.listening import draw_listening
from app.ui.threads import draw_threads
from app.view.saved import NAME
from app.view.words import in_html, in_markdown, length, span
from index.core.errors import RepriseError
from index.core.lengths import counted

if TYPE_CHECKING:
    from app.ui.opened import Opened
    from index.catalogue.catalogue import Job
    from index.status import LibraryStatus

FAILURES_SHOWN = 50
DAMAGES_SHOWN = 3
REFRESH_S = 2.0


def draw_sidebar(opened: Opened, thread_id: str, go: Callable[[str], None]) -> None:
    """Draw it; `go` opens a conversation ("" for a new one)."""
    with st.sidebar:
        st.html('<div class="rp-brand"><i>‖:</i> Reprise <i>:‖</i></div>')
        draw_threads(opened, thread_id, go)
        st.html('<h2 class="rp-h2">Library</h2>')
        _library(opened)
        with stand_in("Adding"):
            _add_folder(opened)
        with st.container(), stand_in("What was saved"):
            _saved(opened)
        draw_listening(opened)
        with stand_in("Who answers"):
            draw_assistant(opened, thread_id)


@st.fragment(run_every=REFRESH_S)
@stand_in("The library")
def _library(opened: Opened) -> None:
    """Refreshes itself; the rest of the page stays as it is."""
    try:
        status = opened.library.status()
    except RepriseError as error:
        st.html(f'<div class="rp-side rp-small">{in_html(str(error))}</div>')
        return
    demo = background.demo_job(opened.settings.home, opened.library.tracks())
    started: background.Started | None = st.session_state.get("adding")
    note = started.refused if started else ""
    # One place each: what is unfolded stays so while another part changes.
    for part in (
        holdings_html(status, coming=bool(demo or status.job)),
        demo_html(demo) if demo else job_html(status),
        f'<div class="rp-small" role="alert">{in_html(note)}</div>' if note else "",
        away_html(status),
        care_html(status),
        failures_html(status),
    ):
        place = st.empty()
        if part:
            place.html(f'<div class="rp-side">{part}</div>')


def holdings_html(status: LibraryStatus, *, coming: bool = False) -> str:
    """What is in the library, in two lines; `coming`: music is being added."""
    if not status.tracks:
        hint = "Music is on its way." if coming else "Add a folder of your music below."
        return f'<div>Empty</div><div class="rp-small">{hint}</div>'
    facts = [counted(status.windows, "moment")]
    if status.composers:
        facts.append(counted(status.composers, "composer"))
    elif status.artists:
        facts.append(counted(status.artists, "artist"))
    if status.year_from and status.year_to:
        years = (status.year_from, status.year_to)
        facts.append(f"{years[0]} to {years[1]}" if years[0] != years[1] else str(years[0]))
    held = f"{counted(status.tracks, 'track')}, {length(status.hours * 3600)}"
    return f'<div>{held}</div><div class="rp-small">{", ".join(facts)}</div>'


def away_html(status: LibraryStatus) -> str:
    """A bucket that does not answer, a network that is missing, and folders that are not there just now."""
    faults = filter(None, (status.store_fault, status.network_missing))
    fault = "".join(f'<div class="rp-small" role="alert">{in_html(each)}</div>' for each in faults)
    names = ", ".join(status.folders_away[:DAMAGES_SHOWN])
    more = len(status.folders_away) - DAMAGES_SHOWN
    names += f" and {more} more" if more > 0 else ""
    said = f"Not there now, or empty: {names}. What was in there stays in the library."
    return fault + (f'<div class="rp-small">{in_html(said)}</div>' if names else "")


def care_html(status: LibraryStatus) -> str:
    """What cannot be reached just now, and what is damaged, with what to do."""
    lines = []
    if away := status.unreachable:
        since = time.strftime("%d %b %H:%M", time.localtime(min(each.since for each in away)))
        held = "it holds" if len(away) == 1 else "they hold"
        lines.append(
            f"{counted(len(away), 'file')} not reachable since {since}: what {held} stays in the library."
        )
    if status.damaged:
        shown = ", ".join(status.damaged[:DAMAGES_SHOWN])
        more = (
            f" and {len(status.damaged) - DAMAGES_SHOWN} more" if len(status.damaged) > DAMAGES_SHOWN else ""
        )
        lines.append(f"Damaged: {shown}{more}. “reprise check --repair” in a terminal makes it anew.")
    return "".join(f'<div class="rp-small">{in_html(line)}</div>' for line in lines)


def failures_html(status: LibraryStatus) -> str:
    """What could not be read, and why; to be unfolded."""
    if not status.failures:
        return ""
    rows = "".join(
        f"<li><b>{in_html(Path(failure.path).name)}</b>: {in_html(failure.reason)}</li>"
        for failure in status.failures[:FAILURES_SHOWN]
    )
    said = f"{counted(len(status.failures), 'file')} could not be read"
    return f"<details><summary>{said}</summary><ul>{rows}</ul></details>"


def job_html(status: LibraryStatus) -> str:
    """What is being added, how far it is, and how long it will take."""
    job = status.job
    if job is None:
        return ""
    home = str(Path.home())
    folder = str(job.folder)
    folder = "~" + folder[len(home) :] if folder.startswith(home + "/") else folder
    return _progress_html(f"Adding {folder}", job)


def demo_html(job: background.DemoJob) -> str:
    """How far the demo library is."""
    return _progress_html("Making the demo library", job)


def _progress_html(what: str, job: Job | background.DemoJob) -> str:
    left = f", {length(job.eta_s)} left" if job.eta_s else ""
    share = min(1.0, job.done / job.total) if job.total else 0.0
    return (
        f'<div class="rp-small">{in_html(what)}: {job.done:,} of {job.total:,}{left}</div>'
        f'<div class="rp-progress" role="progressbar" aria-label="{in_html(what)}" aria-valuemin="0" '
        f'aria-valuemax="{job.total}" aria-valuenow="{job.done}">'
        f'<i style="width:{100 * share:.1f}%"></i></div>'
    )


def _add_folder(opened: Opened) -> None:
    with st.popover("Add a folder …"), st.form("add_folder", border=False, clear_on_submit=True):
        typed = st.text_input("Folder or file on this computer", placeholder="~/Music")
        if st.form_submit_button("Add"):
            _begin_adding(opened, typed)


def _begin_adding(opened: Opened, typed: str) -> None:
    path = Path(typed.strip().strip("\"'")).expanduser()
    if not typed.strip():
        st.error("Type the folder's path first.")
    elif not path.exists():
        st.error(f"There is no folder {in_markdown(str(path))} on this computer.")
    else:
        what = f"Adding {path}"
        st.session_state["adding"] = background.start(opened.settings.home, what, "add", str(path.absolute()))
        st.success("It is being added in the background.")


def _saved(opened: Opened) -> None:
    hits, unread = opened.saved.hits(), opened.saved.unread()
    if unread:
        are = "was saved by another version of Reprise and cannot be shown; it is kept"
        put_html(f'<div class="rp-side rp-small">{counted(unread, "moment")} {are}.</div>')
    if not hits:
        return
    rows = "".join(
        f"<li><b>{in_html(hit.track.title)}</b>, {span(hit.moment.start_s, hit.moment.end_s)}</li>"
        for hit in hits
    )
    number = counted(len(hits), "moment")
    st.html(
        f'<h2 class="rp-h2">Saved</h2><div class="rp-side"><details><summary>{number}</summary>'
        f"<ul>{rows}</ul></details></div>"
    )
    with st.popover("Export", key="export_saved"):
        draw_export(NAME, hits, "saved")
