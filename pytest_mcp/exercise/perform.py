"""Puts one server into its box, opens a connection of its own to it, and carries out its chain there."""

import threading
from collections.abc import Iterator, Mapping

from pytest_mcp.client.fleet import Fleet
from pytest_mcp.errors import McpError
from pytest_mcp.exercise.boxes import Subject, opened, unfit
from pytest_mcp.exercise.calling import Stage
from pytest_mcp.exercise.chain import Chain
from pytest_mcp.exercise.ideas import Generated
from pytest_mcp.model.call import Exercised, ExercisedTool
from pytest_mcp.sandbox import Box, Sandbox

CALL_SECONDS = 12.0
"""How long a generated call is waited for at the most; then the tool counts as hung."""


class Performer:
    """Carries out chains; the connections stay open for what tests do in the box afterwards."""

    def __init__(
        self, fleet: Fleet, sandbox: Sandbox, subjects: Mapping[str, Subject], *, seed: int, timeout: float
    ) -> None:
        self._fleet, self._sandbox, self._subjects = fleet, sandbox, subjects
        self._seed, self._timeout = seed, min(timeout, CALL_SECONDS)
        self._lock = threading.Lock()
        self._stages: dict[str, Stage] = {}

    def __call__(self, server: str) -> Iterator[Exercised | ExercisedTool]:
        """One server: first itself, then each tool as it is done."""
        subject, level = self._subjects[server], self._sandbox.level
        problem = unfit(subject, level)
        if problem:
            yield Exercised(server=server, level=level, problem=problem)
            return
        try:
            box, stage = self._start(subject, "sandbox")
        except McpError as error:
            yield Exercised(server=server, level=level, problem=f"does not start in the sandbox: {error}")
            return
        yield Exercised(server=server, level=level, mapped=box.mapped, world=box.world)
        chain = Chain(
            stage, Generated(seed=self._seed, world=box.world, values=subject.hints), lambda: self._again(subject)
        )
        yield from chain.run(subject.tools)

    def stage(self, server: str) -> Stage | None:
        """Where a server is called, after its chain; None when it has no box."""
        with self._lock:
            return self._stages.get(server)

    def _again(self, subject: Subject) -> Stage | None:
        try:
            return self._start(subject, "sandbox-restart")[1]
        except McpError:
            return None

    def _start(self, subject: Subject, purpose: str) -> tuple[Box, Stage]:
        box, stage = opened(self._fleet, self._sandbox, subject, purpose, self._timeout)
        with self._lock:
            self._stages[subject.entry.id] = stage
        return box, stage
