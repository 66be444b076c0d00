"""One reply of a chat model, piece by piece, in a thread that the turn can walk away from.

A model that is slow to begin, or drips without end, keeps nobody waiting: the turn looks at its own clock and at the
stop button meanwhile. What is abandoned is closed at its next piece, which ends the connection.
"""

from __future__ import annotations

import contextvars
import queue
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage

from app.agent.turn import TimeUpError, Turn
from index.core.errors import RepriseError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

LOOK_S = 0.05
"""How often the turn looks at its clock while nothing comes."""
LONGEST = 24_000
"""Characters; a reply that goes on beyond is taken for complete (a small model may repeat itself for ever)."""
LOOP = 1200
"""Characters from which on a reply is looked at for a passage that it repeats without end."""
LOOPED, ROUNDS = 24, 5
"""Characters at the end of a text, and how often they stand in one that is in a loop."""
_DROPPED = (
    "RemoteProtocolError",
    "ReadError",
    "WriteError",
    "ConnectError",
    "APIConnectionError",
    "ModelConnectionError",
)


class ReplyLostError(RepriseError):
    """A reply broke off, or none came where one should have."""

    def __init__(self, what: str, *, began: bool = True) -> None:
        self.began = began
        """Whether any of it came: a server that cannot stream sends nothing at all."""
        super().__init__(what)


def reply(
    model: BaseChatModel,
    messages: Sequence[BaseMessage],
    turn: Turn,
    *,
    tools: Sequence[Any] = (),
    heard: Callable[[str], None] | None = None,
    **options: Any,
) -> AIMessage:
    """Ask a model; `heard` is told every piece of text as it comes.

    Raises
    ------
    ReplyLostError
        If the connection was dropped, or the server ended the reply in its middle.
    TurnStoppedError, TimeUpError
        As soon as the turn is stopped or its time is up.
    """
    bound: Any = (
        model.bind_tools(tools, **options) if tools else (model.bind(**options) if options else model)
    )
    pieces: queue.SimpleQueue[AIMessageChunk | BaseException | None] = queue.SimpleQueue()
    abandoned = threading.Event()

    def listen() -> None:
        try:
            stream = bound.stream(list(messages))
            for piece in stream:
                pieces.put(piece)
                if abandoned.is_set():
                    stream.close()
                    return
            pieces.put(None)
        except BaseException as error:  # handed to the turn, which raises it
            pieces.put(error)

    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(listen,), name="reply", daemon=True).start()
    try:
        return _gathered(pieces, turn, heard)
    finally:
        abandoned.set()


def _gathered(
    pieces: queue.SimpleQueue[AIMessageChunk | BaseException | None],
    turn: Turn,
    heard: Callable[[str], None] | None,
) -> AIMessage:
    whole: AIMessageChunk | None = None
    length = 0
    while True:
        turn.check()
        try:
            piece = pieces.get(timeout=LOOK_S)
        except queue.Empty:
            continue
        if isinstance(piece, BaseException):
            if timed_out(piece):
                raise TimeUpError("The language model took longer than one turn may last.") from piece
            if lost(piece):
                raise ReplyLostError(
                    f"The reply broke off ({type(piece).__name__}).", began=length > 0
                ) from piece
            raise piece
        if piece is None:
            break
        whole = piece if whole is None else whole + piece
        if not piece.text:
            continue
        length += len(piece.text)
        if heard:
            heard(piece.text)
        if length > LONGEST or (length > LOOP and in_a_loop(whole.text)):
            break
    if whole is None:
        raise ReplyLostError("The server sent no reply.", began=False)
    message = AIMessage(
        content=whole.text,
        tool_calls=whole.tool_calls,
        invalid_tool_calls=whole.invalid_tool_calls,
        additional_kwargs=whole.additional_kwargs,
        response_metadata=whole.response_metadata,
        usage_metadata=whole.usage_metadata,
        id=whole.id,
    )
    if broken_off(message):
        raise ReplyLostError("The reply stops in its middle.")
    return message


def in_a_loop(text: str) -> bool:
    """Whether a text goes round and round, as very small models do: its end stands in it many times over."""
    end = text.rstrip()[-LOOPED:]
    return len(end) == LOOPED and text.count(end) >= ROUNDS


def broken_off(message: AIMessage) -> bool:
    """Whether a reply that seemed to end stops in the middle: no reason given, and no end of a sentence."""
    meta = message.response_metadata
    if (
        meta.get("finish_reason")
        or meta.get("done_reason")
        or meta.get("stop_reason")
        or "model_provider" not in meta
    ):
        return False
    text = message.text.rstrip()
    return bool(message.invalid_tool_calls) or (not message.tool_calls and text[-1:] not in ".!?…”\"'`})]*>:")


def lost(error: BaseException) -> bool:
    """Whether an error means that a connection which stood was dropped; a server that is not there is none."""
    names = {kind.__name__ for kind in type(error).__mro__}
    if "ConnectError" in names or any("Timeout" in name for name in names):
        return False
    cause = error.__cause__ or error.__context__
    if names & {"APIConnectionError", "ModelConnectionError"}:
        return cause is not None and lost(cause)
    if isinstance(error, ValueError) and "No generation" in str(error):
        return True
    return bool(names & set(_DROPPED)) or isinstance(
        error, (ConnectionResetError, ConnectionAbortedError, BrokenPipeError)
    )


def timed_out(error: BaseException) -> bool:
    """Whether a server that was reached did not answer in time."""
    names = {kind.__name__ for kind in type(error).__mro__}
    return any("Timeout" in name for name in names) and not names & {"ConnectTimeout", "PoolTimeout"}
