"""JSON with what ``json`` throws away: the line of every key, and keys that appear twice."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from pytest_mcp.errors import InventoryError

_DEEP_ENOUGH = 3  # keys of an entry: mcpServers, its name, its key
_TOKEN = re.compile(r'["{}\[\]]')
_CONSTANT = re.compile(r'"(?:[^"\\]++|\\.)*+"|(?P<constant>-?Infinity|NaN)')
_SPACE = re.compile(r"[ \t\r\n]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Double:
    """A key that one object has twice; ``path`` are the keys that lead to it, itself the last."""

    path: tuple[str, ...]
    first: int
    second: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A parsed file; ``lines``, from 1, of the keys of the file and of two levels of those under the ones asked for."""

    value: Any = field(repr=False)
    lines: dict[tuple[str, ...], int]
    doubles: tuple[Double, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Key:
    path: tuple[str, ...]
    line: int
    first: int | None
    """The line of the same key in the same object, when it came before."""


def read_json(text: str, shown: str, within: tuple[str, ...]) -> Document:
    """Parse strictly as JSON clients do; ``shown`` is the file's name in complaints.

    Positions are kept only under the keys ``within``: a client's own file may hold megabytes of other things.
    """
    with _named(shown):
        value = _value(text, shown)
        keys = list(_keys(text, within))
    doubles = (Double(path=key.path, first=key.first, second=key.line) for key in keys if key.first is not None)
    return Document(value=value, lines={key.path: key.line for key in keys}, doubles=tuple(doubles))


def item_lines(text: str, shown: str, key: str) -> list[int]:
    """The line of every item of the outer list ``key``, in valid JSON without doubles."""
    with _named(shown):
        return _lines_of_items(text, key)


@contextmanager
def _named(shown: str) -> Iterator[None]:
    """What the parser raises, as a complaint about the file. How deep it goes depends on how deep its caller is."""
    try:
        yield
    except json.JSONDecodeError as error:
        message = error.msg[0].lower() + error.msg[1:]
        raise InventoryError(f"{shown}:{error.lineno}:{error.colno}: bad JSON: {message}; mend it there") from None
    except RecursionError:
        raise InventoryError(f"{shown}: bad JSON: nested too deeply; make it flatter") from None


def _value(text: str, shown: str) -> Any:
    constants: list[str] = []
    # int() refuses long numbers, and the only ones that matter to us are short.
    value = json.loads(text, parse_int=float, parse_constant=constants.append)
    if constants:
        raise InventoryError(f"{_place_of_constant(text, shown)}: bad JSON: {constants[0]} is no JSON; mend it there")
    return value


def _lines_of_items(text: str, key: str) -> list[int]:
    decode = json.JSONDecoder(parse_int=float).raw_decode
    at = _after(text, text.index("{") + 1)
    while text[at] != "}":
        word, at = decode(text, at)
        at = _after(text, _after(text, at) + 1)
        if word == key and text[at] == "[":
            return list(_items(text, at, decode))
        at = _after(text, decode(text, at)[1], ",")
    return []


def _items(text: str, at: int, decode: Callable[[str, int], tuple[Any, int]]) -> Iterator[int]:
    at = _after(text, at + 1)
    line, counted = 1, 0
    while text[at] != "]":
        line, counted = line + text.count("\n", counted, at), at
        yield line
        at = _after(text, decode(text, at)[1], ",")


def _after(text: str, at: int, separator: str = "") -> int:
    """The next place that is no white space, nor the separator."""
    while text[at] in " \t\r\n" or text[at] == separator:
        at += 1
    return at


def _keys(text: str, within: tuple[str, ...]) -> Iterator[_Key]:
    """The outer keys of valid JSON, and those further in under ``within`` that appear twice."""
    decode = json.JSONDecoder(parse_int=float).raw_decode
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
        else:
            word, at = decode(text, start)
            colon = _SPACE.match(text, at)
            if colon is None or not text.startswith(":", colon.end()):
                continue
            line, counted = line + text.count("\n", counted, start), start
            last, first = word, seen[-1].get(word)
            seen[-1][word] = line
            if first is not None or len(above) <= _DEEP_ENOUGH:
                yield _Key(path=(*above[1:], word), line=line, first=first)
            if len(above) == 1 and word not in within:
                value = _SPACE.match(text, colon.end() + 1)
                at = decode(text, value.end())[1] if value else at


def _place_of_constant(text: str, shown: str) -> str:
    """Where the first number stands that JavaScript has and JSON has not; Python reads it."""
    at = next(found.start("constant") for found in _CONSTANT.finditer(text) if found["constant"])
    return f"{shown}:{text.count(chr(10), 0, at) + 1}:{at - text.rfind(chr(10), 0, at)}"
