"""What chains of calls, a client that gives up, and a second client show about a server. Pure."""

import posixpath
import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

from pytest_mcp.checks.calls import SHOWN, arguments_of
from pytest_mcp.checks.traffic import emitted
from pytest_mcp.model.behaviour import Again, Cycle
from pytest_mcp.model.call import Answer, Call, Exercised, ExercisedTool
from pytest_mcp.model.effects import Touched
from pytest_mcp.model.exchange import Noise, NoiseKind
from pytest_mcp.model.finding import Severity, Violation
from pytest_mcp.model.interface import Element, ElementKind
from pytest_mcp.model.text import inert_line

CHANGED = "notifications/tools/list_changed"
PROGRESS = "notifications/progress"
_MARKS = re.compile(r"(?<![A-Za-z])[0-9a-f]{8,}(?![A-Za-z])|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d+")
_DONE = (Answer.RESULT, Answer.EMPTY)


def still_there(cycles: Iterable[Cycle]) -> Iterator[Violation]:
    """What a tool says it removed must not be read as before."""
    for cycle in cycles:
        done = cycle.removed.answer in _DONE
        unchanged = cycle.after.answer is Answer.RESULT and cycle.after.text == cycle.looked.text
        if done and unchanged and cycle.mark in cycle.after.text:
            steps = (cycle.made, cycle.looked, cycle.removed, cycle.after)
            yield Violation(
                title=f"{cycle.removed.case.tool} says it removed a {cycle.thing}, and it is still there",
                element=f"tool:{cycle.removed.case.tool}",
                evidence="\n".join(f"{call.case.tool} {arguments_of(call)}: {_said(call)}" for call in steps),
            )


def not_idempotent(tool: ExercisedTool) -> Iterator[Violation]:
    """A tool with ``idempotentHint`` does nothing more when it is called once more with the same arguments."""
    first, again = tool.control, tool.repeat
    if first is None or again is None:
        return
    if again.answer is Answer.REFUSED:
        yield Violation(
            title="says it is idempotent, and refuses the same call the second time",
            evidence=f"arguments: {arguments_of(again)}",
            got=_said(again),
            severity=Severity.LOW,
        )
        return
    before = {_unmarked(path) for path in _created(first.call)}
    more = sorted(path for path in _created(again) if _unmarked(path) not in before)
    if more:
        yield Violation(
            title="says it is idempotent, and the same call has another effect the second time",
            evidence="\n".join((f"arguments: {arguments_of(again)}", *(f"created {path}" for path in more[:5]))),
        )


def _created(call: Call) -> set[str]:
    """Files that are new after a call; one that was removed or renamed again was temporary."""
    files = call.effects.files if call.effects else ()
    return {each.path for each in files if each.how is Touched.CREATED} - {
        each.path for each in files if each.how is Touched.REMOVED
    }


def _unmarked(text: str) -> str:
    """The text without what is another one each time: numbers, and marks of hexadecimal digits."""
    return _MARKS.sub("#", text)


def worn_by_giving_up(seen: Iterable[Again]) -> Iterator[Violation]:
    """A call whose client gave up must not change what the next one gets."""
    for each in seen:
        if not each.agrees and each.seen.answer not in _DONE:
            yield Violation(
                title=f"{each.known.case.tool} does not work any more after a client gave up a call of it",
                element=f"tool:{each.known.case.tool}",
                evidence=f"arguments: {arguments_of(each.known)}\nbefore: {_said(each.known)}",
                got=_said(each.seen),
            )


def mixed_up(seen: Iterable[Again]) -> Iterator[Violation]:
    """Two clients that ask at once get each their own answers."""
    answers = list(seen)
    wrong = [each for each in answers if each.settled and not each.agrees]  # else the state has changed meanwhile
    own = {(each.known.case.tool, call.text) for each in answers for call in (each.known, each.alone)}
    swapped = [
        each for each in wrong if any(each.seen.text == text and each.known.case.tool != tool for tool, text in own)
    ]
    for each in (swapped or wrong)[:1]:
        yield Violation(
            title="gives a client the answer to another client's call"
            if swapped
            else "answers two clients otherwise than one",
            evidence=f"{each.known.case.tool} {arguments_of(each.known)}, while a second client called {each.other}\n"
            f"alone: {_said(each.known)}\n{len(wrong)} of {len(answers)} calls",
            got=_said(each.seen),
            severity=None if swapped else Severity.MEDIUM,
        )


def eras_differ(seen: Iterable[Again]) -> Iterator[Violation]:
    """The same call has the same result in both eras."""
    for each in seen:
        if not each.agrees and each.settled:
            yield Violation(
                title=f"{each.known.case.tool} answers otherwise in the other era",
                element=f"tool:{each.known.case.tool}",
                evidence=f"arguments: {arguments_of(each.known)}\nhere: {_said(each.known)}",
                got=_said(each.seen),
            )


def redefined(before: Iterable[Element], after: Iterable[Element], told: Iterable[Noise]) -> Iterator[Violation]:
    """The tools that were agreed to are those that are called: none changes while it is used (rug pull)."""
    old, new = _tools(before), _tools(after)
    announced = any(each.get("method") == CHANGED for each in emitted(told, NoiseKind.NOTIFICATION))
    mild = Severity.LOW if announced else None
    for name in old.keys() & new.keys():
        if changed := _members(old[name], new[name]):
            yield Violation(
                title=f"changed its {' and its '.join(changed)} while it was used",
                element=f"tool:{name}",
                evidence="\n".join(f"{member}: {_shown(old[name], member)}" for member in changed[:3]),
                got="\n".join(f"{member}: {_shown(new[name], member)}" for member in changed[:3]),
                severity=mild,
            )
    for names, what in ((new.keys() - old.keys(), "appeared"), (old.keys() - new.keys(), "disappeared")):
        if names:
            yield Violation(
                title=f"{len(names)} tool{'s' if len(names) > 1 else ''} {what} while others were called",
                evidence=inert_line(", ".join(sorted(names)), limit=SHOWN),
                severity=Severity.LOW if announced else Severity.MEDIUM,
            )


def _tools(elements: Iterable[Element]) -> dict[str, Any]:
    return {each.name: each.definition for each in elements if each.kind is ElementKind.TOOL}


def _members(old: Any, new: Any) -> list[str]:
    if not isinstance(old, dict) or not isinstance(new, dict):
        return [] if old == new else ["definition"]
    return [name for name in dict.fromkeys((*old, *new)) if old.get(name) != new.get(name)]


def _shown(definition: Any, member: str) -> str:
    value = definition.get(member) if isinstance(definition, dict) else definition
    return inert_line(repr(value), limit=SHOWN)


def progress_seen(tools: Iterable[ExercisedTool]) -> list[Call]:
    """The calls during which a server told how far it had got."""
    calls = [tool.repeat for tool in tools if tool.repeat]
    return [call for call in calls if any(each["method"] == PROGRESS for each in _emitted(call))]


def progress(calls: Iterable[Call], token: str) -> Iterator[Violation]:
    """Progress is told under the token of the call, and rises each time (basic/utilities/progress)."""
    for call in calls:
        told = [each.get("params") for each in _emitted(call) if each["method"] == PROGRESS]
        params = [each if isinstance(each, dict) else {} for each in told]
        title = _progress_problem(params, token)
        if title:
            yield Violation(
                title=title,
                element=f"tool:{call.case.tool}",
                evidence="\n".join(inert_line(repr(each), limit=SHOWN) for each in told[:10]),
            )


def _progress_problem(params: list[dict[str, Any]], token: str) -> str:
    if any(each.get("progressToken") != token for each in params):
        return "tells progress under a token that nobody gave"
    values = [each.get("progress") for each in params]
    if any(isinstance(value, bool) or not isinstance(value, int | float) for value in values):
        return "tells progress that is no number"
    numbers = [float(value) for value in values if isinstance(value, int | float)]
    return "tells progress that does not rise" if any(b <= a for a, b in pairwise(numbers)) else ""


def _emitted(call: Call) -> list[dict[str, Any]]:
    return list(emitted(call.exchange.noise, NoiseKind.NOTIFICATION))


def compared(here: Exercised, there: Exercised) -> list[tuple[Call, Call]]:
    """Calls of the same tools with the same arguments over two transports, each of which answers alike twice.

    An answer that tells of its own box (its paths, its environment) is another one in each, and left out.
    """
    others = {tool.tool: tool.steady for tool in there.tools if tool.steady}
    calls = [tool.steady for tool in here.tools if tool.steady]
    pairs = [(one, others[one.case.tool]) for one in calls if one.case.tool in others]
    return [
        (one, two)
        for one, two in pairs
        if one.case.arguments == two.case.arguments
        and not _tells_of_its_box(one, here)
        and not _tells_of_its_box(two, there)
    ]


def transports_differ(pairs: Iterable[tuple[Call, Call]], name: str) -> Iterator[Violation]:
    """The same server over another transport, ``name``, gives the same results for the same arguments.

    Two instances differ in what they are told by us, so another text alone is no proof of another behaviour.
    """
    for one, two in pairs:
        if _kinds(one) == _kinds(two) and _unmarked(one.text) == _unmarked(two.text):
            continue
        yield Violation(
            title=f"{one.case.tool} answers otherwise than {name} does",
            element=f"tool:{one.case.tool}",
            evidence=f"arguments: {arguments_of(one)}\nhere: {_said(one)}",
            got=_said(two),
            severity=None if one.answer is not two.answer or _kinds(one) != _kinds(two) else Severity.LOW,
        )


def _tells_of_its_box(call: Call, whole: Exercised) -> bool:
    return whole.world is not None and posixpath.dirname(whole.world.outside) in call.text


def _kinds(call: Call) -> list[object]:
    """The kinds of the content blocks, and whether there is structured content."""
    result = call.exchange.result if isinstance(call.exchange.result, dict) else {}
    content = result.get("content")
    blocks = content if isinstance(content, list) else []
    kinds = [each.get("type") if isinstance(each, dict) else None for each in blocks]
    return [*kinds, "structuredContent" in result]


def _said(call: Call) -> str:
    return inert_line(call.text or str(call.exchange.message or call.exchange.reason), limit=SHOWN)
