"""``server.json`` of the MCP registry: packages and remotes, turned into what a client would start or connect to.

Read only when named: in a repository it describes the product, which the servers in use need not be. What a client
would ask its user for comes from the environment: a variable under its own name, everything else as PYTEST_MCP_INPUT_*.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from pytest_mcp.errors import InventoryError
from pytest_mcp.inventory.entry import ConfigFile, Entry, EntryError, NoServersError, Surroundings
from pytest_mcp.inventory.formats import fields
from pytest_mcp.inventory.formats.registry_inputs import Inputs, member, objects
from pytest_mcp.inventory.formats.registry_launch import launch
from pytest_mcp.inventory.positions import Document, item_lines, read_json

_KEYS = ("packages", "remotes")


class Registry:
    """One server, in as many packages and at as many places as its author offers it."""

    places: tuple[str, ...] = ()
    keys = _KEYS

    def claims(self, path: Path) -> bool:
        """By its keys only: other files are called ``server.json`` too."""
        return False

    def entries(self, text: str, file: ConfigFile, around: Surroundings) -> list[Entry]:
        """One for each package and each remote; named after the server, and after what it is where there are more."""
        document = read_json(text, file.shown, _KEYS)
        _refuse_doubles(document, file.shown)
        name = _name(document.value, file.shown)
        offers = [(key, raw) for key in _KEYS for raw in _list(document.value, key, file.shown)]
        lines = [line for key in _KEYS for line in item_lines(text, file.shown, key)]
        if not offers:
            raise NoServersError(f"{file.shown}: neither packages nor remotes; add one")
        return [
            fields.entry_named(
                name if len(offers) == 1 else f"{name}@{_label(key, raw)}",
                number,
                file,
                line,
                _reader(key, raw, around),
            )
            for number, ((key, raw), line) in enumerate(zip(offers, lines, strict=True))
        ]


def _reader(key: str, raw: Any, around: Surroundings) -> Callable[[Entry], Entry]:
    def read(bare: Entry) -> Entry:
        inputs = Inputs(around)
        filled = _package if key == "packages" else _remote
        return replace(filled(replace(bare, folder=around.rootdir), fields.table(raw), inputs), secrets=inputs.secrets)

    return read


def _package(bare: Entry, raw: dict[str, Any], inputs: Inputs) -> Entry:
    transport = member(raw, "transport")
    told = "stdio" if transport is None else member(fields.table(transport), "type")
    kind = fields.known_kind(told)
    entry = replace(bare, kind=kind, **launch(raw, inputs))
    if kind == "stdio":
        return entry
    return replace(
        entry,
        url=_url(fields.text({"url": member(transport, "url")}, "url"), inputs.values, ("port",)),
        headers=tuple(_headers(transport, inputs)),
    )


def _remote(bare: Entry, raw: dict[str, Any], inputs: Inputs) -> Entry:
    told = member(raw, "type")
    kind = fields.known_kind(member(raw, "transportType") if told is None else told)
    if kind == "stdio":
        raise EntryError("is a remote of type 'stdio'; make it a package")
    url = fields.text({"url": raw.get("url")}, "url")
    values = inputs.variables(raw, url, "url")
    return replace(bare, kind=kind, url=_url(url, values, ()), headers=tuple(_headers(raw, inputs)))


def _headers(transport: dict[str, Any], inputs: Inputs) -> Iterable[tuple[str, str]]:
    for raw in objects(transport, "headers"):
        name = fields.text({"headers": raw.get("name")}, "headers")
        value = inputs.value(name, raw, "headers")
        if value is not None:
            yield name, value


def _url(url: str, values: dict[str, str], free: tuple[str, ...]) -> str:
    """The address with its ``{...}`` filled in; those in ``free`` may stay, a port is found when it is started."""

    def replaced(found: re.Match[str]) -> str:
        if found[1] not in values and found[1] not in free:
            raise EntryError("url has a {...} that no argument or variable fills; mend the url")
        return values.get(found[1], found[0])

    return re.sub(r"\{([^{}]*)\}", replaced, url)


def _name(value: Any, shown: str) -> str:
    name = value.get("name") if isinstance(value, dict) else None
    if not isinstance(name, str) or not name.strip():
        raise InventoryError(f"{shown}: no 'name'; name the server")
    return name


def _list(value: dict[str, Any], key: str, shown: str) -> list[Any]:
    found = value.get(key)
    if found is not None and not isinstance(found, list):
        raise InventoryError(f"{shown}: {key!r} is not a list; make it one")
    return found or []


def _label(key: str, raw: Any) -> str:
    """``npm``, ``pypi``, ``oci`` ... for a package, ``http`` or ``sse`` for a remote."""
    if not isinstance(raw, dict):
        return key
    if key == "packages":
        told = member(raw, "registryType")
        return told if isinstance(told, str) and re.fullmatch(r"[a-z]{1,12}", told) else "package"
    return "sse" if "sse" in (raw.get("type"), member(raw, "transportType")) else "http"


def _refuse_doubles(document: Document, shown: str) -> None:
    for double in document.doubles:
        raise InventoryError(
            f"{shown}:{double.second}: key {double.path[-1]!r} again, first in line {double.first}; remove one of them"
        )
