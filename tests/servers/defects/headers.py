"""Headers and sessions over HTTP that are not what the revision demands."""

from tests.servers.defects.registry import HTTP, LEGACY, MODERN, Declarations, Point, Scene
from tests.servers.protocol import LEGACY as REVISIONS
from tests.servers.protocol import Channel

DEFECTS = Declarations()


# -- headers that mirror the body --------------------------------------------------------------------------------------


@DEFECTS.at(
    Point.ANSWER, "headers-not-compared", "header-mismatch", "answered", eras=MODERN, transports=HTTP, group="first"
)
def _(scene: Scene) -> None:
    if scene.code == -32020:
        headers = {**scene.channel.headers, "mcp-method": scene.method}
        scene.channel = Channel(transport="http", headers=headers)
        scene.instead(scene.message)


@DEFECTS.at(
    Point.ANSWER,
    "header-mismatch-with-200",
    "header-mismatch",
    "HTTP status",
    eras=MODERN,
    transports=HTTP,
    group="second",
)
def _(scene: Scene) -> None:
    if scene.code == -32020:
        scene.answer.status = 200


@DEFECTS.at(
    Point.ANSWER,
    "names-in-headers-not-compared",
    "header-mismatch",
    "Mcp-Name of another name: answered",
    eras=MODERN,
    transports=HTTP,
    group="third",
)
def _(scene: Scene) -> None:
    if scene.code == -32020 and scene.method == "resources/read":
        headers = {**scene.channel.headers, "mcp-name": scene.message["params"]["uri"]}
        scene.channel = Channel(transport="http", headers=headers)
        scene.instead(scene.message)


@DEFECTS.at(
    Point.ANSWER,
    "versions-in-headers-not-compared",
    "header-mismatch",
    "MCP-Protocol-Version of another version: answered",
    eras=MODERN,
    transports=HTTP,
    group="third",
)
def _(scene: Scene) -> None:
    if scene.code == -32020 and scene.channel.headers.get("mcp-protocol-version") == REVISIONS[0]:
        headers = {**scene.channel.headers, "mcp-protocol-version": "2026-07-28"}
        scene.channel = Channel(transport="http", headers=headers)
        scene.instead(scene.message)


# -- sessions -------------------------------------------------------------------------------------------------------

_SESSION = "mcp-session-id"


@DEFECTS.at(
    Point.ANSWER,
    "session-id-with-a-space",
    "session-id",
    "not visible ASCII",
    eras=LEGACY,
    transports=HTTP,
    group="first",
)
def _(scene: Scene) -> None:
    if name := scene.answer.headers.get("Mcp-Session-Id"):
        spaced = f"{name[:4]} {name[4:]}"
        scene.server.sessions[spaced] = scene.server.sessions.pop(name)
        scene.answer.headers["Mcp-Session-Id"] = spaced


def _is_initialized(scene: Scene) -> bool:
    return isinstance(scene.message, dict) and scene.message.get("method") == "notifications/initialized"


@DEFECTS.at(
    Point.ANSWER,
    "initialized-answered-with-200",
    "initialized-accepted",
    "HTTP status",
    eras=LEGACY,
    transports=HTTP,
    group="first",
)
def _(scene: Scene) -> None:
    if _is_initialized(scene):
        scene.answer.status = 200


@DEFECTS.at(
    Point.ANSWER,
    "initialized-refused",
    "initialized-accepted",
    "HTTP status",
    eras=LEGACY,
    transports=HTTP,
    group="second",
)
def _(scene: Scene) -> None:
    if _is_initialized(scene):
        scene.answer.status = 400


@DEFECTS.at(
    Point.ANSWER,
    "takes-any-version-header",
    "protocol-version-header",
    "answered with a result",
    eras=LEGACY,
    transports=HTTP,
    group="first",
)
def _(scene: Scene) -> None:
    if scene.answer.status == 400 and scene.channel.headers.get("mcp-protocol-version", "") not in ("", *REVISIONS):
        headers = {**scene.channel.headers, "mcp-protocol-version": REVISIONS[0]}
        scene.channel = Channel(transport="http", headers=headers)
        scene.instead(scene.message)


@DEFECTS.at(
    Point.ANSWER,
    "session-not-required",
    "session-required",
    "without a session id",
    eras=LEGACY,
    transports=HTTP,
    group="first",
)
def _(scene: Scene) -> None:
    if scene.method == "ping" and _SESSION not in scene.channel.headers:
        scene.give({})


@DEFECTS.at(
    Point.ANSWER,
    "takes-any-session",
    "session-required",
    "with an unknown session id",
    eras=LEGACY,
    transports=HTTP,
    also=frozenset({"session-ended"}),
    group="second",
)
def _(scene: Scene) -> None:
    if scene.method == "ping" and scene.answer.status == 404:
        scene.give({})


def _ended(scene: Scene) -> bool:
    """Whether a request came for a session that was assigned and is gone."""
    known = scene.memory.setdefault("assigned", set())
    known.add(scene.answer.headers.get("Mcp-Session-Id"))
    return scene.answer.status == 404 and scene.channel.headers.get(_SESSION) in known


@DEFECTS.at(
    Point.ANSWER, "session-survives-its-end", "session-ended", "answered", eras=LEGACY, transports=HTTP, group="first"
)
def _(scene: Scene) -> None:
    if _ended(scene):
        scene.give({})


@DEFECTS.at(
    Point.ANSWER,
    "ended-session-refused-otherwise",
    "session-ended",
    "HTTP status",
    eras=LEGACY,
    transports=HTTP,
    group="third",
)
def _(scene: Scene) -> None:
    if _ended(scene):
        scene.answer.status = 400
