"""What a boxed server does beyond single calls: over a chain of them, beside another client, after a client gave up."""

from dataclasses import dataclass

from pytest_mcp.model.call import Call, alike
from pytest_mcp.model.exchange import Noise
from pytest_mcp.model.interface import Element

NO_STEADY = "no tool answers the same call alike twice"
"""Why nothing can be compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """Something made, read, removed and read again; ``mark`` is the value that all four calls have in common."""

    thing: str
    mark: str
    made: Call
    looked: Call
    removed: Call
    after: Call


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """A call that answers the same each time, as it went once more under another circumstance.

    ``alone`` is the same call after that circumstance had passed: where it differs from ``known`` too, the state had
    changed, and nothing can be said. ``other`` is what else was asked at the same time, by name.
    """

    known: Call
    seen: Call
    alone: Call
    other: str = ""

    @property
    def agrees(self) -> bool:
        """Whether the answer was the same."""
        return alike(self.known, self.seen)

    @property
    def settled(self) -> bool:
        """Whether it is the same again, now that the circumstance has passed: a difference was no change of state."""
        return alike(self.known, self.alone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """Of one server, after its chain. ``None`` is what was not tried, for a reason in ``untried``.

    ``given_up`` is a call that followed one whose client gave up, ``beside`` calls while a second client asked too,
    ``other_era`` calls in an instance that is spoken to in the other era. ``listed`` is what the boxed instance
    listed when it had started, ``listed_after`` its tools after everything, ``told`` what it emitted unasked meanwhile.
    """

    cycles: tuple[Cycle, ...] = ()
    given_up: tuple[Again, ...] = ()
    beside: tuple[Again, ...] | None = None
    other_era: tuple[Again, ...] | None = None
    listed: tuple[Element, ...] = ()
    listed_after: tuple[Element, ...] | None = None
    told: tuple[Noise, ...] = ()
    untried: tuple[tuple[str, str], ...] = ()

    def why_not(self, what: str) -> str:
        """Why something was not tried, empty when it was."""
        return dict(self.untried).get(what, "")
