"""One call: sent, answered, judged by what the answer says, with what the server did meanwhile."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pytest_mcp.client.connection import Caller
from pytest_mcp.client.listing import bounded
from pytest_mcp.client.script import complete
from pytest_mcp.client.wire import NOTHING_DECLARED, Role
from pytest_mcp.exercise.answers import answer_of, text_of
from pytest_mcp.model.call import Answer, Call
from pytest_mcp.model.case import Case
from pytest_mcp.model.effects import Effects
from pytest_mcp.model.exchange import Arrival, Ask, Exchange

KEPT_BYTES = 64 * 1024
"""Of answers larger than this only their text's head and what they amount to is kept."""


def _no_mark() -> None:
    return None


def _no_effects(_: Any) -> None:
    return None


def _as_it_is() -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where calls go: a live connection, and the way to what is observed around a call."""

    caller: Caller
    timeout: float
    role: Role = NOTHING_DECLARED
    """How the client answers what the server asks back."""
    mark: Callable[[], Any] = field(default=_no_mark)
    effects: Callable[[Any], Effects | None] = field(default=_no_effects)
    restore: Callable[[], None] = field(default=_as_it_is)
    """Puts the planted world back as it was."""


def called(stage: Stage, case: Case, *, progress: str = "") -> Call:
    """Send one case and wait for its answer, at most the stage's ``timeout`` seconds.

    Under the token ``progress`` the server may tell meanwhile how far it has got (basic/utilities/progress).
    """
    before = stage.mark()
    ask = _ask(stage, case)
    if progress:
        ask = replace(ask, params={**(ask.params or {}), "_meta": {"progressToken": progress}})
    exchange = complete(stage.caller, ask, stage.role)
    return _judged(case, exchange, stage.effects(before))


def called_together(stage: Stage, cases: Sequence[Case]) -> list[Call]:
    """Send all of these without waiting for each other; each call gets the effects of all."""
    before = stage.mark()
    exchanges = stage.caller.send_all([_ask(stage, case) for case in cases])
    seen = stage.effects(before)
    return [_judged(case, exchange, seen) for case, exchange in zip(cases, exchanges, strict=True)]


def _ask(stage: Stage, case: Case) -> Ask:
    return Ask(method="tools/call", params={"name": case.tool, "arguments": case.arguments}, timeout=stage.timeout)


def _judged(case: Case, seen: Exchange, effects: Effects | None) -> Call:
    exchange = replace(seen, message=bounded(seen.message))
    return Call(
        case=case,
        exchange=exchange,
        answer=answer_of(exchange),
        text=text_of(exchange),
        size=len(seen.received or b""),
        effects=effects,
    )


def slim(call: Call) -> Call:
    """The call without the bytes of a large answer: hundreds of them are kept for the tests of a server."""
    if len(call.exchange.received or b"") <= KEPT_BYTES:
        return call
    return replace(call, exchange=replace(call.exchange, received=None, message=None), text=call.text[:KEPT_BYTES])


def hung(call: Call) -> bool:
    """No answer in time: the tool is not called again."""
    return call.exchange.arrival is Arrival.TIMEOUT


def gone(call: Call) -> bool:
    """The server ended, or closed its side, instead of answering."""
    return call.answer is Answer.LOST and call.exchange.arrival in (Arrival.CLOSED, Arrival.FAILED)
