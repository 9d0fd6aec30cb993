"""What a server did to the world around it while it was asked, as it was observed from outside."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How well a server is kept apart from the machine."""

    L3 = "L3"
    """bubblewrap and strace: own file system, no network but loopback, every effect observed."""
    L2 = "L2"
    """unshare and Landlock: writes confined, no network but loopback, effects seen by comparing."""
    L1 = "L1"
    """Landlock or resource limits only."""
    L0 = "L0"
    """Nothing."""

    @property
    def contains(self) -> bool:
        """Whether calls that could do harm may be made at this level."""
        return self in (Level.L3, Level.L2)


class Touched(StrEnum):
    """What happened to a file."""

    READ = "read"
    WRITTEN = "written"
    CREATED = "created"
    REMOVED = "removed"
    REFUSED = "refused"
    """The server tried to and was kept from it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileEffect:
    """One file; ``inside`` is True for the planted workspace and the private home and temporary folder."""

    path: str
    how: Touched
    inside: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Spawned:
    """One program that was started, with its arguments; ``fake`` when it was one of ours in the real one's place."""

    argv: tuple[str, ...]
    fake: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkEffect:
    """A connection that was tried, or a port that is listened on (``listening``)."""

    address: str
    port: int
    listening: bool = False
    reached: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One HTTP request that arrived at the stub on loopback."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """Everything observed between two moments, less what the server does by itself when nothing is asked.

    ``complete`` is False where the level cannot observe all of it: absence then proves nothing.
    """

    level: Level
    files: tuple[FileEffect, ...] = ()
    spawned: tuple[Spawned, ...] = ()
    network: tuple[NetworkEffect, ...] = ()
    requests: tuple[Request, ...] = ()
    complete: bool = False
