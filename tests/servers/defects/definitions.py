"""Elements that are defined wrongly, each added to the good ones; and servers that say wrong things of themselves."""

from collections.abc import Iterable
from typing import Any

from tests.servers.defects.registry import BOTH, LEGACY, MODERN, Declarations, Point
from tests.servers.offer import Offer, closed, text, tool

DEFECTS = Declarations()
_KIND = {"tools": "tool", "resources": "resource", "templates": "template", "prompts": "prompt"}
_NAMED = {"tools": "name", "resources": "uri", "templates": "uriTemplate", "prompts": "name"}


def _adds(
    name: str,
    check: str | None,
    says: str,
    member: str,
    *entries: Any,
    also: Iterable[str] = (),
    eras: frozenset[str] = BOTH,
) -> None:
    """Declare a defect that adds these entries to one of the lists."""
    named = entries[-1].get(_NAMED[member]) if isinstance(entries[-1], dict) else None
    usable = isinstance(named, str) and named != ""

    def behave(offer: Offer) -> None:
        getattr(offer, member).extend(entries)

    element = f"{_KIND[member]}:{named if usable else '#'}"
    DEFECTS.at(Point.OFFER, name, check, says, element=element, also=frozenset(also), eras=eras)(behave)


def _tool(name: str, check: str | None, says: str, *, also: Iterable[str] = (), **members: Any) -> None:
    _adds(name, check, says, "tools", tool(name, **members), also=also)


def _without(name: str, *members: str) -> dict[str, Any]:
    return {member: value for member, value in tool(name).items() if member not in members}


def _nested(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = text("The end of it.")
    for _ in range(levels):
        schema = closed({"in": {**schema, "description": "One level further."}})
    return schema


# -- shape ----------------------------------------------------------------------------------------------------------

_SHAPE = "tool definition does not fit"
_adds("tool-without-input-schema", "tool-shape", _SHAPE, "tools", _without("tool-without-input-schema", "inputSchema"))
_adds("tool-is-a-string", "tool-shape", _SHAPE, "tools", "get_time", also=["tool-description"])
_adds("tool-is-null", "tool-shape", _SHAPE, "tools", None, also=["tool-description"])
_adds("tool-name-is-a-number", "tool-shape", _SHAPE, "tools", {**tool(""), "name": 7})
_adds("tool-without-a-name", "tool-shape", _SHAPE, "tools", _without("nameless", "name"))
_tool("tool-description-is-a-list", "tool-shape", _SHAPE, description=["Tells the time."], also=["tool-description"])
_tool("tool-annotations-are-a-list", "tool-shape", _SHAPE, annotations=["readOnlyHint"])
_tool("tool-title-is-a-number", "tool-shape", _SHAPE, title=7)

# -- name, description, annotations ---------------------------------------------------------------------------------

_adds("tool-name-with-a-space", "tool-name", "other than letters", "tools", tool("get time"))
_adds("tool-name-in-chinese", "tool-name", "other than letters", "tools", tool("时间"))
_adds("tool-name-too-long", "tool-name", "longer than 128", "tools", tool("t" * 129))
_adds("tool-name-empty", "tool-name", "name is empty", "tools", tool(""))
_adds("tool-without-description", "tool-description", "without a description", "tools", _without("bare", "description"))
_tool("tool-description-blank", "tool-description", "without a description", description=" \n")
_tool(
    "tool-read-only-and-destructive",
    "tool-annotations",
    "annotated as destructive",
    annotations={"readOnlyHint": True, "destructiveHint": True},
)

_tool("tool-title-blank", "titles", "title is blank", title=" ")
_adds(
    "tools-share-a-title",
    "titles",
    "title of another",
    "tools",
    tool("echoes", title="ECHO "),
)

HOSTILE_NAMES = (
    'it\'s "quoted" `here` $HOME; rm -rf / | cat',
    "two\nlines\r\nand a\ttab",
    "\x1b[2J\x1b]0;pwned\x07\x1b[31mred\x9b1m",
    "<script>alert('pwned')</script><img src=x onerror=alert('pwned')>",
    "</script><script>alert('pwned')//",
    "{{ pwned }}{% raw %}&lt;&amp;",
    "\u202egnp.exe\u2066\u200b\U000e0041",
    "n" * 300,
    "n" * 299 + "m",
    "../../etc/passwd",
    "..",
    "a::b[c]/d~2",
    "a|b",
    "%s %(name)s {0}",
    "nul\x00byte",
    "\ud83d half a pair",
    "CON",
    "con",
    "::error file=x::pwned",
    "-k",
    " ",
    "🙂",
)


@DEFECTS.at(Point.OFFER, "hostile-names", "tool-name", "characters other than", eras=BOTH)
def _(offer: Offer) -> None:
    offer.info["name"], offer.info["version"] = HOSTILE_NAMES[3], HOSTILE_NAMES[2]
    offer.instructions = "\n".join(HOSTILE_NAMES[:3])
    offer.tools += [tool(name, description=name, title=name) for name in HOSTILE_NAMES]
    offer.prompts += [{"name": name, "description": name} for name in HOSTILE_NAMES]
    offer.resources += [{"uri": name, "name": name, "mimeType": name} for name in HOSTILE_NAMES]
    offer.templates += [{"uriTemplate": name + "{", "name": name} for name in HOSTILE_NAMES]


# -- input schema ---------------------------------------------------------------------------------------------------

_INPUT = "tool-input-schema"
_tool("schema-is-a-list", _INPUT, "is no object", inputSchema=[], also=["tool-shape"])
_tool("schema-is-a-boolean", _INPUT, "is no object", inputSchema=True, also=["tool-shape"])
_tool("schema-is-null", _INPUT, "is no object", inputSchema=None, also=["tool-shape"])
_tool("schema-without-type", _INPUT, "must have type object", inputSchema={"properties": {}}, also=["tool-shape"])
_tool("schema-of-type-array", _INPUT, "must have type object", inputSchema={"type": "array"}, also=["tool-shape"])
_tool(
    "schema-of-two-types",
    _INPUT,
    "must have type object",
    inputSchema={"type": ["object", "null"]},
    also=["tool-shape"],
)
_tool("schema-type-misspelt", _INPUT, "no valid JSON Schema", inputSchema=closed({"n": text("N.", type="int")}))
_tool(
    "schema-properties-are-a-list",
    _INPUT,
    "no valid JSON Schema",
    inputSchema={"type": "object", "properties": [{"name": "n"}]},
    also=["tool-shape"],
)
_tool("schema-minimum-is-text", _INPUT, "no valid JSON Schema", inputSchema=closed({"n": text("N.", minLength="1")}))
_tool("schema-enum-is-text", _INPUT, "no valid JSON Schema", inputSchema=closed({"n": text("N.", enum="a,b")}))
_tool(
    "schema-required-in-a-property",
    _INPUT,
    "no valid JSON Schema",
    inputSchema=closed({"n": text("N.", required=True)}),
)
_tool("schema-requires-what-it-lacks", _INPUT, "does not define", inputSchema=closed({"n": text("N.")}, ("m",)))
_tool(
    "schema-elsewhere",
    _INPUT,
    "a schema elsewhere",
    inputSchema=closed({"n": {"$ref": "https://schemas.invalid/n.json", "description": "N."}}),
)
_tool(
    "schema-elsewhere-in-a-file",
    _INPUT,
    "a schema elsewhere",
    inputSchema=closed({"n": {"$ref": "file:///etc/passwd", "description": "N."}}),
)
_tool(
    "schema-reference-broken",
    _INPUT,
    "a definition it does not have",
    inputSchema=closed({"n": {"$ref": "#/$defs/missing", "description": "N."}}),
)
_tool("schema-nested-200-levels", _INPUT, "nested deeper", inputSchema=_nested(200))
_tool("schema-nested-450-levels", _INPUT, "nested deeper", inputSchema=_nested(450))
_tool(
    "schema-in-an-unknown-dialect",
    _INPUT,
    "a dialect that clients need not know",
    inputSchema={"$schema": "https://schemas.invalid/dialect", **closed({})},
)
_tool(
    "parameters-without-descriptions",
    "tool-parameters-described",
    "1 of 2 parameters",
    inputSchema=closed({"n": text("N."), "m": {"type": "string"}}),
)
_tool(
    "arguments-only-in-the-description",
    "tool-empty-schema",
    "the description lists some",
    description="Adds a note.\n\nArgs:\n    note: what to write",
    inputSchema={"type": "object", "properties": {}},
)

# -- headers of parameters (2026-07-28) -----------------------------------------------------------------------------


def _headed(name: str, says: str, **properties: Any) -> None:
    """A tool whose properties have annotations that a client must refuse."""
    schema = closed({key: {"description": "N.", **each} for key, each in properties.items()})
    _adds(name, "tool-header-parameters", says, "tools", tool(name, inputSchema=schema), eras=MODERN)


_REGION = {"type": "string", "x-mcp-header": "Region"}
_headed("header-with-a-space", "no name that a header", n={**_REGION, "x-mcp-header": "My Region"})
_headed("header-is-a-boolean", "no name that a header", n={**_REGION, "x-mcp-header": True})
_headed("header-named-twice", "names a header twice", n=_REGION, m={**_REGION, "x-mcp-header": "REGION"})
_headed("header-of-a-number", "than a string, integer or boolean", n={**_REGION, "type": "number"})
_headed("header-of-items", "than a property", n={"type": "array", "items": _REGION})

# -- output schema --------------------------------------------------------------------------------------------------

_OUTPUT = "tool-output-schema"
_tool("output-schema-is-a-list", _OUTPUT, "is no object", outputSchema=[], also=["tool-shape"])
_tool(
    "output-schema-type-misspelt", _OUTPUT, "no valid JSON Schema", outputSchema=closed({"n": text("N.", type="int")})
)
_tool("output-schema-requires-what-it-lacks", _OUTPUT, "does not define", outputSchema=closed({}, ("m",)))
_tool(
    "output-schema-elsewhere",
    _OUTPUT,
    "a schema elsewhere",
    outputSchema=closed({"n": {"$ref": "https://schemas.invalid/n.json"}}),
)
_tool("output-schema-nested-200-levels", _OUTPUT, "nested deeper", outputSchema=_nested(200))

# -- resources, templates, prompts ----------------------------------------------------------------------------------

_URI, _TEXT = "note:///x/", {"name": "x", "description": "X.", "mimeType": "text/plain"}
_adds("resource-without-a-name", "resource-shape", "resource definition", "resources", {"uri": f"{_URI}nameless"})
_adds("resource-without-a-uri", "resource-shape", "resource definition", "resources", _TEXT)
_adds("resource-is-a-string", "resource-shape", "resource definition", "resources", "note:///x")
_adds("template-without-a-template", "resource-shape", "template definition", "templates", _TEXT)
_adds("resource-uri-relative", "resource-uri", "not absolute", "resources", {**_TEXT, "uri": "notes/one"})
_adds("resource-uri-with-a-space", "resource-uri", "white space", "resources", {**_TEXT, "uri": f"{_URI}a b"})
_adds("template-brace-open", "resource-uri", "braces", "templates", {**_TEXT, "uriTemplate": f"{_URI}{{id"})
_adds("template-brace-empty", "resource-uri", "braces", "templates", {**_TEXT, "uriTemplate": f"{_URI}{{}}"})
_adds(
    "mime-type-without-a-slash",
    "resource-mime-type",
    "no type/subtype",
    "resources",
    {**_TEXT, "uri": f"{_URI}mime", "mimeType": "text"},
)
_adds(
    "template-mime-type-a-suffix",
    "resource-mime-type",
    "no type/subtype",
    "templates",
    {**_TEXT, "uriTemplate": f"{_URI}{{mime}}", "mimeType": ".txt"},
)
_GREET = {"name": "nobody", "description": "Asks for a greeting."}
_adds("prompt-without-a-name", "prompt-shape", "prompt definition", "prompts", {"description": "Asks."})
_adds("prompt-is-a-string", "prompt-shape", "prompt definition", "prompts", "greet")
_adds(
    "prompt-argument-without-a-name",
    "prompt-shape",
    "prompt definition",
    "prompts",
    {**_GREET, "name": "nameless-argument", "arguments": [{"description": "Whom."}]},
)
_adds(
    "prompt-arguments-are-an-object",
    "prompt-shape",
    "prompt definition",
    "prompts",
    {**_GREET, "name": "arguments-object", "arguments": {"whom": "Whom to greet."}},
)
_adds(
    "prompt-argument-twice",
    "prompt-arguments",
    "two arguments of one name",
    "prompts",
    {**_GREET, "name": "argument-twice", "arguments": [{"name": "whom"}, {"name": "whom"}]},
)

# -- names that are taken -------------------------------------------------------------------------------------------

_adds("tool-listed-twice", "names-unique", "tool name listed 2", "tools", tool("twice"), tool("twice"))
_adds(
    "resource-listed-twice",
    "names-unique",
    "resource name listed 2",
    "resources",
    *[{**_TEXT, "uri": f"{_URI}twice"}] * 2,
)
_adds("prompt-listed-twice", "names-unique", "prompt name listed 2", "prompts", *[{**_GREET, "name": "twice"}] * 2)

# -- oddities: no rule forbids them, so no check may fire -----------------------------------------------------------

_tool("tool-of-the-future", None, "", outputSchema=closed({}), icons=[], execution={"taskSupport": "optional"}, x=[1])
_tool("schema-of-draft-07", None, "", inputSchema={"$schema": "http://json-schema.org/draft-07/schema#", **closed({})})
_tool(
    "schema-composed",
    None,
    "",
    inputSchema={
        "type": "object",
        "properties": {"a": text("A."), "b": text("B.")},
        "anyOf": [{"required": ["a"]}, {"required": ["b"]}],
        "patternProperties": {"^x-": {"type": "string", "pattern": "^\\S+$"}},
        "examples": [{"$ref": "only data"}],
    },
)
_tool(
    "schema-recursive",
    None,
    "",
    inputSchema={
        **closed({"tree": {"$ref": "#/$defs/tree", "description": "A tree."}}),
        "$defs": {"tree": {"type": "object", "properties": {"left": {"$ref": "#/$defs/tree"}}}},
    },
)
_tool(
    "schema-with-an-anchor",
    None,
    "",
    inputSchema={
        **closed({"n": {"$ref": "#n", "description": "N."}}),
        "$defs": {"n": {"$anchor": "n", "type": "string"}},
    },
)
_tool("schema-with-an-id", None, "", inputSchema={"$id": "https://schemas.invalid/tool.json", **closed({})})
_tool("schema-of-booleans", None, "", inputSchema={"type": "object", "properties": {"any": True, "none": False}})
_tool("schema-any-object", None, "", inputSchema={"type": "object"})
_adds("template-with-operators", None, "", "templates", {**_TEXT, "uriTemplate": "note:///{+path}{?page,size}{#part*}"})
_adds(
    "resource-as-data", None, "", "resources", {**_TEXT, "uri": "data:,hello", "mimeType": "text/plain; charset=utf-8"}
)
_adds("resource-urn", None, "", "resources", {"uri": "urn:isbn:0451450523", "name": "a book", "size": 0})
_adds("prompt-without-arguments", None, "", "prompts", {"name": "plain", "title": "Plain", "arguments": []})


# -- what a server says of itself -----------------------------------------------------------------------------------


@DEFECTS.at(
    Point.OFFER,
    "server-without-version",
    "server-says-its-name",
    "without version",
    also=frozenset({"handshake-shape"}),
)
def _(offer: Offer) -> None:
    del offer.info["version"]


@DEFECTS.at(Point.OFFER, "server-name-empty", "server-says-its-name", "without name", eras=BOTH)
def _(offer: Offer) -> None:
    offer.info["name"] = ""


@DEFECTS.at(Point.OFFER, "capability-is-a-list", "handshake-shape", "does not fit", eras=LEGACY | MODERN)
def _(offer: Offer) -> None:
    offer.capabilities["tools"] = []
