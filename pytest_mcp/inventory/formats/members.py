"""JSON files that hold an object from server name to entry, which is how most clients write servers down."""

from collections.abc import Callable
from dataclasses import replace
from difflib import get_close_matches
from functools import partial
from typing import Any

from pytest_mcp.errors import InventoryError
from pytest_mcp.inventory.entry import ConfigFile, Entry, EntryError, NoServersError
from pytest_mcp.inventory.formats import fields
from pytest_mcp.inventory.positions import Document, Double

Read = Callable[[Entry, dict[str, Any]], Entry]


def members(document: Document, key: str, file: ConfigFile, read: Read) -> list[Entry]:
    """The entries under ``key`` in order; ``read`` fills in one of them."""
    _refuse_doubles(document.doubles, key, file.shown)
    servers = _servers(document.value, key, file.shown)
    doubles = {double.path[1]: double for double in reversed(document.doubles) if double.path[0] == key}

    def read_once(bare: Entry, name: str) -> Entry:
        _refuse_double_key(doubles.get(name))
        return read(bare, fields.table(servers[name]))

    return [
        fields.entry_named(name, number, file, document.lines[key, name], partial(read_once, name=name))
        for number, name in enumerate(servers)
    ]


def filled(bare: Entry, raw: dict[str, Any]) -> Entry:
    """The entry with the fields that every client has."""
    kind = fields.kind_of(raw)
    entry = replace(bare, kind=kind, disabled=fields.is_disabled(raw))
    if kind != "stdio":
        return replace(entry, url=fields.text(raw, "url"), headers=fields.pairs(raw, "headers"))
    return replace(
        entry,
        command=fields.text(raw, "command"),
        args=fields.texts(raw, "args"),
        env=fields.pairs(raw, "env"),
        cwd=fields.text_or_none(raw, "cwd"),
    )


def _missing_key(value: dict[str, Any], key: str) -> str:
    close = get_close_matches(key, list(value), n=1, cutoff=0.7)
    return f"rename {close[0]!r}" if close else "put the servers into one"


def _servers(value: Any, key: str, shown: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InventoryError(f'{shown}: not an object; write {{"{key}": {{...}}}}')
    if key not in value:
        raise (InventoryError if value else NoServersError)(f"{shown}: no {key!r}; {_missing_key(value, key)}")
    servers = value[key]
    if not isinstance(servers, dict):
        raise InventoryError(f"{shown}: {key!r} is not an object; map server names to entries")
    if not servers:
        raise NoServersError(f"{shown}: {key!r} is empty; add a server")
    return servers


def _refuse_doubles(doubles: tuple[Double, ...], key: str, shown: str) -> None:
    for double in doubles:
        if double.path == (key,):
            raise InventoryError(f"{shown}:{double.second}: {key!r} again, first in line {double.first}; merge them")
        if len(double.path) == 2 and double.path[0] == key:
            raise InventoryError(
                f"{shown}:{double.second}: server {double.path[1]!r} again, first in line {double.first};"
                " rename or remove one of them"
            )


def _refuse_double_key(double: Double | None) -> None:
    if double:
        lines = f"in lines {double.first} and {double.second}"
        raise EntryError(f"has the key {double.path[-1]!r} twice, {lines}; remove one of them")
