"""Puts one server into its box, opens a connection of its own to it, and carries out its chain there."""

import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial

from pytest_mcp.client.fleet import Fleet
from pytest_mcp.client.listing import elements, list_all
from pytest_mcp.client.script import complete
from pytest_mcp.errors import McpError
from pytest_mcp.exercise import afterwards
from pytest_mcp.exercise.boxes import Opened, Subject, opened, second_client, unfit
from pytest_mcp.exercise.calling import Stage
from pytest_mcp.exercise.chain import Chain
from pytest_mcp.exercise.ideas import Generated
from pytest_mcp.exercise.moving import moved, restored, reworded
from pytest_mcp.model.behaviour import NO_STEADY, Again, Behaviour
from pytest_mcp.model.call import Call, Exercised, ExercisedTool
from pytest_mcp.model.exchange import Ask, Exchange
from pytest_mcp.model.interface import Element, Era
from pytest_mcp.model.server import Stdio
from pytest_mcp.sandbox import Sandbox

CALL_SECONDS = 12.0
"""How long a generated call is waited for at the most; then the tool counts as hung."""
RESTARTS = 40
"""How often a server that a test ended after its chain is started again."""
ERA_CALLS = 12
"""Tools that are called in the other era too."""


class Performer:
    """Carries out chains; the connections stay open for what tests do in the box afterwards.

    ``deep`` allows starts of a server beyond the one that is called.
    """

    def __init__(  # noqa: PLR0913 - all it works with
        self,
        fleet: Fleet,
        sandbox: Sandbox,
        subjects: Mapping[str, Subject],
        *,
        seed: int,
        timeout: float,
        deep: bool = False,
    ) -> None:
        self._fleet, self._sandbox, self._subjects = fleet, sandbox, subjects
        self._seed, self._timeout, self._deep = seed, min(timeout, CALL_SECONDS), deep
        self._lock = threading.Lock()
        self._opened: dict[str, Opened] = {}
        self._restarts: dict[str, int] = {}

    def __call__(self, server: str) -> Iterator[Exercised | ExercisedTool]:
        """One server: first itself, then each tool as it is done, then itself once more with how it behaved."""
        subject, level = self._subjects[server], self._sandbox.level
        problem = unfit(subject, level)
        if problem:
            yield Exercised(server=server, level=level, problem=problem)
            return
        try:
            first = self._start(subject, "sandbox")
        except McpError as error:
            yield Exercised(server=server, level=level, problem=f"does not start in the sandbox: {error}")
            return
        exercised = Exercised(server=server, level=level, mapped=first.box.mapped, world=first.box.world)
        yield exercised
        stored = {tool: tuple(restored(each, first.box.world) for each in own) for tool, own in subject.stored.items()}
        ideas = Generated(seed=self._seed, world=first.box.world, stored=stored, values=subject.hints)
        chain = Chain(first.stage, ideas, lambda: self._again(subject))
        done: list[ExercisedTool] = []
        for tool in chain.run(subject.tools):
            done.append(tool)
            yield tool
        yield replace(exercised, behaviour=self._behaviour(subject, done))

    def send(self, server: str, ask: Ask) -> Exchange | None:
        """One more message after the chain, to a server that is started again where it has ended.

        None when it has no box, or does not come back.
        """
        with self._lock:
            found = self._opened.get(server)
        stage = found.stage if found else None
        if stage is not None and not stage.caller.alive():
            self._restarts[server] = self._restarts.get(server, 0) + 1
            stage = self._again(self._subjects[server]) if self._restarts[server] <= RESTARTS else None
        return complete(stage.caller, ask, stage.role) if stage else None

    def _behaviour(self, subject: Subject, done: list[ExercisedTool]) -> Behaviour:
        here = self._opened[subject.entry.id]
        stage, steady = here.stage, afterwards.steady(done)
        over_stdio = isinstance(subject.entry.transport, Stdio)
        untried = {} if steady else dict.fromkeys(("given_up", "beside", "other_era"), NO_STEADY)
        cycles = tuple(afterwards.cycles(stage, done))
        given_up = tuple(afterwards.after_giving_up(stage, steady, over_stdio)) if stage.caller.alive() else ()
        beside = self._beside(here, steady, untried)
        other_era = self._other_era(subject, here, steady, untried)
        whole, listing = self._listed(here)
        return Behaviour(
            cycles=cycles,
            given_up=given_up,
            beside=beside,
            other_era=other_era,
            listed=here.interface.elements,
            listed_after=listing if whole else None,
            told=tuple(here.connection.heard()),
            untried=tuple(untried.items()),
        )

    def _listed(self, here: Opened) -> tuple[bool, tuple[Element, ...]]:
        """The tools as they are listed now, and whether they were listed to the end."""
        listings, _ = list_all(here.connection, {"tools": {}})
        return not any(each.problem for each in listings), elements(listings)

    def _beside(self, here: Opened, steady: list[Call], untried: dict[str, str]) -> tuple[Again, ...] | None:
        if "beside" in untried:
            return None
        try:
            second = second_client(self._fleet, here, "second-client")
        except McpError as error:
            untried["beside"] = str(error)
            return None
        try:
            return tuple(afterwards.beside(here.stage, second.stage, steady))
        finally:
            second.connection.close()

    def _other_era(
        self, subject: Subject, here: Opened, steady: list[Call], untried: dict[str, str]
    ) -> tuple[Again, ...] | None:
        if "other_era" in untried:
            return None
        if not self._deep:
            untried["other_era"] = "takes a start of its own: run with --mcp-deep"
            return None
        era = Era.LEGACY if subject.era is Era.MODERN else Era.MODERN
        try:
            there = opened(self._fleet, self._sandbox, replace(subject, era=era), "era-results", self._timeout)
        except McpError as error:
            untried["other_era"] = f"speaks one era only: {error}"
            return None
        try:
            calls = [(call, moved(call.case, here.box.world, there.box.world)) for call in steady[:ERA_CALLS]]
            here_again = partial(reworded, source=there.box.world, target=here.box.world)
            return tuple(afterwards.once_more(there.stage, calls, here.stage, here_again))
        finally:
            there.connection.close()

    def _again(self, subject: Subject) -> Stage | None:
        try:
            return self._start(subject, "sandbox-restart").stage
        except McpError:
            return None

    def _start(self, subject: Subject, purpose: str) -> Opened:
        there = opened(self._fleet, self._sandbox, subject, purpose, self._timeout)
        with self._lock:
            self._opened[subject.entry.id] = there
        return there
