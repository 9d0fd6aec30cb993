"""The standard calls of one server: for every tool a positive control, the control again, and its other cases."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Protocol

from pytest_mcp.exercise.calling import Stage, called, gone, hung, slim
from pytest_mcp.exercise.order import ordered, rank, things
from pytest_mcp.exercise.proof import promising, proof, reach
from pytest_mcp.model.call import PROGRESS_TOKEN, Answer, Call, Control, ExercisedTool
from pytest_mcp.model.case import Case, Origin, ValueSource
from pytest_mcp.model.interface import Element

TRIES = 8
"""Candidates for a control that are tried, repaired ones included."""
REPAIRS = 3
"""Of one candidate."""
CONTRASTS = 2
SECONDS = 4.0
"""For the cases of one tool beside its control: a slow tool gets fewer of them."""
REVIVALS = 3
"""How often a server that ended during a call is started again."""
SHOWN = 300


class Ideas(Protocol):
    """Where arguments come from; it may remember what answers told."""

    def controls(self, tool: Element) -> Iterable[Case]:
        """Candidates for a positive control, best first."""

    def repaired(self, case: Case, text: str, tool: Element) -> Case | None:
        """The case as the server's own error text asks for it, None when it asks for nothing that can be read."""

    def valid(self, tool: Element, control: Case) -> Iterable[Case]:
        """Variations of the control that the schema allows."""

    def invalid(self, tool: Element, control: Case) -> Iterable[Case]:
        """Variations of the control that the schema forbids, one thing wrong in each."""

    def learn(self, call: Call) -> None:
        """Take what a successful call told."""


class Chain:
    """Calls every tool of one server in turn; ``revive`` starts it again after it ended, None when that fails."""

    def __init__(self, stage: Stage, ideas: Ideas, revive: Callable[[], Stage | None]) -> None:
        self._stage, self._ideas, self._revive = stage, ideas, revive
        self._controls: dict[str, Call] = {}
        self._revivals = 0
        self._lost = False

    def run(self, tools: Iterable[Element]) -> Iterator[ExercisedTool]:
        """Every tool once, those without a control a second time when the others have told what they know."""
        pending: list[tuple[Element, ExercisedTool]] = []
        for tool in ordered(tools):
            found = self._exercise(tool)
            if found.control is None and not found.hung:
                pending.append((tool, found))
            else:
                yield found
        for tool, first in pending:
            again = self._exercise(tool)
            tries = (*first.tries, *again.tries)
            yield again if again.control else replace(again, tries=tries, reach=first.reach or again.reach)

    def _exercise(self, tool: Element) -> ExercisedTool:
        """In the world as the tools before left it, and where that does not work in a fresh one."""
        found = self._tried(tool)
        if found.control is None and not found.hung and _refusals(found.tries):
            self._stage.restore()
            again = self._tried(tool, self._made_again(tool))
            tries = (*found.tries, *again.tries)
            found = again if again.control else replace(again, tries=tries, reach=found.reach or again.reach)
        return found

    def _made_again(self, tool: Element) -> list[Call]:
        """Controls of the tools that make what this one is about, sent once more: it finds there what they made."""
        about = things(tool.name)
        makers = [call for name, call in self._controls.items() if rank(name) == 0 and things(name) == about != set()]
        return [made for call in makers if (made := self._call(call.case)) and promising(made)]

    def _tried(self, tool: Element, made: Sequence[Call] = ()) -> ExercisedTool:
        tries: list[Call] = []
        for case in islice(self._candidates(tool, tries, made), TRIES):
            call = self._call(case)
            if call is None:
                return ExercisedTool(tool=tool.name, problem="the server did not come back", tries=tuple(tries))
            tries.append(call)
            if hung(call) or gone(call):
                return ExercisedTool(
                    tool=tool.name, problem=_trouble(call), tries=tuple(map(slim, tries)), hung=hung(call)
                )
            if promising(call) and (whole := self._prove(tool, call, tries)):
                return whole
        kept = tuple(map(slim, tries))
        return ExercisedTool(tool=tool.name, problem=_why(tries), tries=kept, reach=reach(kept))

    def _candidates(self, tool: Element, tries: list[Call], made: Sequence[Call]) -> Iterator[Case]:
        """Each candidate, and after a refusal what the server's own words make of it."""
        sent: set[str] = set()
        for candidate in _with_made(self._ideas.controls(tool), made):
            case: Case | None = candidate
            for _ in range(REPAIRS + 1):
                if case is None or _same(case) in sent:
                    break
                sent.add(_same(case))
                yield case
                last = tries[-1] if tries else None
                refused = last is not None and last.answer in (Answer.REFUSED, Answer.DISGUISED)
                case = self._ideas.repaired(case, last.text, tool) if last and refused else None

    def _prove(self, tool: Element, call: Call, tries: list[Call]) -> ExercisedTool | None:
        """The whole of a tool once its control is proven; None when nothing proves it."""
        until = time.monotonic() + SECONDS - (call.exchange.latency or 0.0)
        broken = list(self._ideas.invalid(tool, call.case))
        contrasts = self._calls(broken[:CONTRASTS], max(until, time.monotonic() + 1.0))
        told = proof(call, contrasts)
        if not told:
            return None
        self._ideas.learn(call)
        self._controls[tool.name] = call
        before = tuple(map(slim, tries[:-1]))
        done = ExercisedTool(tool=tool.name, control=Control(call=call, proof=told), tries=before)
        repeat = self._call(call.case, progress=PROGRESS_TOKEN) if time.monotonic() < until else None
        more = self._calls([*self._ideas.valid(tool, call.case), *broken[len(contrasts) :]], until)
        calls = tuple(map(slim, (*contrasts, *more)))
        return replace(done, repeat=repeat, calls=calls, hung=any(map(hung, calls)))

    def _calls(self, cases: Iterable[Case], until: float) -> list[Call]:
        """The cases in order, up to one that hangs or ends the server, or the time that a slow tool is given."""
        made: list[Call] = []
        for case in cases:
            if time.monotonic() > until:
                break
            call = self._call(case)
            if call is None:
                break
            made.append(call)
            if hung(call) or gone(call):
                break
        return made

    def _call(self, case: Case, *, progress: str = "") -> Call | None:
        if self._lost:
            return None
        call = called(self._stage, case, progress=progress)
        if gone(call) or not self._stage.caller.alive():
            self._restart()
        return call

    def _restart(self) -> None:
        self._revivals += 1
        stage = self._revive() if self._revivals <= REVIVALS else None
        self._lost = stage is None
        self._stage = stage or self._stage


def _with_made(candidates: Iterable[Case], made: Sequence[Call]) -> Iterator[Case]:
    """First the best candidate, about what was just made, by the arguments both tools have; then all as they are."""
    kept = list(islice(candidates, TRIES))
    for call in made:
        for case in kept[:1]:
            shared = {name: value for name, value in call.case.arguments.items() if name in case.arguments}
            origins = tuple(each for each in case.origins if each.path.split("/")[1] not in shared)
            earlier = tuple(Origin(path=f"/{name}", source=ValueSource.EARLIER) for name in shared)
            yield replace(
                case, id=f"after:{call.case.tool}", arguments={**case.arguments, **shared}, origins=(*origins, *earlier)
            )
    yield from kept


def _refusals(tries: tuple[Call, ...]) -> bool:
    return any(call.answer in (Answer.REFUSED, Answer.DISGUISED) for call in tries)


def _same(case: Case) -> str:
    return repr(case.arguments)


def _trouble(call: Call) -> str:
    if hung(call):
        return f"no answer to {call.case.id}: {call.exchange.reason}"
    return f"the server ended when it was called with {call.case.id}: {call.exchange.reason}"


def _why(tries: list[Call]) -> str:
    """Why there is no control: the last thing the server said."""
    if not tries:
        return "no arguments could be made for it"
    last = next((call for call in reversed(tries) if call.text), tries[-1])
    if last.answer in (Answer.REFUSED, Answer.DISGUISED):
        return f"refused: {last.text[:SHOWN]}"
    if last.answer is Answer.RESULT:
        return f"answers wrong arguments just the same: {last.text[:SHOWN]}"
    return f"answered with nothing that proves anything ({last.answer})"
