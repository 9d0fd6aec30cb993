"""TOML with what ``tomllib`` throws away: the line of every table under one key."""

import re
import tomllib
from collections.abc import Iterator
from typing import Any

from pytest_mcp.errors import InventoryError

LARGEST = 5 * 1024 * 1024
"""Characters of a TOML file that are read: the parser takes a second for each million."""

_BARE, _BASIC, _LITERAL = r"[A-Za-z0-9_-]+", r'"(?:[^"\\\n]|\\.)*+"', r"'[^'\n]*+'"
_KEY = rf"(?:{_BASIC}|{_LITERAL}|{_BARE})"
_STATEMENT = re.compile(rf"[ \t]*(?P<header>\[\[?[ \t]*)?(?P<path>{_KEY}(?:[ \t]*\.[ \t]*{_KEY})*)")
_PART = re.compile(_KEY)
_TOKEN = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*+"{3,5}'
    r"|'''(?:[^']|'(?!''))*+'{3,5}"
    rf"|{_BASIC}|{_LITERAL}|#[^\n]*|[\[\]{{}}]|\n",
    re.DOTALL,
)


def read_toml(text: str, shown: str) -> dict[str, Any]:
    """The file as a table; ``shown`` is its name in complaints."""
    if len(text) > LARGEST:
        raise InventoryError(f"{shown}: larger than 5 MB; name the right file")
    try:
        return tomllib.loads(text.replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError as error:
        raise InventoryError(f"{shown}{_complaint(text, str(error))}; mend it there") from None
    except RecursionError:
        raise InventoryError(f"{shown}: bad TOML: nested too deeply; make it flatter") from None
    except ValueError:
        # An integer of thousands of digits is refused by int() itself, without a place.
        raise InventoryError(f"{shown}: bad TOML: a number that is too long; shorten it") from None


def table_lines(text: str, key: str) -> dict[str, int]:
    """The first line that names each member of the table ``key``, in valid TOML; "" is the table itself."""
    lines: dict[str, int] = {}
    for path, line in _statements(text):
        if path[0] == key:
            lines.setdefault("", line)
            lines.setdefault(path[1] if len(path) > 1 else "", line)
    return lines


def array_lines(text: str, key: str) -> list[dict[str, int]]:
    """For each ``[[key]]`` of valid TOML, the first line that names each of its members; "" is the entry itself."""
    entries: list[dict[str, int]] = []
    for path, line in _statements(text):
        if path == (key,):
            entries.append({"": line})
        elif path[0] == key and entries:
            entries[-1].setdefault(path[1], line)
    return entries


def _complaint(text: str, message: str) -> str:
    """The parser's words without what they quote from the file, which may be anything."""
    what, _, where = message.rpartition(" (at ")
    place = re.fullmatch(r"line (\d+), column (\d+)\)", where)
    lines = text.split("\n")
    line, column = (int(place[1]), int(place[2])) if place else (len(lines), len(lines[-1]) + 1)
    plain = re.sub(r"""\(.*\)|'.*'|".*\"""", _quoted, what, flags=re.DOTALL)
    return f":{line}:{column}: bad TOML: {plain[:1].lower()}{plain[1:100]}"


def _quoted(found: re.Match[str]) -> str:
    """A single character helps and gives nothing away."""
    return found[0] if len(found[0]) <= 6 else "..."


def _statements(text: str) -> Iterator[tuple[tuple[str, ...], int]]:
    """Every header and every key with a value: its path from the top, and its line."""
    header: tuple[str, ...] = ()
    depth, line, at, start = 0, 1, 0, True
    while True:
        statement = _STATEMENT.match(text, at) if start else None
        if statement:
            path = tuple(_plain(part) for part in _PART.findall(statement["path"]))
            header = path if statement["header"] else header
            yield (path if statement["header"] else header + path), line
            at = text.find("\n", at) if statement["header"] else statement.end()
        token = _TOKEN.search(text, at) if at >= 0 else None
        if token is None:
            return
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token[0], 0)
        line += token[0].count("\n")
        at, start = token.end(), token[0] == "\n" and depth == 0


def _plain(part: str) -> str:
    return next(iter(tomllib.loads(f"{part} = 0"))) if part[0] in "\"'" else part
