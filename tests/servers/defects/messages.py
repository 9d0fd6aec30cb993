"""Messages that are not what JSON-RPC or the transport demand."""

from tests.servers.defects.registry import HTTP, LEGACY, MODERN, STDIO, Declarations, Point, Scene
from tests.servers.protocol import LISTS

DEFECTS = Declarations()
_HANDSHAKE = ("initialize", "server/discover")
_LOST = frozenset({"concurrent-replies"})
"""A reply that cannot be paired is a lost one where several are awaited."""

_NAMELESS = frozenset({"results-name-the-server"})
"""A result that a defect makes up has nothing in its _meta."""


def _settled(scene: Scene) -> bool:
    """A request after the handshake: a defect that spoiled that too would hide everything else."""
    return bool(scene.method) and scene.method not in _HANDSHAKE


# -- the envelope ---------------------------------------------------------------------------------------------------


@DEFECTS.at(Point.ANSWER, "reply-with-another-id", "reply-envelope", "another id", also=_LOST, waits=True)
def _(scene: Scene) -> None:
    if _settled(scene):
        scene.reply["id"] = scene.message["id"] + 1000


@DEFECTS.at(Point.ANSWER, "reply-with-null-id", "reply-envelope", "another id", also=_LOST, waits=True)
def _(scene: Scene) -> None:
    if _settled(scene):
        scene.reply["id"] = None


@DEFECTS.at(Point.ANSWER, "reply-with-id-as-text", "reply-envelope", "another id", also=_LOST, waits=True)
def _(scene: Scene) -> None:
    if _settled(scene):
        scene.reply["id"] = str(scene.message["id"])


@DEFECTS.at(Point.ANSWER, "reply-without-id", "reply-envelope", "another id", also=_LOST, waits=True)
def _(scene: Scene) -> None:
    if _settled(scene):
        scene.reply.pop("id", None)


@DEFECTS.at(Point.ANSWER, "error-without-id", "reply-envelope", "another id", also=_LOST, waits=True)
def _(scene: Scene) -> None:
    if _settled(scene) and "error" in scene.reply:
        scene.reply["id"] = None


@DEFECTS.at(Point.ANSWER, "reply-without-jsonrpc", "reply-envelope", "without jsonrpc 2.0")
def _(scene: Scene) -> None:
    scene.reply.pop("jsonrpc", None)


@DEFECTS.at(Point.ANSWER, "reply-with-jsonrpc-1", "reply-envelope", "without jsonrpc 2.0")
def _(scene: Scene) -> None:
    if scene.method:
        scene.reply["jsonrpc"] = "1.0"


@DEFECTS.at(Point.ANSWER, "result-and-error", "reply-envelope", "either result or error")
def _(scene: Scene) -> None:
    if "result" in scene.reply:
        scene.reply["error"] = {"code": 0, "message": "no error"}


@DEFECTS.at(
    Point.ANSWER,
    "error-without-code",
    "reply-envelope",
    "integer code",
    also=frozenset({"unknown-method"}),
)
def _(scene: Scene) -> None:
    if scene.method.startswith("pytest-mcp/") and "error" in scene.reply:
        del scene.reply["error"]["code"]


@DEFECTS.at(Point.ANSWER, "error-code-as-text", "reply-envelope", "integer code", also=frozenset({"unknown-method"}))
def _(scene: Scene) -> None:
    if scene.method.startswith("pytest-mcp/") and "error" in scene.reply:
        scene.reply["error"]["code"] = "-32601"


@DEFECTS.at(Point.ANSWER, "error-is-text", "reply-envelope", "integer code", also=frozenset({"unknown-method"}))
def _(scene: Scene) -> None:
    if scene.method.startswith("pytest-mcp/") and "error" in scene.reply:
        scene.reply["error"] = "unknown method"


@DEFECTS.at(
    Point.ANSWER,
    "neither-result-nor-error",
    "unknown-method",
    "no reply",
    also=frozenset({"stdout-purity"}),
    waits=True,
)
def _(scene: Scene) -> None:
    if scene.method.startswith("pytest-mcp/"):
        scene.reply.pop("error", None)


@DEFECTS.at(
    Point.ANSWER,
    "replies-twice",
    "concurrent-replies",
    "second reply to a request",
    transports=STDIO,
)
def _(scene: Scene) -> None:
    if _settled(scene):
        scene.answer.messages *= 2


@DEFECTS.at(Point.ANSWER, "mixes-up-replies", "concurrent-replies", "reply of another request", transports=STDIO)
def _(scene: Scene) -> None:
    held = scene.memory.pop("held", None)
    if held is not None and scene.answer.messages:
        held["id"], scene.reply["id"] = scene.reply["id"], held["id"]
        scene.answer.messages = [held, scene.reply]
    elif scene.method.startswith("pytest-mcp/none-") and scene.more(0.05):
        scene.memory["held"] = scene.answer.messages.pop()


@DEFECTS.at(Point.ANSWER, "loses-requests", "concurrent-replies", "no reply", transports=STDIO, waits=True)
def _(scene: Scene) -> None:
    scene.answer.silent = scene.method == "pytest-mcp/none-4"


@DEFECTS.at(Point.ANSWER, "shares-one-reply", "concurrent-replies", "reply of another request", transports=HTTP)
def _(scene: Scene) -> None:
    if scene.method == "pytest-mcp/none-4":
        scene.answer.messages = [{**scene.memory["last"], "id": scene.message["id"]}]
        scene.answer.status = 200
    elif scene.method in LISTS:
        scene.memory["last"] = scene.reply


# -- requests that must be refused ----------------------------------------------------------------------------------


@DEFECTS.at(
    Point.ANSWER,
    "unknown-method-answered",
    "unknown-method",
    "answered with a result",
)
def _(scene: Scene) -> None:
    if scene.method.startswith("pytest-mcp/"):
        scene.answer.messages = [{"jsonrpc": "2.0", "id": scene.message["id"], "result": {}}]


@DEFECTS.at(Point.ANSWER, "unknown-method-refused-otherwise", "unknown-method", "wrong error code")
def _(scene: Scene) -> None:
    if scene.method.startswith("pytest-mcp/"):
        scene.refuse(-32603)


@DEFECTS.at(
    Point.ANSWER, "unknown-method-refused-with-200", "unknown-method", "HTTP status", eras=MODERN, transports=HTTP
)
def _(scene: Scene) -> None:
    if scene.method.startswith("pytest-mcp/"):
        scene.answer.status = 200


def _malformed(scene: Scene) -> bool:
    return scene.method == "tools/call" and not isinstance(scene.message.get("params", {}).get("name"), str)


@DEFECTS.at(Point.ANSWER, "malformed-params-accepted", "malformed-params", "answered with a result", also=_NAMELESS)
def _(scene: Scene) -> None:
    if _malformed(scene):
        result = {"content": [], "resultType": "complete"}
        scene.answer.messages = [{"jsonrpc": "2.0", "id": scene.message["id"], "result": result}]


@DEFECTS.at(Point.ANSWER, "malformed-params-refused-otherwise", "malformed-params", "wrong error code")
def _(scene: Scene) -> None:
    if _malformed(scene):
        scene.refuse(-32603)


@DEFECTS.at(
    Point.ANSWER, "malformed-params-as-tool-error", "malformed-params", "answered with a result", also=_NAMELESS
)
def _(scene: Scene) -> None:
    if _malformed(scene):
        result = {"content": [{"type": "text", "text": "no tool 7"}], "isError": True, "resultType": "complete"}
        scene.answer.messages = [{"jsonrpc": "2.0", "id": scene.message["id"], "result": result}]


@DEFECTS.at(
    Point.ANSWER,
    "malformed-params-unanswered",
    "malformed-params",
    "no reply",
    waits=True,
)
def _(scene: Scene) -> None:
    if _malformed(scene):
        scene.answer.silent = True


# -- notifications, ping, standard output ---------------------------------------------------------------------------


def _notified(scene: Scene) -> bool:
    return isinstance(scene.message, dict) and "id" not in scene.message


@DEFECTS.at(
    Point.ANSWER,
    "replies-to-unknown-notifications",
    "notification-unanswered",
    "reply to a notification",
    transports=STDIO,
)
def _(scene: Scene) -> None:
    if _notified(scene) and scene.message.get("method") != "notifications/initialized":
        error = {"code": -32601, "message": "unknown notification"}
        scene.answer.messages = [{"jsonrpc": "2.0", "id": None, "error": error}]


@DEFECTS.at(
    Point.ANSWER,
    "replies-to-notifications",
    "notification-unanswered",
    "reply to a notification",
    transports=STDIO,
    sometimes=frozenset({"reply-envelope", "message-schema", "result-type", "results-name-the-server"}),
)
def _(scene: Scene) -> None:
    if _notified(scene):
        scene.answer.messages = [{"jsonrpc": "2.0", "id": 0, "result": {}}]


@DEFECTS.at(
    Point.ANSWER,
    "accepts-notifications-with-a-reply",
    "notification-unanswered",
    "reply to a notification",
    transports=HTTP,
    also=frozenset({"initialized-accepted"}),
)
def _(scene: Scene) -> None:
    if _notified(scene):
        scene.answer.status = 200
        scene.answer.messages = [{"jsonrpc": "2.0", "id": None, "result": {}}]


@DEFECTS.at(Point.ANSWER, "ping-refused", "ping", "not answered", eras=LEGACY)
def _(scene: Scene) -> None:
    if scene.method == "ping":
        scene.instead({**scene.message, "method": "pong"})


@DEFECTS.at(Point.ANSWER, "ping-unanswered", "ping", "not answered", eras=LEGACY, waits=True)
def _(scene: Scene) -> None:
    scene.answer.silent = scene.method == "ping"


@DEFECTS.at(Point.ANSWER, "prints-a-line-per-request", "stdout-purity", "that is no JSON", transports=STDIO)
def _(scene: Scene) -> None:
    if scene.method:
        scene.answer.messages.insert(0, f"INFO handling {scene.method}".encode())


@DEFECTS.at(Point.ANSWER, "prints-bytes", "stdout-purity", "that is no JSON", transports=STDIO)
def _(scene: Scene) -> None:
    if scene.method in LISTS:
        scene.answer.messages.insert(0, bytes(range(11, 256)))


@DEFECTS.at(Point.ANSWER, "prints-logs-as-json", "stdout-purity", "no JSON-RPC message", transports=STDIO)
def _(scene: Scene) -> None:
    if scene.method in LISTS:
        scene.answer.messages.insert(0, {"level": "info", "message": scene.method})


# -- oddities -------------------------------------------------------------------------------------------------------


@DEFECTS.at(Point.ANSWER, "notifies-before-it-replies", None, eras=LEGACY, transports=STDIO)
def _(scene: Scene) -> None:
    if scene.method in LISTS:
        params = {"level": "info", "data": "listing"}
        scene.answer.messages.insert(0, {"jsonrpc": "2.0", "method": "notifications/message", "params": params})


@DEFECTS.at(Point.ANSWER, "pings-the-client", None, eras=LEGACY, transports=STDIO)
def _(scene: Scene) -> None:
    if scene.method in LISTS:
        scene.answer.messages.insert(0, {"jsonrpc": "2.0", "id": "from-server", "method": "ping"})


@DEFECTS.at(Point.ANSWER, "prints-empty-lines", None, transports=STDIO)
def _(scene: Scene) -> None:
    scene.answer.messages.insert(0, b"")
