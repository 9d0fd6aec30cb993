"""Which servers the project is configured to use: config files in, ``Server`` values out.

Promises: files are only read; nothing is started; a file that cannot be used is an ``InventoryError``, an entry that
cannot be used is a ``Server`` with a problem beside the others; no secret is in any message or repr.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from itertools import chain, count
from pathlib import Path

from pytest_mcp.errors import InventoryError
from pytest_mcp.inventory.display import describe, redact
from pytest_mcp.inventory.entry import ConfigFile, Entry, NoServersError, Surroundings
from pytest_mcp.inventory.files import config_files, read_text
from pytest_mcp.inventory.formats import format_of
from pytest_mcp.inventory.listing import Listed, listed
from pytest_mcp.inventory.resolve import resolve
from pytest_mcp.inventory.transports import refuse_unknown, with_oauth, with_transports
from pytest_mcp.model.server import Inventory, Server
from pytest_mcp.settings import Settings

__all__ = ["Listed", "describe", "listed", "read_inventory", "redact"]


def read_inventory(
    settings: Settings, rootdir: Path, environ: Mapping[str, str], *, with_disabled: bool = False
) -> Inventory:
    """Every selected server of the config files, in the order of files and entries; disabled ones only on request."""
    around = Surroundings(rootdir=rootdir.absolute(), environ=environ)
    files = config_files(settings, around.rootdir)
    own = {server.name: server for server in settings.servers}
    servers = [
        with_oauth(server, own.get(entry.name), around)
        for entry in _entries(files, around)
        for server in with_transports(resolve(entry, around), own.get(entry.name), around)
    ]
    refuse_unknown(settings, (server.name for server in servers))
    selected = _selected(_told_apart(servers), settings.only)
    if not with_disabled:
        selected = _enabled(selected)
    return Inventory(servers=tuple(selected), files=tuple(file.shown for file in files))


def _entries(files: Iterable[ConfigFile], around: Surroundings) -> list[Entry]:
    """The entries of all files. One that was found, not named, may be empty while others are not."""
    entries: list[Entry] = []
    empty: NoServersError | None = None
    for file in files:
        text = read_text(file)
        try:
            entries.extend(format_of(file, text).entries(text, file, around))
        except NoServersError as error:
            if file.named:
                raise
            empty = empty or error
    if empty and not entries:
        raise empty
    return entries


def _enabled(servers: list[Server]) -> list[Server]:
    enabled = [server for server in servers if not server.disabled]
    if not enabled:
        names = ", ".join(repr(server.id) for server in servers)
        raise InventoryError(f"every server is disabled: {names}; enable one in its config file")
    return enabled


def _told_apart(servers: Iterable[Server]) -> list[Server]:
    """Ids are unique: a server whose id an earlier one has is called by its file too."""
    taken: dict[str, Server] = {}
    for server in servers:
        numbered = (f"{server.source}:{server.id}#{number}" for number in count(2))
        spellings = chain((server.id, f"{server.source.path}:{server.id}"), numbered)
        name = next(spelling for spelling in spellings if spelling not in taken)
        taken[name] = replace(server, id=name)
    return list(taken.values())


def _selected(servers: list[Server], only: tuple[str, ...]) -> list[Server]:
    if not only:
        return servers
    for glob in only:
        if not any(_matches(server, glob) for server in servers):
            names = ", ".join(repr(server.id) for server in servers)
            raise InventoryError(f"--mcp-only: {glob!r} matches no server; there are {names}")
    return [server for server in servers if any(_matches(server, glob) for glob in only)]


def _matches(server: Server, glob: str) -> bool:
    return fnmatchcase(server.name, glob) or fnmatchcase(server.id, glob)
