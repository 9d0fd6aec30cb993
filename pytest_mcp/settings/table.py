"""The settings table: read from its file, checked as a whole, every complaint with file, line and key."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_mcp.errors import SettingsError
from pytest_mcp.model.server import Source
from pytest_mcp.settings.options import OPTIONS, meant, read_seconds
from pytest_mcp.settings.values import Hint, OAuthSettings, ServerSettings, TransportSettings

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from pytest_mcp.settings import schema

TABLE_FILES = ("pyproject.toml", "pytest_mcp.toml")
"""Where the settings table is looked for, in the rootdir; at most one of them may hold it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The table as read and checked; ``values`` are its own keys, ``prefix`` the keys that lead to it in the file."""

    file: str
    folder: Path
    prefix: tuple[str, ...]
    text: str = field(repr=False)
    values: dict[str, Any] = field(repr=False)

    def source(self, *keys: str) -> Source:
        """Where a key is set, as near as can be told."""
        return Source(path=self.file, line=_line_of(self.text, self.prefix + keys))

    def where(self, *keys: str) -> str:
        """The start of a complaint about a key."""
        shown = (key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else repr(key) for key in self.prefix + keys)
        return ": ".join((str(self.source(*keys)), ".".join(shown))).removesuffix(": ")


def read_table(rootdir: Path) -> Table | None:
    """The one table of the project, None when it has none."""
    tables = [table for table in (_load(rootdir, file) for file in TABLE_FILES) if table is not None]
    if len(tables) > 1:
        raise SettingsError(
            f"{tables[0].source()}: [tool.pytest_mcp] here and {tables[1].file} both hold settings; keep one of them"
        )
    return tables[0] if tables else None


def read_servers(table: Table) -> tuple[ServerSettings, ...]:
    """Check the table as a whole and return what it says about servers."""
    from pydantic import ValidationError

    from pytest_mcp.settings.schema import TableSchema

    try:
        checked = TableSchema.model_validate(table.values)
    except ValidationError as error:
        raise SettingsError("\n".join(_complaint(table, one) for one in error.errors())) from None
    return tuple(_server(table, name, server) for name, server in checked.servers.items())


def _load(rootdir: Path, file: str) -> Table | None:
    import tomllib

    try:
        text = (rootdir / file).read_bytes().decode("utf-8-sig")
        values: Any = tomllib.loads(text)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SettingsError(f"{file}: cannot be read ({error.strerror}); make it a readable file") from None
    except UnicodeDecodeError as error:
        raise SettingsError(f"{file}: not UTF-8 at byte {error.start}; save it as UTF-8") from None
    except RecursionError:
        raise SettingsError(f"{file}: nested too deeply; make it flatter") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{file}{_place(error)}: bad TOML: {error}; mend it") from None
    prefix = ("tool", "pytest_mcp") if file == "pyproject.toml" else ()
    for key in prefix:
        values = values.get(key) if isinstance(values, dict) else None
    if values is None:
        return None
    if not isinstance(values, dict):
        raise SettingsError(f"{file}: tool.pytest_mcp is not a table; write [tool.pytest_mcp]")
    return Table(file=file, folder=rootdir, prefix=prefix, text=text, values=values)


def _place(error: Exception) -> str:
    found = re.search(r"at line (\d+), column (\d+)", str(error))
    return f":{found[1]}:{found[2]}" if found else ""


def _server(table: Table, name: str, server: "schema.ServerSchema") -> ServerSettings:
    keys = ("servers", name)
    http = server.transports.http
    transports = () if http is None else (_transport(table, (*keys, "transports", "http"), http),)
    timeout = server.timeout
    if timeout is not None:
        try:
            timeout = read_seconds(timeout, table.folder)
        except ValueError as error:
            raise SettingsError(f"{table.where(*keys, 'timeout')}: {timeout} {error}") from None
    oauth = None if server.oauth is None else _oauth(table, (*keys, "oauth"), server.oauth)
    hints = tuple(
        Hint(tool=tool, where=table.where(*keys, "tools", tool), arguments=_jsonable(arguments))
        for tool, arguments in server.tools.items()
    )
    return ServerSettings(
        name=name, source=table.source(*keys), timeout=timeout, transports=transports, oauth=oauth, hints=hints
    )


def _jsonable(value: Any) -> Any:
    """TOML's dates and times as the texts that JSON has for them."""
    if isinstance(value, dict):
        return {key: _jsonable(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_jsonable(each) for each in value]
    return value.isoformat() if isinstance(value, date | time) else value


def _oauth(table: Table, keys: tuple[str, ...], oauth: "schema.OAuthSchema") -> OAuthSettings:
    return OAuthSettings(
        source=table.source(*keys),
        client_id=oauth.client_id,
        client_secret=oauth.client_secret,
        issuer=oauth.issuer,
        scope=oauth.scope,
    )


def _transport(table: Table, keys: tuple[str, ...], transport: "schema.TransportSchema") -> TransportSettings:
    return TransportSettings(
        kind=keys[-1],
        source=table.source(*keys),
        command=transport.command,
        args=tuple(transport.args),
        env=tuple(transport.env.items()),
        url=transport.url,
        cwd=transport.cwd,
    )


def _complaint(table: Table, error: "ErrorDetails") -> str:
    """One finding of pydantic in our words; the value itself may be a secret and is never repeated."""
    keys = tuple(str(key) for key in error["loc"])
    if error["type"] == "extra_forbidden":
        return f"{table.where(*keys)}: {_unknown(keys)}"
    if error["type"] == "missing":
        return f"{table.where(*keys)}: is missing; add it"
    if error["type"] in ("model_type", "dict_type"):
        return f"{table.where(*keys)}: must be a table; write it as one"
    message = error["msg"]
    return f"{table.where(*keys)}: {message[0].lower()}{message[1:]}; mend the value"


def _unknown(keys: tuple[str, ...]) -> str:
    from pytest_mcp.settings.schema import allowed_keys

    option = next((one for one in OPTIONS if one.per_run and (one.table_key,) == keys), None)
    if option is not None:
        return f"each run asks for this anew; pass {option.flag} instead"
    allowed = allowed_keys(keys[:-1])
    return f"unknown key{meant(keys[-1], allowed)}; allowed here: {', '.join(allowed)}"


def _line_of(text: str, keys: tuple[str, ...]) -> int:
    """The line that comes closest to defining ``keys``; tomllib keeps no positions, so this looks for them again."""
    header: tuple[str, ...] = ()
    closest, best = 1, 0
    for number, line in enumerate(text.split("\n"), 1):
        if line.lstrip().startswith("["):
            path = header = _dotted(line)
        elif "=" in line:
            path = header + _dotted(line.split("=")[0] + "= 0")
        else:
            continue
        shared = sum(1 for _ in _shared(path, keys))
        if shared > best:
            closest, best = number, shared
    return closest


def _dotted(line: str) -> tuple[str, ...]:
    """The keys that one line of TOML names: a header, or a key with a value."""
    import tomllib

    try:
        level: Any = tomllib.loads(line)
    except tomllib.TOMLDecodeError:
        return ()
    path = []
    while isinstance(level, dict) and len(level) == 1:
        key, level = next(iter(level.items()))
        path.append(key)
    return tuple(path)


def _shared(path: tuple[str, ...], keys: tuple[str, ...]) -> Iterator[str]:
    for one, other in zip(path, keys, strict=False):
        if one != other:
            return
        yield one
