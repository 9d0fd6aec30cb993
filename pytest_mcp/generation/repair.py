"""Reads what a server says of arguments it refuses, and makes the case it asks for, where it asks for one."""

import json
import posixpath
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pytest_mcp.generation.cases import Given, maker
from pytest_mcp.generation.schema import GapError, Input, read
from pytest_mcp.generation.values import valid
from pytest_mcp.generation.words import choices, examples
from pytest_mcp.model.case import Case, Origin, ValueSource
from pytest_mcp.model.interface import Element

_NAME = r"[\"'`]?([A-Za-z_][\w.-]*)[\"'`]?"
_MISSING = (
    re.compile(rf"{_NAME} is (?:a )?required", re.I),
    re.compile(
        rf"(?:missing|requires?|required)(?: a)?(?: required)?(?: \w+)? "
        rf"(?:parameter|argument|field|property|key)s?:? {_NAME}",
        re.I,
    ),
    re.compile(rf"(?:provide|specify|supply|pass)(?: an?| the| either)? {_NAME}", re.I),
    re.compile(r"^([A-Za-z_]\w*)\n\s+Field required", re.M),
    re.compile(rf"{_NAME}:? (?:must|should) be (?:provided|specified|set|given)", re.I),
)
_ROOT = re.compile(r"(?:allowed|base|root|within|under|inside|outside|in)\b[^/\n]{0,60}?((?:/[\w.@+ -]+){2,})", re.I)
_RELATIVE = re.compile(
    r"must (?:be|use)(?: a)? relative|absolute (?:file )?paths?\b.{0,300}?\bnot\b|paths? relative to", re.I | re.S
)
_ABSOLUTE = re.compile(r"must (?:be|use)(?: an)? absolute|relative (?:file )?paths?\b.{0,300}?\bnot\b", re.I | re.S)
_DATE = re.compile(r"YYYY-MM-DD(?!T)")
_LIST = re.compile(r"\b(?:available|valid|known|existing|allowed|supported)\b[\w ]{0,30}:\s*\[?([^\]\n]{1,300})", re.I)


def repaired(case: Case, text: str, tool: Element, given: Given) -> Case | None:
    """The case as the error text asks for it: a missing field, an allowed value, a place that is allowed."""
    try:
        inputs = read(tool.definition)
    except GapError:
        return None
    text = text[:4000]
    for arguments, what in _attempts(case.arguments, text, inputs, tool, given):
        if arguments != case.arguments and valid(arguments, inputs.root):
            changed = [name for name in arguments if arguments.get(name) != case.arguments.get(name)]
            kept = tuple(each for each in case.origins if each.path.split("/")[1] not in changed)
            origins = tuple(Origin(path=f"/{name}", source=ValueSource.ERROR) for name in changed)
            return replace(case, id=f"{case.id}+{what}", arguments=arguments, origins=(*kept, *origins))
    return None


def _attempts(
    arguments: dict[str, Any], text: str, inputs: Input, tool: Element, given: Given
) -> Iterator[tuple[dict[str, Any], str]]:
    yield _with_missing(arguments, text, inputs, tool, given), "missing"
    yield _switched(arguments, text, inputs), "switch"
    yield _of_kind(arguments, text, given), "kind"
    yield _within(arguments, text, given), "place"
    yield _chosen(arguments, text), "choice"
    yield _like_example(arguments, text), "example"


def _with_missing(arguments: dict[str, Any], text: str, inputs: Input, tool: Element, given: Given) -> dict[str, Any]:
    issues = dict(_issues(text))
    named = [*issues, *(found[1] for pattern in _MISSING for found in pattern.finditer(text))]
    # A schema that tells nothing leaves the server's own words as the only ones.
    known = inputs.properties or {name: issues.get(name, {"type": "string"}) for name in named}
    absent = [name for name in dict.fromkeys(named) if name in known and not arguments.get(name)]
    if not absent:
        return arguments
    try:
        bare = {name: _without_default(known[name]) for name in absent}
        made = maker(tool, inputs, given).arguments(replace(inputs, properties={**known, **bare}), absent)
        return {**arguments, **made.value}
    except GapError:
        return arguments


def _without_default(schema: dict[str, Any]) -> dict[str, Any]:
    """A default that is refused as missing is no value."""
    return {key: value for key, value in schema.items() if key != "default"}


def _switched(arguments: dict[str, Any], text: str, inputs: Input) -> dict[str, Any]:
    """A flag turned on that the text asks to be turned on."""
    named = [name for found in _FLAG.finditer(text) for name in re.split(r"[/, ]+", found[1])]
    flags = [name for name in named if name in inputs.properties]
    return {**arguments, flags[0]: True} if flags else arguments


_FLAG = re.compile(r"([\w/]+)[\"'`]?(?: flag| option)? must be (?:set to )?[\"'`]?true", re.I)


def _issues(text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The fields named in a list of issues, as zod prints it, each with the type that is expected."""
    start, end = text.find("["), text.rfind("]")
    if start < 0 or end < start:
        return
    try:
        issues = json.loads(text[start : end + 1])
    except (ValueError, RecursionError):
        return
    for issue in issues if isinstance(issues, list) else ():
        path = issue.get("path") if isinstance(issue, dict) else None
        if isinstance(path, list) and path and isinstance(path[0], str):
            expected = issue.get("expected")
            kind = expected if expected in _TYPES else "string"
            yield path[0], {"type": kind, **({"items": {"type": "string"}} if kind == "array" else {})}


_TYPES = ("string", "number", "integer", "boolean", "array", "object")


def _within(arguments: dict[str, Any], text: str, given: Given) -> dict[str, Any]:
    """Paths moved to a place that the text names, or made relative or absolute as it demands."""
    world = given.world
    if world is None:
        return arguments
    if _RELATIVE.search(text):
        return _paths(
            arguments, lambda path: path.removeprefix(f"{world.workspace}/") if path != world.workspace else "."
        )
    if _ABSOLUTE.search(text):
        return {
            name: posixpath.join(world.workspace, value) if _is_relative(value) else value
            for name, value in arguments.items()
        }
    roots = [found[1].strip() for found in _ROOT.finditer(text)]
    root = next((each for each in roots if not each.startswith(world.workspace)), None)
    if root is None:
        return arguments
    return _paths(arguments, lambda path: root + path.removeprefix(world.workspace))


def _paths(arguments: dict[str, Any], moved: Any) -> dict[str, Any]:
    return {
        name: moved(value) if isinstance(value, str) and value.startswith("/") else value
        for name, value in arguments.items()
    }


def _is_relative(value: Any) -> bool:
    return isinstance(value, str) and "/" in value and not value.startswith("/") and "://" not in value


def _of_kind(arguments: dict[str, Any], text: str, given: Given) -> dict[str, Any]:
    """The planted file of an extension that the text names, for the path that the text complains of."""
    wanted = set(_EXTENSION.findall(text))
    files = [getattr(given.world, name) for name in _FILES] if given.world else []
    fitting = [path for path in files if posixpath.splitext(path)[1] in wanted]
    blamed = [name for name, value in arguments.items() if isinstance(value, str) and "/" in value and value in text]
    if not fitting or not blamed or arguments[blamed[0]] in fitting:
        return arguments
    return {**arguments, blamed[0]: fitting[0]}


_EXTENSION = re.compile(r"(?<![\w/])\.[a-z0-9]{2,5}\b")
_FILES = ("spreadsheet", "csv", "image", "pdf", "json", "markdown", "source", "database", "text")


def _chosen(arguments: dict[str, Any], text: str) -> dict[str, Any]:
    """The first allowed value in the field whose value the text complains of."""
    allowed = choices(text)
    if not allowed and (found := _LIST.search(text)):
        allowed = [word.strip(" '\"`.") for word in found[1].split(",")]
    allowed = [word for word in allowed if word and len(word) <= 60 and word not in arguments.values()]
    blamed = [name for name, value in arguments.items() if isinstance(value, str) and value and value in text]
    blamed += [name for name in arguments if re.search(rf"\b{re.escape(name)}\b", text)]
    if not allowed or not blamed:
        return arguments
    return {**arguments, blamed[0]: allowed[0]}


def _like_example(arguments: dict[str, Any], text: str) -> dict[str, Any]:
    blamed = [name for name in arguments if re.search(rf"\b{re.escape(name)}\b", text)]
    if not blamed or not isinstance(arguments[blamed[0]], str):
        return arguments
    known = [value for value in arguments.values() if isinstance(value, str)]
    fresh = (each for each in examples(text) if not any(value in each for value in known))
    example = "2026-01-15" if _DATE.search(text) else next(fresh, None)
    return arguments if example is None else {**arguments, blamed[0]: example}
