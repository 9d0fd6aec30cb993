"""Makes values that fit a schema, and prefers those that are likely to work; each remembers where it came from."""

import functools
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pytest_mcp.generation.meaning import Field, meanings
from pytest_mcp.generation.schema import DEPTH, GapError, Input, Schema, kinds, settled
from pytest_mcp.generation.words import choices, examples, words
from pytest_mcp.model.case import Origin, ValueSource
from pytest_mcp.model.world import World

Known = Mapping[str, Sequence[Any]]
"""Values that earlier results held, by the name they had there, the newest first."""
LONGEST = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A value and the sources of its parts, by JSON pointer below it."""

    value: Any
    origins: tuple[Origin, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """Makes values for one tool. ``turn`` 0 takes the best value everywhere, 1 the next best, and so on."""

    tool: str
    root: Schema = field(repr=False)
    world: World | None = None
    known: Known = field(default_factory=dict, repr=False)
    fixed: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """Values for fields by name, from the user's hints."""
    turn: int = 0
    seed: int = 0
    text: str = ""
    """What the tool's description says."""

    def arguments(self, inputs: Input, names: Sequence[str]) -> Made:
        """An object with these properties. Raises GapError when one of them cannot be made."""
        values: dict[str, Any] = {}
        origins: list[Origin] = []
        for name in names:
            made = self.value(inputs.properties.get(name, {}), name, f"/{_escaped(name)}")
            values[name] = made.value
            origins += made.origins
        return Made(value=values, origins=tuple(origins))

    def value(self, schema: Any, name: str, path: str, depth: int = 0) -> Made:
        """A value for one place."""
        if name in self.fixed and depth == 0:
            return _one(self.fixed[name], path, ValueSource.HINT)
        found = settled(schema, self.root)
        ranked = [*_given(found), *self._meant(found, name), *_plain(found, name)]
        fitting = [(value, source) for value, source in ranked if _fits(value, found)]
        if fitting:
            best = [each for each in fitting if each[1] in _FIRM] or fitting
            value, source = best[min(self.turn, len(best) - 1)] if self.turn else best[0]
            return _one(value, path, source)
        return self._built(found, name, path, depth)

    def _meant(self, schema: Schema, name: str) -> Iterator[tuple[Any, ValueSource]]:
        """By the description's own examples, the planted world, and what earlier results held."""
        text = str(schema.get("description") or schema.get("title") or "")
        kind = next(iter(kinds(schema)), "string")
        if kind not in ("string", "integer", "number"):
            return
        learned = [(value, ValueSource.EARLIER) for value in recalled(self.known, name, self.tool)]
        if _refers(name):
            yield from learned
        if self.world is not None:
            about = Field(
                name=name,
                text=text,
                tool=self.tool,
                kind=kind,
                format=str(schema.get("format", "")),
                beside=self._beside,
            )
            planted = [(value, ValueSource.WORLD) for value in meanings(about, self.world)]
            spelled = [(_typed(word, kind), ValueSource.EXAMPLE) for word in (*examples(text), *choices(text)[:1])]
            places = bool(planted) and str(planted[0][0]).startswith(("/", "http"))
            yield from (*planted, *spelled) if places else (*spelled, *planted)
        yield from learned

    @property
    def _beside(self) -> str:
        """What is said of the tool as a whole: its description, and the names of all it takes."""
        properties = self.root.get("properties")
        return " ".join((*(properties if isinstance(properties, dict) else ()), self.text[:2000]))

    def _built(self, schema: Schema, name: str, path: str, depth: int) -> Made:
        if depth > DEPTH:
            raise GapError(f"{path}: nested deeper than {DEPTH} levels")
        kind = next(iter(kinds(schema)), "string")
        if kind == "object":
            return self._object(schema, path, depth)
        if kind == "array":
            return self._array(schema, name, path, depth)
        raise GapError(f"{path}: no value was found that fits its schema")

    def _object(self, schema: Schema, path: str, depth: int) -> Made:
        described = schema.get("properties")
        properties = described if isinstance(described, dict) else {}
        required = [name for name in schema.get("required") or () if isinstance(name, str)]
        names = required or list(properties)[:2]
        values: dict[str, Any] = {}
        origins: list[Origin] = []
        for name in names:
            made = self.value(properties.get(name, {}), name, f"{path}/{_escaped(name)}", depth + 1)
            values[name] = made.value
            origins += made.origins
        return Made(value=values, origins=tuple(origins) or (Origin(path=path, source=ValueSource.SCHEMA),))

    def _array(self, schema: Schema, name: str, path: str, depth: int) -> Made:
        least = _whole(schema, "minItems", 0)
        if least > LONGEST:
            raise GapError(f"{path}: demands {least} items; more than {LONGEST} are not made")
        listed = schema.get("prefixItems")
        prefix = listed if isinstance(listed, list) else []
        items = [*prefix, *([schema.get("items", {})] * max(0, max(least, 0 if prefix else 1) - len(prefix)))]
        if schema.get("maxItems") == 0:
            items = []
        singular = name[:-3] + "y" if name.endswith("ies") else name.removesuffix("s")
        made = [self.value(each, singular, f"{path}/{number}", depth + 1) for number, each in enumerate(items)]
        values = [each.value for each in made]
        if schema.get("uniqueItems") is True:
            values = [_varied(value, number) for number, value in enumerate(values)]
        origins = tuple(origin for each in made for origin in each.origins)
        return Made(value=values, origins=origins or (Origin(path=path, source=ValueSource.SCHEMA),))


_FIRM = (ValueSource.EXAMPLE, ValueSource.DEFAULT, ValueSource.ENUM, ValueSource.WORLD, ValueSource.EARLIER)


def recalled(known: Known, name: str, tool: str) -> Iterator[Any]:
    """Values that had this name in an earlier result, or the name of what this is the id or name of."""
    told = words(name)
    if not told:
        return
    wanted = ["".join(told), "".join(told).removesuffix("s"), "".join(told) + "s"]
    if told[-1] in ("id", "ids", "name", "names", "key"):
        wanted += [told[-1].removesuffix("s"), "".join(told[:-1]), "".join(told[:-1]) + "s"]
        wanted += [f"{thing.removesuffix('s')}{told[-1]}" for thing in words(tool)]
    seen: set[str] = set()
    for key in filter(None, wanted):
        for value in known.get(key, ()):
            if repr(value) not in seen:
                seen.add(repr(value))
                yield value


def _refers(name: str) -> bool:
    """Whether a field names something that must be there already."""
    return bool(set(words(name)[-1:]) & {"id", "ids", "uuid", "key", "ref", "handle", "token", "cursor", "session"})


def _given(schema: Schema) -> Iterator[tuple[Any, ValueSource]]:
    """What the schema itself names."""
    if "const" in schema:
        yield schema["const"], ValueSource.ENUM
    examples_given = schema.get("examples")
    yield from ((value, ValueSource.EXAMPLE) for value in (examples_given if isinstance(examples_given, list) else ()))
    if "example" in schema:
        yield schema["example"], ValueSource.EXAMPLE
    if isinstance(schema.get("enum"), list):
        yield from ((value, ValueSource.ENUM) for value in schema["enum"])
    if schema.get("default") is not None:
        yield schema["default"], ValueSource.DEFAULT


def _plain(schema: Schema, name: str) -> Iterator[tuple[Any, ValueSource]]:
    """Values of the right type and size that mean nothing."""
    for kind in kinds(schema) or ("string",):
        made: list[Any] = []
        if kind == "string":
            made = list(_strings(schema))
        elif kind in ("integer", "number"):
            made = list(_numbers(schema, kind))
        elif kind == "boolean":
            made = [False, True]
        elif kind == "null":
            made = [None]
        yield from ((value, ValueSource.SCHEMA) for value in made)


def _whole(schema: Schema, key: str, otherwise: int) -> int:
    found = schema.get(key)
    return found if isinstance(found, int) else otherwise


def _strings(schema: Schema) -> Iterator[str]:
    least, most = _whole(schema, "minLength", 0), _whole(schema, "maxLength", LONGEST)
    if least <= LONGEST:
        yield ("hello" if least <= 5 <= most else "h" * max(least, min(1, most)))
    if isinstance(pattern := schema.get("pattern"), str):
        limits: Schema = {key: schema[key] for key in ("pattern", "minLength", "maxLength") if key in schema}
        common = [shape for shape in _SHAPES if valid(shape, limits)]
        yield from common or _drawn(pattern, least, most)


_SHAPES = (
    *("a", "A1", "abc", "1", "12", "123", "2026-01-15", "10:30", "a-b", "a_b", "#336699", "main", "/a", "v1.0.0"),
    *("3f2b8c1e-7a4d-4e9b-9c5f-2d6a1b8e0f47", "a" * 8, "0" * 8, "a" * 16, "0" * 40, "user@example.com", "a/b"),
)
"""What patterns mostly ask for; a value that people would give has a better chance than one that is drawn."""


@functools.lru_cache(maxsize=256)
def _drawn(pattern: str, least: int, most: int) -> tuple[str, ...]:
    """A few strings that match, simplest first; none where the pattern is none of Python's."""
    from hypothesis import HealthCheck, Phase, given, seed, settings
    from hypothesis.errors import HypothesisException
    from hypothesis.strategies import from_regex

    found: list[str] = []
    try:
        matching = from_regex(re.compile(pattern, re.ASCII), fullmatch=True)
    except re.error:
        return ()

    @seed(0)
    @settings(
        max_examples=20, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    @given(matching)
    def draw(text: str) -> None:
        found.append(text.rstrip("\n"))  # which $ allows in Python, and nowhere else

    try:
        draw()
    except (HypothesisException, OverflowError, RecursionError, MemoryError):
        return ()
    return tuple(sorted({each for each in found if least <= len(each) <= most}, key=lambda each: (len(each), each)))


def _numbers(schema: Schema, kind: str) -> Iterator[int | float]:
    low, high = schema.get("minimum"), schema.get("maximum")
    over, under = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    step = schema.get("multipleOf")
    yield 1
    if isinstance(step, int | float) and step > 0:
        yield step
    for bound, shift in ((low, 0), (high, 0), (over, 1), (under, -1)):
        if isinstance(bound, int | float) and not isinstance(bound, bool) and abs(bound) < 1e15:
            yield (int(bound) if kind == "integer" else bound) + shift
    yield 0
    if kind == "number":
        yield 0.5


def _fits(value: Any, schema: Schema) -> bool:
    """A quick look at one value; the validator judges the whole."""
    types = kinds(schema)
    if types and not any(_is(value, kind) for kind in types):
        return False
    if isinstance(schema.get("enum"), list) and value not in schema["enum"]:
        return False
    return valid(value, {key: schema[key] for key in _LIMITS if key in schema})


_LIMITS = (
    *("minLength", "maxLength", "pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    *("multipleOf", "const", "minItems", "maxItems"),
)


def valid(value: Any, schema: Schema) -> bool:
    """What jsonschema-rs says of a value; a schema it cannot read allows everything."""
    if not schema:
        return True
    import jsonschema_rs

    try:
        return bool(jsonschema_rs.Draft202012Validator(schema).is_valid(value))
    except (jsonschema_rs.ValidationError, ValueError, RecursionError):
        return True


def _is(value: Any, kind: str) -> bool:
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    wanted = {"string": str, "boolean": bool, "array": list, "object": dict, "null": type(None)}.get(kind)
    return wanted is not None and isinstance(value, wanted)


def _typed(word: str, kind: str) -> Any:
    """A word of a text as the type that is wanted."""
    if kind == "string":
        return word
    try:
        return int(word) if kind == "integer" else float(word)
    except ValueError:
        return word


def _varied(value: Any, number: int) -> Any:
    if number == 0:
        return value
    if isinstance(value, str):
        return f"{value}{number}"
    return value + number if isinstance(value, int | float) and not isinstance(value, bool) else value


def _one(value: Any, path: str, source: ValueSource) -> Made:
    return Made(value=value, origins=(Origin(path=path, source=source),))


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def chosen(options: Sequence[Any], seed: int, most: int) -> list[Any]:
    """At most so many of the options, the same for the same seed, in their order."""
    if len(options) <= most:
        return list(options)
    picked = sorted(random.Random(seed).sample(range(len(options)), most))
    return [options[number] for number in picked]
