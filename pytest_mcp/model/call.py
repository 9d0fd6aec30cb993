"""A tool that was called: the case, all that came back, what it did, and what that proves."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from pytest_mcp.model.case import Case
from pytest_mcp.model.effects import Effects, Level
from pytest_mcp.model.exchange import Exchange
from pytest_mcp.model.world import World

if TYPE_CHECKING:
    from pytest_mcp.model.behaviour import Behaviour


INTERNAL = "internal error: "
"""How a problem begins that is our own fault and no server's."""
PROGRESS_TOKEN = "pytest-mcp-progress"  # noqa: S105 - a name, no secret
"""Under which a server may tell how far it has got with a control that is called once more."""


class Answer(StrEnum):
    """What a reply to ``tools/call`` amounts to. ``isError`` alone is no oracle: servers lie both ways."""

    RESULT = "result"
    """A result with something in it."""
    EMPTY = "empty"
    """A result with nothing in it: no content, an empty list, ``null``."""
    REFUSED = "refused"
    """An error of JSON-RPC, or a result with ``isError``."""
    DISGUISED = "disguised"
    """A result that does not say so, and whose text is an error."""
    ASKS = "asks"
    """2026-07-28: the server wants input first (``resultType`` other than complete)."""
    LOST = "lost"
    """No reply, or one that is neither result nor error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One case as it went; ``text`` is the text of the answer or its error, ``size`` the bytes of the whole reply."""

    case: Case
    exchange: Exchange
    answer: Answer
    text: str = ""
    size: int = 0
    effects: Effects | None = None


def alike(one: Call, other: Call) -> bool:
    """Whether two calls got the same answer, as far as a client can see."""
    return one.answer is other.answer and one.text == other.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """A call that is proven to have worked; ``proof`` says by what, for a person."""

    call: Call
    proof: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExercisedTool:
    """One tool after its chain. Without ``control`` everything that depends on one is inconclusive for ``problem``.

    ``tries`` are the calls on the way to the control, ``repeat`` the control sent once more, ``calls`` the other cases,
    valid and invalid. ``reach`` is, where there is no control, a call that was refused after its arguments had arrived
    at a program or an address: nothing is proven by its answer, but much by what such calls do. ``hung`` is True when a
    call got no reply in time: its other cases were not sent.
    """

    tool: str
    control: Control | None = None
    problem: str = ""
    tries: tuple[Call, ...] = ()
    repeat: Call | None = None
    reach: Call | None = None
    calls: tuple[Call, ...] = ()
    hung: bool = False

    @property
    def steady(self) -> Call | None:
        """The control's call where the same call got the same answer again: what can be compared; else None."""
        if self.control is None or self.repeat is None or not alike(self.control.call, self.repeat):
            return None
        return self.control.call


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """Something in the launch that named the user's own, and what stands in its place in the sandbox."""

    where: str
    original: str
    planted: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Exercised:
    """One server after its chain in the sandbox; ``problem`` tells why there was none."""

    server: str
    level: Level
    problem: str = ""
    mapped: tuple[Mapped, ...] = ()
    world: World | None = None
    behaviour: "Behaviour | None" = None
    """What was tried once the tools were called; None where it did not come to that."""
    tools: tuple[ExercisedTool, ...] = ()

    def tool(self, name: str) -> ExercisedTool | None:
        """A tool by its name, None for one that was not exercised."""
        return next((tool for tool in self.tools if tool.tool == name), None)
