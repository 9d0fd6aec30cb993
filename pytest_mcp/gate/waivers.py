"""``mcp-waivers.toml``: its text to waivers. Every complaint names file and line, and all of them come at once."""

import re
from collections.abc import Collection, Iterator
from datetime import date, datetime
from typing import Any

from pytest_mcp.errors import InventoryError, SettingsError
from pytest_mcp.inventory.toml_lines import array_lines, read_toml
from pytest_mcp.model.server import Source
from pytest_mcp.model.text import inert_line
from pytest_mcp.model.waiver import Waiver
from pytest_mcp.settings.options import meant

WAIVERS_FILE = "mcp-waivers.toml"
TABLE = "waiver"
PROJECT = "project:"
"""How the ids of a project's own tests start: they are known only once the tests are collected."""
_REQUIRED = ("check", "server", "reason")
_KEYS = (*_REQUIRED, "element", "until", "finding")
_FINGERPRINT = re.compile(r"[0-9a-f]{16}")


def parse_waivers(text: str, shown: str, checks: Collection[str]) -> tuple[Waiver, ...]:
    """The waivers in the order of the file.

    ``shown`` is the file's name in complaints, ``checks`` are the ids there are. Raises SettingsError for anything
    that is not as it must be: a waiver that is read wrongly would let through what it was not meant for.
    """
    text = text.replace("\r\n", "\n")
    try:
        values = read_toml(text, shown)
    except InventoryError as error:
        raise SettingsError(str(error)) from None
    lines = array_lines(text, TABLE)
    complaints = [f"{shown}: unknown key {_name(key)}; write [[{TABLE}]]" for key in values if key != TABLE]
    entries = values.get(TABLE, [])
    if not isinstance(entries, list):
        complaints.append(f"{shown}:{_line(lines, 0)}: {TABLE} must be a list of tables; write [[{TABLE}]]")
        entries = []
    for number, entry in enumerate(entries):
        complaints += _complaints(entry, shown, _places(lines, number), checks)
    if complaints:
        raise SettingsError("\n".join(complaints))
    return tuple(_waiver(entry, shown, _line(lines, number)) for number, entry in enumerate(entries))


def _waiver(entry: dict[str, Any], shown: str, line: int) -> Waiver:
    texts = {key: value.strip() for key, value in entry.items() if key != "until"}
    return Waiver(**texts, until=entry.get("until"), source=Source(path=shown, line=line))


def _complaints(entry: Any, shown: str, places: dict[str, int], checks: Collection[str]) -> Iterator[str]:
    start = f"{shown}:{places['']}"
    if not isinstance(entry, dict):
        yield f"{start}: a waiver must be a table; write [[{TABLE}]]"
        return
    for key in entry:
        where = f"{shown}:{places.get(key, places[''])}"
        if key not in _KEYS:
            yield f"{where}: unknown key {_name(key)}{meant(key, list(_KEYS))}; allowed here: {', '.join(_KEYS)}"
        elif problem := _problem(key, entry[key]):
            yield f"{where}: {key}: {problem}"
    for key in _REQUIRED:
        if key not in entry:
            yield f"{start}: {key} is missing; add it"
    check = entry.get("check")
    if isinstance(check, str) and (wrong := _unknown(check.strip(), checks)):
        yield f"{shown}:{places.get('check', places[''])}: check: {wrong}"


def _problem(key: str, value: Any) -> str:
    """What is wrong with a value, empty when nothing is."""
    if key == "until":
        plain = isinstance(value, date) and not isinstance(value, datetime)
        return "" if plain else "must be a date without quotes and time; write it like 2027-01-31"
    if not isinstance(value, str) or not value.strip():
        return "must be a text with something in it; mend the value"
    if key == "finding" and not _FINGERPRINT.fullmatch(value.strip()):
        return "must be 16 hex digits; take them from mcpFinding/v1 in results.sarif"
    return ""


def _unknown(check: str, checks: Collection[str]) -> str:
    if not check or check in checks or check.startswith(PROJECT):
        return ""
    hint = meant(check, list(checks)) or "; docs/checks.md lists them"
    return f"there is no check {_name(check)}{hint}"


def _name(text: str) -> str:
    return repr(inert_line(text, limit=80))


def _places(lines: list[dict[str, int]], number: int) -> dict[str, int]:
    """The lines of one entry; an inline array has one for all."""
    return lines[min(number, len(lines) - 1)] if lines else {"": 1}


def _line(lines: list[dict[str, int]], number: int) -> int:
    return _places(lines, number)[""]
