"""The sandboxed servers of a session: their level, their chains, and what tests send to them afterwards."""

import secrets
from collections.abc import Iterable, Sequence

from pytest_mcp.client.fleet import Fleet, start_limit
from pytest_mcp.errors import SettingsError
from pytest_mcp.exercise.boxes import Subject
from pytest_mcp.exercise.perform import Performer
from pytest_mcp.exercise.probing import Prober
from pytest_mcp.exercise.rehearsal import Rehearsal
from pytest_mcp.fixtures import McpFleet, McpServer
from pytest_mcp.generation.schema import GapError, read
from pytest_mcp.model.call import Exercised, ExercisedTool
from pytest_mcp.model.effects import Level
from pytest_mcp.model.exchange import Ask, Exchange
from pytest_mcp.model.interface import Element, ElementKind
from pytest_mcp.model.probe import Probed, ProbedTool
from pytest_mcp.model.run import Suite
from pytest_mcp.model.text import inert_line
from pytest_mcp.results.controls import Controls
from pytest_mcp.sandbox import Sandbox, choose, problem_of
from pytest_mcp.settings import Hint, Settings
from pytest_mcp.settings.options import meant

CALLING = frozenset({Suite.INTEGRATION, Suite.SECURITY})
"""The suites that need a sandbox."""


def level_of(settings: Settings, suites: Iterable[Suite]) -> Level | None:
    """The level for these suites, None where none of them needs one.

    Raises SettingsError for a level that was asked for and does not work here, before any server is started.
    """
    if settings.sandbox is None:
        return choose().level if CALLING.intersection(suites) else None
    if problem := problem_of(settings.sandbox):
        raise SettingsError(f"sandbox level {settings.sandbox} does not work here: {problem}; or let auto choose one")
    return settings.sandbox


def refuse_hints(settings: Settings, servers: Iterable[McpServer]) -> None:
    """Raises SettingsError for a hint about a tool or an argument that the server, which is there, does not have."""
    hints = {own.name: own.hints for own in settings.servers}
    for server in servers:
        for hint in hints.get(server.entry.name, ()) if server.interface.connected else ():
            if problem := _misplaced(hint, server):
                raise SettingsError(f"{hint.where}: {problem}")


def _misplaced(hint: Hint, server: McpServer) -> str:
    tools = {tool.name: tool for tool in server.interface.of_kind(ElementKind.TOOL)}
    if hint.tool not in tools:
        return f"{server.id} lists no such tool{_close(hint.tool, tools)}"
    known = _arguments(tools[hint.tool])
    unknown = next((argument for argument in hint.arguments if known and argument not in known), None)
    return "" if unknown is None else f"the tool has no argument {unknown!r}{_close(unknown, known)}"


def _close(word: str, known: Iterable[str]) -> str:
    there = [inert_line(name) for name in known]
    return meant(word, there) or f"; there are {', '.join(there[:20]) or 'none'}"


def _arguments(tool: Element) -> tuple[str, ...]:
    try:
        return tuple(read(tool.definition).properties)
    except GapError:
        return ()  # nothing can be said of it


class Staging:
    """Made when the first test asks for a sandbox; nothing of it exists in a run that calls no tools."""

    def __init__(
        self, settings: Settings, sandbox: Sandbox, live: Fleet, fleet: McpFleet, controls: Controls | None = None
    ) -> None:
        self._sandbox = sandbox
        hints = {each.name: {hint.tool: hint.arguments for hint in each.hints} for each in settings.servers}
        self._subjects = subjects = {
            server.id: Subject(
                entry=server.entry,
                tools=server.interface.of_kind(ElementKind.TOOL),
                era=server.interface.era,
                hints=hints.get(server.entry.name, {}),
                stored={tool: (arguments,) for tool, arguments in (controls or {}).get(server.id, {}).items()},
            )
            for server in fleet.servers
        }
        self._performer = Performer(
            live, sandbox, subjects, seed=settings.seed, timeout=settings.timeout, deep=settings.deep
        )
        self._rehearsal = Rehearsal(self._performer, Exercised, at_once=start_limit())
        self._prober = Prober(
            live, sandbox, subjects, exercised=self._rehearsal.whole, run=secrets.token_hex(8), deep=settings.deep
        )
        self._probing = Rehearsal(self._prober, Probed, at_once=start_limit())

    def begin(self, servers: Sequence[str]) -> None:
        """Exercise these, ahead of the tests that ask for it: those with the most tools first, they take longest."""
        self._rehearsal.begin(sorted(servers, key=lambda server: -len(self._subjects[server].tools)))

    def tool(self, server: str, name: str) -> ExercisedTool | None:
        """A tool as it was exercised, waited for."""
        return self._rehearsal.tool(server, name)

    def whole(self, server: str) -> Exercised:
        """A server with all its tools, waited for."""
        return self._rehearsal.whole(server)

    def done(self) -> tuple[Exercised, ...]:
        """Every server whose chain is over."""
        return self._rehearsal.done()

    def probe(self, servers: Sequence[str]) -> None:
        """Send these the probes of the security suite, ahead of the tests that ask for them."""
        self._probing.begin(servers)

    def probed(self, server: str, name: str) -> ProbedTool | None:
        """A tool after its probes, waited for."""
        return self._probing.tool(server, name)

    def probed_whole(self, server: str) -> Probed:
        """A server with all its tools after their probes, waited for."""
        return self._probing.whole(server)

    def attack(self, server: str, ask: Ask) -> Exchange | None:
        """One more message to the instance that was probed."""
        self._probing.whole(server)
        return self._prober.send(server, ask)

    def call(self, server: str, ask: Ask) -> Exchange | None:
        """One more message to a boxed server, after its chain."""
        self._rehearsal.whole(server)
        return self._performer.send(server, ask)

    def stop(self) -> None:
        """Begin no further server."""
        self._rehearsal.stop()
        self._probing.stop()

    def close(self) -> None:
        """Take the boxes away; their servers were ended with the fleet."""
        self._sandbox.close()
