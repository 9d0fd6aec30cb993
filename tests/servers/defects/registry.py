"""What a defect is, how one is declared, and a good server with some of them switched on."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tests.servers.offer import Offer
from tests.servers.protocol import META, Answer, Channel, Message, Protocol

BOTH = frozenset({"legacy", "modern"})
LEGACY, MODERN = frozenset({"legacy"}), frozenset({"modern"})
ANYWHERE = frozenset({"stdio", "http"})
STDIO, HTTP = frozenset({"stdio"}), frozenset({"http"})


class Point(StrEnum):
    """Where in a server's life a defect acts."""

    OFFER = "offer"
    """Before the start, on what is offered."""
    START = "start"
    """When the process has started, before anything is read."""
    ANSWER = "answer"
    """After the good answer to a message is known, before it is sent."""
    END = "end"
    """When the input has ended (stdio)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """One wrong behaviour. ``check`` must name it, with ``says`` in a title; None: an oddity that is no violation.

    ``also`` are checks that see it too, rightly, and ``sometimes`` those that do when the server is slow: a stray reply
    is taken for that to the request in flight when its own does not come soon. Any other finding is a false one.
    ``element`` is what it is found on: empty for the server itself, ending in ``#`` for an element without a usable
    name. ``waits`` is True where a client has to wait for it, ``deep`` where a start of its own is needed to see it,
    ``dual`` where the server has to speak both eras. Those of one ``group`` do not know each other and share a server.
    """

    name: str
    check: str | None
    says: str
    point: Point
    behave: Callable[[Any], None]
    eras: frozenset[str] = BOTH
    transports: frozenset[str] = ANYWHERE
    element: str = ""
    also: frozenset[str] = frozenset()
    sometimes: frozenset[str] = frozenset()
    waits: bool = False
    group: str = ""
    deep: bool = False
    dual: bool = False

    def exists(self, era: str, transport: str) -> bool:
        """Whether it can be switched on there."""
        return transport in self.transports and (era in self.eras or era == "both")


@dataclass(slots=True)
class Scene:
    """One message with its answer, for a defect to change. ``memory`` is the defect's own, for the whole process."""

    server: Protocol
    message: Any
    channel: Channel
    answer: Answer
    memory: dict[str, Any]
    more: Callable[[float], bool]
    """Whether another message is there, or comes within so many seconds (stdio)."""

    @property
    def method(self) -> str:
        """The method of a request, empty for anything else."""
        request = isinstance(self.message, dict) and "id" in self.message
        return str(self.message.get("method")) if request else ""

    @property
    def reply(self) -> Message:
        """The reply as it would be sent; an object of its own where none would."""
        return self.answer.messages[-1] if self.answer.messages else {}

    @property
    def result(self) -> Message:
        """The reply's result; an object of its own where it has none."""
        found = self.reply.get("result")
        return found if isinstance(found, dict) else {}

    @property
    def code(self) -> Any:
        """The error code of the reply, None for any other."""
        return self.reply.get("error", {}).get("code")

    def refuse(self, code: Any, text: str = "no", **more: Any) -> None:
        """Answer with an error."""
        error = {"code": code, "message": text, **more}
        self.answer.messages = [{"jsonrpc": "2.0", "id": self.message["id"], "error": error}]

    def give(self, result: Message) -> None:
        """Answer with this result, complete as the era has it."""
        about = {"_meta": {META + "serverInfo": self.server.offer.info}, "resultType": "complete"}
        whole = {**result, **(about if self.server.is_modern(self.message, self.channel) else {})}
        self.answer.messages = [{"jsonrpc": "2.0", "id": self.message["id"], "result": whole}]
        self.answer.status = 200

    def instead(self, message: Message) -> None:
        """Answer as if this had been asked."""
        kept = self.answer.headers
        self.answer = self.server.answer(message, self.channel)
        self.answer.headers |= kept


def _nothing_more(_: float) -> bool:
    return False


@dataclass(slots=True)
class Broken:
    """A good server with defects: none, one, or several that do not know each other."""

    good: Protocol
    defects: tuple[Defect, ...] = ()
    memories: dict[str, dict[str, Any]] = field(default_factory=dict)

    def at(self, point: Point) -> Iterable[Defect]:
        """The defects that act here."""
        return (defect for defect in self.defects if defect.point is point)

    def answer(self, message: Any, channel: Channel, more: Callable[[float], bool] = _nothing_more) -> Answer:
        """The good answer, and what the defects make of it."""
        answer = self.good.answer(message, channel)
        for defect in self.at(Point.ANSWER):
            memory = self.memories.setdefault(defect.name, {})
            scene = Scene(self.good, message, channel, answer, memory, more)
            defect.behave(scene)
            answer = scene.answer
        return answer

    def start(self) -> None:
        """The process has started."""
        for defect in self.at(Point.START):
            defect.behave(self.good)

    def end(self) -> None:
        """The input has ended."""
        for defect in self.at(Point.END):
            defect.behave(self.good)


def broken(eras: frozenset[str], defects: tuple[Defect, ...] = ()) -> Broken:
    """A server of these eras with these defects."""
    offer = Offer()
    for defect in defects:
        if defect.point is Point.OFFER:
            defect.behave(offer)
    return Broken(good=Protocol(eras, offer), defects=defects)


class Declarations(list[Defect]):
    """The defects of one file, declared by decorating what they do."""

    def at(self, point: Point, name: str, check: str | None, says: str = "", **more: Any) -> Callable[..., None]:
        """Declare the decorated function a defect."""

        def decorate(behave: Callable[[Any], None]) -> None:
            self.append(Defect(name=name, check=check, says=says, point=point, behave=behave, **more))

        return decorate
