"""What proves that a call worked: an effect that was seen, or an answer that wrong arguments do not get."""

from collections.abc import Sequence

from pytest_mcp.model.call import Answer, Call
from pytest_mcp.model.effects import Effects, Touched

_CHANGED = {Touched.CREATED: "created", Touched.WRITTEN: "wrote", Touched.REMOVED: "removed"}


def effect(effects: Effects | None) -> str:
    """The most telling effect in words, empty when there is none."""
    return next(iter(_told(effects).values()), "")


def _told(effects: Effects | None) -> dict[object, str]:
    """Every effect in words, the most telling first, by what makes it the same as another."""
    if effects is None:
        return {}
    changed: dict[object, str] = {
        each.path: f"{_CHANGED[each.how]} {each.path}" for each in effects.files if each.how in _CHANGED
    }
    started: dict[object, str] = {each.argv: f"started {each.argv[0]}" for each in effects.spawned if each.argv}
    asked: dict[object, str] = {each.url: f"requested {each.url}" for each in effects.requests}
    return {**changed, **started, **asked}


def promising(call: Call) -> bool:
    """Whether the call may have worked: it has a result, or it changed something and does not say that it failed."""
    return call.answer is Answer.RESULT or (call.answer is Answer.EMPTY and bool(effect(call.effects)))


def proof(call: Call, contrasts: Sequence[Call]) -> str:
    """What proves a promising call, in words; empty when nothing does.

    ``contrasts`` are the same call with arguments broken on purpose: a server that answers those just the same has
    shown nothing by its answer, and what it does for those too is no effect of the call's.
    """
    common = {key for each in contrasts for key in _told(each.effects)}
    if seen := next((told for key, told in _told(call.effects).items() if key not in common), ""):
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


def reach(tries: Sequence[Call]) -> Call | None:
    """The first call of these whose texts arrived at a program or an address, whatever became of it there."""
    return next((call for call in tries if _arrived(call)), None)


def _arrived(call: Call) -> bool:
    texts = [each for each in call.case.arguments.values() if isinstance(each, str) and len(each) > 2]
    seen = call.effects
    if seen is None or not texts:
        return False
    places = [*(word for each in seen.spawned for word in each.argv[1:]), *(each.url for each in seen.requests)]
    return any(text in place for text in texts for place in places)
