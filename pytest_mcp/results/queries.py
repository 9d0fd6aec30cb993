"""The SQL of this room by name: ``queries.sql`` holds it all."""

import re
from functools import cache
from pathlib import Path
from typing import LiteralString, cast

_SOURCE = Path(__file__).with_name("queries.sql")


@cache
def _all() -> dict[str, LiteralString]:
    parts = re.split(r"^-- name: (\w+)$", _SOURCE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return {name: cast("LiteralString", text.strip()) for name, text in zip(parts[::2], parts[1::2], strict=True)}


def sql(name: str) -> LiteralString:
    """One query; KeyError for a name that is not in the file."""
    return _all()[name]
