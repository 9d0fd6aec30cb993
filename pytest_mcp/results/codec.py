# ruff: noqa: RUF001, RUF002
"""Values of the model as one line of JSON and back; the one place where hostile text is made storable.

Postgres refuses the NUL character in any text and JSON has no lone surrogates: both are written as ``‹U+XXXX›``, as the
report shows them, so the record around them is kept.
"""

import dataclasses
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic_core import PydanticSerializationError, to_json

SCHEMA = 1
"""Version of the spool format, told by each run event; readers ignore what they do not know."""

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of a spool: its kind, and the record that the kind calls for, as plain JSON values."""

    kind: str
    record: dict[str, Any]


def encode(kind: str, record: Any, **more: Any) -> bytes:
    """One line, newline included, for a dataclass of the model or a plain dict."""
    event = {"kind": kind, "record": record, **more}
    try:
        line = to_json(event, inf_nan_mode="strings")
    except PydanticSerializationError:
        line = to_json(storable(event), inf_nan_mode="strings")
    if b"\\u0000" in line:
        line = to_json(storable(event), inf_nan_mode="strings")
    return line + b"\n"


def storable(value: Any) -> Any:
    """The value as plain JSON values, with every character that cannot be stored spelled out."""
    if isinstance(value, str):
        return _UNSTORABLE.sub(lambda found: f"‹U+{ord(found[0]):04X}›", value)
    if dataclasses.is_dataclass(value):
        return {field.name: storable(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {storable(str(name)): storable(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [storable(item) for item in value]
    return value if value is None or isinstance(value, bool | int | float | datetime) else storable(str(value))
