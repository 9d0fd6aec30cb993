"""Opening a database of results: where it is, what can be wrong with it, and what goes in."""

import re
import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from pytest_mcp.errors import StoreError
from pytest_mcp.results import load_run, load_run_file, open_store, schema
from pytest_mcp.results.codec import encode
from pytest_mcp.results.history import load_interface
from pytest_mcp.results.queries import sql
from pytest_mcp.results.store import Row
from tests.results.builders import NOW, a_case, a_failed_case, a_run, a_server, record_run

Spawn = Callable[..., "subprocess.Popen[str]"]
GIVEN = ("mcp_servers", "update_history", "test_results", "audit_log")


def rows_of(run: str, *lines: bytes, worker: str = "main") -> list[Row]:
    rows, position = [], 0
    for line in lines:
        rows.append(Row(run, worker, position, line[:-1]))
        position = rows[-1].end
    return rows


def columns(dsn: str) -> dict[str, list[str]]:
    with psycopg.connect(dsn) as connection:
        found = connection.execute(
            "SELECT table_name, column_name || ' ' || data_type || coalesce('(' || character_maximum_length || ')', '')"
            " || ' ' || is_nullable || ' ' || coalesce(column_default, '-') FROM information_schema.columns"
            " WHERE table_schema = 'public' ORDER BY table_name, ordinal_position"
        ).fetchall()
    tables: dict[str, list[str]] = {}
    for table, column in found:
        tables.setdefault(table, []).append(column)
    return tables


def schema_of_the_brief() -> str:
    """The user's four tables as he wrote them."""
    return """
CREATE TABLE mcp_servers (id UUID PRIMARY KEY DEFAULT gen_random_uuid(), name VARCHAR(255) UNIQUE NOT NULL, version VARCHAR(50) NOT NULL,
  status VARCHAR(50) NOT NULL, config JSONB NOT NULL, last_health_check TIMESTAMPTZ, created_at TIMESTAMPTZ DEFAULT NOW(), updated_at TIMESTAMPTZ DEFAULT NOW());
CREATE TABLE update_history (id UUID PRIMARY KEY DEFAULT gen_random_uuid(), server_id UUID REFERENCES mcp_servers(id), from_version VARCHAR(50) NOT NULL,
  to_version VARCHAR(50) NOT NULL, status VARCHAR(50) NOT NULL, started_at TIMESTAMPTZ NOT NULL, completed_at TIMESTAMPTZ, rollback_version VARCHAR(50),
  error_message TEXT, metadata JSONB);
CREATE TABLE test_results (id UUID PRIMARY KEY DEFAULT gen_random_uuid(), test_run_id UUID NOT NULL, server_id UUID REFERENCES mcp_servers(id),
  test_type VARCHAR(50) NOT NULL, status VARCHAR(50) NOT NULL, passed INTEGER NOT NULL, failed INTEGER NOT NULL, skipped INTEGER NOT NULL,
  duration_ms INTEGER NOT NULL, results JSONB NOT NULL, executed_at TIMESTAMPTZ DEFAULT NOW());
CREATE TABLE audit_log (id UUID PRIMARY KEY DEFAULT gen_random_uuid(), timestamp TIMESTAMPTZ DEFAULT NOW(), user_id VARCHAR(255), action VARCHAR(255) NOT NULL,
  resource VARCHAR(255), result VARCHAR(50), metadata JSONB, source_ip INET, user_agent TEXT);
"""  # noqa: E501


def test_the_four_given_tables_are_as_given(server: str, dsn: str, tmp_path: Path) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute(schema_of_the_brief())
        connection.rollback()
        connection.execute("CREATE SCHEMA brief; SET search_path = brief")
        connection.execute(schema_of_the_brief())
    with open_store(dsn, tmp_path):
        ours = {table: found for table, found in columns(dsn).items() if table in GIVEN}
    with psycopg.connect(dsn) as connection:
        connection.execute("ALTER SCHEMA public RENAME TO ours; ALTER SCHEMA brief RENAME TO public")
    assert {table: found for table, found in columns(dsn).items() if table in GIVEN} == ours
    assert len(ours) == 4


def test_tables_that_the_user_made_himself_are_used(dsn: str, tmp_path: Path) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute(schema_of_the_brief())
        connection.execute("INSERT INTO mcp_servers (name, version, status, config) VALUES ('first', '0', 'new', '{}')")
    record_run(tmp_path, dsn)
    with psycopg.connect(dsn) as connection:
        found = connection.execute("SELECT name, version, status FROM mcp_servers ORDER BY name").fetchall()
    assert found == [("first", "1.2.3", "connected"), ("second", "1.2.3", "connected")]


def test_a_table_of_somebody_else_is_not_taken_over(dsn: str, tmp_path: Path) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute("CREATE TABLE events (concert text)")
    with pytest.raises(StoreError, match='"events" already exists, and it is not ours; give pytest_mcp a database of'):
        open_store(dsn, tmp_path)
    assert columns(dsn) == {"events": ["concert text YES -"]}


def test_the_newest_change_is_the_one_that_is_asked_for(dsn: str) -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(schema.__file__).with_name("migrations")))
    script = ScriptDirectory.from_config(config)
    assert script.get_current_head() == f"{schema.HEAD:04d}"
    assert all(re.match(r"\d{4}_(pre|post)_\w+$", Path(change.path).stem) for change in script.walk_revisions())


def test_old_code_runs_on_a_newer_schema(dsn: str, tmp_path: Path) -> None:
    open_store(dsn, tmp_path).close()
    with psycopg.connect(dsn) as connection:
        connection.execute("UPDATE pytest_mcp_version SET version_num = '0099'")
        for table in ("runs", "cases", "findings", "events", "mcp_servers", "test_results"):
            connection.execute(f"ALTER TABLE {table} ADD COLUMN novelty text DEFAULT 'new'")
    recorder = record_run(tmp_path, dsn)
    assert recorder.problem is None
    with open_store(dsn, tmp_path) as store:
        assert load_run(store.connection, recorder.run) == load_run_file(tmp_path / f"{recorder.run}.ndjson")


def test_processes_that_migrate_at_once_all_succeed(dsn: str, tmp_path: Path, spawn: Spawn) -> None:
    code = """if True:
        import sys
        from pathlib import Path
        import alembic.command, sqlalchemy
        from pytest_mcp.results import open_store
        from pytest_mcp.results import schema
        print("ready", flush=True)
        sys.stdin.read()
        with open_store(sys.argv[1], Path(sys.argv[2])) as store:
            print(store.number(sys.argv[3]))"""
    for process in [spawn(code, dsn, tmp_path, uuid.uuid4()) for _ in range(4)]:
        out, err = process.communicate(timeout=60)
        assert not err and out.split() == ["ready", "None"]


def test_alembic_is_imported_only_when_the_schema_is_behind(dsn: str, tmp_path: Path) -> None:
    open_store(dsn, tmp_path).close()
    code = """if True:
        import sys
        from pathlib import Path
        import pytest_mcp.results
        light = set(sys.modules)
        with pytest_mcp.results.open_store(sys.argv[1], Path(sys.argv[2])): pass
        print([name in light for name in ("psycopg", "pydantic", "pydantic_core", "alembic")])
        print("alembic" in sys.modules, "sqlalchemy" in sys.modules)"""
    done = subprocess.run([sys.executable, "-c", code, dsn, tmp_path], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["[False, False, False, False]", "False False"]


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://me:s3cr%2Ft@127.0.0.1:1/db",
        "host=127.0.0.1 port=1 user=me password=s3cr/t dbname=db",
        "postgresql://me:s3cr/t@127.0.0.1:x:y/db",
        "postgresql://me:s3cr/t@[bad/db",
        "host=127.0.0.1 port=one password=s3cr/t",
        "password=s3cr/t nonsense",
        "postgresql://127.0.0.1:1/db?password=s3cr%2Ft",
        "postgresql://me:s3cr%zzt@127.0.0.1:1/db",
    ],
)
def test_the_password_is_in_no_message(tmp_path: Path, address: str) -> None:
    with pytest.raises(StoreError) as told:
        open_store(address, tmp_path)
    for form in ("s3cr", "s3cr/t", "s3cr%2Ft"):
        assert form not in str(told.value)
        assert form not in repr(told.value.__dict__)
    assert told.value.__cause__ is None
    assert told.value.__context__ is None or told.value.__suppress_context__
    assert "\n" not in str(told.value)


def test_a_wrong_password_is_told_without_it(server: str, dsn: str, tmp_path: Path) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("CREATE ROLE stranger LOGIN PASSWORD 'other'")
    with pytest.raises(StoreError, match=r"results database at /tmp/.*stranger") as told:
        open_store(f"{dsn.replace('user=root', '')} user=stranger password=s3cret", tmp_path)
    assert "s3cret" not in str(told.value)


def test_the_option_goes_before_the_environment(dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_MCP_DATABASE_URL", "postgresql://127.0.0.1:1/nowhere")
    open_store(dsn, tmp_path).close()
    with pytest.raises(StoreError, match=r"127\.0\.0\.1:1/nowhere"):
        open_store(None, tmp_path)
    monkeypatch.setenv("PYTEST_MCP_DATABASE_URL", dsn)
    open_store(None, tmp_path).close()
    assert not (tmp_path / "postgres").exists()


@pytest.mark.parametrize("where", ["option", "environment"])
def test_none_is_no_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    monkeypatch.setenv("PYTEST_MCP_DATABASE_URL", "none")
    with pytest.raises(StoreError, match="switched off"):
        open_store("none" if where == "option" else None, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_is_not_utf8_is_refused(server: str, tmp_path: Path) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("CREATE DATABASE latin ENCODING LATIN1 TEMPLATE template0")
        with pytest.raises(StoreError, match="its encoding is LATIN1"):
            open_store(server.replace("dbname=postgres", "dbname=latin"), tmp_path)
        connection.execute("DROP DATABASE latin")


@pytest.mark.parametrize(
    "name",
    [
        "'; DROP TABLE cases; --",
        "a\\.\nb\tc",
        "\\N",
        "%s %(x)s {} $1",
        "x" * 9000,
        "name\0with\ud800",
        "日本語 \u202e 😀 'quoted' \"double\"",
    ],
)
def test_hostile_names_are_stored_and_read_back(dsn: str, tmp_path: Path, name: str) -> None:
    run = a_run(project=name, command=name)
    case = a_failed_case(run.id, key=name, check=name, server=name, element=name, case=name, suite="unit", message=name)
    lines = (
        encode("run", run, schema=1, user=name),
        encode("server", a_server(name, told_version=name, interface="ee" * 32), interface=f'["{name}"]'),
        encode("case", case),
        encode("finish", {"finished_at": NOW, "verdict": None, "narrowed": (name,)}),
    )
    (tmp_path / "results.ndjson").write_bytes(b"".join(lines))
    with open_store(dsn, tmp_path) as store:
        store.write(rows_of(run.id, *lines))
        assert store.refused == 0
        found = load_run(store.connection, run.id)
        totals = store.connection.execute("SELECT failed FROM test_results").fetchall()
        assert load_interface(store.connection, found.servers[0].id, "ee" * 32) is not None
    assert found == load_run_file(tmp_path / "results.ndjson")
    assert len(found.cases) == 1 and totals == [(1,)]
    if "\0" not in name:
        assert found.cases[0].server == name and found.servers[0].id == name


def test_a_line_the_database_refuses_does_not_hold_up_the_others(dsn: str, tmp_path: Path) -> None:
    run = a_run()
    cases = [encode("case", a_case(run.id, number)) for number in range(9)]
    bad = (
        b'{"kind":"case","rec\n',
        encode("case", {"started_at": "yesterday-ish"}),
        b'{"kind":"case","record":"\\u0000"}\n',
    )
    with open_store(dsn, tmp_path) as store:
        rows = rows_of(run.id, encode("run", run), *cases[:4], bad[0], *cases[4:6], *bad[1:], *cases[6:])
        store.write(rows)
        assert store.refused == 3
        assert [case.case for case in load_run(store.connection, run.id).cases] == [f"case-{n}" for n in range(9)]
        assert store.position(run.id, "main") == rows[-1].end


def test_the_same_lines_written_twice_are_stored_once(dsn: str, tmp_path: Path) -> None:
    run = a_run()
    rows = rows_of(run.id, encode("run", run), encode("server", a_server()), encode("case", a_failed_case(run.id)))
    with open_store(dsn, tmp_path) as store:
        for _ in range(2):
            store.write(rows)
        tables = ("runs", "events", "cases", "findings", "measurements", "mcp_servers", "audit_log")
        counts = [store.connection.execute(f"SELECT count(*) FROM {table}").fetchone() for table in tables]
    assert counts == [(1,), (2,), (1,), (1,), (2,), (1,), (1,)]


def test_an_older_run_that_comes_late_does_not_overwrite_a_server(dsn: str, tmp_path: Path) -> None:
    new, old = a_run(), a_run(started_at=NOW.replace(year=2020))
    with open_store(dsn, tmp_path) as store:
        for run, version in ((new, "2"), (old, "1")):
            store.write(rows_of(run.id, encode("run", run), encode("server", a_server(told_version=version))))
        found = store.connection.execute("SELECT version, last_health_check FROM mcp_servers").fetchall()
    assert found == [("2", NOW)]


def test_a_server_that_does_not_answer_keeps_the_version_it_told_before(dsn: str, tmp_path: Path) -> None:
    lost = a_server(connected=False, told_version="unknown", interface="")
    with open_store(dsn, tmp_path) as store:
        for run, facts in ((a_run(), a_server()), (a_run(), lost)):
            store.write(rows_of(run.id, encode("run", run), encode("server", facts)))
        found = store.connection.execute("SELECT version, status FROM mcp_servers").fetchall()
    assert found == [("1.2.3", "unreachable")]


def test_every_query_has_a_name_and_is_used() -> None:
    room = Path(schema.__file__).parent
    named = re.findall(r"^-- name: (\w+)$", (room / "queries.sql").read_text(), re.MULTILINE)
    code = "".join(path.read_text() for path in room.glob("*.py"))
    assert len(named) == len(set(named))
    assert [name for name in named if f'"{name}"' not in code] == []
    assert all(sql(name) for name in named)
    assert not re.findall(r"execute\(\s*f?\"", code), "SQL belongs into queries.sql"
