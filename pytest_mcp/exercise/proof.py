"""What proves that a call worked: an effect that was seen, or an answer that wrong arguments do not get."""

from collections.abc import Sequence

from pytest_mcp.model.call import Answer, Call
from pytest_mcp.model.effects import Effects, Touched

_CHANGED = {Touched.CREATED: "created", Touched.WRITTEN: "wrote", Touched.REMOVED: "removed"}


def effect(effects: Effects | None) -> str:
    """The most telling effect in words, empty when there is none."""
    if effects is None:
        return ""
    changed = [f"{_CHANGED[each.how]} {each.path}" for each in effects.files if each.how in _CHANGED]
    started = [f"started {each.argv[0]}" for each in effects.spawned if each.argv]
    asked = [f"requested {each.url}" for each in effects.requests]
    return next(iter((*changed, *started, *asked)), "")


def promising(call: Call) -> bool:
    """Whether the call may have worked: it has a result, or it changed something and does not say that it failed."""
    return call.answer is Answer.RESULT or (call.answer is Answer.EMPTY and bool(effect(call.effects)))


def proof(call: Call, contrasts: Sequence[Call]) -> str:
    """What proves a promising call, in words; empty when nothing does.

    ``contrasts`` are the same call with arguments broken on purpose: a server that answers those just the same has
    shown nothing by its answer.
    """
    if seen := effect(call.effects):
        return seen
    if call.answer is not Answer.RESULT:
        return ""
    if not contrasts:
        return "a result; there are no arguments to get wrong"
    if any(each.answer is Answer.REFUSED for each in contrasts):
        return "a result, where wrong arguments are refused"
    if any(each.answer is not call.answer or each.text != call.text for each in contrasts):
        return "a result, another one than wrong arguments get"
    return ""
