"""A pytest session with ``--mcp``: settings and configs in, snapshot, recording, and the ending."""

import gc
import os
import pickle
import threading
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from pytest_mcp.client.fleet import Fleet
from pytest_mcp.client.relay import Relay
from pytest_mcp.errors import McpError, ReportError
from pytest_mcp.exercise.ahead import Ahead
from pytest_mcp.fixtures import AHEAD, FLEET, REHEARSED, Accepted, McpServer
from pytest_mcp.inventory import read_inventory
from pytest_mcp.inventory.lock import read_lock
from pytest_mcp.model.approval import Approved
from pytest_mcp.model.call import Exercised
from pytest_mcp.model.effects import Level
from pytest_mcp.model.interface import Interface, Start, StartFailure
from pytest_mcp.model.run import CaseResult, CheckFacts, Run, ServerFacts
from pytest_mcp.model.server import Inventory, Server
from pytest_mcp.plugin import collection, facts, outcomes, planning
from pytest_mcp.plugin.ending import Ending
from pytest_mcp.plugin.options import given, taken_options
from pytest_mcp.plugin.participant import Participant, fleet_of
from pytest_mcp.plugin.shown import cleaned, cleaned_interface
from pytest_mcp.plugin.staging import Staging, level_of, refuse_hints
from pytest_mcp.plugin.starting import Progress
from pytest_mcp.plugin.waived import read_waivers
from pytest_mcp.plugin.worker import DESELECTED, SENT, SNAPSHOT, Snapshot, Worker
from pytest_mcp.results import Recorder
from pytest_mcp.results.controls import read_controls
from pytest_mcp.sandbox import Sandbox, choose
from pytest_mcp.settings import Settings, read_settings


def activate(config: pytest.Config) -> None:
    """Take part in the session; bad settings and configs end it here, with exit code 4."""
    from pytest_mcp import fixtures

    config.pluginmanager.register(fixtures, "mcp_fixtures")
    if hasattr(config, "workerinput"):
        plugin: object = Worker(config, pickle.loads(config.workerinput[SNAPSHOT]))  # noqa: S301 - our own controller's
    else:
        plugin = _controller(config)
    config.pluginmanager.register(plugin, "mcp_session")


def _controller(config: pytest.Config) -> "Controller":
    here = config.invocation_params.dir
    try:
        settings = read_settings(given(config), config.rootpath, os.environ, invocation_dir=here)
        collection.refuse_empty(settings.suites)
        refuse_unwritable(settings.report)
        level = level_of(settings, settings.suites or collection.ALWAYS)
        inventory = read_inventory(settings, config.rootpath, os.environ)
        approved = read_lock(config.rootpath)
        waivers = read_waivers(settings.config, config.rootpath)
    except McpError as error:
        raise pytest.UsageError(f"mcp: {error}") from None
    explicit = config.args_source == pytest.Config.ArgsSource.ARGS
    suites = settings.suites or collection.ALWAYS
    selected = explicit and collection.selects(config.args, here)
    config.args = collection.arguments(config.args if explicit else (), suites, here)
    # --runxfail asks to see everything as it is.
    accepted = Accepted(waivers=() if config.option.runxfail else waivers, today=datetime.now(UTC).date())
    return Controller(config, settings, inventory, selected, level, accepted=accepted, approved=approved)


def refuse_unwritable(report: Path) -> None:
    """Say before anything is tested what would be said after all of it."""
    there = next(folder for folder in (report, *report.parents) if os.path.lexists(folder))
    if not there.is_dir():
        raise ReportError(f"{there}: is no folder; remove it or choose another folder with --mcp-report")
    if not os.access(there, os.W_OK | os.X_OK):
        raise ReportError(f"{report}: cannot be written; choose another folder with --mcp-report")


class Controller(Participant):
    """The process that starts the servers, stores the results and answers for the run."""

    def __init__(  # noqa: PLR0913 - all that was read before the session begins
        self,
        config: pytest.Config,
        settings: Settings,
        inventory: Inventory,
        selected: bool,
        level: Level | None,
        *,
        accepted: Accepted,
        approved: Mapping[str, Approved],
    ) -> None:
        super().__init__(config, settings, str(uuid.uuid4()), "main", accepted)
        self.inventory, self.selected, self.level = inventory, selected, level
        self._approved = approved
        self.started_at = datetime.now(UTC)
        self.cases: list[CaseResult] = []
        self.checks: dict[str, CheckFacts] = {}
        self._interfaces: dict[str, Interface] = {}
        self._open = ExitStack()
        self._live: Fleet | None = None
        self._ahead: Ahead | None = None
        self._staging: Staging | None = None
        self._started = False
        self.last_failed = False
        self._relay: Relay | None = None
        self.ending = Ending(self)
        config.add_cleanup(self._open.close)

    @property
    def recording(self) -> bool:
        """False when nothing will run: ``--collect-only`` and its like."""
        return not self.config.option.collectonly and not getattr(self.config.option, "setupplan", False)

    def starts(self, server: str) -> tuple[Start, ...]:
        """Every start of a server so far."""
        return self._live.starts(server) if self._live else ()

    def rehearse(self, servers: Sequence[str], probed: Sequence[str]) -> None:
        """Have these servers exercised; nothing is called in a run that only collects."""
        if not self.recording:
            return
        assert self._live
        if self._staging is None:
            self.level = self.level or choose().level
            sandbox = Sandbox(self.level, self.config.rootpath, self.state)
            self._staging = Staging(self.settings, sandbox, self._live, self.fleet, read_controls(self.state))
            self._open.callback(self._staging.close)
            self.config.stash[REHEARSED] = self._staging
        self._staging.begin(servers)
        self._staging.probe(probed)

    def begin_close(self, server: str) -> None:
        """Start ending it in the background."""
        assert self._live
        if self._ahead:
            self._ahead.stop(server)
        self._live.begin_close(server)

    def keep(self, result: CaseResult, what: CheckFacts, report: pytest.TestReport) -> None:
        """Take it as it is."""
        self.cases.append(result)
        self.checks[what.id] = what

    def pytest_report_header(self) -> list[str]:
        """What is about to be tested, in one line."""
        return [*self.ending.header(), *taken_options(self.config)]

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> None:
        """Take the snapshot after the header and before anything is collected."""
        cache = getattr(self.config, "cache", None)
        if cache and getattr(self.config.option, "lf", False):
            self.last_failed = bool(cache.get("cache/lastfailed", {}))
        if self._live is None:
            self.snapshot()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Begin to send what the selected tests will ask for."""
        super().pytest_collection_finish(session)
        gc.freeze()  # what is there now stays to the end, and need not be looked through again and again
        if self.recording and self._live:
            planned = planning.planned(session.items, self.fleet)
            self.config.stash[AHEAD] = self._ahead = Ahead(self._live.get, planned)

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Drop what a test did not take of its replies."""
        if self._ahead:
            self._ahead.forget(nodeid)
        super().pytest_runtest_logfinish(nodeid)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_setupnodes(self, config: pytest.Config) -> None:
        """Take it before any worker starts."""
        self.snapshot()
        assert self._live
        self._relay = Relay(self._live)
        self._open.callback(self._relay.close)
        self._relay.offers |= {
            "rehearse": lambda _, servers, probed: self.rehearse(servers, probed),
            "rehearsed_tool": lambda server, name: self._staged().tool(server, name),
            "rehearsed_whole": lambda server: self._staged().whole(server),
            "probed_tool": lambda server, name: self._staged().probed(server, name),
            "probed_whole": lambda server: self._staged().probed_whole(server),
            "attack": lambda server, ask: self._staged().attack(server, ask),
            "rehearsed_call": lambda server, ask: self._staged().call(server, ask),
        }

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Hand the snapshot to a worker."""
        assert self._relay
        node.workerinput[SNAPSHOT] = pickle.dumps(Snapshot(self, self._relay))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        """Keep a server on one worker, whatever way of distributing was asked for."""
        from pytest_mcp.plugin.scheduling import ServerScheduling

        ids = frozenset(collection.safe_id(server.id) for server in self.inventory.servers)
        return ServerScheduling(config, log, lambda nodeid: collection.server_of(nodeid, ids))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the result a worker sent along."""
        sent = report.__dict__.get(SENT)
        if sent is not None:
            result, what = pickle.loads(bytes.fromhex(sent))  # noqa: S301 - our own worker's
            self.keep(result, what, report)

    @pytest.hookimpl(optionalhook=True)
    def pytest_handlecrashitem(self, crashitem: str, report: pytest.TestReport) -> None:
        """A test that took its worker with it never had a result of its own."""
        safe = {collection.safe_id(server.id): server.id for server in self.inventory.servers}
        server = safe.get(collection.server_of(crashitem, frozenset(safe)) or "")
        shipped = collection.is_shipped(crashitem, self.config.rootpath)
        if server is None and not shipped:
            return
        result = outcomes.crashed(report, server or "", shipped=shipped, run=self.run_id)
        self._record(outcomes.SURVIVES, result)
        self.keep(result, outcomes.SURVIVES, report)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Every worker leaves out the same items."""
        self.deselected = max(self.deselected, getattr(node, "workeroutput", {}).get(DESELECTED, 0))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Decide, store and render, while the servers that are still there end."""
        if FLEET in self.config.stash:
            self.ending.finish(session, exitstatus)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """The table, the verdict, how to repeat it, and where the report is."""
        self.ending.summary(terminalreporter)

    def snapshot(self) -> None:
        """Start every server, list it, and begin to record."""
        self._live = self._fleet_of(self.settings)
        usable = [server for server in self.inventory.servers if server.transport is not None]
        try:
            connecting = self._live.connect_all(usable)
            if self.recording:  # what that imports is imported while servers start
                self._begin_recording()
            self._connect(self._live, connecting)
        finally:
            servers = tuple(self._tested(self._live, server) for server in self.inventory.servers)
            self.config.stash[FLEET] = fleet_of(servers, self._live, self.settings)
        if self.recorder:
            self._record_servers()
        try:
            refuse_hints(self.settings, servers)
        except McpError as error:
            raise pytest.UsageError(f"mcp: {error}") from None

    def _connect(self, live: Fleet, connecting: Iterator[Interface]) -> None:
        """Interrupted here, servers are not ended one by one: the fleet's guard ends them once this process is gone."""
        threading.Thread(target=_read_ahead, name="mcp-imports", daemon=True).start()
        progress = Progress(self.config, len(self.inventory.servers))
        servers = {server.id: server for server in self.inventory.servers}
        for interface in connecting:
            self._interfaces[interface.server] = interface
            progress.one(interface, partial(cleaned, secrets=live.secrets_of(servers[interface.server])))
        self._started = True
        self._open.callback(live.close)
        progress.whole()

    def _tested(self, live: Fleet, server: Server) -> McpServer:
        secrets = live.secrets_of(server)
        interface = self._interfaces.get(server.id) or _unusable(server)
        entry, shown = replace(server, secrets=secrets), cleaned_interface(interface, secrets)
        return McpServer(entry=entry, interface=shown, approved=self._approved.get(server.id))

    def run(self) -> Run:
        """The run as it stands, without its verdict."""
        return Run(
            id=self.run_id,
            started_at=self.started_at,
            finished_at=None,
            seed=self.settings.seed,
            project=self.config.rootpath.name,
            command=facts.command_line(self.config.invocation_params.args),
            fail_on=str(self.settings.fail_on),
            facts=(
                *facts.versions(),
                ("configs", ", ".join(self.inventory.files)),
                *((("sandbox", str(self.level)),) if self.level else ()),
            ),
        )

    def server_facts(self) -> tuple[ServerFacts, ...]:
        """What is known of every server by now."""
        wholes = {whole.server: whole for whole in self._staging.done()} if self._staging else {}
        return tuple(self._facts(server, wholes.get(server.id)) for server in self.fleet.servers)

    def _facts(self, server: McpServer, whole: Exercised | None) -> ServerFacts:
        redact = self.redacted(server.id)
        found = facts.server_facts(server.entry, server.interface, self.starts(server.id), redact)
        return facts.with_calls(found, whole, redact) if whole else found

    def interface_of(self, server: str) -> str:
        """A server's whole interface as JSON."""
        return facts.interface_json(self._servers()[server].interface, self.redacted_whole(server))

    def end_servers(self) -> None:
        """End every server that is still there."""
        if self._ahead:
            self._ahead.stop()
        if self._staging:
            self._staging.stop()
        if self._live and self._started:
            self._live.close()

    def _staged(self) -> Staging:
        assert self._staging
        return self._staging

    def _fleet_of(self, settings: Settings) -> Fleet:
        own = {server.name: server.timeout for server in settings.servers if server.timeout is not None}
        return Fleet(self.config.rootpath, timeout=settings.timeout, own=own)

    def _begin_recording(self) -> None:
        try:
            self.recorder = Recorder(self.run_id, self.state)
        except McpError as error:
            raise pytest.UsageError(f"mcp: {error}") from None
        self._open.callback(self.recorder.close)
        self.recorder.begin(self.run(), dsn=self.settings.db)

    def _record_servers(self) -> None:
        assert self.recorder
        for server in self.server_facts():
            self.recorder.server(server, self.interface_of(server.id))


def _read_ahead() -> None:
    """What the first check and the report need takes most of a second to import: do it while slow servers start."""
    for module in ("mcp_types.methods", "jsonschema_rs", "pytest_mcp.reporting.html"):
        import_module(module)


def _unusable(server: Server) -> Interface:
    failure = StartFailure(
        reason=server.problem or "not reached before the run was interrupted",
        command=(),
        exit_code=None,
        stderr_tail="",
    )
    return Interface(server=server.id, connected=False, failure=failure)
