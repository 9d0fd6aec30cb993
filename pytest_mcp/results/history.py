"""Runs read back: the same value from Postgres as from ``results.ndjson``.

Both sources give the same events in the same order, the controller's first; what a run is, is put together from them in
one place. Cases are in the order of suites, servers, checks, elements and cases, whoever ran them when.
"""

import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, cast

import psycopg
from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from pytest_mcp.errors import StoreError, UsageError
from pytest_mcp.model.run import CaseResult, Run, ServerFacts, StartCount, Suite
from pytest_mcp.results.codec import Event
from pytest_mcp.results.queries import sql
from pytest_mcp.results.store import translated

LATEST = "latest"
_SUITES = {suite.value: place for place, suite in enumerate(Suite)}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLine:
    """One run in a list; ``outcomes`` counts cases. ``finished_at`` and ``verdict`` are None for a killed run."""

    number: int
    id: str
    started_at: datetime | None
    finished_at: datetime | None
    verdict: str | None
    project: str
    servers: int
    outcomes: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRun:
    """An earlier run with its number: ``run`` has its servers and verdict, but neither cases nor checks."""

    number: int
    run: Run


def list_runs(connection: psycopg.Connection[Any], limit: int = 20, project: str | None = None) -> list[RunLine]:
    """The newest runs, newest first: those of one project, or all."""
    with translated():
        rows = connection.execute(sql("list_runs"), {"limit": limit, "project": project}).fetchall()
    return [
        RunLine(
            number=number,
            id=str(run),
            started_at=started_at,
            finished_at=finished_at,
            verdict=verdict,
            project=project or "",
            servers=servers,
            outcomes=outcomes,
        )
        for number, run, started_at, finished_at, verdict, project, servers, outcomes in rows
    ]


def past_runs(
    connection: psycopg.Connection[Any], limit: int = 20, project: str | None = None, before: str | None = None
) -> list[PastRun]:
    """Finished runs, newest first, for what a report shows of the past; ``before`` is the id of the run it is for."""
    with translated():
        wanted = {"limit": limit, "project": project, "before": before}
        rows = connection.execute(sql("past_events"), wanted).fetchall()
    past = []
    for (number, run), group in groupby(rows, key=itemgetter(0, 1)):
        events = [Event(kind=kind, record=record) for _, _, kind, record in group]
        past.append(PastRun(number=number, run=assemble(events, f"run {run}")))
    return past


def load_run(connection: psycopg.Connection[Any], name: str, project: str | None = None) -> Run:
    """A run by number, id, start of its id, or ``latest`` (of a project); UsageError when there is none."""
    with translated(), connection.transaction():
        run = _find(connection, name.strip(), project)
        events = [Event(kind=kind, record=record) for kind, record in connection.execute(sql("load_events"), (run,))]
        events += [Event(kind="case", record=record) for (record,) in connection.execute(sql("load_cases"), (run,))]
    return assemble(events, f"run {run}")


def load_interface(connection: psycopg.Connection[Any], server: str, digest: str) -> str | None:
    """The whole interface of a server as the JSON text it was stored as."""
    with translated():
        found = connection.execute(sql("load_interface"), (server, digest)).fetchone()
    return str(found[0]) if found else None


def load_run_file(path: Path) -> Run:
    """The run in a ``results.ndjson``; a line that cannot be read is left out."""
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from None
    return assemble((event for event in map(_event, lines) if event), str(path))


def assemble(events: Iterable[Event], source: str) -> Run:
    """Put a run together from its events, the controller's first."""
    parts = _Parts()
    try:
        for event in events:
            parts.take(event)
        return parts.run(source)
    except ValidationError as error:
        raise StoreError(f"{source}: written by a version this one cannot read: {error.errors()[0]['msg']}") from None


class _Parts:
    """What of a run has been seen so far."""

    def __init__(self) -> None:
        self.start: dict[str, Any] | None = None
        self.finish: dict[str, Any] = {}
        self.servers: dict[str, ServerFacts] = {}
        self.starts: Counter[tuple[str, str]] = Counter()
        self.checks: dict[str, Any] = {}
        self.cases: list[CaseResult] = []

    def take(self, event: Event) -> None:
        taker: Callable[[dict[str, Any]], None] | None = getattr(self, f"_take_{event.kind}", None)
        if taker:
            taker(event.record)

    def _take_run(self, record: dict[str, Any]) -> None:
        self.start = record
        for facts in record.get("servers", ()):
            self._take_server(facts)
        for facts in record.get("checks", ()):
            self._take_check(facts)

    def _take_finish(self, record: dict[str, Any]) -> None:
        self.finish = record

    def _take_server(self, record: dict[str, Any]) -> None:
        self.servers[str(record.get("id"))] = _adapter(ServerFacts).validate_python(record)

    def _take_starts(self, record: dict[str, Any]) -> None:
        count = _adapter(StartCount).validate_python(record)
        self.starts[count.server, count.purpose] += count.count

    def _take_check(self, record: dict[str, Any]) -> None:
        self.checks.setdefault(str(record.get("id")), record)

    def _take_case(self, record: dict[str, Any]) -> None:
        self.cases.append(_adapter(CaseResult).validate_python(record))

    def run(self, source: str) -> Run:
        if self.start is None:
            raise StoreError(f"{source}: its beginning is missing, so it cannot be shown")
        order = {server: place for place, server in enumerate(self.servers)}
        checks = sorted(self.checks.values(), key=_check_place)
        whole = _adapter(Run).validate_python({**self.start, **self.finish, "checks": checks})
        servers = tuple(self._counted(facts) for facts in self.servers.values())
        cases = tuple(sorted(self.cases, key=lambda case: _place(case, order)))
        return replace(cast("Run", whole), servers=servers, cases=cases)

    def _counted(self, facts: ServerFacts) -> ServerFacts:
        counted = Counter({count.purpose: count.count for count in facts.starts})
        seen = {purpose: count for (server, purpose), count in self.starts.items() if server == facts.id}
        if not seen:
            return facts
        counted.update(seen)
        starts = (StartCount(server=facts.id, purpose=purpose, count=counted[purpose]) for purpose in sorted(counted))
        return replace(facts, starts=tuple(starts))


def _check_place(check: dict[str, Any]) -> tuple[int, str]:
    return _SUITES.get(str(check.get("suite")), len(_SUITES)), str(check.get("id"))


def _place(case: CaseResult, servers: dict[str, int]) -> tuple[Any, ...]:
    where = (_SUITES.get(case.suite, len(_SUITES)), servers.get(case.server, len(servers)), case.server)
    return (*where, case.check, case.element, case.case, case.key, case.started_at.timestamp(), case.worker)


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _event(line: bytes) -> Event | None:
    try:
        found = from_json(line)
    except ValueError:
        return None
    if not isinstance(found, dict) or not isinstance(found.get("record"), dict):
        return None
    return Event(kind=str(found.get("kind")), record=found["record"])


def _find(connection: psycopg.Connection[Any], name: str, project: str | None) -> uuid.UUID:
    found = _candidates(connection, name, project)
    if len(found) > 1:
        raise UsageError(f"run {name!r}: several begin like this; give more of the id")
    if not found:
        raise UsageError(f"run {name!r}: not among the results; pytest-mcp history lists them")
    return found[0]


def _candidates(connection: psycopg.Connection[Any], name: str, project: str | None) -> list[uuid.UUID]:
    found: list[tuple[uuid.UUID]] = []
    if name == LATEST:
        found = connection.execute(sql("find_latest"), {"project": project}).fetchall()
    elif name.isascii() and name.isdigit() and int(name) < 1 << 31:
        found = connection.execute(sql("find_number"), (int(name),)).fetchall()
    if not found and name and set(name.lower()) <= set("0123456789abcdef-"):
        found = connection.execute(sql("find_prefix"), (name.lower(),)).fetchall()
    return [run for (run,) in found]
