"""Handshakes, and what 2026-07-28 puts on every request, not as the specification demands."""

from typing import Any

from tests.servers.defects.registry import HTTP, LEGACY, MODERN, STDIO, Declarations, Point, Scene
from tests.servers.protocol import META, Channel

DEFECTS = Declarations()


# -- the handshake --------------------------------------------------------------------------------------------------


@DEFECTS.at(
    Point.ANSWER,
    "handshake-without-capabilities",
    "handshake-shape",
    "does not fit",
    also=frozenset({"undeclared-refused"}),
)
def _(scene: Scene) -> None:
    scene.result.pop("capabilities", None)


@DEFECTS.at(Point.ANSWER, "instructions-are-a-list", "handshake-shape", "does not fit")
def _(scene: Scene) -> None:
    if "instructions" in scene.result:
        scene.result["instructions"] = ["Be kind."]


@DEFECTS.at(Point.ANSWER, "discover-without-result-type", "handshake-shape", "does not fit", eras=MODERN)
def _(scene: Scene) -> None:
    if scene.method == "server/discover":
        scene.result.pop("resultType", None)


@DEFECTS.at(
    Point.ANSWER,
    "revision-never-released",
    "revision-known",
    "never released",
    eras=LEGACY,
    also=frozenset({"version-negotiated"}),
)
def _(scene: Scene) -> None:
    if "protocolVersion" in scene.result:
        scene.result["protocolVersion"] = "2099-01-01"
    elif scene.channel.headers.get("mcp-protocol-version") == "2099-01-01":
        headers = {**scene.channel.headers, "mcp-protocol-version": "2025-11-25"}
        scene.channel = Channel(transport=scene.channel.transport, headers=headers)
        scene.instead(scene.message)


@DEFECTS.at(
    Point.ANSWER,
    "revision-is-a-number",
    "handshake-shape",
    "does not fit",
    eras=LEGACY,
    also=frozenset({"version-negotiated"}),
)
def _(scene: Scene) -> None:
    if "protocolVersion" in scene.result:
        scene.result["protocolVersion"] = 20251125


@DEFECTS.at(
    Point.ANSWER,
    "server-does-not-say-its-name",
    "server-says-its-name",
    "without name and version",
    eras=MODERN,
    also=frozenset({"results-name-the-server"}),
)
def _(scene: Scene) -> None:
    scene.result.pop("_meta", None)


@DEFECTS.at(Point.ANSWER, "initialize-refused", "connects", "error -32603", eras=LEGACY)
def _(scene: Scene) -> None:
    if scene.method == "initialize":
        scene.refuse(-32603, "the database is away")


@DEFECTS.at(Point.ANSWER, "initialize-result-is-a-list", "connects", "no result object", eras=LEGACY)
def _(scene: Scene) -> None:
    if scene.method == "initialize":
        scene.reply["result"] = []


@DEFECTS.at(Point.ANSWER, "discovers-other-versions", "connects", "initialize", eras=MODERN)
def _(scene: Scene) -> None:
    if scene.method == "server/discover" and scene.result:
        scene.result["supportedVersions"] = ["2099-01-01"]


def _asked_version(scene: Scene) -> Any:
    return (scene.message.get("params") or {}).get("protocolVersion") if scene.method == "initialize" else None


@DEFECTS.at(Point.ANSWER, "agrees-to-any-version", "version-negotiated", "agreed to", eras=LEGACY, deep=True)
def _(scene: Scene) -> None:
    if "protocolVersion" in scene.result:
        scene.result["protocolVersion"] = _asked_version(scene)


@DEFECTS.at(Point.ANSWER, "offers-no-other-version", "version-negotiated", "refused", eras=LEGACY, deep=True)
def _(scene: Scene) -> None:
    if _asked_version(scene) not in (None, "2025-11-25"):
        scene.refuse(-32602, "Unsupported protocol version", data={"supported": ["2025-11-25"]})


# -- 2026-07-28: what every request must carry ----------------------------------------------------------------------


def _with_meta(scene: Scene) -> dict[str, Any]:
    params = scene.message.get("params") or {}
    meta = {META + "clientCapabilities": {}, **params.get("_meta", {}), META + "protocolVersion": "2026-07-28"}
    return {**scene.message, "params": {**params, "_meta": meta}}


def _version(scene: Scene) -> Any:
    params = scene.message.get("params") if isinstance(scene.message, dict) else None
    return ((params or {}).get("_meta") or {}).get(META + "protocolVersion")


def _requests_other_version(scene: Scene) -> bool:
    return bool(scene.method) and _version(scene) not in (None, "2026-07-28")


def _lacks_meta(scene: Scene) -> bool:
    return scene.method == "server/discover" and _version(scene) is None


@DEFECTS.at(
    Point.ANSWER,
    "speaks-any-version",
    "unsupported-version-refused",
    "answered with a result",
    eras=MODERN,
    transports=STDIO,
)
def _(scene: Scene) -> None:
    if _requests_other_version(scene):
        scene.instead(_with_meta(scene))


@DEFECTS.at(Point.ANSWER, "version-refused-otherwise", "unsupported-version-refused", "wrong error code", eras=MODERN)
def _(scene: Scene) -> None:
    if _requests_other_version(scene):
        scene.refuse(-32602)


@DEFECTS.at(
    Point.ANSWER, "version-refused-with-200", "unsupported-version-refused", "HTTP status", eras=MODERN, transports=HTTP
)
def _(scene: Scene) -> None:
    if _requests_other_version(scene):
        scene.answer.status = 200


@DEFECTS.at(Point.ANSWER, "meta-not-required", "meta-required", "answered with a result", eras=MODERN)
def _(scene: Scene) -> None:
    if _lacks_meta(scene):
        scene.instead(_with_meta(scene))


@DEFECTS.at(
    Point.ANSWER, "capabilities-not-required", "meta-required", "without clientCapabilities: answered", eras=MODERN
)
def _(scene: Scene) -> None:
    if scene.method == "server/discover" and _version(scene) == "2026-07-28" and "error" in scene.reply:
        scene.instead(_with_meta(scene))


@DEFECTS.at(Point.ANSWER, "meta-refused-otherwise", "meta-required", "wrong error code", eras=MODERN)
def _(scene: Scene) -> None:
    if _lacks_meta(scene):
        scene.refuse(-32603)


@DEFECTS.at(Point.ANSWER, "meta-refused-with-200", "meta-required", "HTTP status", eras=MODERN, transports=HTTP)
def _(scene: Scene) -> None:
    if _lacks_meta(scene):
        scene.answer.status = 200


# -- oddities -------------------------------------------------------------------------------------------------------


@DEFECTS.at(Point.ANSWER, "silent-to-the-probe", None, eras=LEGACY, waits=True)
def _(scene: Scene) -> None:
    scene.answer.silent = scene.method == "server/discover"
