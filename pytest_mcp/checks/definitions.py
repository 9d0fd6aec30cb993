"""Are the definitions of tools, resources and prompts such that a client can use them? Pure, one element at a time."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from pytest_mcp.model.finding import Confidence, Severity, Violation
from pytest_mcp.model.interface import Element
from pytest_mcp.model.text import inert_line

DEPTH_LIMIT = 64
NAME_LIMIT = 128
_NAME = re.compile(r"[A-Za-z0-9_./-]+")
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_MIME = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+(\s*;.*)?")
_INDEX = re.compile(r"[0-9]{1,9}")
_DESTROYS = re.compile(r"(?i)(.*[_.\-/])?(delete|remove|drop|destroy|purge|wipe|truncate|overwrite)([_.\-/].*)?$")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_URI = re.compile(r"(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+")
_VARIABLE = r"(?:[A-Za-z0-9_]|%[0-9A-Fa-f]{2})(?:\.?(?:[A-Za-z0-9_]|%[0-9A-Fa-f]{2}))*(?::[1-9][0-9]{0,3}|\*)?"
_EXPRESSION = re.compile(rf"\{{[+#./;?&=,!@|]?{_VARIABLE}(?:,{_VARIABLE})*\}}")
_DIALECTS = {
    "https://json-schema.org/draft/2020-12/schema": "Draft202012Validator",
    "https://json-schema.org/draft/2019-09/schema": "Draft201909Validator",
    "http://json-schema.org/draft-07/schema": "Draft7Validator",
    "http://json-schema.org/draft-06/schema": "Draft6Validator",
    "http://json-schema.org/draft-04/schema": "Draft4Validator",
}
_NOT_SCHEMAS = {"const", "enum", "default", "examples", "example"}
"""Keywords whose values are plain data: what looks like a schema in there is none."""
_NAMED_SCHEMAS = {"properties", "patternProperties", "dependentSchemas", "$defs", "definitions"}
"""Keywords whose values have schemas under names that anybody may choose."""


def _fields(element: Element) -> dict[str, Any]:
    return element.definition if isinstance(element.definition, dict) else {}


def _named(element: Element) -> bool:
    """False for one without a usable name, which is called by its place in the list."""
    return element.name in (_fields(element).get(member) for member in ("name", "uri", "uriTemplate"))


def over(elements: Iterable[Element], rule: Callable[[Element], Iterator[Violation]]) -> Iterator[Violation]:
    """A rule over every element, each violation with the element it is about."""
    for element in elements:
        for violation in rule(element):
            yield replace(violation, element=f"{element.kind}:{element.name}")


def duplicates(elements: Iterable[Element]) -> Iterator[Violation]:
    """A name stands for one element; with two a client can only reach one of them."""
    counts = Counter((element.kind, element.name) for element in elements if _named(element))
    for (kind, name), count in counts.items():
        if count > 1:
            yield Violation(title=f"{kind} name listed {count} times", got=inert_line(name), element=f"{kind}:{name}")


def name_syntax(element: Element) -> Iterator[Violation]:
    """Names have 1 to 128 characters out of letters, digits, ``_ - . /`` (SEP-986, 2025-11-25 server/tools)."""
    name = _fields(element).get("name")
    if not isinstance(name, str):
        return
    if not name:
        yield Violation(title="name is empty")
    elif len(name) > NAME_LIMIT:
        yield Violation(title=f"name longer than {NAME_LIMIT} characters", got=f"{len(name)} characters")
    if name and not _NAME.fullmatch(name):
        yield Violation(title="name with characters other than letters, digits and _ - . /", got=inert_line(name))


def described(element: Element) -> Iterator[Violation]:
    """A model chooses by the description: without one it guesses."""
    text = _fields(element).get("description")
    if not isinstance(text, str) or not text.strip():
        yield Violation(title=f"{element.kind} without a description", got=inert_line(repr(text)))


def parameters_described(element: Element) -> Iterator[Violation]:
    """Each parameter says what it means, in its description or title."""
    schema = _fields(element).get("inputSchema")
    properties = schema.get("properties") if isinstance(schema, dict) else None
    if not isinstance(properties, dict):
        return
    bare = [name for name, field in properties.items() if isinstance(field, dict) and not _says_something(field)]
    if bare:
        shown = ", ".join(inert_line(name, limit=40) for name in bare[:10])
        yield Violation(title=f"{len(bare)} of {len(properties)} parameters without a description", got=shown)


def _says_something(field: dict[str, Any]) -> bool:
    return any(isinstance(field.get(key), str) and field[key].strip() for key in ("description", "$ref"))


def schema(element: Element, member: str) -> Iterator[Violation]:
    """An input or output schema is valid in its dialect, about an object, consistent, local and of bounded depth."""
    fields = _fields(element)
    if member not in fields:
        return
    found = fields[member]
    if not isinstance(found, dict):
        yield Violation(title=f"{member} is no object", got=inert_line(repr(found)))
        return
    deep = _too_deep(found)
    if deep:
        yield Violation(title=f"{member} nested deeper than {DEPTH_LIMIT} levels")
        return
    yield from _dialect(found, member)
    if member == "inputSchema" and found.get("type") != "object":
        yield Violation(title=f"{member} must have type object", got=inert_line(repr(found.get("type"))))
    yield from _required(found, member)
    yield from _references(found, member)


def _too_deep(found: Any) -> bool:
    level: list[Any] = [found]
    for _ in range(DEPTH_LIMIT):
        level = [child for node in level for child in _children(node)]
        if not level:
            return False
    return True


def _children(node: Any) -> Iterator[Any]:
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return (child for child in children if isinstance(child, dict | list))


def _dialect(found: dict[str, Any], member: str) -> Iterator[Violation]:
    import jsonschema_rs

    named = found.get("$schema", "https://json-schema.org/draft/2020-12/schema")
    dialect = _DIALECTS.get(named.rstrip("#")) if isinstance(named, str) else None
    if dialect is None:
        yield Violation(
            title=f"{member} in a dialect that clients need not know",
            expected="JSON Schema 2020-12, or none named",
            got=inert_line(repr(named)),
            severity=Severity.LOW,
        )
        return
    try:  # only with a dialect known here: the library would fetch an unknown one from the network
        jsonschema_rs.meta.validate({**found, "$schema": named})
    except (jsonschema_rs.ValidationError, ValueError) as error:
        text = getattr(error, "message", str(error))
        yield Violation(title=f"{member} is no valid JSON Schema", evidence=inert_line(text, limit=500))
        return
    broken = [pattern for pattern in _patterns(found) if not _compiles(pattern)]
    if broken:
        yield Violation(
            title=f"{member} has a pattern that is no regular expression",
            got=inert_line(", ".join(broken)),
            severity=Severity.LOW,
            confidence=Confidence.FIRM,
        )


def _compiles(pattern: str) -> bool:
    import jsonschema_rs

    try:
        jsonschema_rs.Draft202012Validator({"pattern": pattern})
    except (jsonschema_rs.ValidationError, ValueError):
        return False
    return True


def _patterns(node: Any, *, named: bool = False) -> Iterator[str]:
    """Every pattern of a schema of bounded depth; ``named``: keys are names."""
    if isinstance(node, dict):
        if not named and isinstance(node.get("pattern"), str):
            yield node["pattern"]
        for key, child in node.items():
            if key == "patternProperties" and not named and isinstance(child, dict):
                yield from child
            if named or key not in _NOT_SCHEMAS:
                yield from _patterns(child, named=not named and key in _NAMED_SCHEMAS)
    elif isinstance(node, list):
        for child in node:
            yield from _patterns(child)


def _required(found: dict[str, Any], member: str) -> Iterator[Violation]:
    required, properties = found.get("required"), found.get("properties", {})
    if not isinstance(required, list) or not isinstance(properties, dict) or _composed(found):
        return
    if isinstance(found.get("additionalProperties"), dict):
        return
    missing = [name for name in required if isinstance(name, str) and name not in properties]
    if missing:
        names = ", ".join(inert_line(name, limit=40) for name in missing[:10])
        # valid JSON Schema all the same: a client sends them without knowing what they are
        title = f"{member} requires parameters it does not define"
        yield Violation(title=title, got=names, severity=Severity.MEDIUM)


def _composed(found: dict[str, Any]) -> bool:
    return any(key in found for key in ("allOf", "anyOf", "oneOf", "$ref", "patternProperties", "if"))


def _references(found: dict[str, Any], member: str) -> Iterator[Violation]:
    remote = sorted({ref for ref in _refs(found) if not ref.startswith("#")})
    if remote:
        yield Violation(
            title=f"{member} refers to a schema elsewhere", got=inert_line(", ".join(remote)), severity=Severity.MEDIUM
        )
    local = {ref for ref in _refs(found) if ref.startswith("#/")}
    broken = sorted(ref for ref in local if not _resolves(found, ref))
    if broken:
        yield Violation(title=f"{member} refers to a definition it does not have", got=inert_line(", ".join(broken)))


def _refs(node: Any, *, named: bool = False, root: bool = True) -> Iterator[str]:
    """Every ``$ref`` of a schema of bounded depth; ``named``: keys are names.

    Plain data is left aside, and so is a subschema with an ``$id``: it is a document of its own.
    """
    if isinstance(node, dict):
        if not root and not named and isinstance(node.get("$id"), str):
            return
        if not named and isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for key, child in node.items():
            if named or key not in _NOT_SCHEMAS:
                yield from _refs(child, named=not named and key in _NAMED_SCHEMAS, root=False)
    elif isinstance(node, list):
        for child in node:
            yield from _refs(child, root=False)


def _resolves(root: Any, ref: str) -> bool:
    node = root
    for step in ref[2:].split("/"):
        key = unquote(step).replace("~1", "/").replace("~0", "~")
        if isinstance(node, list) and _INDEX.fullmatch(key) and int(key) < len(node):
            node = node[int(key)]
        elif isinstance(node, dict) and key in node:
            node = node[key]
        else:
            return False
    return True


def no_arguments_but_named(element: Element) -> Iterator[Violation]:
    """An empty input schema on a tool whose description speaks of arguments leaves a model to guess them."""
    found, text = _fields(element).get("inputSchema"), _fields(element).get("description")
    if not isinstance(found, dict) or not isinstance(text, str):
        return
    if found.get("properties") or _composed(found) or found.get("additionalProperties") is False:
        return
    if re.search(r"(?im)^\s*(args|arguments|parameters|params)\s*:\s*$", text):
        yield Violation(title="no parameters defined, but the description lists some", evidence=inert_line(text, 500))


def annotations(element: Element) -> Iterator[Violation]:
    """What annotations say fits together and fits the name; hints all the same (server/tools, annotations)."""
    hints = _fields(element).get("annotations")
    if not isinstance(hints, dict) or hints.get("readOnlyHint") is not True:
        return
    if hints.get("destructiveHint") is True:
        yield Violation(title="annotated as destructive, which means nothing beside readOnlyHint")
    if _DESTROYS.match(element.name):
        yield Violation(title="annotated as read-only, with a name that says it changes something")


def header_parameters(element: Element) -> Iterator[Violation]:
    """What ``x-mcp-header`` says can become a header (2026-07-28 basic/transports/streamable-http, Custom Headers)."""
    found = _fields(element).get("inputSchema")
    if not isinstance(found, dict) or _too_deep(found):
        return
    names = Counter[str]()
    for reachable, node in _headed(found, reachable=True, root=True):
        name = node["x-mcp-header"]
        if not isinstance(name, str) or not _TOKEN.fullmatch(name):
            yield Violation(title="x-mcp-header is no name that a header may have", got=inert_line(repr(name)))
            continue
        names[name.lower()] += 1
        if not reachable:
            yield Violation(title="x-mcp-header on something else than a property", got=inert_line(name))
        elif node.get("type") not in ("string", "integer", "boolean"):
            got = inert_line(f"{name}: {node.get('type')!r}")
            yield Violation(title="x-mcp-header on something else than a string, integer or boolean", got=got)
    if twice := [name for name, count in names.items() if count > 1]:
        yield Violation(title="x-mcp-header names a header twice", got=inert_line(", ".join(twice)))


def _headed(node: Any, *, reachable: bool, root: bool = False) -> Iterator[tuple[bool, dict[str, Any]]]:
    """Every annotated subschema of a schema of bounded depth, and whether only properties lead to it."""
    if isinstance(node, list):
        for child in node:
            yield from _headed(child, reachable=False)
    if not isinstance(node, dict):
        return
    if "x-mcp-header" in node:
        yield reachable and not root, node
    for key, child in node.items():
        if key in _NAMED_SCHEMAS and isinstance(child, dict):
            for each in child.values():
                yield from _headed(each, reachable=reachable and key == "properties")
        elif key not in _NOT_SCHEMAS:
            yield from _headed(child, reachable=False)


def titled(elements: Iterable[Element]) -> Iterator[Violation]:
    """What is shown to people says something, and not the same of two elements of a kind."""
    shown = [(element, title) for element in elements if isinstance(title := _title(element), str)]
    counts = Counter((element.kind, title.strip().casefold()) for element, title in shown)
    for element, title in shown:
        about = f"{element.kind}:{element.name}"
        if not title.strip():
            yield Violation(title="title is blank", got=inert_line(repr(title)), element=about)
        elif counts[element.kind, title.strip().casefold()] > 1:
            yield Violation(title=f"{element.kind} with the title of another one", got=inert_line(title), element=about)


def _title(element: Element) -> Any:
    """The title as clients choose it: the element's own before that of its annotations (2025-11-25 schema, Tool)."""
    fields = _fields(element)
    hints = fields.get("annotations")
    return fields.get("title", hints.get("title") if isinstance(hints, dict) else None)


def resource_uri(element: Element) -> Iterator[Violation]:
    """A resource's uri is absolute and has only characters that a uri may have (RFC 3986, server/resources)."""
    uri = _fields(element).get("uri")
    if not isinstance(uri, str):
        return
    if not _SCHEME.match(uri) or re.search(r"\s", uri):
        yield Violation(title="uri is not absolute or has white space", got=inert_line(uri))
    elif not _URI.fullmatch(uri):
        title = "uri with characters that have to be percent-encoded"
        yield Violation(title=title, got=inert_line(uri), severity=Severity.LOW)


def template_uri(element: Element) -> Iterator[Violation]:
    """A template's braces are balanced, not nested and not empty (RFC 6570, server/resources)."""
    uri = _fields(element).get("uriTemplate")
    if not isinstance(uri, str):
        return
    rest = re.sub(r"\{[^{}]+\}", "", uri)
    if "{" in rest or "}" in rest:
        yield Violation(title="uriTemplate with unbalanced or empty braces", got=inert_line(uri))
        return
    wrong = [each for each in re.findall(r"\{[^{}]+\}", uri) if not _EXPRESSION.fullmatch(each)]
    if wrong:
        title = "uriTemplate with an expression that is none of RFC 6570"
        yield Violation(title=title, got=inert_line(", ".join(wrong)), severity=Severity.LOW)


def mime_type(element: Element) -> Iterator[Violation]:
    """A mime type has the form type/subtype (RFC 6838)."""
    found = _fields(element).get("mimeType")
    if isinstance(found, str) and not _MIME.fullmatch(found):
        yield Violation(title="mimeType is no type/subtype", got=inert_line(repr(found)))


def prompt_arguments(element: Element) -> Iterator[Violation]:
    """Arguments of a prompt have different names."""
    found = _fields(element).get("arguments")
    if not isinstance(found, list):
        return
    names = [argument.get("name") for argument in found if isinstance(argument, dict)]
    twice = [name for name, count in Counter(name for name in names if isinstance(name, str)).items() if count > 1]
    if twice:
        yield Violation(title="prompt with two arguments of one name", got=inert_line(", ".join(twice)))
