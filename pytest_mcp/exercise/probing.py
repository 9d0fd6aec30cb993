"""Sends the probes of every tool of one server, in an instance of its own, once its positive controls are known."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from pytest_mcp.client.fleet import Fleet
from pytest_mcp.client.script import complete
from pytest_mcp.errors import McpError
from pytest_mcp.exercise.boxes import Opened, Subject, opened, unfit
from pytest_mcp.exercise.calling import called, called_together, gone, hung, slim
from pytest_mcp.exercise.moving import carried, moved, readdressed
from pytest_mcp.exercise.order import ordered, rank, things
from pytest_mcp.exercise.proof import promising, reach
from pytest_mcp.generation.probes import Ground, probes
from pytest_mcp.model.call import Call, Exercised, Mapped
from pytest_mcp.model.case import Case
from pytest_mcp.model.effects import Effects, Touched
from pytest_mcp.model.exchange import Arrival, Ask, Exchange
from pytest_mcp.model.interface import Element
from pytest_mcp.model.probe import Family, Probe, Probed, ProbedTool, Sent
from pytest_mcp.model.world import World
from pytest_mcp.sandbox import Sandbox

CALL_SECONDS = 6.0
"""How long the answer to a probe is waited for."""
SECONDS = 8.0
"""For the probes of one tool; with ``--mcp-deep`` ten times that."""
SLOW_SECONDS = 0.4
"""The probes of a tool whose call took longer are sent together."""
REVIVALS = 12
"""How often a server that a probe ended is started again."""
PURPOSE = "security"


class Prober:
    """Carries out probes; ``exercised`` has a server's positive controls, waited for."""

    def __init__(  # noqa: PLR0913 - all it works with
        self,
        fleet: Fleet,
        sandbox: Sandbox,
        subjects: Mapping[str, Subject],
        *,
        exercised: Callable[[str], Exercised],
        run: str,
        deep: bool,
    ) -> None:
        self._fleet, self._sandbox, self._subjects = fleet, sandbox, subjects
        self._exercised, self._run, self._deep = exercised, run, deep
        self._lock = threading.Lock()
        self._assaults: dict[str, Assault] = {}

    def __call__(self, server: str) -> Iterator[Probed | ProbedTool]:
        """One server: first itself, then each tool as it is done."""
        subject, level = self._subjects[server], self._sandbox.level
        if problem := unfit(subject, level):
            yield Probed(server=server, level=level, problem=problem)
            return
        known = self._exercised(server)
        try:
            assault = Assault(lambda: self._opened(subject), run=self._run, deep=self._deep)
        except McpError as error:
            yield Probed(server=server, level=level, problem=f"does not start in the sandbox: {error}")
            return
        with self._lock:
            self._assaults[server] = assault
        yield Probed(
            server=server,
            level=level,
            world=assault.world,
            mapped=assault.mapped,
            start=assault.begun,
            listed=assault.listed,
        )
        controls = {each.tool: each for each in known.tools}
        for tool in ordered(subject.tools):
            found = controls.get(tool.name)
            start = found.control.call if found and found.control else found.reach if found else None
            if start is None:
                yield ProbedTool(tool=tool.name, problem=found.problem if found else known.problem)
            else:
                yield assault.on(tool, start, known)

    def send(self, server: str, ask: Ask) -> Exchange | None:
        """One more message to the instance that was probed, started again where it has ended; None without one."""
        with self._lock:
            assault = self._assaults.get(server)
        return assault.send(ask) if assault else None

    def _opened(self, subject: Subject) -> Opened:
        there = opened(self._fleet, self._sandbox, subject, PURPOSE, CALL_SECONDS)
        there.box.watch()
        return there


class Assault:
    """The probes of one server's tools, one after the other; it is started again when one of them ends it."""

    def __init__(self, start: Callable[[], Opened], *, run: str, deep: bool) -> None:
        self._start, self._run, self._deep = start, run, deep
        first = start()
        self._box, self._stage = first.box, first.stage
        self.listed = first.interface.elements
        """What it listed when it had started."""
        self._first = self._box.world
        self.begun = self._box.begun
        """What it did before anything was asked of it."""
        self._revivals = 0
        self._lost = ""
        self._stuck = False

    @property
    def world(self) -> World:
        """What the server sees."""
        return self._box.world

    @property
    def mapped(self) -> tuple[Mapped, ...]:
        """What of the launch was replaced."""
        return self._box.mapped

    def send(self, ask: Ask) -> Exchange | None:
        """One message as it is, with an answer to what the server asks back; None when the server is lost for good.

        One that is stuck on the message before is taken for ended.
        """
        if not self._lost and (self._stuck or not self._stage.caller.alive()):
            self._stage.caller.close()
            self._restart()
        here = readdressed(ask, self._first, self.world)
        seen = None if self._lost else complete(self._stage.caller, here, self._stage.role)
        self._stuck = seen is not None and seen.arrival is Arrival.TIMEOUT
        return seen

    def on(self, tool: Element, start: Call, known: Exercised) -> ProbedTool:
        """Make the call that worked here too, then every probe made from it."""
        if self._lost:
            return ProbedTool(tool=tool.name, problem=self._lost)
        here = self._again(tool, start, known)
        if here is None:
            return ProbedTool(tool=tool.name, problem="the call that worked before does not work in a new instance")
        ground = Ground(
            tool=tool, control=here.case, world=self.world, run=self._run, effects=here.effects, deep=self._deep
        )
        sent, cut = self._sent(ground, _is_slow(here))
        return ProbedTool(tool=tool.name, ground=here, sent=sent, cut=cut)

    def _again(self, tool: Element, start: Call, known: Exercised) -> Call | None:
        """The call as it works in this box; where it does not, after those of the tools that make what it takes."""
        self._stage.restore()
        for before in ((), makers(tool, known)):
            for case in before:
                self._call(moved(case, known.world, self.world))
            call = self._call(moved(start.case, known.world, self.world))
            if call is not None and (promising(call) or (not promising(start) and reach([call]))):
                return slim(call)
        return None

    def _sent(self, ground: Ground, slow: bool) -> tuple[tuple[Sent, ...], str]:
        """One after the other; those of a slow tool that are told apart by their marks together."""
        until = time.monotonic() + SECONDS * (10 if self._deep else 1)
        made = list(probes(ground))
        together = [probe for probe in made if slow and probe.family is not Family.PATH]
        sent = list(self._at_once(together)) if together else []
        hangs: set[str] = set()
        for planned in made if not together else [probe for probe in made if probe.family is Family.PATH]:
            if time.monotonic() > until:
                return tuple(sent), f"{len(sent)} of {len(made)} probes were sent in the time one tool is given"
            if planned.argument in hangs:
                continue
            probe = carried(planned, ground.world, self.world)  # another box, where one before ended the server
            call = self._call(probe.case)
            if call is None:
                return tuple(sent), self._lost
            sent.append(Sent(probe=probe, call=slim(call)))
            if hung(call):
                hangs.add(probe.argument)
            if _harmed(call.effects):
                self._stage.restore()
        return tuple(sent), ""

    def _at_once(self, made: Sequence[Probe]) -> Iterator[Sent]:
        """All of these without waiting for each other; what was seen meanwhile is told of each."""
        for call, probe in zip(called_together(self._stage, [probe.case for probe in made]), made, strict=True):
            yield Sent(probe=probe, call=slim(call))
        if not self._stage.caller.alive():
            self._restart()

    def _call(self, case: Case) -> Call | None:
        if self._lost:
            return None
        call = called(self._stage, case)
        if gone(call) or not self._stage.caller.alive():
            self._restart()
        return call

    def _restart(self) -> None:
        self._revivals += 1
        if self._revivals > REVIVALS:
            self._lost = f"the server ended {self._revivals} times under probes"
            return
        try:
            again = self._start()
        except McpError as error:
            self._lost = f"the server did not come back: {error}"
            return
        self._box, self._stage = again.box, again.stage


def _is_slow(call: Call) -> bool:
    return (call.exchange.latency or 0.0) > SLOW_SECONDS


def makers(tool: Element, known: Exercised) -> list[Case]:
    """Calls that worked of the tools that make what this one is about."""
    about = things(tool.name)
    made = [each for each in known.tools if each.control and each.tool != tool.name and rank(each.tool) == 0]
    return [each.control.call.case for each in made if each.control and about & things(each.tool)]


def _harmed(effects: Effects | None) -> bool:
    """Whether something was changed that later probes look for."""
    return effects is not None and any(each.how is not Touched.READ and not each.inside for each in effects.files)
