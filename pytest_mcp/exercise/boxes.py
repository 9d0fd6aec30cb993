"""One server in its box, with a connection of its own: where its tools may be called."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pytest_mcp.client.connection import Connection
from pytest_mcp.client.fleet import Fleet
from pytest_mcp.client.script import scripted
from pytest_mcp.exercise.calling import Stage
from pytest_mcp.model.effects import Level
from pytest_mcp.model.interface import Element, Era, Interface
from pytest_mcp.model.server import Server
from pytest_mcp.sandbox import Box, Sandbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A server to be exercised: its entry, the tools it lists, the era it speaks, good arguments by tool.

    ``hints`` are the user's, single arguments; ``stored`` whole calls that worked in earlier runs, newest first.
    """

    entry: Server
    tools: tuple[Element, ...]
    era: Era | None
    hints: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, hash=False, repr=False)
    stored: Mapping[str, tuple[Mapping[str, Any], ...]] = field(default_factory=dict, hash=False, repr=False)


def unfit(subject: Subject, level: Level) -> str:
    """Why a server is not called with generated arguments; empty when it may be."""
    if subject.entry.remote:
        return "a remote server: nothing is called with generated arguments"
    if not level.contains:
        return f"sandbox level {level}: tools are called at L3 and L2 only; pytest-mcp doctor says what is missing"
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A server in a box of its own, where it is called, and what it listed when it had started."""

    box: Box
    stage: Stage
    connection: Connection
    interface: Interface


def opened(fleet: Fleet, sandbox: Sandbox, subject: Subject, purpose: str, timeout: float) -> Opened:
    """Start a server in a new box and connect to it. Raises McpError when it does not start there."""
    box = sandbox.prepare(subject.entry)
    role = scripted(roots=(f"file://{box.world.workspace}",))
    connection, interface = fleet.open(box.server, purpose=purpose, era=subject.era, role=role)
    box.settle()
    stage = Stage(
        caller=connection,
        role=role,
        timeout=timeout,
        mark=box.mark,
        effects=box.effects,
        restore=box.restore,
    )
    return Opened(box=box, stage=stage, connection=connection, interface=interface)


def second_client(fleet: Fleet, first: Opened, purpose: str) -> Opened:
    """Another client of the same process, over HTTP. Raises ClientError when it is not let in."""
    role = first.stage.role
    connection, interface = fleet.beside(first.connection, purpose=purpose, era=first.interface.era, role=role)
    stage = Stage(caller=connection, role=role, timeout=first.stage.timeout)
    return Opened(box=first.box, stage=stage, connection=connection, interface=interface)
