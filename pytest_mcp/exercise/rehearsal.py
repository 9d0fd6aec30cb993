"""The chains of all servers, each on a thread of its own, and the tests that wait for what they bring."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar, cast

from pytest_mcp.model.call import INTERNAL, Exercised, ExercisedTool
from pytest_mcp.model.effects import Level
from pytest_mcp.model.probe import Probed, ProbedTool

Whole = TypeVar("Whole", bound=Exercised | Probed)
Tool = TypeVar("Tool", bound=ExercisedTool | ProbedTool)


class Rehearsal(Generic[Whole, Tool]):
    """Carries out chains ``at_once`` at a time, in the order in which the servers were begun.

    ``perform`` carries out one server's: first it brings the server without tools, a ``kind``, then each tool as it is
    done.
    """

    def __init__(self, perform: Callable[[str], Iterator[Whole | Tool]], kind: type[Whole], *, at_once: int) -> None:
        self._perform, self._kind, self._at_once = perform, kind, at_once
        self._change = threading.Condition()
        self._waiting: SimpleQueue[str] = SimpleQueue()
        self._begun: set[str] = set()
        self._servers: dict[str, Whole] = {}
        self._tools: dict[str, dict[str, Tool]] = {}
        self._over: set[str] = set()
        self._threads: list[threading.Thread] = []
        self._stopped = False

    def begin(self, servers: Sequence[str]) -> None:
        """Have these exercised; one that was begun before is not begun again."""
        with self._change:
            new = [server for server in servers if server not in self._begun]
            self._begun.update(new)
            for server in new:
                self._waiting.put(server)
            for _ in range(min(len(new), self._at_once - len(self._threads))):
                thread = threading.Thread(target=self._work, name="mcp-exercise", daemon=True)
                self._threads.append(thread)
                thread.start()

    def tool(self, server: str, name: str) -> Tool | None:
        """A tool as it was exercised, waited for; None when it never came up."""
        self.begin([server])
        with self._change:
            self._change.wait_for(lambda: name in self._tools.get(server, {}) or server in self._over)
            return self._tools.get(server, {}).get(name)

    def whole(self, server: str) -> Whole:
        """A server with all its tools, waited for."""
        self.begin([server])
        with self._change:
            self._change.wait_for(lambda: server in self._over)
            return self._put_together(server)

    def done(self) -> tuple[Whole, ...]:
        """Every server whose chain is over, as it is."""
        with self._change:
            return tuple(self._put_together(server) for server in sorted(self._over))

    def stop(self) -> None:
        """Begin no further server; a chain ends when its connection does."""
        with self._change:
            self._stopped = True

    def _put_together(self, server: str) -> Whole:
        found = self._servers.get(server) or self._kind(server=server, level=Level.L0, problem="was not called")
        tools: Any = tuple(self._tools.get(server, {}).values())
        return replace(found, tools=tools)

    def _work(self) -> None:
        while True:
            with self._change:
                try:
                    server = None if self._stopped else self._waiting.get_nowait()
                except Empty:
                    server = None
                if server is None:
                    self._threads.remove(threading.current_thread())
                    return
            self._one(server)

    def _one(self, server: str) -> None:
        try:
            for found in self._perform(server):
                self._keep(server, found)
        except Exception as error:  # noqa: BLE001 - one odd server must not end the tests of all others
            begun = self._servers.get(server) or self._kind(server=server, level=Level.L0)
            self._keep(server, replace(begun, problem=f"{INTERNAL}{type(error).__name__}: {error}"))
        with self._change:
            self._over.add(server)
            self._change.notify_all()

    def _keep(self, server: str, found: Whole | Tool) -> None:
        with self._change:
            if isinstance(found, self._kind):
                self._servers[server] = found
            else:
                tool = cast("Tool", found)
                self._tools.setdefault(server, {})[tool.tool] = tool
            self._change.notify_all()
