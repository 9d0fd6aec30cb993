"""A server as a config file names it: what to start or where to connect."""

from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where an entry was read: ``path`` relative to the rootdir where possible, ``line`` from 1."""

    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """A process to start: argv in two parts as configs have it, extra environment, working directory.

    ``env`` holds only what the entry adds to our own environment; values may be secrets and are never printed.
    ``cwd`` is absolute; None means the folder of the config file is not prescribed and the rootdir is used.
    """

    command: str = field(repr=False)
    args: tuple[str, ...] = field(default=(), repr=False)
    env: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    cwd: str | None = field(default=None, repr=False)

    @property
    def argv(self) -> tuple[str, ...]:
        """Command and arguments as one tuple."""
        return (self.command, *self.args)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stdio:
    """The stdio transport: the server is a child process that speaks over its standard streams."""

    launch: Launch
    kind: Literal["stdio"] = "stdio"


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuth:
    """Credentials for the client-credentials grant; ``issuer`` is the authorization server they belong to."""

    client_id: str
    client_secret: str = field(repr=False)
    issuer: str
    scope: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Http:
    """The Streamable HTTP transport; ``launch`` is None for a remote that we do not start.

    ``{port}`` in ``url``, ``launch.args`` and ``launch.env`` is replaced by a free port when we start the server.
    """

    url: str = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    launch: Launch | None = None
    oauth: OAuth | None = None
    kind: Literal["http"] = "http"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sse:
    """The HTTP+SSE transport of 2024-11-05, deprecated; fields as in ``Http``."""

    url: str = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    launch: Launch | None = None
    oauth: OAuth | None = None
    kind: Literal["sse"] = "sse"


Transport = Stdio | Http | Sse


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """One config entry over one of its transports: the unit that is connected to, tested and reported.

    ``id`` is unique in a run: the entry's name, or ``name@http`` for an extra transport from our settings.
    ``problem`` tells why an entry that is otherwise kept cannot be used (then ``transport`` is None): it becomes one
    failing test, and the entries beside it run.
    """

    id: str
    name: str
    source: Source
    transport: Transport | None
    problem: str | None = None
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """Values (not names) that must never appear in any output; longest first."""
    disabled: bool = False
    """Switched off in its config file: listed, never run."""

    @property
    def local(self) -> bool:
        """Whether it is reached on this machine's own address."""
        url = getattr(self.transport, "url", "")
        return (urlsplit(url).hostname or "") in ("127.0.0.1", "localhost", "::1", "0.0.0.0")  # noqa: S104

    @property
    def remote(self) -> bool:
        """True for a URL that somebody else runs: listing, reading and opted-in calls only."""
        return isinstance(self.transport, Http | Sse) and self.transport.launch is None

    @property
    def kind(self) -> str:
        """``stdio``, ``http``, ``sse``, or ``unusable`` for an entry with a problem."""
        return self.transport.kind if self.transport else "unusable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """Everything that was found: servers in the order of files and entries, and the files read."""

    servers: tuple[Server, ...]
    files: tuple[str, ...]
