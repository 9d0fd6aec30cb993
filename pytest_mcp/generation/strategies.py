"""JSON Schema as hypothesis strategies: what ``--mcp-deep`` searches through, and shrinks to the least that breaks."""

import random
import re
from collections.abc import Callable, Mapping
from datetime import UTC
from typing import Any

from hypothesis import HealthCheck, Phase, find, settings
from hypothesis import strategies as st
from hypothesis.errors import HypothesisException, NoSuchExample

from pytest_mcp.generation.schema import DEPTH, GapError, Schema, kinds, read, settled
from pytest_mcp.model.interface import Element

EXAMPLES = 50
"""Between two looks at the clock: a search cannot be stopped, and making values takes time, too."""
TURNS = 40
LONGEST = 5000
Strategy = st.SearchStrategy[Any]
_CHARACTERS = st.characters(exclude_categories=["Cs"])  # lone surrogates are no text of JSON
_TEXTS = st.text(_CHARACTERS, max_size=200)
_FORMATS: dict[str, Strategy] = {
    "date": st.dates().map(lambda value: value.isoformat()),
    "date-time": st.datetimes(timezones=st.just(UTC)).map(lambda value: value.isoformat()),
    "time": st.times().map(lambda value: f"{value.isoformat()}Z"),
    "uuid": st.uuids().map(str),
    "email": st.emails(),
    "ipv4": st.ip_addresses(v=4).map(str),
    "ipv6": st.ip_addresses(v=6).map(str),
}


def arguments(tool: Element, control: Mapping[str, Any]) -> Strategy:
    """Arguments that the tool's schema allows, each property as it is in ``control`` or made anew.

    Raises GapError for a schema that no values can be made for.
    """
    wanted = read(tool.definition)
    made: dict[str, Strategy] = {}
    for name, schema in wanted.properties.items():
        fresh = _values(schema, wanted.root, DEPTH)
        made[name] = st.one_of(st.just(control[name]), fresh) if name in control else fresh
    needed = {name: made[name] for name in made if name in wanted.required}
    extra = {name: made[name] for name in made if name not in wanted.required}
    whole: Strategy = st.fixed_dictionaries(needed, optional=extra)
    return whole.filter(_judge(tool.definition["inputSchema"]))


def least(
    strategy: Strategy, breaks: Callable[[dict[str, Any]], bool], *, seed: int, over: Callable[[], bool]
) -> dict[str, Any] | None:
    """The smallest arguments found that break something, None when none were found until it was ``over``."""
    for turn in range(TURNS):
        if over():
            break
        if (found := _searched(strategy, breaks, seed + turn)) is not None:
            return found
    return None


def _searched(strategy: Strategy, breaks: Callable[[dict[str, Any]], bool], seed: int) -> dict[str, Any] | None:
    how = settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    try:
        return dict(find(strategy, breaks, settings=how, random=random.Random(seed)))
    except NoSuchExample:
        return None
    except HypothesisException as error:
        raise GapError(f"no values can be made for inputSchema: {str(error).splitlines()[0][:200]}") from None


def _judge(schema: Schema) -> Callable[[Any], bool]:
    import jsonschema_rs

    try:
        return jsonschema_rs.Draft202012Validator(schema).is_valid
    except (jsonschema_rs.ValidationError, ValueError):
        raise GapError("inputSchema is no valid schema; see tool-input-schema") from None


def _values(schema: Any, root: Schema, depth: int) -> Strategy:
    found = settled(schema, root)
    if "const" in found:
        return st.just(found["const"])
    if isinstance(found.get("enum"), list) and found["enum"]:
        return st.sampled_from(found["enum"])
    options = [
        _object(found, root, depth) if kind == "object" else _array(found, root, depth) if kind == "array" else plain
        for kind in kinds(found) or ("string", "integer", "boolean")
        if (plain := _plain(kind, found)) is not None or kind in ("object", "array")
    ]
    if not options:
        raise GapError(f"a type that is none of JSON's: {found.get('type')!r}")
    return st.one_of([each for each in options if each is not None])


def _plain(kind: str, schema: Schema) -> Strategy | None:
    if kind == "string":
        return _string(schema)
    if kind in ("integer", "number"):
        return _integer(schema) if kind == "integer" else _number(schema)
    return {"boolean": st.booleans(), "null": st.none()}.get(kind)


def _string(schema: Schema) -> Strategy:
    low, high = _size(schema, "minLength", 0), min(LONGEST, _size(schema, "maxLength", LONGEST))
    pattern = schema.get("pattern")
    if isinstance(pattern, str):
        try:
            return st.from_regex(re.compile(pattern)).filter(lambda text: low <= len(text) <= high)
        except (re.error, RecursionError, OverflowError):
            return _TEXTS
    if (made := _FORMATS.get(str(schema.get("format")))) is not None:
        return made
    return st.text(_CHARACTERS, min_size=low, max_size=max(low, min(high, low + 200)))


def _integer(schema: Schema) -> Strategy:
    low, high = _bound(schema, "minimum", "exclusiveMinimum", 1), _bound(schema, "maximum", "exclusiveMaximum", -1)
    whole = st.integers(None if low is None else -int(-low // 1), None if high is None else int(high // 1))
    step = schema.get("multipleOf")
    if isinstance(step, int) and low is None and high is None:
        return whole.map(lambda value: value * step)
    return whole


def _number(schema: Schema) -> Strategy:
    low, high = _bound(schema, "minimum", "exclusiveMinimum", 0), _bound(schema, "maximum", "exclusiveMaximum", 0)
    return st.floats(low, high, allow_nan=False, allow_infinity=False) | _integer(schema)


def _bound(schema: Schema, name: str, exclusive: str, off: int) -> float | None:
    for key, shift in ((name, 0), (exclusive, off)):
        found = schema.get(key)
        if isinstance(found, int | float) and not isinstance(found, bool):
            return found + shift
    return None


def _array(schema: Schema, root: Schema, depth: int) -> Strategy:
    low, high = _size(schema, "minItems", 0), min(50, _size(schema, "maxItems", 8))
    if depth == 0:
        return st.just([])
    items = _values(schema.get("items", {}), root, depth - 1)
    return st.lists(items, min_size=low, max_size=max(low, high))


def _object(schema: Schema, root: Schema, depth: int) -> Strategy:
    listed = schema.get("properties")
    properties = listed if isinstance(listed, dict) else {}
    required = schema.get("required") if isinstance(schema.get("required"), list) else []
    if depth == 0:
        return st.just({})
    made = {name: _values(each, root, depth - 1) for name, each in properties.items()}
    return st.fixed_dictionaries(
        {name: each for name, each in made.items() if name in (required or ())},
        optional={name: each for name, each in made.items() if name not in (required or ())},
    )


def _size(schema: Schema, name: str, otherwise: int) -> int:
    found = schema.get(name)
    return found if isinstance(found, int) and not isinstance(found, bool) else otherwise
