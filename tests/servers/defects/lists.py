"""Lists that end badly, change, or lack what the revision demands of them."""

from tests.servers.defects.registry import HTTP, MODERN, Declarations, Point, Scene
from tests.servers.protocol import LISTS

DEFECTS = Declarations()


@DEFECTS.at(
    Point.ANSWER,
    "declared-list-fails",
    "declared-lists-answer",
    "tools/list is declared but fails: error -32603",
)
def _(scene: Scene) -> None:
    if scene.method == "tools/list":
        scene.answer.messages = [
            {"jsonrpc": "2.0", "id": scene.message["id"], "error": {"code": -32603, "message": "internal error"}}
        ]


@DEFECTS.at(Point.ANSWER, "declared-list-unknown", "declared-lists-answer", "prompts/list is declared but fails")
def _(scene: Scene) -> None:
    if scene.method == "prompts/list":
        scene.instead({**scene.message, "method": "prompts/lost"})


@DEFECTS.at(
    Point.ANSWER, "templates-unknown", "declared-lists-answer", "resources/templates/list is declared but fails"
)
def _(scene: Scene) -> None:
    if scene.method == "resources/templates/list":
        scene.instead({**scene.message, "method": "resources/templates/lost"})


@DEFECTS.at(Point.ANSWER, "cursor-repeats", "declared-lists-answer", "repeats a cursor")
def _(scene: Scene) -> None:
    if scene.method == "tools/list":
        scene.result["nextCursor"] = "ZnJvbSAy"


@DEFECTS.at(Point.ANSWER, "pagination-endless", "declared-lists-answer", "does not end within 1000 pages")
def _(scene: Scene) -> None:
    if scene.method == "prompts/list":
        scene.memory["page"] = scene.memory.get("page", 0) + 1
        scene.instead({**scene.message, "params": {"_meta": scene.message.get("params", {}).get("_meta", {})}})
        scene.result["prompts"] = []
        scene.result["nextCursor"] = f"page {scene.memory['page']}"


@DEFECTS.at(Point.ANSWER, "cursor-is-a-number", "declared-lists-answer", "no string", also=frozenset({"list-shape"}))
def _(scene: Scene) -> None:
    if "nextCursor" in scene.result:
        scene.result["nextCursor"] = 2


@DEFECTS.at(Point.ANSWER, "undeclared-list-answers", "undeclared-refused", "prompts/list answers although")
def _(scene: Scene) -> None:
    if "capabilities" in scene.result:
        scene.result["capabilities"] = {**scene.result["capabilities"]}
        del scene.result["capabilities"]["prompts"]


@DEFECTS.at(Point.ANSWER, "list-without-its-member", "list-shape", "does not fit")
def _(scene: Scene) -> None:
    if scene.method == "prompts/list" and scene.result:
        scene.result["items"] = scene.result.pop("prompts")


@DEFECTS.at(Point.ANSWER, "list-is-an-object", "list-shape", "does not fit")
def _(scene: Scene) -> None:
    if scene.method == "prompts/list" and scene.result:
        scene.result["prompts"] = {each["name"]: each for each in scene.result["prompts"]}


@DEFECTS.at(Point.ANSWER, "list-changes-order", "list-stable", "in another order")
def _(scene: Scene) -> None:
    if scene.method == "resources/list" and scene.result:
        scene.memory["turn"] = not scene.memory.get("turn", False)
        if scene.memory["turn"]:
            scene.result["resources"] = scene.result["resources"][::-1]


@DEFECTS.at(Point.ANSWER, "list-changes-its-words", "list-stable", "other elements")
def _(scene: Scene) -> None:
    if scene.method == "prompts/list" and scene.result:
        scene.memory["count"] = scene.memory.get("count", 0) + 1
        first, *rest = scene.result["prompts"]
        scene.result["prompts"] = [{**first, "description": f"Asked {scene.memory['count']} times."}, *rest]


@DEFECTS.at(Point.ANSWER, "list-answers-once", "list-stable", "fails when asked again")
def _(scene: Scene) -> None:
    if scene.method == "prompts/list":
        if scene.memory.get("asked"):
            scene.instead({**scene.message, "method": "prompts/lost"})
        scene.memory["asked"] = True


@DEFECTS.at(Point.ANSWER, "takes-any-cursor", "cursor-refused", "takes a cursor that it never gave")
def _(scene: Scene) -> None:
    if scene.method in LISTS and "no-such-cursor" in str(scene.message.get("params")):
        kept = {name: value for name, value in scene.message["params"].items() if name != "cursor"}
        scene.instead({**scene.message, "params": kept})


# -- 2026-07-28 -----------------------------------------------------------------------------------------------------

_SHAPE = frozenset({"list-shape"})


@DEFECTS.at(Point.ANSWER, "result-type-missing", "result-type", "must be complete", eras=MODERN, also=_SHAPE)
def _(scene: Scene) -> None:
    if scene.method in LISTS:
        scene.result.pop("resultType", None)


@DEFECTS.at(Point.ANSWER, "result-type-unknown", "result-type", "must be complete", eras=MODERN)
def _(scene: Scene) -> None:
    if scene.method in LISTS and scene.result:
        scene.result["resultType"] = "partial"


@DEFECTS.at(Point.ANSWER, "ttl-negative", "cache-hints", "ttlMs must be", eras=MODERN, also=_SHAPE)
def _(scene: Scene) -> None:
    if scene.method in LISTS and scene.result:
        scene.result["ttlMs"] = -1


@DEFECTS.at(Point.ANSWER, "ttl-missing", "cache-hints", "ttlMs must be", eras=MODERN, also=_SHAPE)
def _(scene: Scene) -> None:
    if scene.method in LISTS:
        scene.result.pop("ttlMs", None)


@DEFECTS.at(Point.ANSWER, "ttl-is-text", "cache-hints", "ttlMs must be", eras=MODERN, also=_SHAPE)
def _(scene: Scene) -> None:
    if scene.method in LISTS and scene.result:
        scene.result["ttlMs"] = "60 s"


@DEFECTS.at(Point.ANSWER, "cache-scope-missing", "cache-hints", "cacheScope must be", eras=MODERN, also=_SHAPE)
def _(scene: Scene) -> None:
    if scene.method in LISTS:
        scene.result.pop("cacheScope", None)


@DEFECTS.at(Point.ANSWER, "cache-scope-unknown", "cache-hints", "cacheScope must be", eras=MODERN, also=_SHAPE)
def _(scene: Scene) -> None:
    if scene.method in LISTS and scene.result:
        scene.result["cacheScope"] = "shared"


@DEFECTS.at(Point.ANSWER, "cache-scope-changes", "cache-hints", "pages with different cacheScope", eras=MODERN)
def _(scene: Scene) -> None:
    if scene.method == "tools/list" and "nextCursor" not in scene.result:
        scene.result["cacheScope"] = "private"


@DEFECTS.at(Point.ANSWER, "answers-as-events", None, transports=HTTP)
def _(scene: Scene) -> None:
    scene.answer.streamed = True
