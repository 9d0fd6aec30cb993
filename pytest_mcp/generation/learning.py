"""What a successful answer tells that later calls can use: ids, names and paths by the key they had."""

import json
import re
from collections.abc import Iterator
from typing import Any

from pytest_mcp.generation.words import words

KEPT = 20
"""Values of one name."""
_DEPTH = 6
_PAIR = re.compile(
    r"\b([A-Za-z][\w ]{0,30}?(?:id|name|key|path|uri|token|handle))\b[\"'`]?\s*[:=]\s*[\"'`]?([\w./:@-]{1,120})", re.I
)


def told(text: str, structured: Any) -> list[tuple[str, Any]]:
    """Pairs of a name, its words joined, and a value."""
    value = structured if structured is not None else _parsed(text)
    found = list(_walked(value, "", 0))
    if value is None:
        for match in _PAIR.finditer(text[:20_000]):
            named = words(match[1])
            # "created with session id" is a sentence that ends in a name, "session id" the name
            found += [("".join(named[-length:]), match[2]) for length in {len(named), min(2, len(named))}]
        lines = [line.strip(" -*\t") for line in re.split(r"[\n,]", text)[:KEPT]]
        found += [("", line) for line in lines if re.fullmatch(r"[\w./@-]{1,80}", line)]
    return found


def remembered(known: dict[str, list[Any]], pairs: list[tuple[str, Any]], asked: str) -> None:
    """Add pairs to what is known; a list without names is filed under the last word of what was asked."""
    for name, value in pairs:
        key = name or (words(asked) or ("",))[-1]
        values = known.setdefault(key, [])
        if value not in values:
            values.insert(0, value)
            del values[KEPT:]


def _named_by(child: Any, listed: str) -> Iterator[tuple[str, Any]]:
    """What one of ``devices`` is called, as a ``device`` of another call."""
    if isinstance(child, dict) and listed:
        called = next((child[key] for key in _CALLED if isinstance(child.get(key), str | int)), None)
        if called is not None and not isinstance(called, bool):
            yield listed.removesuffix("s"), called


_CALLED = ("id", "identifier", "uuid", "key", "name", "slug", "path", "uri", "title")


def _parsed(text: str) -> Any:
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _walked(value: Any, name: str, depth: int) -> Iterator[tuple[str, Any]]:
    if depth > _DEPTH:
        return
    if isinstance(value, dict):
        for key, child in list(value.items())[:100]:
            yield from _walked(child, "".join(words(str(key))), depth + 1)
    elif isinstance(value, list):
        for child in value[:KEPT]:
            yield from _named_by(child, name)
            yield from _walked(child, name, depth + 1)
    elif isinstance(value, str | int) and not isinstance(value, bool) and len(str(value)) <= 200:
        yield name, value
