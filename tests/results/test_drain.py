"""Every result is stored exactly once, whoever is killed when."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from pytest_mcp.results import Recorder, embedded, load_run, load_run_file, open_store
from pytest_mcp.results.drain import replay
from pytest_mcp.results.spool import spools
from tests.results.builders import NOW, a_case, a_run, record_run
from tests.results.conftest import servers_of, wait_for

Spawn = Callable[..., "subprocess.Popen[str]"]
CONTROLLER = """if True:
    import sys, time
    from pathlib import Path
    from pytest_mcp.results import Recorder
    from tests.results.builders import NOW, VERDICT, a_failed_case, a_run, a_server
    state, dsn, run = Path(sys.argv[1]), sys.argv[2] or None, sys.argv[3]
    count, pause = int(sys.argv[4]), float(sys.argv[5])
    told = []
    recorder = Recorder(run, state, say=told.append)
    recorder.begin(a_run(id=run), dsn)
    recorder.server(a_server())
    print("begun", flush=True)
    for number in range(count):
        recorder.case(a_failed_case(run, number))
        print(number, flush=True)
        time.sleep(pause)
    recorder.finish(NOW, VERDICT)
    recorder.join(state / f"{run}.ndjson")
    recorder.close()
    print("told", len(told), *told, flush=True)"""


def counts(dsn: str, run: str) -> tuple[int, int, int]:
    with psycopg.connect(dsn) as connection:
        found = connection.execute(
            "SELECT count(*), count(DISTINCT key), (SELECT count(*) FROM findings WHERE run_id = %s) FROM cases"
            " WHERE run_id = %s",
            (run, run),
        ).fetchone()
    assert found
    return found


def test_a_run_is_stored_while_it_goes_on(dsn: str, tmp_path: Path) -> None:
    run = a_run()
    recorder = Recorder(run.id, tmp_path)
    recorder.begin(run, dsn)
    recorder.case(a_case(run.id))
    assert recorder.stored() == 1
    assert counts(dsn, run.id)[0] == 1
    recorder.case(a_case(run.id, 2))
    assert wait_for(lambda: counts(dsn, run.id)[0] == 2, 3), "not stored after half a second"
    recorder.close()
    assert recorder.problem is None
    assert spools(tmp_path) == []


def test_beginning_does_not_wait_for_the_database(state: Path) -> None:
    begin = time.perf_counter()
    recorder = Recorder(a_run().id, state)
    recorder.begin(a_run(id=recorder.run))
    assert time.perf_counter() - begin < 0.3
    assert recorder.stored() == 1
    recorder.close()


@pytest.mark.parametrize("moment", range(6))
def test_a_killed_controller_loses_nothing_and_doubles_nothing(
    dsn: str, tmp_path: Path, spawn: Spawn, moment: int
) -> None:
    run = a_run()
    process = spawn(CONTROLLER, tmp_path, dsn, run.id, 5000, 0.001)
    assert process.stdout
    seen = [process.stdout.readline() for _ in range(30 + 211 * moment)]
    process.kill()
    written = int([*seen, *process.stdout.read().splitlines()][-1])
    with open_store(dsn, tmp_path) as store:
        replay(store, tmp_path)
        found = load_run(store.connection, run.id)
    total, distinct, findings = counts(dsn, run.id)
    assert total == distinct == findings == len(found.cases)
    assert total in (written + 1, written + 2), "a case may be on disk that was not said any more"
    assert found.finished_at is None and found.verdict is None
    assert spools(tmp_path) == []


def test_a_database_that_is_away_costs_one_message_and_the_next_run_brings_it_in(dsn: str, tmp_path: Path) -> None:
    told: list[str] = []
    run = a_run()
    recorder = Recorder(run.id, tmp_path, say=told.append)
    recorder.begin(run, "postgresql://me:s3cret@127.0.0.1:1/db")
    for number in range(250):
        recorder.case(a_case(run.id, number))
    assert recorder.stored() is None
    recorder.finish(NOW, None)
    recorder.join(tmp_path / "results.ndjson")
    recorder.close()
    assert len(told) == 1 and told == [recorder.problem]
    assert "127.0.0.1:1/db" in told[0] and "for the next run that reaches a database" in told[0]
    assert "s3cret" not in told[0]
    assert [spool.run for spool in spools(tmp_path)] == [run.id]
    assert record_run(tmp_path, dsn).problem is None
    assert counts(dsn, run.id) == (250, 250, 0)
    assert spools(tmp_path) == []
    with open_store(dsn, tmp_path) as store:
        assert load_run(store.connection, run.id) == load_run_file(tmp_path / "results.ndjson")


def test_postgres_killed_in_the_middle_costs_one_message_and_nothing_else(state: Path) -> None:
    told: list[str] = []
    run = a_run()
    recorder = Recorder(run.id, state, say=told.append)
    recorder.begin(run)
    for number in range(150):
        recorder.case(a_case(run.id, number))
    assert recorder.stored() == 1
    pid = (state / "postgres" / "data" / "postmaster.pid").read_text().split()[0]
    os.kill(int(pid), signal.SIGKILL)
    for number in range(150, 400):
        recorder.case(a_case(run.id, number))
    assert wait_for(lambda: told)
    recorder.finish(NOW, None)
    recorder.join(state / "results.ndjson")
    recorder.close()
    assert len(told) == 1
    assert record_run(state, None).problem is None
    with open_store(None, state) as store:
        assert load_run(store.connection, run.id) == load_run_file(state / "results.ndjson")
        assert len(load_run(store.connection, run.id).cases) == 400
    assert spools(state) == []


def test_a_server_killed_just_before_a_run_is_waited_for(state: Path) -> None:
    with open_store(None, state) as store:
        pid = (state / "postgres" / "data" / "postmaster.pid").read_text().split()[0]
        os.kill(int(pid), signal.SIGKILL)
        assert record_run(state, None).problem is None
        assert store.place == str(state / "postgres")


def test_two_runs_at_once_share_the_embedded_server(state: Path, spawn: Spawn) -> None:
    runs = [a_run().id for _ in range(3)]
    for process in [spawn(CONTROLLER, state, "", run, 300, 0.001) for run in runs]:
        out, err = process.communicate(timeout=60)
        assert not err and out.endswith("told 0\n")
    with open_store(None, state) as store:
        assert [counts(store._dsn, run) for run in runs] == [(300, 300, 300)] * 3
        assert sorted(store.number(run) or 0 for run in runs) == [1, 2, 3]
    assert wait_for(lambda: not servers_of(state))


def test_spools_of_a_living_run_are_left_to_it(dsn: str, tmp_path: Path) -> None:
    run = a_run()
    living = Recorder(run.id, tmp_path)
    living.begin(run, "none")
    worker = Recorder(run.id, tmp_path, worker="gw0")
    worker.case(a_case(run.id))
    worker.close()
    with open_store(dsn, tmp_path) as store:
        replay(store, tmp_path)
        assert store.number(run.id) is None
        assert [spool.worker for spool in spools(tmp_path)] == ["main", "gw0"]
        living.close()
        replay(store, tmp_path)
        assert len(load_run(store.connection, run.id).cases) == 1
    assert spools(tmp_path) == []


def test_a_worker_that_outlives_its_controller_is_brought_in_later(dsn: str, tmp_path: Path) -> None:
    run = a_run()
    controller = Recorder(run.id, tmp_path)
    controller.begin(run, dsn)
    worker = Recorder(run.id, tmp_path, worker="gw0")
    worker.case(a_case(run.id, 1, worker="gw0"))
    controller.finish(NOW, None)
    controller.close()
    assert [spool.worker for spool in spools(tmp_path)] == ["gw0"]
    worker.case(a_case(run.id, 2, worker="gw0"))
    worker.close()
    with open_store(dsn, tmp_path) as store:
        replay(store, tmp_path)
        assert [case.case for case in load_run(store.connection, run.id).cases] == ["case-1", "case-2"]
        assert store.connection.execute("SELECT passed FROM test_results").fetchall() == [(2,)]
    assert spools(tmp_path) == []


def test_a_torn_line_is_left_out_and_its_spool_still_goes(dsn: str, tmp_path: Path) -> None:
    run = a_run()
    recorder = Recorder(run.id, tmp_path)
    recorder.begin(run, "none")
    recorder.case(a_case(run.id))
    os.write(recorder._spool._handle, b'{"kind":"case","record":{"key":"to')
    recorder.close()
    with open_store(dsn, tmp_path) as store:
        replay(store, tmp_path)
        assert len(load_run(store.connection, run.id).cases) == 1
    assert spools(tmp_path) == []


def test_what_a_kill_leaves_between_commit_and_removal_is_not_stored_again(dsn: str, tmp_path: Path) -> None:
    recorder = record_run(tmp_path, "postgresql://127.0.0.1:1/away", close=False)
    recorder.close()
    kept = {spool.path: spool.path.read_bytes() for spool in spools(tmp_path)}
    assert len(kept) == 2
    with open_store(dsn, tmp_path) as store:
        for _ in range(2):
            replay(store, tmp_path)
            for path, content in kept.items():
                path.write_bytes(content)
    assert counts(dsn, recorder.run) == (5, 5, 1)


def test_a_fault_of_our_own_costs_a_message_and_not_the_run(
    dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pytest_mcp.results.drain.replay", lambda *_: 1 / 0)
    recorder = record_run(tmp_path, dsn)
    assert recorder.problem and "internal error: ZeroDivisionError" in recorder.problem
    assert len(spools(tmp_path)) == 2


def test_a_refused_line_is_told(dsn: str, tmp_path: Path) -> None:
    run = a_run()
    recorder = Recorder(run.id, tmp_path)
    recorder.begin(run, dsn)
    recorder._append(b'{"kind":"case","record":{"started_at":"never"}}\n')
    recorder.close()
    assert recorder.problem and "1 results refused; see results.ndjson" in recorder.problem


def test_a_worker_imports_no_driver() -> None:
    code = """if True:
        import sys, tempfile
        from pathlib import Path
        from pytest_mcp.results import Recorder
        from tests.results.builders import a_case
        with tempfile.TemporaryDirectory() as state:
            run = "00000000-0000-4000-8000-000000000001"
            worker = Recorder(run, Path(state), worker="gw0")
            worker.case(a_case(run))
            worker.close()
        print([name for name in ("psycopg", "pydantic", "alembic") if name in sys.modules])"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_lease_is_held_until_the_recorder_is_closed(state: Path) -> None:
    recorder = Recorder(a_run().id, state)
    recorder.begin(a_run(id=recorder.run))
    assert recorder.stored() == 1
    assert servers_of(state) and embedded.exists(state)
    recorder.close()
    assert wait_for(lambda: not servers_of(state))
