"""One step of a language model, made dependable: a tool call that can be made, or an answer that is covered.

Small models write calls into their text, call the same tool again, answer without looking, say numbers that nobody
measured, or nothing at all. Each is answered once with a short note; where that does not help, the call is made that
the built-in planner is sure of, or the answer is put together from what the tools returned. A turn always ends in one.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from app.agent.grounding.faithful import Facts, faithful
from app.agent.llm.arguments import Heard, repaired
from app.agent.llm.context_window import Fitted, fitted, tokens
from app.agent.llm.server_quirks import Talents
from app.agent.llm.stream_filter import Sieve
from app.agent.llm.streaming import ReplyLostError, in_a_loop, reply
from app.agent.llm.text_calls import spoken_calls, without_thoughts
from app.agent.llm.tool_names import known_tool
from app.agent.llm.tool_prompts import as_data, in_plain_words, tool_schemas, tools_in_words
from app.agent.llm.turn_state import TOLD_AT_MOST, SoFar, new_calls, without_wrong_calls
from app.agent.planner.decide.choices import carried
from app.agent.planner.decide.plan import next_step
from app.agent.planner.parse.conversation import Call, read_talk
from app.agent.toolbox import complete_args
from app.agent.turn import TimeUpError, Turn, TurnStoppedError
from prompts import phrase
from tools.session import new_call_id

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from tools import ToolFunction

CALLS_A_TURN = 8
WRONG_CALLS = 2
"""Calls that could not be made as written; after so many the model is not asked for another."""
REPLY_TOKENS = 1000
"""Room that is kept for the reply."""
LEAST_ROOM = 600
ATTEMPTS = 3
LAZY = 2
"""Turns in which telling it to call a tool was in vain; after so many it is not told any more."""


@dataclass
class Speaker:
    """A language model in one step of a turn."""

    model: BaseChatModel
    planner: BaseChatModel
    functions: dict[str, ToolFunction]
    talents: Talents
    """What was learned about this model and its server."""
    turn: Turn
    messages: Sequence[BaseMessage]
    system: str
    clips: Sequence[str]
    """Names of the clips, oldest first."""
    say: Callable[[str, bool], None]
    options: dict[str, Any] = field(default_factory=dict)
    so_far: SoFar = field(init=False, default_factory=SoFar)
    expected: Call | None = field(init=False, default=None)
    sieve: Sieve = field(init=False)

    def next_message(self) -> AIMessage:
        """The next message of the conversation: tool calls, or the answer."""
        self.so_far = SoFar.of(self.messages)
        if self.so_far.stands_in:
            return self._planned(self.so_far.stands_in)
        self.expected = self._expected()
        fit = self._fit()
        sources = [m.text for m in fit.messages if not isinstance(m, AIMessage)]
        facts = Facts.of([*sources, fit.summary, self.system], {"hits": [0] * self.so_far.found_at_most})
        self.sieve = Sieve(self.say, facts)
        try:
            return self._asked(facts)
        except TimeUpError:
            return self._without_model("slow")
        except ReplyLostError:
            return self._without_model("lost")
        except TurnStoppedError:
            raise
        except Exception:
            if not self.so_far.useful:
                raise
            return self._without_model("lost")

    # --- asking -------------------------------------------------------------------------------------------

    def _asked(self, facts: Facts) -> AIMessage:
        """Ask, with a note where the reply is of no use, until it is or there is no patience left."""
        enough = len(self.so_far.done) >= CALLS_A_TURN or self.so_far.wrong >= WRONG_CALLS
        if enough and self.expected and not self.so_far.useful:
            return self._call([(self.expected.name, self.expected.args)], helped=True)
        notes: list[BaseMessage] = [HumanMessage(phrase("language", "enough"))] if enough else []
        reason = "no_answer"
        for _ in range(ATTEMPTS):
            heard = self._reply(notes, tools=not enough)
            words, calls = self._read(heard, noted=bool(notes))
            fresh = new_calls(calls, self.so_far, self.functions, CALLS_A_TURN - len(self.so_far.done))
            if fresh and not enough:
                self.talents.lazy = 0
                return self._call(fresh)
            if calls:  # the same again, or one too many
                if enough:
                    reason = "endless"
                    break
                enough, reason = True, "endless"
                notes = [HumanMessage(phrase("language", "done", tool=calls[0][0]))]
                continue
            if in_a_loop(words):
                words = ""
            good, wrong = faithful(words, facts)
            if self.expected and not enough:
                if notes or self.so_far.done or self.talents.lazy >= LAZY:
                    self.talents.lazy += 1
                    return self._call([(self.expected.name, self.expected.args)], helped=True)
                notes = [*_said(words), HumanMessage(self._call_note(self.expected))]
            elif good:
                return self._answer(good)
            elif reason == "unfounded" or (notes and not words):
                break
            elif words:
                reason = "unfounded"
                note = phrase("language", "unsupported", wrong=", ".join(dict.fromkeys(wrong)))
                notes = [*_said(words), HumanMessage(note)]
            else:
                notes = [HumanMessage(phrase("language", "empty"))]
        return self._without_model(reason)

    def _call_note(self, expected: Call) -> str:
        """Asks for a call, in words that a model understands whose server never told it of the tools."""
        example = json.dumps({"name": expected.name, "arguments": dict(expected.args)}, ensure_ascii=False)
        tools = "" if self.talents.plain else tools_in_words(list(self.functions.values()))
        return phrase("language", "call", example=example, tools=tools).strip()

    def _reply(self, notes: Sequence[BaseMessage], *, tools: bool) -> AIMessage:
        """One reply; a dropped connection is tried once more, a server's limits are learned on the way."""
        lost, model = 0, self.model
        for _ in range(6):
            self.sieve.begin(held=self.expected is not None or self.talents.thinks_aloud)
            asked = [*self._request(self._fit()), *notes]
            if self.talents.plain:
                asked = in_plain_words(asked, merged=self.talents.merged)
            schemas = tool_schemas(list(self.functions.values())) if tools and not self.talents.plain else []
            try:
                heard = reply(model, asked, self.turn, tools=schemas, heard=self.sieve.hear, **self.options)
            except ReplyLostError as error:
                lost += 1
                if lost > 1:
                    raise
                if not error.began:
                    model = model.model_copy(update={"disable_streaming": True})
                continue
            except Exception as error:
                if not self.talents.learn(error, sent=sum(tokens(message.text) for message in asked)):
                    raise
                continue
            self.talents.notice(heard.text)
            return heard
        raise ReplyLostError("No reply came through.")

    def _request(self, fit: Fitted) -> list[BaseMessage]:
        """System prompt and conversation. What changes stands late: a server need not read again what it knows."""
        system = self.system
        if self.talents.plain:
            system += "\n\n" + tools_in_words(list(self.functions.values()))
        messages = [as_data(message) for message in fit.messages]
        if fit.summary and messages:
            words = phrase("language", "summary", summary=fit.summary, words=messages[0].text)
            messages[0] = HumanMessage(words)
        return [SystemMessage(system), *messages]

    def _fit(self) -> Fitted:
        described = tools_in_words(list(self.functions.values()))
        room = self.talents.context - REPLY_TOKENS - tokens(self.system) - tokens(described)
        return fitted(self.messages, max(LEAST_ROOM, room))

    # --- reading ------------------------------------------------------------------------------------------

    def _read(self, heard: AIMessage, noted: bool) -> tuple[str, list[tuple[str, Any]]]:
        """The words of a reply, and its calls under their tools' names, arguments repaired where they can be.

        A call that comes as text, and only after the tools were described in a note: the server tells of none.
        """
        calls: list[tuple[str, Any]] = [(call["name"], call["args"]) for call in heard.tool_calls]
        calls += [(call["name"] or "", call["args"]) for call in heard.invalid_tool_calls]
        words = without_thoughts(heard.text).strip()
        if not calls:
            spoken = spoken_calls(heard.text, self.functions)
            words, calls = spoken.words, list(spoken.calls)
            self.talents.plain |= noted and bool(calls)
        return words, [self._put_right(name, args) for name, args in calls]

    def _put_right(self, written: str, args: Any) -> tuple[str, Any]:
        name = known_tool(written, self.functions)
        if not name:
            return written or "?", args if isinstance(args, dict) else {}
        done = repaired(self.functions[name], args, Heard(tuple(self.clips)))
        if done.problem:  # as it was written: the answer says what is wrong with it
            return name, args if isinstance(args, dict) else {"arguments": args}
        return name, complete_args(self.functions, name, done.args)

    # --- answering ----------------------------------------------------------------------------------------

    def _call(self, calls: Sequence[tuple[str, Any]], **extra: Any) -> AIMessage:
        made = [{"name": name, "args": dict(args), "id": new_call_id()} for name, args in calls]
        return AIMessage("", tool_calls=made, additional_kwargs=extra, id=_id())

    def _answer(self, words: str, extra: Mapping[str, Any] | None = None) -> AIMessage:
        if self.so_far.question and "?" not in words:
            words = f"{words}\n\n{self.so_far.question}"
        offered = self.so_far.offered
        if extra is None:
            extra = carried(offered) if offered else {}
        self.sieve.finish(words)
        return AIMessage(words, additional_kwargs=dict(extra), id=_id())

    def _without_model(self, reason: str) -> AIMessage:
        """The answer where the model has none: what the tools returned, else what the built-in planner makes of it."""
        useful = self.so_far.useful
        if not useful:
            if reason == "unfounded" and not self.expected:
                return self._answer(phrase("language", "nothing_measured"))
            return self._planned(reason)
        told = list(dict.fromkeys(_told(call, answer) for call, answer in _best(useful)))
        note = phrase("language", "told_instead", reason=phrase("language", reason))
        return self._answer("\n\n".join([*told[-TOLD_AT_MOST:], note]))

    def _planned(self, reason: str) -> AIMessage:
        """What the built-in planner does next; its words say that they are its own."""
        schemas = tool_schemas(list(self.functions.values()))
        said = reply(self.planner, without_wrong_calls(self.messages), Turn(), tools=schemas)
        if said.tool_calls:
            made = [
                (call["name"], complete_args(self.functions, call["name"], call["args"]))
                for call in said.tool_calls
            ]
            return self._call(made, stands_in=reason)
        note = phrase("language", "stands_in", reason=phrase("language", reason))
        self.sieve = Sieve(self.say, Facts())
        return self._answer(f"{said.text.strip()}\n\n{note}", said.additional_kwargs)

    def _expected(self) -> Call | None:
        """The call that the newest words ask for by the planner's rules; None where they are not sure."""
        if self.so_far.useful:
            return None
        talk = read_talk(without_wrong_calls(self.messages))
        step = next_step(talk, tuple(self.functions), lambda _words: None)
        if step is None or step.call is None:
            return None
        return Call(step.call.name, complete_args(self.functions, step.call.name, step.call.args))


def _said(words: str) -> list[BaseMessage]:
    return [AIMessage(words)] if words else []


def _best(useful: Sequence[tuple[Call, ToolMessage]]) -> Sequence[tuple[Call, ToolMessage]]:
    """Calls that succeeded; all of them where none did."""
    return [each for each in useful if each[1].status != "error"] or useful


def _told(call: Call, answer: ToolMessage) -> str:
    from app.agent.planner.answers.answer import answer as worded

    return worded(call, answer)


def _id() -> str:
    return f"a{uuid.uuid4().hex}"
