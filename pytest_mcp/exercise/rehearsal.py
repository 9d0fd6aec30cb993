"""The chains of all servers, each on a thread of its own, and the tests that wait for what they bring."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from queue import Empty, SimpleQueue

from pytest_mcp.model.call import Exercised, ExercisedTool
from pytest_mcp.model.effects import Level

Perform = Callable[[str], Iterator[Exercised | ExercisedTool]]
"""Carries out one server's chain: first the server without tools, then each tool as it is done."""


class Rehearsal:
    """Carries out chains ``at_once`` at a time, in the order in which the servers were begun."""

    def __init__(self, perform: Perform, *, at_once: int) -> None:
        self._perform, self._at_once = perform, at_once
        self._change = threading.Condition()
        self._waiting: SimpleQueue[str] = SimpleQueue()
        self._begun: set[str] = set()
        self._servers: dict[str, Exercised] = {}
        self._tools: dict[str, dict[str, ExercisedTool]] = {}
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

    def tool(self, server: str, name: str) -> ExercisedTool | None:
        """A tool as it was exercised, waited for; None when it never came up."""
        self.begin([server])
        with self._change:
            self._change.wait_for(lambda: name in self._tools.get(server, {}) or server in self._over)
            return self._tools.get(server, {}).get(name)

    def whole(self, server: str) -> Exercised:
        """A server with all its tools, waited for."""
        self.begin([server])
        with self._change:
            self._change.wait_for(lambda: server in self._over)
            return self._put_together(server)

    def stop(self) -> None:
        """Begin no further server; a chain ends when its connection does."""
        with self._change:
            self._stopped = True

    def _put_together(self, server: str) -> Exercised:
        found = self._servers.get(server) or Exercised(server=server, level=Level.L0, problem="was not exercised")
        return replace(found, tools=tuple(self._tools.get(server, {}).values()))

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
            begun = self._servers.get(server) or Exercised(server=server, level=Level.L0)
            self._keep(server, replace(begun, problem=f"internal error: {type(error).__name__}: {error}"))
        with self._change:
            self._over.add(server)
            self._change.notify_all()

    def _keep(self, server: str, found: Exercised | ExercisedTool) -> None:
        with self._change:
            if isinstance(found, Exercised):
                self._servers[server] = found
            else:
                self._tools.setdefault(server, {})[found.tool] = found
            self._change.notify_all()
