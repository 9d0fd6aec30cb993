"""One input for one tool, where each of its values came from, and what the server ought to make of it."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Expect(StrEnum):
    """What a schema says of a case."""

    VALID = "valid"
    INVALID = "invalid"


class ValueSource(StrEnum):
    """Where a value came from, best first."""

    HINT = "hint"
    """The user's hints file."""
    STORED = "stored"
    """A positive control of an earlier run."""
    EXAMPLE = "example"
    DEFAULT = "default"
    ENUM = "enum"
    """Or ``const``."""
    WORLD = "world"
    """The planted world, by the meaning of name, format and description."""
    EARLIER = "earlier"
    """The result of an earlier call."""
    ERROR = "error"
    """The server's own error text."""
    SCHEMA = "schema"
    """Made to fit the schema and nothing more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The source of the value at one place of the arguments; ``path`` is a JSON pointer, ``/a/0/b``."""

    path: str
    source: ValueSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One input. ``id`` is stable for the same schema and seed and unique within its tool; ``kind`` says what it tries
    (``minimal``, ``boundary`` ...), ``mutation`` what was broken on purpose, in words, empty for a valid one.
    """

    id: str
    tool: str
    arguments: dict[str, Any] = field(hash=False)
    expect: Expect
    kind: str
    mutation: str = ""
    origins: tuple[Origin, ...] = ()
