"""What is beside the lists: log levels, completion, subscriptions, cancellation, single resources."""

from typing import Any

from tests.servers import asking
from tests.servers.defects.registry import LEGACY, MODERN, Declarations, Point, Scene
from tests.servers.offer import Offer
from tests.servers.protocol import LEGACY as REVISIONS
from tests.servers.protocol import LISTS, META

DEFECTS = Declarations()


def _emits(scene: Scene, message: dict[str, Any]) -> None:
    """Before the reply to a list; over HTTP there is only its stream to do it on."""
    if scene.method in LISTS and scene.result:
        scene.answer.messages.insert(0, {"jsonrpc": "2.0", **message})
        scene.answer.streamed = True


def _without(scene: Scene, capability: str) -> None:
    if "capabilities" in scene.result:
        kept = {name: value for name, value in scene.result["capabilities"].items() if name != capability}
        scene.result["capabilities"] = kept


# -- log levels -----------------------------------------------------------------------------------------------------


@DEFECTS.at(Point.ANSWER, "log-level-cannot-be-set", "log-level", "cannot be set", eras=LEGACY, group="second")
def _(scene: Scene) -> None:
    if scene.method == "logging/setLevel":
        scene.refuse(-32601)


@DEFECTS.at(Point.ANSWER, "takes-any-log-level", "log-level", "that does not exist: answered", group="first")
def _(scene: Scene) -> None:
    if scene.method == "logging/setLevel" and not scene.server.is_modern(scene.message, scene.channel):
        scene.give({})
    elif scene.code == -32602 and "logLevel" in str(scene.message.get("params")):
        meta = {**scene.message["params"]["_meta"], META + "logLevel": "info"}
        scene.instead({**scene.message, "params": {"_meta": meta}})


@DEFECTS.at(Point.ANSWER, "logs-unasked", "log-unasked", "log message", group="third")
def _(scene: Scene) -> None:
    _without(scene, "logging")
    _emits(scene, {"method": "notifications/message", "params": {"level": "info", "data": "listing"}})


# -- completion -----------------------------------------------------------------------------------------------------


@DEFECTS.at(Point.ANSWER, "completion-fails", "completion", "but completion/complete fails", group="first")
def _(scene: Scene) -> None:
    if scene.method == "completion/complete":
        scene.refuse(-32601)


@DEFECTS.at(Point.ANSWER, "completion-undeclared", "completion", "although completions is not declared", group="second")
def _(scene: Scene) -> None:
    _without(scene, "completions")


@DEFECTS.at(
    Point.ANSWER,
    "completion-values-are-text",
    "message-schema",
    "completion/complete: result does not fit",
    group="third",
)
def _(scene: Scene) -> None:
    if "completion" in scene.result:
        scene.result["completion"]["values"] = "all of them"


# -- cancellation and subscriptions ---------------------------------------------------------------------------------


@DEFECTS.at(
    Point.ANSWER, "fails-after-a-cancellation", "cancellation", "not answered after cancellations", group="first"
)
def _(scene: Scene) -> None:
    if scene.memory.pop("cancelled", False) and scene.method:
        scene.refuse(-32603)
    if isinstance(scene.message, dict) and scene.message.get("method") == "notifications/cancelled":
        scene.memory["cancelled"] = True


def _listens(scene: Scene) -> bool:
    return scene.method == "subscriptions/listen" and len(scene.answer.messages) == 2


@DEFECTS.at(
    Point.ANSWER, "subscription-unacknowledged", "subscriptions", "is not acknowledged", eras=MODERN, group="first"
)
def _(scene: Scene) -> None:
    if _listens(scene):
        del scene.answer.messages[0]


@DEFECTS.at(Point.ANSWER, "subscription-refused", "subscriptions", "is not acknowledged", eras=MODERN, group="second")
def _(scene: Scene) -> None:
    if _listens(scene):
        scene.refuse(-32601)


@DEFECTS.at(
    Point.ANSWER, "subscription-under-another-id", "subscriptions", "under another id", eras=MODERN, group="third"
)
def _(scene: Scene) -> None:
    if _listens(scene):
        scene.answer.messages[0]["params"]["_meta"] = {META + "subscriptionId": "first"}


@DEFECTS.at(Point.ANSWER, "subscription-promises-more", "subscriptions", "more than was asked for", eras=MODERN)
def _(scene: Scene) -> None:
    if _listens(scene):
        scene.answer.messages[0]["params"]["notifications"]["everythingChanged"] = True


@DEFECTS.at(Point.ANSWER, "subscription-acknowledged-late", "subscriptions", "before it acknowledges", eras=MODERN)
def _(scene: Scene) -> None:
    if _listens(scene):
        about = {"_meta": {META + "subscriptionId": scene.message["id"]}}
        early = {"jsonrpc": "2.0", "method": "notifications/tools/list_changed", "params": about}
        scene.answer.messages.insert(0, early)


# -- messages that a server sends by itself -------------------------------------------------------------------------


@DEFECTS.at(
    Point.ANSWER,
    "updates-without-a-uri",
    "message-schema",
    "notifications/resources/updated: does not fit",
    group="first",
)
def _(scene: Scene) -> None:
    _emits(scene, {"method": "notifications/resources/updated", "params": {}})


@DEFECTS.at(Point.ANSWER, "asks-for-roots", "client-capabilities", "roots/list", group="second")
def _(scene: Scene) -> None:
    _emits(scene, {"id": "from-server", "method": "roots/list"})


@DEFECTS.at(
    Point.ANSWER,
    "asks-for-roots-before-it-reads",
    "client-capabilities",
    "asks for roots/list",
    eras=MODERN,
    group="third",
)
def _(scene: Scene) -> None:
    if "contents" in scene.result:
        asked = {"resultType": "input_required", "inputRequests": {"where": {"method": "roots/list"}}}
        kept = {"_meta": scene.result["_meta"]}
        scene.reply["result"] = {**kept, **asked}


# -- 2026-07-28 -----------------------------------------------------------------------------------------------------


@DEFECTS.at(
    Point.ANSWER, "removed-methods-answered", "removed-methods", "was removed: answered", eras=MODERN, group="first"
)
def _(scene: Scene) -> None:
    if scene.method in ("ping", "logging/setLevel"):
        scene.give({})


@DEFECTS.at(
    Point.ANSWER,
    "results-without-server-info",
    "results-name-the-server",
    "without serverInfo",
    eras=MODERN,
    group="first",
)
def _(scene: Scene) -> None:
    if scene.method != "server/discover":
        scene.result.pop("_meta", None)


@DEFECTS.at(
    Point.ANSWER,
    "error-code-reserved",
    "message-schema",
    "which the specification reserves",
    eras=MODERN,
    also=frozenset({"resource-not-found"}),
    group="first",
)
def _(scene: Scene) -> None:
    if scene.method == "resources/read" and "error" in scene.reply:
        scene.refuse(-32050)


@DEFECTS.at(
    Point.ANSWER,
    "read-without-cache-hints",
    "read-cache-hints",
    "resources/read: ttlMs must be",
    eras=MODERN,
    also=frozenset({"message-schema"}),
    group="first",
)
def _(scene: Scene) -> None:
    if scene.method == "resources/read":
        scene.result.pop("ttlMs", None)


# -- resources ------------------------------------------------------------------------------------------------------


@DEFECTS.at(Point.ANSWER, "missing-resource-is-empty", "resource-not-found", "answered with a result", group="second")
def _(scene: Scene) -> None:
    if scene.method == "resources/read" and "error" in scene.reply:
        modern = scene.server.is_modern(scene.message, scene.channel)
        hints = {"ttlMs": 0, "cacheScope": "public"} if modern else {}
        scene.give({"contents": [], **hints})


@DEFECTS.at(Point.ANSWER, "missing-resource-refused-otherwise", "resource-not-found", "wrong error code", group="third")
def _(scene: Scene) -> None:
    if scene.method == "resources/read" and "error" in scene.reply:
        scene.refuse(-32603)


@DEFECTS.at(
    Point.ANSWER,
    "subscribing-is-not-there",
    "resource-subscribe",
    "subscribe is declared, but resources/subscribe fails",
    eras=LEGACY,
    group="first",
)
def _(scene: Scene) -> None:
    if scene.method == "resources/subscribe":
        scene.refuse(-32601)


@DEFECTS.at(
    Point.ANSWER,
    "subscribing-is-not-declared",
    "resource-subscribe",
    "although subscribe is not declared",
    eras=LEGACY,
    group="second",
)
def _(scene: Scene) -> None:
    if scene.method == "initialize" and "resources" in scene.result.get("capabilities", {}):
        scene.result["capabilities"] = {**scene.result["capabilities"], "resources": {}}


# -- both eras ------------------------------------------------------------------------------------------------------


@DEFECTS.at(Point.ANSWER, "eras-differ", "eras-agree", "only what", eras=MODERN, deep=True, dual=True)
def _(scene: Scene) -> None:
    if scene.method == "prompts/list" and not scene.server.is_modern(scene.message, scene.channel):
        scene.result["prompts"] = scene.result["prompts"][:1]


@DEFECTS.at(Point.ANSWER, "offers-an-era-it-refuses", "eras-agree", "cannot be opened so", eras=MODERN, deep=True)
def _(scene: Scene) -> None:
    if scene.method == "server/discover" and scene.result:
        scene.result["supportedVersions"] = [*scene.result["supportedVersions"], REVISIONS[0]]


# -- oddities -------------------------------------------------------------------------------------------------------


@DEFECTS.at(Point.OFFER, "asks-its-client", None)
def _(offer: Offer) -> None:
    offer.tools.append(asking.TOOL)
