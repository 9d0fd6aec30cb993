"""``.mcp.json`` and ``mcp.json``: an object ``mcpServers`` from name to command or url, as Claude Code reads it."""

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

from pytest_mcp.errors import InventoryError
from pytest_mcp.inventory.entry import ConfigFile, Entry, EntryError
from pytest_mcp.inventory.positions import Document, Double, read_json
from pytest_mcp.inventory.variables import Expansion, expand
from pytest_mcp.model.server import Source

_KEY = "mcpServers"
_KINDS: dict[str, Literal["stdio", "http", "sse"]] = {
    "stdio": "stdio",
    "http": "http",
    "streamable-http": "http",
    "streamableHttp": "http",
    "sse": "sse",
}


class McpJson:
    """The project file of Claude Code, which most clients can read."""

    places = (".mcp.json", "mcp.json")

    def claims(self, path: Path) -> bool:
        """By name."""
        return path.name in self.places

    def expand(self, text: str, environ: Mapping[str, str]) -> Expansion:
        """``${VAR}`` and ``${VAR:-default}``."""
        return expand(text, environ)

    def entries(self, text: str, file: ConfigFile) -> list[Entry]:
        """The members of ``mcpServers``."""
        document = read_json(text, file.shown, _KEY)
        _refuse_doubles(document.doubles, file.shown)
        servers = _servers(document.value, file.shown)
        return [_entry(index, name, raw, document, file) for index, (name, raw) in enumerate(servers.items())]


def _servers(value: Any, shown: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InventoryError(f'{shown}: not an object; write {{"{_KEY}": {{...}}}}')
    if _KEY not in value:
        close = get_close_matches(_KEY, list(value), n=1, cutoff=0.7)
        hint = f"rename {close[0]!r}" if close else "put the servers into one"
        raise InventoryError(f"{shown}: no {_KEY!r}; {hint}")
    servers = value[_KEY]
    if not isinstance(servers, dict):
        raise InventoryError(f"{shown}: {_KEY!r} is not an object; map server names to entries")
    if not servers:
        raise InventoryError(f"{shown}: {_KEY!r} is empty; add a server")
    return servers


def _refuse_doubles(doubles: tuple[Double, ...], shown: str) -> None:
    for double in doubles:
        if double.path == (_KEY,):
            raise InventoryError(f"{shown}:{double.second}: {_KEY!r} again, first in line {double.first}; merge them")
        if len(double.path) == 2 and double.path[0] == _KEY:
            raise InventoryError(
                f"{shown}:{double.second}: server {double.path[1]!r} again, first in line {double.first};"
                " rename or remove one of them"
            )


def _entry(index: int, name: str, raw: Any, document: Document, file: ConfigFile) -> Entry:
    source = Source(path=file.shown, line=document.lines[_KEY, name])
    doubles = [double for double in document.doubles if double.path[:2] == (_KEY, name)]
    shown = name.encode("utf-8", "backslashreplace").decode() if name.strip() else f"#{index}"
    try:
        if not name.strip():
            raise EntryError("its name is empty; give it one")
        if shown != name:
            raise EntryError("its name has a \\u escape that is half of a pair; write the character itself")
        _refuse_double_keys(doubles)
        return _parsed(name, raw, source, file.folder)
    except EntryError as problem:
        return Entry(name=shown, source=source, folder=file.folder, problem=str(problem))


def _refuse_double_keys(doubles: list[Double]) -> None:
    for double in doubles:
        lines = f"in lines {double.first} and {double.second}"
        raise EntryError(f"has the key {double.path[-1]!r} twice, {lines}; remove one of them")


def _parsed(name: str, raw: Any, source: Source, folder: Path) -> Entry:
    if not isinstance(raw, dict):
        raise EntryError("is not an object; write a command or a url into one")
    kind = _kind(raw)
    if kind == "stdio":
        return Entry(
            name=name,
            source=source,
            folder=folder,
            kind=kind,
            command=_text(raw, "command"),
            args=_texts(raw, "args"),
            env=_map(raw, "env"),
            cwd=_text(raw, "cwd") if raw.get("cwd") is not None else None,
        )
    return Entry(
        name=name, source=source, folder=folder, kind=kind, url=_text(raw, "url"), headers=_map(raw, "headers")
    )


def _kind(raw: dict[str, Any]) -> Literal["stdio", "http", "sse"]:
    local, remote = raw.get("command") is not None, raw.get("url") is not None
    if local and remote:
        raise EntryError("has both command and url; keep one of them")
    if not local and not remote:
        raise EntryError("has neither command nor url; add one of them")
    told = raw.get("type")
    if told is None:
        return "stdio" if local else "http"
    if not isinstance(told, str) or told not in _KINDS:
        raise EntryError(f"has an unknown type; use one of {', '.join(_KINDS)}")
    kind = _KINDS[told]
    if local != (kind == "stdio"):
        raise EntryError(f"is of type {told!r} but has a {'command' if local else 'url'}; change one of them")
    return kind


def _text(raw: dict[str, Any], key: str) -> str:
    value = raw[key]
    if not isinstance(value, str):
        raise EntryError(f"{key} is not a string; quote it")
    if not value.strip():
        raise EntryError(f"{key} is empty; fill it in")
    return value


def _texts(raw: dict[str, Any], key: str) -> tuple[str, ...]:
    value = raw.get(key)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise EntryError(f"{key} is not a list of strings; quote every argument")
    return tuple(value)


def _map(raw: dict[str, Any], key: str) -> tuple[tuple[str, str], ...]:
    value = raw.get(key)
    if value is None:
        return ()
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        raise EntryError(f"{key} is not an object of strings; quote every value")
    return tuple(value.items())
