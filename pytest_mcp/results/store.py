"""A database of results that is there and up to date: the user's own, or the embedded one."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import psycopg
from psycopg import conninfo, errors

from pytest_mcp.errors import StoreError
from pytest_mcp.results import embedded
from pytest_mcp.results.address import OFF, chosen
from pytest_mcp.results.queries import sql
from pytest_mcp.results.schema import bring_up

CONNECT_SECONDS = 5
GOING_SECONDS = 10.0
PAUSE = 0.05
_UNREADABLE = (
    "results database: its address cannot be read; it looks like postgresql://user:password@host/name, "
    "and / @ : # ? in a password are written %2F %40 %3A %23 %3F"
)
_ALWAYS = ("add_cases", "add_findings", "add_measurements")
_FOR_EVENTS = ("add_events", "begin_runs", "finish_runs", "add_servers", "add_interfaces", "audit_runs")
_CASE = b'{"kind":"case",'
_UNACCEPTABLE = (psycopg.DataError, psycopg.IntegrityError, errors.ProgramLimitExceeded)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a spool on its way: whose it is, at which byte it begins, and the line without its newline."""

    run: str
    worker: str
    position: int
    line: bytes

    @property
    def end(self) -> int:
        """The byte after the line."""
        return self.position + len(self.line) + 1


class Store:
    """An open database; a context manager. ``place`` says where it is, without any secret."""

    def __init__(self, connection: psycopg.Connection[Any], place: str, dsn: str, lease: embedded.Lease | None) -> None:
        self.connection = connection
        self.place = place
        self._dsn = dsn
        self.refused = 0
        self._lease = lease

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Disconnect, and let the embedded server go."""
        self.connection.close()
        if self._lease:
            self._lease.release()
            self._lease = None

    def told(self) -> AbstractContextManager[None]:
        """Turn what the driver raises inside into a StoreError of one line, without the password."""
        return _told(self.place, self._dsn)

    def position(self, run: str, worker: str) -> int:
        """Up to which byte this spool is stored."""
        found = self.connection.execute(sql("position"), (run, worker)).fetchone()
        return int(found[0]) if found else 0

    def number(self, run: str) -> int | None:
        """The small number of a run, for people."""
        found = self.connection.execute(sql("number"), (run,)).fetchone()
        return int(found[0]) if found else None

    def write(self, rows: Sequence[Row]) -> None:
        """Store lines and how far each spool has come in one transaction; a line the database refuses is left out."""
        if not rows:
            return
        try:
            with self.connection.transaction():
                self._copy(rows)
                self._distribute(rows)
                self._advance(rows)
        except _UNACCEPTABLE:
            self._without_the_bad_one(rows)

    def _without_the_bad_one(self, rows: Sequence[Row]) -> None:
        if len(rows) > 1:
            self.write(rows[: len(rows) // 2])
            self.write(rows[len(rows) // 2 :])
            return
        self.refused += 1
        self._advance(rows)

    def _copy(self, rows: Sequence[Row]) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(sql("incoming"))
            with cursor.copy(sql("copy_incoming")) as copy:
                copy.write(b"".join([_copy_line(row) for row in rows]))

    def _distribute(self, rows: Sequence[Row]) -> None:
        cases_only = all(row.line.startswith(_CASE) for row in rows)
        names = ("add_runs", *_ALWAYS) if cases_only else ("add_runs", *_FOR_EVENTS, *_ALWAYS)
        for name in (*names, "clear_totals", "add_totals"):
            self.connection.execute(sql(name))

    def _advance(self, rows: Sequence[Row]) -> None:
        ends = {(row.run, row.worker): row.end for row in rows}
        with self.connection.cursor() as cursor:
            cursor.executemany(sql("set_position"), [(*spool, end) for spool, end in sorted(ends.items())])


def _copy_line(row: Row) -> bytes:
    return b"%s\t%s\t%d\t%s\n" % (row.run.encode(), row.worker.encode(), row.position, row.line.replace(b"\\", b"\\\\"))


def open_store(dsn: str | None, state: Path) -> Store:
    """Connect, starting the embedded server if need be, and migrate; StoreError says where and why not."""
    address = chosen(dsn)
    if address == OFF:
        raise StoreError("there is no results database: it is switched off with none")
    if address is None:
        with _told(str(state / "postgres"), ""):
            return _own(state)
    place = _place(address)
    with _told(place, address):
        return _opened(address, place, None)


def _own(state: Path) -> Store:
    """The embedded one; a server that is on its way down at this moment is given time to go."""
    deadline = time.monotonic() + GOING_SECONDS
    while True:
        lease = embedded.lease(state)
        try:
            return _opened(lease.conninfo, str(state / "postgres"), lease)
        except BaseException as error:
            lease.release()
            if not _going(error) or time.monotonic() > deadline:
                raise
        time.sleep(PAUSE)


def _going(error: BaseException) -> bool:
    """True for a connection that was refused or cut, as a server does that shuts down or was killed."""
    return isinstance(error, psycopg.OperationalError) and (error.sqlstate or "57P").startswith("57P")


def _opened(dsn: str, place: str, lease: embedded.Lease | None) -> Store:
    connect = _connector(dsn)
    connection = connect()
    try:
        connection.autocommit = True
        _check_encoding(connection)
        bring_up(connection, connect)
    except BaseException:
        connection.close()
        raise
    return Store(connection, place, dsn, lease)


def _check_encoding(connection: psycopg.Connection[Any]) -> None:
    found = (connection.execute(sql("server_encoding")).fetchone() or ("",))[0]
    if found != "UTF8":
        raise StoreError(f"results database: its encoding is {found}; results need a database with UTF8")


def _connector(dsn: str) -> Callable[[], psycopg.Connection[Any]]:
    given = conninfo.conninfo_to_dict(dsn)
    given.setdefault("connect_timeout", CONNECT_SECONDS)
    given.setdefault("application_name", "pytest_mcp")
    given["client_encoding"] = "utf8"
    full = conninfo.make_conninfo("", **given)
    return lambda: psycopg.connect(full, prepare_threshold=None)


def _place(dsn: str) -> str:
    """Where that is, for messages; an unescaped sign in a password ends up in other parts, so those must look right."""
    try:
        given = conninfo.conninfo_to_dict(dsn)
    except psycopg.Error:
        raise StoreError(_UNREADABLE) from None
    host = str(given.get("host") or given.get("hostaddr") or "localhost")
    port = str(given.get("port") or 5432)
    name = str(given.get("dbname") or given.get("user") or "")
    if "@" in host + name or not port.replace(",", "").isdigit():
        raise StoreError(_UNREADABLE)
    return f"{host}:{port}/{name}"


@contextmanager
def translated() -> Iterator[None]:
    """Turn what the driver raises while reading into a StoreError of one line."""
    try:
        yield
    except psycopg.Error as error:
        raise StoreError(f"results database: {' '.join(str(error).split()) or type(error).__name__}") from None


@contextmanager
def _told(place: str, dsn: str) -> Iterator[None]:
    """The same with where it is, and without the password; what already is for a person stays as it is."""
    try:
        yield
    except psycopg.Error as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise StoreError(f"results database at {place}: {_without_password(reason, dsn)}") from None


def _without_password(text: str, dsn: str) -> str:
    try:
        secret = str(conninfo.conninfo_to_dict(dsn).get("password") or "")
    except psycopg.Error:
        return "its address cannot be read"
    for form in (secret, quote(secret, safe=""), quote(secret)):
        text = text.replace(form, "***") if form else text
    return text
