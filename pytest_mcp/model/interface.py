"""The live interface of a server as its listing told it, kept raw: one malformed tool spoils nothing but itself."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pytest_mcp.model.exchange import Noise


class Era(StrEnum):
    """Which half of the protocol's history a connection speaks."""

    LEGACY = "legacy"
    """Revisions up to 2025-11-25, opened with ``initialize``."""
    MODERN = "modern"
    """2026-07-28 and later: stateless, ``_meta`` on every request."""


class ElementKind(StrEnum):
    """What a server can list."""

    TOOL = "tool"
    RESOURCE = "resource"
    TEMPLATE = "template"
    PROMPT = "prompt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One entry of a list as the server sent it.

    ``name`` is the tool's or prompt's name, the resource's uri, the template's uriTemplate; an entry without a usable
    one gets ``#<index>``. ``definition`` is the entry as parsed. ``index`` counts from 0 over all pages.
    """

    kind: ElementKind
    name: str
    index: int
    definition: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """How one list method went: every page as parsed, and what stopped it short of its end, if anything did."""

    method: str
    pages: tuple[Any, ...] = ()
    problem: str | None = None
    error_code: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """One process start or remote connection, counted by purpose (``shared``, ``era-retry``, ``sandbox`` ...)."""

    purpose: str
    pid: int | None
    seconds: float
    outcome: str


class ExitBy(StrEnum):
    """What it took to end a server."""

    ITSELF = "itself"
    """It had exited before we asked."""
    EOF = "eof"
    TERM = "term"
    KILL = "kill"
    REMOTE = "remote"
    """Not ours to end: a connection was closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shutdown:
    """How a server ended: by what, after how many seconds, exit code (negative: signal), processes left behind."""

    by: ExitBy
    seconds: float
    exit_code: int | None
    orphans: int = 0


class StartState(StrEnum):
    """What had become of a server's process when connecting to it failed."""

    NEVER = "never started"
    EXITED = "exited"
    RUNNING = "still running"
    REMOTE = "not ours"
    """The server is a url; there is no process of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StartFailure:
    """Why a server could not be connected to, with what a person needs to see it for himself.

    ``exit_code`` is None unless ``state`` says that it exited; ``command`` is empty for a remote, ``url`` for stdio.
    """

    reason: str
    command: tuple[str, ...]
    exit_code: int | None
    stderr_tail: str
    state: StartState = StartState.NEVER
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """The snapshot of one server: connected or not, negotiated revision, and everything it lists.

    ``handshake`` is the parsed reply to ``initialize`` or ``server/discover``. ``seconds`` is from start to last list.
    """

    server: str
    connected: bool
    failure: StartFailure | None = None
    era: Era | None = None
    revision: str | None = None
    handshake: Any = None
    elements: tuple[Element, ...] = ()
    listings: tuple[Listing, ...] = ()
    noise: tuple[Noise, ...] = ()
    stderr_head: str = ""
    starts: tuple[Start, ...] = ()
    seconds: float = 0.0

    @property
    def capabilities(self) -> dict[str, Any]:
        """Declared capabilities; empty when the handshake has none that can be read."""
        found = self.handshake.get("capabilities") if isinstance(self.handshake, dict) else None
        return found if isinstance(found, dict) else {}

    @property
    def instructions(self) -> str:
        """What the server tells a model of itself; empty when that is nothing, or no text."""
        found = self.handshake.get("instructions") if isinstance(self.handshake, dict) else None
        return found if isinstance(found, str) else ""

    @property
    def server_info(self) -> dict[str, Any]:
        """What the server says of itself (``serverInfo``, in ``_meta`` since 2026-07-28); never a version to trust."""
        if not isinstance(self.handshake, dict):
            return {}
        meta = self.handshake.get("_meta")
        modern = meta.get("io.modelcontextprotocol/serverInfo") if isinstance(meta, dict) else None
        found = modern if isinstance(modern, dict) else self.handshake.get("serverInfo")
        return found if isinstance(found, dict) else {}

    @property
    def told_version(self) -> str:
        """The version the server told, or ``unknown``."""
        version = self.server_info.get("version")
        return version if isinstance(version, str) and version else "unknown"

    def of_kind(self, kind: ElementKind) -> tuple[Element, ...]:
        """The listed elements of one kind, in the server's order."""
        return tuple(element for element in self.elements if element.kind is kind)

    def listing(self, method: str) -> Listing | None:
        """How a list method went, None when it was not asked."""
        return next((listing for listing in self.listings if listing.method == method), None)
