"""A call that would prove a flaw by what it does: the argument that was changed, and the trace it would leave."""

from dataclasses import dataclass
from enum import StrEnum

from pytest_mcp.model.call import Call, Mapped
from pytest_mcp.model.case import Case
from pytest_mcp.model.effects import Effects, Level
from pytest_mcp.model.interface import Element
from pytest_mcp.model.world import World


class Family(StrEnum):
    """What a probe tries to make a server do."""

    PATH = "path"
    """Read or write a file outside of where it works."""
    COMMAND = "command"
    """Run a program of the caller's choice, through a shell or as code."""
    OPTION = "option"
    """Hand a value on to a program as one of its options."""
    ADDRESS = "address"
    """Ask an address that only the server's machine reaches."""
    STATEMENT = "statement"
    """Change a database through a tool that is to read it."""
    SEGMENT = "segment"
    """Leave the part of an address that an argument fills in."""
    PATTERN = "pattern"
    """Keep a regular expression busy."""


class Aim(StrEnum):
    """How a probe goes about it."""

    READ = "read"
    WRITE = "write"
    SHELL = "shell"
    CODE = "code"
    PLAIN = "plain"
    """The thing itself, undisguised: a tool that does this is made for it."""
    DASH = "leading dash"
    SPLIT = "split"
    HTTP = "http"
    FILE = "file"
    LOOK = "look"
    """Not a probe: shows what the others have done."""
    SHORT = "short"
    LONG = "long"


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """A case with one argument changed. ``argument`` is a JSON pointer into its arguments, ``what`` tells the change.

    ``mark`` is a text that this probe alone has; ``target`` the path that it would touch, empty where that is no path.
    """

    family: Family
    aim: Aim
    argument: str
    what: str
    mark: str
    case: Case
    target: str = ""
    relative: bool = False
    """The value is meant within another argument of the same call, or within where the server works."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A probe as it went."""

    probe: Probe
    call: Call


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbedTool:
    """One tool after its probes; ``problem`` tells why there are none, ``cut`` why there are fewer than were made.

    ``ground`` is the call that the probes were made from: a positive control, or one that reached something.
    """

    tool: str
    ground: Call | None = None
    problem: str = ""
    sent: tuple[Sent, ...] = ()
    cut: str = ""

    def of(self, family: Family) -> tuple[Sent, ...]:
        """The probes of one family."""
        return tuple(each for each in self.sent if each.probe.family is family)


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """One server after its probes, in an instance of its own; ``problem`` tells why there were none."""

    server: str
    level: Level
    problem: str = ""
    world: World | None = None
    mapped: tuple[Mapped, ...] = ()
    start: Effects | None = None
    """What it did before anything was asked of it."""
    listed: tuple[Element, ...] = ()
    """What this instance listed when it had started."""
    tools: tuple[ProbedTool, ...] = ()
