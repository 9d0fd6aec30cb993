"""Does a server still say of itself what was approved? Pure."""

import json
from collections.abc import Iterator, Mapping
from difflib import unified_diff
from typing import Any

from pytest_mcp.model.approval import Approved
from pytest_mcp.model.finding import Severity, Violation
from pytest_mcp.model.text import inert_line

LINES = 24
"""Of a diff that are told; the rest is counted."""
NAMED = 20


def drift(approved: Approved, now: Approved) -> Iterator[Violation]:
    """What was added, removed and changed since: one violation for each changed definition, with its diff."""
    old, new = approved.definitions, now.definitions
    since = f"approved by {inert_line(approved.by)} on {approved.at:%Y-%m-%d}"
    if added := [name for name in new if name not in old]:
        yield Violation(title=f"offers what was not there when it was {since}", evidence=_names(added))
    if gone := [name for name in old if name not in new]:
        yield Violation(title=f"lacks what was there when it was {since}", evidence=_names(gone))
    for name in (name for name in old if name in new and _text(old[name]) != _text(new[name])):
        members = ", ".join(_changed(old[name], new[name]))
        yield Violation(
            title=f"has another {members} than was {since}",
            element=name,
            evidence=_diff(_text(old[name]), _text(new[name])),
            severity=Severity.HIGH if "description" in members else None,
        )
    if approved.instructions != now.instructions:
        yield Violation(
            title=f"gives other instructions than were {since}",
            evidence=_diff(approved.instructions, now.instructions),
            severity=Severity.HIGH,
        )


def _names(names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(inert_line(name) for name in names[:NAMED]) + more


def _changed(old: Any, new: Any) -> list[str]:
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        return ["definition"]
    return [inert_line(str(name)) for name in dict.fromkeys((*old, *new)) if old.get(name) != new.get(name)] or [
        "definition"
    ]


def _text(definition: Any) -> str:
    return json.dumps(definition, indent=2, sort_keys=True, ensure_ascii=False)


def _diff(old: str, new: str) -> str:
    lines = list(unified_diff(old.splitlines(), new.splitlines(), "approved", "now", lineterm="", n=1))[2:]
    more = [f"... {len(lines) - LINES} more lines"] if len(lines) > LINES else []
    return "\n".join((*(inert_line(line, limit=300) for line in lines[:LINES]), *more))
