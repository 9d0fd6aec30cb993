"""What a run was asked to do: one frozen ``Settings``, read once; every error names the place of the bad value.

Command line > environment > table (``[tool.pytest_mcp]`` of pyproject.toml, or ``pytest_mcp.toml``) > default.
Importing this room is cheap: what reads a table is imported when there is one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pytest_mcp.errors import SettingsError
from pytest_mcp.settings.options import OPTIONS, Option
from pytest_mcp.settings.table import TABLE_FILES, Table, read_servers, read_table
from pytest_mcp.settings.values import (
    Gate,
    Hint,
    OAuthSettings,
    ServerSettings,
    Settings,
    TransportSettings,
)

__all__ = [
    "TABLE_FILES",
    "Gate",
    "Hint",
    "OAuthSettings",
    "ServerSettings",
    "Settings",
    "TransportSettings",
    "read_settings",
]


def read_settings(
    options: Mapping[str, object], rootdir: Path, environ: Mapping[str, str], *, invocation_dir: Path | None = None
) -> Settings:
    """Settings of this run from ``options`` (by destination: ``mcp_timeout``), ``environ`` and the table.

    Paths on the command line and in the environment are relative to ``invocation_dir`` (default: the working
    directory), those in the table to ``rootdir``. A seed that nobody gave is drawn here.
    """
    rootdir = rootdir.absolute()
    table = read_table(rootdir)
    servers = () if table is None else read_servers(table)
    here = Path.cwd() if invocation_dir is None else invocation_dir.absolute()
    values: dict[str, Any] = {"seed": _draw_seed(), "report": rootdir / "reports"}
    for option in OPTIONS:
        first = next(_given(option, options, environ, table, here), None)
        if first is not None:
            values[option.key] = first.read(option)
    return Settings(**values, servers=servers, file=table.file if table else None)


def _draw_seed() -> int:
    import secrets

    return secrets.randbelow(2**32)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    """A raw value; ``where`` it was given starts the complaint, ``folder`` is what a relative path in it means."""

    where: str
    folder: Path
    value: Any = field(repr=False)

    def read(self, option: Option) -> Any:
        if not option.many:
            return self._one(option, self.value)
        values = self.value if isinstance(self.value, list | tuple) else (self.value,)
        return tuple(dict.fromkeys(self._one(option, value) for value in values))

    def _one(self, option: Option, value: Any) -> Any:
        try:
            return option.read(value, self.folder)
        except ValueError as error:
            shown = "the value" if option.hidden else repr(str(value)[:80])
            raise SettingsError(f"{self.where}: {shown} {error}") from None


def _given(
    option: Option, options: Mapping[str, object], environ: Mapping[str, str], table: Table | None, here: Path
) -> Iterator[_Given]:
    """Every place this option was given in, the strongest first."""
    value = options.get(option.destination)
    if value is not None and value is not False and value not in ([], ()):
        yield _Given(where=option.flag, folder=here, value=value)
    if option.variable and environ.get(option.variable):
        yield _Given(where=option.variable, folder=here, value=environ[option.variable])
    if table is not None and option.table_key in table.values:
        yield _Given(where=table.where(option.table_key), folder=table.folder, value=table.values[option.table_key])
