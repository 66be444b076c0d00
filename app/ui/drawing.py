"""What fails while the page is drawn, or clicked, is one sentence in its place: the rest stands, the log has more."""

from __future__ import annotations

import errno
import functools
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from app.log import at_home, mistake
from app.view.words import in_html, prose
from index.core.errors import RepriseError

if TYPE_CHECKING:
    from streamlit.elements.lib.layout_utils import Width

_TELLING = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO)
"""What a user can do something about: room, permissions, a disk."""
_SAID = "_said_of_a_click"


def put_html(body: str, width: Width = "stretch") -> None:
    """HTML, or nothing where there is nothing to show: Streamlit refuses an empty body."""
    if body.strip():
        st.html(body, width=width)


@contextmanager
def stand_in(what: str) -> Iterator[None]:
    """Draw `what`; where that fails, a sentence says so in its place. Also a decorator, inside of `st.fragment`."""
    try:
        yield
    except Exception as error:
        put_html(
            f'<div class="rp-small" role="note">{in_html(sentence(error, f"{what} cannot be shown"))}</div>'
        )


def sentence(error: Exception, what: str) -> str:
    """What the user is told of a failure; the traceback goes to the log, unless it is one they can act on."""
    if isinstance(error, RepriseError):
        return f"{what}: {error}"
    if isinstance(error, OSError) and error.errno in _TELLING:
        about = f" ({at_home(Path(str(error.filename)))})" if error.filename else ""
        logging.getLogger("reprise.page").warning("%s", what, exc_info=error)
        return f"{what}: {(error.strerror or 'the disk failed').lower()}{about}. Everything else is kept."
    logging.getLogger("reprise.page").error("%s", what, exc_info=error)
    return mistake(error, f"{what}; everything is kept.")


def clicked(act: Callable[..., None]) -> Callable[..., None]:
    """What a click does; where that fails, `draw_said` says so, and the page is drawn as before."""

    @functools.wraps(act)
    def run(*args: Any, **named: Any) -> None:
        try:
            act(*args, **named)
        except Exception as error:
            st.session_state[_SAID] = sentence(error, "That could not be done")

    return run


def draw_said() -> None:
    """What went wrong with the newest click, once."""
    if said := st.session_state.pop(_SAID, ""):
        st.error(prose(said))


def page_fault(error: Exception) -> bool:
    """The last resort, for Streamlit: whatever nothing else caught is said in our words, not in its own."""
    st.error(prose(sentence(error, "This page could not be drawn to its end")))
    return True
