"""The sandboxed servers of a session: their level, their chains, and what tests send to them afterwards."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from pytest_mcp.client.fleet import Fleet, start_limit
from pytest_mcp.errors import SettingsError
from pytest_mcp.exercise.perform import Performer, Subject
from pytest_mcp.exercise.rehearsal import Rehearsal
from pytest_mcp.fixtures import McpFleet, McpServer
from pytest_mcp.model.call import Exercised, ExercisedTool
from pytest_mcp.model.effects import Level
from pytest_mcp.model.exchange import Ask, Exchange
from pytest_mcp.model.interface import Element, ElementKind
from pytest_mcp.model.run import Suite
from pytest_mcp.model.text import inert_line
from pytest_mcp.sandbox import Sandbox, choose, problem_of
from pytest_mcp.settings import SandboxChoice, Settings

CALLING = frozenset({Suite.INTEGRATION})
"""The suites that need a sandbox."""


def level_of(settings: Settings, suites: Iterable[Suite]) -> Level | None:
    """The level for these suites, None where none of them needs one.

    Raises SettingsError for a level that was asked for and does not work here, before any server is started.
    """
    if settings.sandbox is SandboxChoice.AUTO:
        return choose().level if CALLING.intersection(suites) else None
    level = Level(settings.sandbox)
    if problem := problem_of(level):
        raise SettingsError(f"sandbox level {level} does not work here: {problem}; or let auto choose one")
    return level


def refuse_hints(settings: Settings, servers: Iterable[McpServer]) -> None:
    """Raises SettingsError for a hint about a tool or an argument that the server, which is there, does not have."""
    for name, hint, server in (
        (own.name, hint, server) for own in settings.servers for hint in own.hints for server in servers
    ):
        if server.entry.name != name or not server.interface.connected:
            continue
        tools = {tool.name: tool for tool in server.interface.of_kind(ElementKind.TOOL)}
        if hint.tool not in tools:
            raise SettingsError(f"{hint.where}: {server.id} lists no such tool{_close(hint.tool, tools)}")
        known = _arguments(tools[hint.tool])
        for argument in hint.arguments if known else ():
            if argument not in known:
                raise SettingsError(f"{hint.where}: the tool has no argument {argument!r}{_close(argument, known)}")


def _close(word: str, known: Iterable[str]) -> str:
    there = [inert_line(name) for name in known]
    close = get_close_matches(word, there, n=1)
    return f"; did you mean {close[0]!r}" if close else f"; there are {', '.join(there[:20]) or 'none'}"


def _arguments(tool: Element) -> tuple[str, ...]:
    schema = tool.definition.get("inputSchema") if isinstance(tool.definition, dict) else None
    properties = schema.get("properties") if isinstance(schema, dict) else None
    return tuple(map(str, properties)) if isinstance(properties, dict) else ()


class Staging:
    """Made when the first test asks for a sandbox; nothing of it exists in a run that calls no tools."""

    def __init__(self, settings: Settings, sandbox: Sandbox, live: Fleet, fleet: McpFleet) -> None:
        self._sandbox = sandbox
        hints = {each.name: {hint.tool: hint.arguments for hint in each.hints} for each in settings.servers}
        subjects = {
            server.id: Subject(
                entry=server.entry,
                tools=server.interface.of_kind(ElementKind.TOOL),
                era=server.interface.era,
                hints=hints.get(server.entry.name, {}),
            )
            for server in fleet.servers
        }
        self._performer = Performer(live, self._sandbox, subjects, seed=settings.seed, timeout=settings.timeout)
        self._rehearsal = Rehearsal(self._performer, at_once=start_limit())

    def begin(self, servers: Sequence[str]) -> None:
        """Exercise these, ahead of the tests that ask for it."""
        self._rehearsal.begin(servers)

    def tool(self, server: str, name: str) -> ExercisedTool | None:
        """A tool as it was exercised, waited for."""
        return self._rehearsal.tool(server, name)

    def whole(self, server: str) -> Exercised:
        """A server with all its tools, waited for."""
        return self._rehearsal.whole(server)

    def call(self, server: str, ask: Ask) -> Exchange | None:
        """One more message to a boxed server, after its chain."""
        self._rehearsal.whole(server)
        stage = self._performer.stage(server)
        return stage.caller.send(ask) if stage else None

    def stop(self) -> None:
        """Begin no further server."""
        self._rehearsal.stop()

    def close(self) -> None:
        """Take the boxes away; their servers were ended with the fleet."""
        self._sandbox.close()
