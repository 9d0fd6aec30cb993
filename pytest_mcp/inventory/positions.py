"""JSON with what ``json`` throws away: the line of every key, and keys that appear twice."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pytest_mcp.errors import InventoryError

_DEEP_ENOUGH = 3  # keys of an entry: mcpServers, its name, its key
_TOKEN = re.compile(r'["{}\[\]]|-?Infinity|NaN')
_SPACE = re.compile(r"[ \t\r\n]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Double:
    """A key that one object has twice; ``path`` are the keys that lead to it, itself the last."""

    path: tuple[str, ...]
    first: int
    second: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A parsed file; ``lines`` has the keys of the three outer levels, counted from 1."""

    value: Any = field(repr=False)
    lines: dict[tuple[str, ...], int]
    doubles: tuple[Double, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Key:
    path: tuple[str, ...]
    line: int
    first: int | None
    """The line of the same key in the same object, when it came before."""


def read_json(text: str, shown: str) -> Document:
    """Parse strictly as JSON clients do; ``shown`` is the file's name in complaints."""
    try:
        # No number of a config matters to us, and int() refuses long ones.
        value = json.loads(text, parse_int=float)
    except json.JSONDecodeError as error:
        message = error.msg[0].lower() + error.msg[1:]
        raise InventoryError(f"{shown}:{error.lineno}:{error.colno}: bad JSON: {message}; mend it there") from None
    except RecursionError:
        raise InventoryError(f"{shown}: bad JSON: nested too deeply; make it flatter") from None
    lines: dict[tuple[str, ...], int] = {}
    doubles = []
    for key in _keys(text, shown):
        lines[key.path] = key.line
        if key.first is not None:
            doubles.append(Double(path=key.path, first=key.first, second=key.line))
    return Document(value=value, lines=lines, doubles=tuple(doubles))


def _keys(text: str, shown: str) -> Iterator[_Key]:
    """The outer keys of valid JSON, and those further in that appear twice."""
    decode = json.JSONDecoder().raw_decode
    above: list[str] = []
    seen: list[dict[str, int]] = []
    last, line, counted, at = "", 1, 0, 0
    while token := _TOKEN.search(text, at):
        start, at = token.span()
        if token[0] in "{[":
            above.append(last)
            seen.append({})
            last = ""
        elif token[0] in "}]":
            above.pop()
            seen.pop()
        elif token[0] != '"':
            raise InventoryError(f"{_place(text, start, shown)}: bad JSON: {token[0]} is no JSON; mend it there")
        else:
            word, at = decode(text, start)
            if not _is_key(text, at):
                continue
            line, counted = line + text.count("\n", counted, start), start
            last, first = word, seen[-1].get(word)
            seen[-1][word] = line
            if first is not None or len(above) <= _DEEP_ENOUGH:
                yield _Key(path=(*above[1:], word), line=line, first=first)


def _is_key(text: str, end: int) -> bool:
    space = _SPACE.match(text, end)
    return space is not None and text.startswith(":", space.end())


def _place(text: str, at: int, shown: str) -> str:
    return f"{shown}:{text.count(chr(10), 0, at) + 1}:{at - text.rfind(chr(10), 0, at)}"
