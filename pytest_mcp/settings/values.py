"""The values of the settings: what other rooms read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from pytest_mcp.model.effects import Level
from pytest_mcp.model.finding import Severity
from pytest_mcp.model.run import Suite
from pytest_mcp.model.server import Source


class Gate(StrEnum):
    """What the verdict, which is shown in any case, does to the exit code.

    ``off``: nothing, pytest's own stays. ``report``: BLOCK exits 1. ``enforce``: PARTIAL exits 1 too.
    """

    OFF = "off"
    REPORT = "report"
    ENFORCE = "enforce"


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportSettings:
    """How we start a server over one more transport; strings as written, ``${VAR}`` and ``{port}`` still in them."""

    kind: str
    source: Source
    command: str = field(repr=False)
    args: tuple[str, ...] = field(default=(), repr=False)
    env: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    url: str | None = field(default=None, repr=False)
    cwd: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthSettings:
    """Credentials for the client-credentials grant; strings as written, ``${VAR}`` still in them."""

    source: Source
    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    issuer: str
    scope: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """Arguments for one tool that the user knows to be good; ``where`` it was written starts a complaint about it."""

    tool: str
    where: str
    arguments: Mapping[str, Any] = field(hash=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """What the table says about one server of the config files."""

    name: str
    source: Source
    timeout: float | None = None
    transports: tuple[TransportSettings, ...] = ()
    oauth: OAuthSettings | None = None
    hints: tuple[Hint, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every option with its value. Paths are absolute; ``file`` is the settings file that was read, if any.

    ``deep_seconds`` is what the search for arguments that break one tool may take. ``sandbox`` is None for the best
    level that works here. ``db`` is a DSN, ``"none"`` for no database, or None for the embedded one.
    """

    config: tuple[Path, ...] = ()
    only: tuple[str, ...] = ()
    suites: tuple[Suite, ...] = ()
    seed: int
    timeout: float = 30.0
    deep: bool = False
    deep_seconds: float = 10.0
    sandbox: Level | None = None
    fail_on: Severity = Severity.MEDIUM
    gate: Gate = Gate.REPORT
    db: str | None = field(default=None, repr=False)
    report: Path
    servers: tuple[ServerSettings, ...] = ()
    file: str | None = None
