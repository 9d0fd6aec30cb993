"""Cases for one tool: candidates for its positive control, and what varies one thing of a control at a time."""

import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pytest_mcp.generation.schema import GapError, Input, Schema, kinds, read, settled
from pytest_mcp.generation.values import Known, Maker, chosen, valid
from pytest_mcp.generation.words import words
from pytest_mcp.model.case import Case, Expect, Origin, ValueSource
from pytest_mcp.model.interface import Element
from pytest_mcp.model.world import World

VALID, INVALID = 10, 10
"""Variations of a control in the short profile."""
_LIKELY = frozenset(
    [
        "path",
        "file",
        "dir",
        "directory",
        "repo",
        "url",
        "uri",
        "timezone",
        "query",
        "sql",
        "id",
        "name",
        "sheet",
        "range",
        "cwd",
        "text",
        "content",
        "message",
        "data",
    ]
)
_UNICODE = "Grüße, 世界! مرحبا 👋 e\u0301"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What is known when cases are made: the planted world, earlier results, and hints (``values`` are by argument)."""

    seed: int
    world: World | None = None
    known: Known = field(default_factory=dict, repr=False)
    hinted: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    stored: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    values: Mapping[str, Any] = field(default_factory=dict, repr=False)


def controls(tool: Element, given: Given) -> Iterator[Case]:
    """Candidates for a positive control, best first; nothing for a schema that no value can be made for."""
    for number, arguments in enumerate(given.hinted):
        yield _whole(tool, f"hint:{number}", "hint", arguments, ValueSource.HINT)
    for number, arguments in enumerate(given.stored):
        yield _whole(tool, f"stored:{number}", "stored", arguments, ValueSource.STORED)
    try:
        inputs = read(tool.definition)
    except GapError:
        return
    likely = [name for name in inputs.properties if name in inputs.required or _LIKELY & set(words(name))]
    plans = [("minimal", inputs.required, 0), ("likely", likely, 0), ("minimal", inputs.required, 1)]
    plans += [("maximal", list(inputs.properties), 0), ("minimal", inputs.required, 2), ("likely", likely, 1)]
    for kind, names, turn in plans:
        told = (name for name in given.values if name not in names)
        case = _made(tool, inputs, given, kind=kind, names=[*names, *told], turn=turn)
        if case is not None:
            yield case
    if (flipped := _flipped(tool, inputs, given)) is not None:
        yield flipped


def _flipped(tool: Element, inputs: Input, given: Given) -> Case | None:
    """What is required, and every switch turned the other way: some tools work only so where the world is small."""
    switches = {
        name: schema.get("default") is not True
        for name, schema in inputs.properties.items()
        if kinds(schema) == ("boolean",) and name not in given.values
    }
    made = _made(tool, inputs, given, kind="flipped", names=list(inputs.required), turn=0) if switches else None
    if made is None:
        return None
    origins = tuple(Origin(path=f"/{name}", source=ValueSource.SCHEMA) for name in switches)
    return replace(made, arguments={**made.arguments, **switches}, origins=(*made.origins, *origins))


def gap(tool: Element, given: Given) -> str:
    """Why no case can be made for a tool; empty when one can."""
    try:
        inputs = read(tool.definition)
        maker(tool, inputs, given, 0).arguments(inputs, inputs.required)
    except GapError as error:
        return str(error)
    return ""


def valid_cases(tool: Element, control: Case, given: Given, most: int = VALID) -> list[Case]:
    """Variations of a control that the schema allows, one field each; every one is judged by the validator."""
    inputs = _read(tool)
    if inputs is None:
        return []
    found = [case for case in _variations(tool, inputs, control, given) if valid(case.arguments, inputs.root)]
    return chosen(_different(found, control), given.seed, most)


def invalid_cases(tool: Element, control: Case, given: Given, most: int = INVALID) -> list[Case]:
    """Variations of a control that the schema forbids, one thing wrong in each; the validator refuses every one."""
    inputs = _read(tool)
    if inputs is None or not valid(control.arguments, inputs.root):
        return []
    found = [case for case in _mutations(tool, inputs, control) if not valid(case.arguments, inputs.root)]
    missing = [case for case in found if case.kind == "missing"]
    others = chosen([case for case in found if case.kind != "missing"], given.seed, max(0, most - len(missing[:4])))
    return [*missing[:4], *others]


def _read(tool: Element) -> Input | None:
    try:
        return read(tool.definition)
    except GapError:
        return None


def maker(tool: Element, inputs: Input, given: Given, turn: int = 0) -> Maker:
    """What makes the values of one tool."""
    described = tool.definition.get("description") if isinstance(tool.definition, dict) else None
    return Maker(
        text=described if isinstance(described, str) else "",
        tool=tool.name,
        root=inputs.root,
        world=given.world,
        known=given.known,
        fixed=given.values,
        turn=turn,
        seed=given.seed,
    )


def _made(  # noqa: PLR0913 - which values of what
    tool: Element, inputs: Input, given: Given, *, kind: str, names: list[str], turn: int
) -> Case | None:
    try:
        made = maker(tool, inputs, given, turn).arguments(inputs, names)
    except GapError:
        return None
    case_id = kind if turn == 0 else f"{kind}:{turn}"
    return _case(tool, case_id, kind, made.value, Expect.VALID, origins=made.origins)


def _whole(tool: Element, case_id: str, kind: str, arguments: Mapping[str, Any], source: ValueSource) -> Case:
    origins = tuple(Origin(path=f"/{name}", source=source) for name in arguments)
    return _case(tool, case_id, kind, dict(arguments), Expect.VALID, origins=origins)


def _case(  # noqa: PLR0913 - every part of a case
    tool: Element,
    case_id: str,
    kind: str,
    arguments: dict[str, Any],
    expect: Expect,
    *,
    mutation: str = "",
    origins: tuple[Origin, ...] = (),
) -> Case:
    return Case(
        id=case_id,
        tool=tool.name,
        arguments=copy.deepcopy(arguments),
        expect=expect,
        kind=kind,
        mutation=mutation,
        origins=origins,
    )


# -- what the schema allows -------------------------------------------------------------------------------------------


def _variations(tool: Element, inputs: Input, control: Case, given: Given) -> Iterator[Case]:
    base = control.arguments
    optional = [name for name in base if name not in inputs.required]
    for name in optional:
        rest = {key: value for key, value in base.items() if key != name}
        yield _case(tool, f"omitted:/{name}", "omitted", rest, Expect.VALID)
    if optional:
        least = {key: value for key, value in base.items() if key in inputs.required}
        yield _case(tool, "minimal", "minimal", least, Expect.VALID)
    yield from _maximal(tool, inputs, control, given)
    for name, schema in inputs.properties.items():
        try:
            found = settled(schema, inputs.root)
        except GapError:
            continue
        for label, value in _edges(found, name):
            yield _case(tool, f"{label}:/{name}", label.partition("=")[0], {**base, name: value}, Expect.VALID)


def _maximal(tool: Element, inputs: Input, control: Case, given: Given) -> Iterator[Case]:
    missing = [name for name in inputs.properties if name not in control.arguments]
    try:
        made = maker(tool, inputs, given, 0).arguments(inputs, missing)
    except GapError:
        return
    if missing:
        yield _case(tool, "maximal", "maximal", {**made.value, **control.arguments}, Expect.VALID, origins=made.origins)


def _edges(schema: Schema, name: str) -> Iterator[tuple[str, Any]]:
    """Values on the edges of what one field allows."""
    for number, value in enumerate((schema.get("enum") or [])[:6] if isinstance(schema.get("enum"), list) else ()):
        yield f"enum={number}", value
    types = kinds(schema)
    if "boolean" in types:
        yield "boolean=true", True
        yield "boolean=false", False
    if {"integer", "number"} & set(types):
        for key in ("minimum", "maximum"):
            if isinstance(schema.get(key), int | float) and abs(schema[key]) <= 1000:
                yield f"boundary={key}", schema[key]
    if "string" in types and not {"enum", "pattern", "format", "const"} & set(schema) and _is_free(name):
        yield "unicode", _UNICODE[: schema.get("maxLength", 200)]


def _is_free(name: str) -> bool:
    """Whether any text will do for a field of this name."""
    told = set(words(name))
    return bool(told & {"text", "message", "content", "body", "note", "comment", "description", "thought", "query"})


# -- what the schema forbids ------------------------------------------------------------------------------------------


def _mutations(tool: Element, inputs: Input, control: Case) -> Iterator[Case]:
    base = control.arguments
    for name in inputs.required:
        if name in base:
            rest = {key: value for key, value in base.items() if key != name}
            filled = "default" in inputs.properties.get(name, {})
            label, told = ("missing=default", ", which has a default") if filled else ("missing", "")
            yield _broken(tool, f"{label}:/{name}", "missing", rest, f"without the required {name!r}{told}")
    for name in base:
        schema = inputs.properties.get(name)
        if schema is None:
            continue
        try:
            found = settled(schema, inputs.root)
        except GapError:
            continue
        for label, value, what in _wrong(found):
            mutation = f"where {name!r} {what}"
            yield _broken(tool, f"{label}:/{name}", label.partition("=")[0], {**base, name: value}, mutation)
    if inputs.closed:
        extra = {**base, "planted_extra": "x"}
        yield _broken(tool, "extra", "extra", extra, "with the property 'planted_extra', which is not allowed")


def _broken(tool: Element, case_id: str, kind: str, arguments: dict[str, Any], mutation: str) -> Case:
    return _case(tool, case_id, kind, arguments, Expect.INVALID, mutation=mutation)


def _wrong(schema: Schema) -> Iterator[tuple[str, Any, str]]:
    """Values of one field that are wrong, and how."""
    types = set(kinds(schema))
    wrong: tuple[tuple[str, str, Any], ...] = (
        ("object", "is an object", {"planted": ["x"]}),
        ("array", "is an array", [["x"], 7]),
        ("string", "is a text", "not-a-number"),
        ("number", "is a number", 12345.5),
    )
    for kind, what, value in wrong:
        if types and not types & {kind, "integer" if kind == "number" else kind}:
            yield f"type={kind}", value, what
    yield "type=null", None, "is null"
    if isinstance(schema.get("enum"), list):
        yield "enum", "planted-none-of-these", "is none of the allowed values"
    for key, shift in (("minimum", -1), ("maximum", 1), ("exclusiveMinimum", 0), ("exclusiveMaximum", 0)):
        if isinstance(schema.get(key), int | float) and not isinstance(schema[key], bool):
            yield f"range={key}", schema[key] + shift, f"is beyond its {key}"
    if isinstance(schema.get("maxLength"), int) and schema["maxLength"] < 100_000:
        yield "length=max", "h" * (schema["maxLength"] + 1), "is longer than its maxLength"
    if isinstance(schema.get("minLength"), int) and schema["minLength"] > 0:
        yield "length=min", "", "is shorter than its minLength"
    if isinstance(schema.get("pattern"), str):
        yield "pattern", "\u0000 planted \u2603", "does not match its pattern"


def _different(cases: Iterable[Case], control: Case) -> list[Case]:
    """Without what is the control over again, or the same as one before."""
    seen, kept = {repr(control.arguments)}, []
    for case in cases:
        if repr(case.arguments) not in seen:
            seen.add(repr(case.arguments))
            kept.append(case)
    return kept
