"""The project that a verb is about: its folder, its results, and the options that say so."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_mcp.errors import UsageError
from pytest_mcp.model.run import Run
from pytest_mcp.settings import read_settings

if TYPE_CHECKING:
    from pytest_mcp.results import Store

STATE = ".pytest_mcp"
db_option = click.option("--mcp-db", "db", metavar="DSN", help="Database of the results (default: the project's own).")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def root() -> Path:
    """The project: the nearest folder upwards that has results, else the working directory."""
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / STATE).is_dir()), here)


@contextmanager
def results(db: str | None) -> "Iterator[tuple[Store, str | None]]":
    """The project's database with everything in it that was left behind; none is made only to find it empty.

    Beside it the name of the project, if the database may hold others.
    """
    from pytest_mcp.results import embedded, open_store
    from pytest_mcp.results.drain import replay
    from pytest_mcp.results.spool import spools

    folder = root()
    state = folder / STATE
    dsn = read_settings({"mcp_db": db}, folder, os.environ).db
    if dsn is None and not embedded.exists(state) and not spools(state):
        raise UsageError(f"{folder}: no runs yet; run pytest --mcp")
    with open_store(dsn, state) as store:
        with store.told():
            replay(store, state)
        yield store, None if dsn is None else folder.name


def load(name: str, db: str | None) -> Run:
    """A stored run: a results.ndjson or its folder, else by number, id, the start of an id, or ``latest``."""
    from pytest_mcp.results import load_run, load_run_file

    path = Path(name)
    if path.is_dir():
        path /= "results.ndjson"
    if path.is_file():
        return load_run_file(path)
    with results(db) as (store, project):
        return load_run(store.connection, name, project)
