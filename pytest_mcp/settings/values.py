"""The values of the settings: what other rooms read."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from pytest_mcp.model.finding import Severity
from pytest_mcp.model.run import Suite
from pytest_mcp.model.server import Source


class Sandbox(StrEnum):
    """How far generated calls are isolated; ``auto`` is the highest level this machine offers."""

    AUTO = "auto"
    L3 = "L3"
    L2 = "L2"
    L1 = "L1"
    L0 = "L0"


class Gate(StrEnum):
    """Whether the verdict is given at all, only told, or also decides the exit code."""

    OFF = "off"
    REPORT = "report"
    ENFORCE = "enforce"


class Act(StrEnum):
    """Update and cleanup: print what would be done, or do it."""

    PLAN = "plan"
    APPLY = "apply"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """Part ``number`` (from 1) of ``count`` of the fleet."""

    number: int
    count: int

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"


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
class ServerSettings:
    """What the table says about one server of the config files."""

    name: str
    source: Source
    timeout: float | None = None
    transports: tuple[TransportSettings, ...] = ()
    oauth: OAuthSettings | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every option with its value. Paths are absolute; ``file`` is the settings file that was read, if any.

    ``db`` is a DSN, ``"none"`` for no database, or None for the embedded one. ``deep_seconds`` None: no limit.
    """

    config: tuple[Path, ...] = ()
    only: tuple[str, ...] = ()
    suites: tuple[Suite, ...] = ()
    deep: bool = False
    deep_seconds: float | None = None
    seed: int
    timeout: float = 30.0
    sandbox: Sandbox = Sandbox.AUTO
    fail_on: Severity = Severity.MEDIUM
    gate: Gate = Gate.REPORT
    baseline: str | None = None
    baseline_update: bool = False
    db: str | None = field(default=None, repr=False)
    report: Path
    compare: tuple[str, str] | None = None
    osv: Path | None = None
    update: Act | None = None
    cleanup: Act | None = None
    shard: Shard | None = None
    servers: tuple[ServerSettings, ...] = ()
    file: str | None = None

    def timeout_of(self, name: str) -> float:
        """Seconds one reply of this server is waited for."""
        own = (server.timeout for server in self.servers if server.name == name)
        return next((seconds for seconds in own if seconds is not None), self.timeout)
