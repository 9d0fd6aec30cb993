"""What is tried with a boxed server once its tools were called: chains of state, giving up, a second client."""

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from pytest_mcp.exercise.calling import Stage, called, slim
from pytest_mcp.exercise.order import rank, things, words
from pytest_mcp.exercise.proof import promising
from pytest_mcp.generation.learning import told
from pytest_mcp.model.behaviour import Again, Cycle
from pytest_mcp.model.call import Call, ExercisedTool, alike
from pytest_mcp.model.case import Case
from pytest_mcp.model.exchange import Ask

CYCLES = 4
"""Chains of state that are tried in one server."""
LOOKS = 3
"""Tools that are asked for what was made, until one shows it."""
TOGETHER = 8
"""Calls of each of two clients at once."""
GIVEN_UP = 0.02
"""Seconds after which the client of an HTTP server gives up."""
SHORTEST_MARK = 3
SLOW = 2.0
"""Seconds; a tool that takes longer is not called again for this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trio:
    """Tools that make, show and take away things of one kind, each with the call that worked."""

    thing: str
    make: Case
    looks: tuple[Case, ...]
    remove: Case


def steady(tools: Iterable[ExercisedTool]) -> list[Call]:
    """Calls that were made twice and answered alike: those that only look first."""
    calls = [tool.steady for tool in tools if tool.steady and tool.repeat and promising(tool.repeat)]
    quick = [call for call in calls if (call.exchange.latency or 0.0) < SLOW]
    return sorted(quick, key=lambda call: rank(call.case.tool) != 1)


def trios(tools: Iterable[ExercisedTool]) -> Iterator[Trio]:
    """Every kind of thing that can be made, looked at and taken away, by the names of the tools."""
    cases = {tool.tool: tool.control.call.case for tool in tools if tool.control}
    for end in (name for name in cases if rank(name) == 3 and things(name)):
        kind = things(end)
        makers = [name for name in cases if rank(name) == 0 and things(name) & kind]
        looks = [name for name in cases if rank(name) == 1 and (things(name) & kind or not things(name))]
        if makers and looks:
            best = max(makers, key=lambda name: len(things(name) & kind))
            shown = sorted(looks, key=lambda name: -len(things(name) & kind))
            yield Trio(
                thing=" ".join(sorted(kind)),
                make=cases[best],
                looks=tuple(cases[name] for name in shown),
                remove=cases[end],
            )


def cycles(stage: Stage, tools: Sequence[ExercisedTool]) -> Iterator[Cycle]:
    """Carry out trios: what was made is looked for, taken away, and looked for again."""
    for trio in islice(trios(tools), CYCLES):
        if not stage.caller.alive():
            return
        stage.restore()
        if found := _cycle(stage, trio):
            yield found


def _cycle(stage: Stage, trio: Trio) -> Cycle | None:
    """None where the calls cannot be made to be about the same thing, or it is not seen after it was made."""
    made = called(stage, trio.make)
    if not promising(made):
        return None
    remove = about(trio.remove, made)
    mark = next(_marks(made, remove), None)
    if mark is None:
        return None
    for look in trio.looks[:LOOKS]:
        looked = called(stage, about(look, made))
        if promising(looked) and mark in looked.text:
            removed = called(stage, remove)
            after = called(stage, looked.case)
            return Cycle(
                thing=trio.thing,
                mark=mark,
                made=slim(made),
                looked=slim(looked),
                removed=slim(removed),
                after=slim(after),
            )
    return None


def about(case: Case, made: Call) -> Case:
    """The case with the ids and names of what was made in the place of its own."""
    pairs = _named(made)
    fresh = {name: value for name in case.arguments if (value := pairs.get("".join(words(name)))) is not None}
    fitting = {name: value for name, value in fresh.items() if type(value) is type(case.arguments[name])}
    return replace(case, id=f"after:{made.case.tool}", arguments={**case.arguments, **fitting})


def _named(made: Call) -> Mapping[str, Any]:
    """What the call was given and what it answered, by name; the answer's ids count more."""
    result = made.exchange.result
    structured = result.get("structuredContent") if isinstance(result, dict) else None
    given = {"".join(words(name)): value for name, value in made.case.arguments.items()}
    answered = {name: value for name, value in reversed(told(made.text, structured)) if name}
    return {**given, **answered}


def _marks(made: Call, remove: Case) -> Iterator[str]:
    """Texts by which the removal names what was made."""
    there = [str(value) for value in _named(made).values()]
    own = [each for value in remove.arguments.values() for each in _texts(value)]
    yield from (text for text in own if len(text) >= SHORTEST_MARK and text in there)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str | int) and not isinstance(value, bool):
        yield str(value)
    elif isinstance(value, list):
        for each in value[:20]:
            yield from _texts(each)


def after_giving_up(stage: Stage, calls: Sequence[Call], over_stdio: bool) -> Iterator[Again]:
    """A call whose client does not wait for it, and then the same call by one that does."""
    for known in calls[:1]:
        params = {"name": known.case.tool, "arguments": known.case.arguments}
        quickly = None if over_stdio else GIVEN_UP
        stage.caller.send(Ask(method="tools/call", params=params, cancelled=over_stdio, timeout=quickly))
        seen = called(stage, known.case)
        yield Again(known=known, seen=seen, alone=seen if alike(known, seen) else called(stage, known.case))


def beside(stage: Stage, second: Stage, calls: Sequence[Call]) -> Iterator[Again]:
    """Two clients ask at once, each another question at any time; what either gets, and what it gets alone."""
    mine = list(calls[:TOGETHER])
    theirs = mine[1:] + mine[:1]
    seen: list[tuple[Call, Call, str]] = []
    both = threading.Barrier(2)

    def ask(here: Stage, order: Sequence[Call], others: Sequence[Call]) -> None:
        for known, other in zip(order, others, strict=True):
            with contextlib.suppress(threading.BrokenBarrierError):
                both.wait(stage.timeout)  # each question while the other client asks its own
            seen.append((known, called(here, known.case), other.case.tool))

    other_client = threading.Thread(target=ask, args=(second, theirs, mine), daemon=True)
    other_client.start()
    ask(stage, mine, theirs)
    other_client.join()
    for known, got, other in seen:
        alone = got
        if not alike(known, got):
            called(stage, known.case)  # what is left over from the other client goes to this one
            alone = called(stage, known.case)
        yield Again(known=known, seen=slim(got), alone=slim(alone), other=other)


def once_more(
    stage: Stage, calls: Sequence[tuple[Call, Case]], normal: Stage, here: Callable[[str], str]
) -> Iterator[Again]:
    """Calls by another way, and where they answer something else once more by the first one.

    ``here`` makes a text about the other instance's world one about the first one's.
    """
    for known, case in calls:
        there = called(stage, case)
        seen = replace(there, text=here(there.text))
        alone = seen if alike(known, seen) else called(normal, known.case)
        yield Again(known=known, seen=slim(seen), alone=slim(alone))
