"""Codex ``config.toml``: tables ``[mcp_servers.NAME]`` among other settings; no variables but by name."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any

from pytest_mcp.errors import InventoryError
from pytest_mcp.inventory.entry import ConfigFile, Entry, EntryError, NoServersError, Surroundings
from pytest_mcp.inventory.formats import fields
from pytest_mcp.inventory.toml_lines import read_toml, table_lines
from pytest_mcp.inventory.variables import showable

_KEY = "mcp_servers"
_Pairs = tuple[tuple[str, str], ...]


class Codex:
    """The project file is found; a person's own, ``~/.codex/config.toml``, is read when it is named."""

    places = (".codex/config.toml",)
    keys: tuple[str, ...] = ()

    def claims(self, path: Path) -> bool:
        """No other format is TOML."""
        return path.suffix == ".toml"

    def entries(self, text: str, file: ConfigFile, around: Surroundings) -> list[Entry]:
        """The tables under ``mcp_servers``."""
        servers = _servers(read_toml(text, file.shown), file.shown)
        lines = table_lines(text, _KEY)

        def read(bare: Entry, raw: Any) -> Entry:
            return _read(replace(bare, folder=_folder(file, around)), fields.table(raw), around.environ)

        return [
            fields.entry_named(name, number, file, lines.get(name, lines.get("", 1)), partial(read, raw=raw))
            for number, (name, raw) in enumerate(servers.items())
        ]


def _servers(value: dict[str, Any], shown: str) -> dict[str, Any]:
    if _KEY not in value:
        close = get_close_matches(_KEY, list(value), n=1, cutoff=0.7)
        if close:
            raise InventoryError(f"{shown}: no {_KEY!r}; rename {close[0]!r}")
        raise NoServersError(f"{shown}: no {_KEY!r}; write a table [{_KEY}.NAME] for each server")
    servers = value[_KEY]
    if not isinstance(servers, dict):
        raise InventoryError(f"{shown}: {_KEY!r} is not a table; write [{_KEY}.NAME]")
    if not servers:
        raise NoServersError(f"{shown}: {_KEY!r} is empty; add a server")
    return servers


def _folder(file: ConfigFile, around: Surroundings) -> Path:
    """Codex starts servers in the project, not in the folder of its settings."""
    in_project = file.path.parent.name == ".codex" and file.path.is_relative_to(around.rootdir)
    return file.path.parent.parent if in_project else around.rootdir


def _read(bare: Entry, raw: dict[str, Any], environ: Mapping[str, str]) -> Entry:
    if raw.get("bearer_token") is not None:
        raise EntryError("bearer_token is refused by Codex; name a variable with bearer_token_env_var")
    kind = fields.kind_of({key: raw[key] for key in ("command", "url") if key in raw})
    entry = replace(bare, kind=kind, disabled=not fields.switch(raw, "enabled", True))
    if kind == "stdio":
        return replace(
            entry,
            command=fields.text(raw, "command"),
            args=fields.texts(raw, "args"),
            env=(*_passed_on(raw, environ), *fields.pairs(raw, "env")),
            cwd=fields.text_or_none(raw, "cwd"),
        )
    told = () if entry.disabled else tuple(_from_environment(raw, environ))
    return replace(
        entry,
        url=fields.text(raw, "url"),
        headers=(*fields.pairs(raw, "http_headers"), *told),
        secrets=tuple(part for _, value in told for part in (value, *value.split()[1:])),
    )


def _from_environment(raw: dict[str, Any], environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Headers whose values are in variables."""
    for header, variable in fields.pairs(raw, "env_http_headers"):
        yield header, _value(variable, "env_http_headers", environ)
    bearer = fields.text_or_none(raw, "bearer_token_env_var")
    if bearer is not None:
        yield "Authorization", f"Bearer {_value(bearer, 'bearer_token_env_var', environ)}"


def _value(variable: str, place: str, environ: Mapping[str, str]) -> str:
    value = environ.get(variable)
    if value:
        return value
    if not showable(variable):
        raise EntryError(f"{place} holds no name of a variable; write the name, not the value")
    raise EntryError(f"variable {variable} in {place} is not set; set it")


def _passed_on(raw: dict[str, Any], environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """``env_vars``: names, or tables with a name, of variables that the server may see; unset ones are left out."""
    names = raw.get("env_vars", [])
    if not isinstance(names, list):
        raise EntryError("env_vars is not a list of names; write one")
    for one in names:
        name = one.get("name") if isinstance(one, dict) else one
        if not isinstance(name, str):
            raise EntryError("env_vars is not a list of names; quote every name")
        if name in environ:
            yield name, environ[name]
