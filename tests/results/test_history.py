"""A run read back is the run, wherever it is read from."""

import uuid
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from pytest_mcp.errors import StoreError, UsageError
from pytest_mcp.model.run import Outcome, StartCount
from pytest_mcp.results import Recorder, list_runs, load_run, load_run_file, open_store, past_runs
from pytest_mcp.results.history import load_interface
from tests.results.builders import NOW, VERDICT, a_case, a_check, a_run, a_server, record_run


def test_postgres_and_the_file_give_the_same_run(dsn: str, tmp_path: Path) -> None:
    recorder = record_run(tmp_path, dsn)
    with open_store(dsn, tmp_path) as store:
        stored = load_run(store.connection, recorder.run)
    assert stored == load_run_file(tmp_path / f"{recorder.run}.ndjson")
    assert stored.verdict == VERDICT and stored.narrowed == ("--mcp-only",) and stored.seed == 2**63
    assert [facts.id for facts in stored.servers] == ["first", "second"]
    assert stored.servers[1].starts == (StartCount(server="second", purpose="sandbox", count=2),)
    assert stored.checks == (a_check(),)
    assert len(stored.cases) == 5 and stored.cases[3].findings[0].title == "accepted it"
    assert stored.started_at == NOW and stored.finished_at == NOW + timedelta(seconds=60)


def test_cases_have_an_order_of_their_own(dsn: str, tmp_path: Path) -> None:
    run = a_run()
    recorder = Recorder(run.id, tmp_path)
    recorder.begin(run, dsn)
    for name in ("zebra", "ant"):
        recorder.server(a_server(name))
    workers = [Recorder(run.id, tmp_path, worker=f"gw{number}") for number in (10, 2)]
    for number, (suite, server, check) in enumerate(
        [
            ("security", "ant", "a"),
            ("unit", "", "a"),
            ("unit", "ant", "b"),
            ("unit", "zebra", "b"),
            ("unit", "zebra", "a"),
        ]
    ):
        case = a_case(run.id, number, suite=suite, server=server, check=check)
        workers[number % 2].case(case)
    for worker in workers:
        worker.close()
    recorder.join(tmp_path / "results.ndjson")
    recorder.close()
    with open_store(dsn, tmp_path) as store:
        stored = load_run(store.connection, "latest")
    assert stored == load_run_file(tmp_path / "results.ndjson")
    assert [(case.suite, case.server, case.check) for case in stored.cases] == [
        ("unit", "zebra", "a"),
        ("unit", "zebra", "b"),
        ("unit", "ant", "b"),
        ("unit", "", "a"),
        ("security", "ant", "a"),
    ]


def test_the_last_facts_of_a_server_count(dsn: str, tmp_path: Path) -> None:
    run = a_run()
    recorder = Recorder(run.id, tmp_path)
    recorder.begin(run, dsn)
    recorder.server(a_server("first", connected=False))
    recorder.server(a_server("second"))
    recorder.server(a_server("first", starts=(StartCount(server="first", purpose="shared", count=1),)))
    recorder.starts([StartCount(server="first", purpose=purpose, count=2) for purpose in ("shared", "era-retry")])
    recorder.join(tmp_path / "results.ndjson")
    recorder.close()
    found = load_run_file(tmp_path / "results.ndjson")
    assert [(facts.id, facts.connected) for facts in found.servers] == [("first", True), ("second", True)]
    assert [(count.purpose, count.count) for count in found.servers[0].starts] == [("era-retry", 2), ("shared", 3)]
    with open_store(dsn, tmp_path) as store:
        assert load_run(store.connection, run.id) == found


def test_a_run_is_found_by_number_id_prefix_and_latest(dsn: str, tmp_path: Path) -> None:
    early = record_run(tmp_path, dsn, id="aaaaaaaa-0000-4000-8000-000000000001", started_at=NOW - timedelta(days=1))
    late = record_run(tmp_path, dsn, id="aaaaaaab-0000-4000-8000-000000000002")
    with open_store(dsn, tmp_path) as store:
        names = ("1", early.run, "AAAAAAAA", "latest", "2", "aaaaaaab")
        assert [load_run(store.connection, name).id for name in names] == [early.run] * 3 + [late.run] * 3
        with pytest.raises(UsageError, match="several begin like this"):
            load_run(store.connection, "aaaaaaa")
        for name in ("3", "ffff", "%", "a%", "", "latest!", str(uuid.uuid4()), "9" * 30, "²"):
            with pytest.raises(UsageError, match="not among the results"):
                load_run(store.connection, name)


def test_runs_are_listed_newest_first_with_their_counts(dsn: str, tmp_path: Path) -> None:
    new = record_run(tmp_path, dsn)
    old = record_run(tmp_path, dsn, started_at=NOW - timedelta(days=1), count=1)
    with open_store(dsn, tmp_path) as store:
        found = list_runs(store.connection, 5)
        assert [line.id for line in list_runs(store.connection, 1)] == [new.run]
    assert [(line.id, line.number, line.servers) for line in found] == [(new.run, 1, 2), (old.run, 2, 2)]
    assert found[0].outcomes == {"passed": 4, "failed": 1} and found[1].outcomes == {"passed": 2, "failed": 1}
    assert {line.verdict for line in found} == {"BLOCK"}


def test_past_runs_are_finished_ones_of_the_project_before_this_one(dsn: str, tmp_path: Path) -> None:
    days = [record_run(tmp_path, dsn, started_at=NOW + timedelta(days=day)) for day in (0, 2, 1)]
    record_run(tmp_path, dsn, project="other")
    killed = a_run()
    recorder = Recorder(killed.id, tmp_path)
    recorder.begin(killed, dsn)
    recorder.close()
    with open_store(dsn, tmp_path) as store:
        past = past_runs(store.connection, project="project")
        assert [line.run.id for line in past] == [days[1].run, days[2].run, days[0].run]
        assert [line.number for line in past] == [2, 3, 1]
        assert past[0].run.verdict == VERDICT and [facts.id for facts in past[0].run.servers] == ["first", "second"]
        assert past[0].run.cases == ()
        found = past_runs(store.connection, 1, project="project", before=days[1].run)
        assert [line.run.id for line in found] == [days[2].run]
        assert len(past_runs(store.connection)) == 4 and past_runs(store.connection, project="none such") == []


def test_the_totals_of_a_run_are_in_the_given_table(dsn: str, tmp_path: Path) -> None:
    recorder = record_run(tmp_path, dsn)
    with psycopg.connect(dsn) as connection:
        found = connection.execute(
            "SELECT name, test_type, test_results.status, passed, failed, skipped, duration_ms, results"
            " FROM test_results"
            " JOIN mcp_servers ON server_id = mcp_servers.id WHERE test_run_id = %s ORDER BY name",
            (recorder.run,),
        ).fetchall()
    assert found == [
        ("first", "unit", "failed", 3, 1, 0, 1000, {"server": "first", "outcomes": {"passed": 3, "failed": 1}}),
        ("second", "unit", "passed", 1, 0, 0, 250, {"server": "second", "outcomes": {"passed": 1}}),
    ]


def test_every_outcome_is_counted_once_in_the_totals(dsn: str, tmp_path: Path) -> None:
    run = a_run()
    recorder = Recorder(run.id, tmp_path)
    recorder.begin(run, dsn)
    for number, outcome in enumerate(Outcome):
        recorder.case(a_case(run.id, number, outcome=outcome, server="unlisted", duration=float("nan")))
    recorder.finish(NOW, None)
    recorder.close()
    assert recorder.problem is None
    with psycopg.connect(dsn) as connection:
        found = connection.execute(
            "SELECT server_id, passed, failed, skipped, duration_ms FROM test_results"
        ).fetchall()
    assert found == [(None, 2, 3, 3, 0)] and sum(found[0][1:4]) == len(Outcome)


def test_several_transports_of_one_entry_are_one_server(dsn: str, tmp_path: Path) -> None:
    run = a_run()
    recorder = Recorder(run.id, tmp_path)
    recorder.begin(run, dsn)
    recorder.server(a_server("first@http", name="first", transport="http"))
    recorder.server(a_server("first"))
    for server in ("first", "first@http"):
        recorder.case(a_case(run.id, server=server, key=server))
    recorder.finish(NOW, None)
    recorder.close()
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT name, config ->> 'id' FROM mcp_servers").fetchall() == [("first", "first")]
        assert connection.execute("SELECT count(*), count(DISTINCT server_id) FROM test_results").fetchone() == (2, 1)


def test_no_value_of_the_environment_is_in_the_config_of_a_server(dsn: str, tmp_path: Path) -> None:
    record_run(tmp_path, dsn)
    with psycopg.connect(dsn) as connection:
        ((config,),) = connection.execute("SELECT config FROM mcp_servers WHERE name = 'first'").fetchall()
    assert config["env_names"] == ["TOKEN"]
    assert set(config) <= set(a_server().__slots__)


def test_a_run_leaves_one_line_in_the_audit_log(dsn: str, tmp_path: Path) -> None:
    recorder = record_run(tmp_path, dsn)
    with psycopg.connect(dsn) as connection:
        found = connection.execute("SELECT id, action, resource, result, timestamp, user_id FROM audit_log").fetchall()
    assert [tuple(map(str, row[:4])) for row in found] == [(recorder.run, "run", "project", "BLOCK")]
    assert found[0][4] == NOW and found[0][5]


def test_a_killed_run_is_listed_unfinished(dsn: str, tmp_path: Path) -> None:
    run = a_run()
    recorder = Recorder(run.id, tmp_path)
    recorder.begin(run, dsn)
    recorder.case(a_case(run.id))
    recorder.close()
    with open_store(dsn, tmp_path) as store:
        (line,) = list_runs(store.connection, 5)
        assert (line.finished_at, line.verdict, line.outcomes) == (None, None, {"passed": 1})
        assert load_run(store.connection, "1").finished_at is None
        assert store.connection.execute("SELECT result FROM audit_log").fetchall() == [(None,)]


def test_a_run_without_its_beginning_is_told(dsn: str, tmp_path: Path) -> None:
    worker = Recorder(a_run().id, tmp_path, worker="gw0")
    worker.case(a_case(worker.run))
    worker.close()
    record_run(tmp_path, dsn)
    with open_store(dsn, tmp_path) as store:
        assert {line.started_at for line in list_runs(store.connection, 5)} == {NOW, None}
        with pytest.raises(StoreError, match="its beginning is missing"):
            load_run(store.connection, worker.run)


def test_interfaces_are_kept_once_with_when_they_were_seen(dsn: str, tmp_path: Path) -> None:
    first = record_run(tmp_path, dsn)
    record_run(tmp_path, dsn, started_at=NOW + timedelta(days=1))
    with open_store(dsn, tmp_path) as store:
        assert load_interface(store.connection, "first", "ab" * 32) == '{"tools": []}'
        assert load_interface(store.connection, "first", "unknown") is None
        found = store.connection.execute("SELECT server, first_run, first_seen, last_seen FROM interfaces ORDER BY 1")
        assert [(server, str(run), last - seen) for server, run, seen, last in found] == [
            ("first", first.run, timedelta(days=1)),
            ("second", first.run, timedelta(days=1)),
        ]


def test_a_file_that_is_no_run_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        load_run_file(tmp_path / "missing.ndjson")
    (tmp_path / "other.ndjson").write_text('{"kind":"case"}\nnot json\n[]\n')
    with pytest.raises(StoreError, match=r"other.ndjson: its beginning is missing"):
        load_run_file(tmp_path / "other.ndjson")
    (tmp_path / "odd.ndjson").write_text('{"kind":"run","record":{"id":"x","checks":[{"id":"y"}]}}\n')
    with pytest.raises(StoreError, match="written by a version this one cannot read"):
        load_run_file(tmp_path / "odd.ndjson")
