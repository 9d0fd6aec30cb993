"""Brings a database up to the schema this version needs; Alembic is imported only when there is something to do."""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
from psycopg import errors

from pytest_mcp.errors import StoreError
from pytest_mcp.results.queries import sql

HEAD = 1
"""Number of the newest change this version knows; a database that is further along is used as it is."""


def bring_up(connection: psycopg.Connection[Any], connect: Callable[[], psycopg.Connection[Any]]) -> None:
    """Migrate if the schema is behind; ``connect`` opens the second connection that Alembic then uses."""
    if _version(connection) >= HEAD:
        return
    with connection.transaction():
        connection.execute(sql("schema_turn"))
        if _version(connection) < HEAD:
            _migrate(connect)


def _version(connection: psycopg.Connection[Any]) -> int:
    with connection.cursor() as cursor:
        if not (cursor.execute(sql("schema_version_table")).fetchone() or (False,))[0]:
            return 0
        found = cursor.execute(sql("schema_version")).fetchone()
    return int(found[0]) if found else 0


def _migrate(connect: Callable[[], psycopg.Connection[Any]]) -> None:
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine
    from sqlalchemy.exc import DBAPIError
    from sqlalchemy.pool import NullPool

    engine = create_engine("postgresql+psycopg://", creator=connect, poolclass=NullPool)
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    try:
        with contextlib.closing(engine.connect()) as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
    except DBAPIError as error:
        raise _explained(error.orig) from None


def _explained(error: BaseException | None) -> Exception:
    if isinstance(error, errors.DuplicateTable):
        reason = str(error).splitlines()[0]
        return StoreError(f"results database: {reason}, and it is not ours; give pytest_mcp a database of its own")
    return error if isinstance(error, psycopg.Error) else StoreError(f"results database: cannot be migrated: {error}")
