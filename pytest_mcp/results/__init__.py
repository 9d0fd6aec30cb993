"""Every result is kept: first on disk by the process that saw it, then in Postgres by a thread of the controller.

This room promises: a result that was recorded is stored exactly once, whatever is killed when; a database that is away
costs a run one message and nothing else; a run reads back the same from Postgres and from ``results.ndjson``.

In the controller::

    recorder = Recorder(run.id, state, say=lines.append)     # state = rootdir / ".pytest_mcp"; run.id = str(uuid4())
    recorder.begin(run, dsn=settings.db)                     # str, "none" or None; returns at once
    recorder.server(facts, interface_json)                   # again at the end, if the facts grew: the last one counts
    recorder.check(check_facts); recorder.case(result)
    recorder.finish(finished_at, verdict, narrowed)
    recorder.join(report_folder / "results.ndjson")          # complete: run, servers, checks, cases, verdict
    number = recorder.stored()                               # small number for people, None without a database
    recorder.close()

In an xdist worker: ``Recorder(run_id, state, worker="gw0")`` with ``case``, ``check``, ``starts`` and ``close`` only.

To read: ``with open_store(dsn, state) as store:`` then ``load_run(store.connection, "1412")`` or
``list_runs(store.connection, 20)``; ``past_runs(store.connection, project=...)`` is what a report tells of earlier
runs; without a database ``load_run_file(path)``. What goes wrong is a StoreError, and a
run that does not exist a UsageError. Nothing heavy is imported before it is used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from pytest_mcp.results.spool import join_spools

if TYPE_CHECKING:
    from pytest_mcp.results.history import PastRun, RunLine, list_runs, load_run, load_run_file, past_runs
    from pytest_mcp.results.recorder import Recorder
    from pytest_mcp.results.store import Store, open_store

__all__ = [
    "PastRun",
    "Recorder",
    "RunLine",
    "Store",
    "join_spools",
    "list_runs",
    "load_run",
    "load_run_file",
    "open_store",
    "past_runs",
]

_WHERE = {
    "Recorder": "recorder",
    "PastRun": "history",
    "RunLine": "history",
    "Store": "store",
    "list_runs": "history",
    "load_run": "history",
    "load_run_file": "history",
    "past_runs": "history",
    "open_store": "store",
}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
