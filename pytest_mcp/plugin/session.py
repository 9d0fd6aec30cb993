"""A pytest session with ``--mcp``: snapshot, generation, recording, verdict; in the controller and in every worker."""

import os
import pickle
import uuid
from collections import defaultdict
from collections.abc import Callable, Generator
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from pytest_mcp.checks import declared
from pytest_mcp.client.fleet import Fleet
from pytest_mcp.client.relay import BorrowedFleet, Relay
from pytest_mcp.errors import McpError, ReportError
from pytest_mcp.fixtures import FLEET, REPORT, McpFleet, McpReport, McpServer
from pytest_mcp.inventory import read_inventory, redact
from pytest_mcp.model.finding import Check, Severity
from pytest_mcp.model.interface import Element, Interface, Start, StartFailure
from pytest_mcp.model.run import CaseResult, CheckFacts, Outcome, Run, ServerFacts, Suite
from pytest_mcp.model.server import Inventory, Server
from pytest_mcp.plugin import FIXTURES, collection, facts, outcomes
from pytest_mcp.plugin.ending import Ending
from pytest_mcp.plugin.shown import Place, tidy
from pytest_mcp.plugin.starting import Progress, connect_all
from pytest_mcp.results import Recorder
from pytest_mcp.settings import Settings, read_settings

STATE = ".pytest_mcp"
IDENTITY = pytest.StashKey[outcomes.Identity]()
PLACE = pytest.StashKey[Place]()
SNAPSHOT = "mcp_snapshot"
SENT = "mcp_case"
DESELECTED = "mcp_deselected"


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
    options = {name: value for name, value in vars(config.option).items() if name.startswith("mcp_")}
    here = config.invocation_params.dir
    try:
        settings = read_settings(options, config.rootpath, os.environ, invocation_dir=here)
        refuse_unwritable(settings.report)
        inventory = read_inventory(settings, config.rootpath, os.environ)
    except McpError as error:
        raise pytest.UsageError(f"mcp: {error}") from None
    explicit = config.args_source == pytest.Config.ArgsSource.ARGS
    suites = settings.suites or collection.ALWAYS
    selected = explicit and collection.selects(config.args, here)
    config.args = collection.arguments(config.args if explicit else (), suites, here)
    return Controller(config, settings, inventory, selected)


def refuse_unwritable(report: Path) -> None:
    """Say before anything is tested what would be said after all of it."""
    there = next(folder for folder in (report, *report.parents) if os.path.lexists(folder))
    if not there.is_dir():
        raise ReportError(f"{there}: is no folder; remove it or choose another folder with --mcp-report")
    if not os.access(there, os.W_OK | os.X_OK):
        raise ReportError(f"{report}: cannot be written; choose another folder with --mcp-report")


class Participant:
    """What controller and workers have in common: generating tests and judging their reports."""

    def __init__(self, config: pytest.Config, settings: Settings, run: str, worker: str) -> None:
        self.config, self.settings, self.run_id, self.worker = config, settings, run, worker
        self.state = config.rootpath / STATE
        self.recorder: Recorder | None = None
        self.deselected = 0
        self._left: dict[str, set[str]] = defaultdict(set)
        self._to_close: set[str] = set()
        self._checks: set[str] = set()
        self._by_id: dict[str, McpServer] = {}

    @property
    def fleet(self) -> McpFleet:
        """The servers of this run; there once the snapshot is taken."""
        return self.config.stash[FLEET]

    def begin_close(self, server: str) -> None:
        """Start ending a server's shared connection; the last test of the server waits for it."""
        raise NotImplementedError

    def keep(self, result: CaseResult, what: CheckFacts, report: pytest.TestReport) -> None:
        """Take a result, and what its check demands, to where the run is put together."""
        raise NotImplementedError

    def redacted(self, server: str) -> Callable[[str], str]:
        """What removes a server's secret values from a text."""
        entry = self._servers().get(server)
        return partial(redact, secrets=entry.entry.secrets if entry else ())

    def redacted_anywhere(self, text: str) -> str:
        """The text without the secret values of any server."""
        for server in self._servers():
            text = self.redacted(server)(text)
        return text

    def _servers(self) -> dict[str, McpServer]:
        if not self._by_id:
            self._by_id = {server.id: server for server in self.fleet.servers}
        return self._by_id

    def pytest_collect_directory(self, path: Path, parent: pytest.Collector) -> pytest.Dir | None:
        """Keep pytest from importing the suites as a package under the name of their folder."""
        if not path.is_relative_to(collection.suites_folder()):
            return None
        return pytest.Dir.from_parent(parent, path=path)

    def pytest_pycollect_makemodule(self, module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
        """Give suite files a node id and a module name that are the same in every project."""
        if not module_path.is_relative_to(collection.suites_folder()):
            return None
        nodeid = collection.node_id(module_path, self.config.rootpath)
        return collection.SuiteModule.from_parent(parent, path=module_path, nodeid=nodeid)

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """One test for each server or element."""
        collection.parametrize(metafunc, self.fleet)

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """Mark an item, before ``-m`` looks, and let it be reported where its server was configured."""
        if not collection.asks_nothing(item):
            self._identify(item)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Order items."""
        items[:] = collection.ordered(items)

    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        """Count what ``-k``, ``-m`` and ``--lf`` leave out: the run is narrowed."""
        self.deselected += sum(not collection.asks_nothing(item) for item in items)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Know when a server has nothing left to do but to end."""
        for item in session.items:
            identity = item.stash.get(IDENTITY, None)
            found = declared(getattr(item, "function", None))
            if identity and found and found.last:
                self._to_close.add(identity.server)
            elif identity:
                self._left[identity.server].add(item.nodeid)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Prepare the test's report, and skip what this server never promised."""
        identity = item.stash.get(IDENTITY, None)
        if identity is None:
            return
        found = declared(getattr(item, "function", None))
        what = found.check if found else _project_check(identity)
        item.stash[REPORT] = report = McpReport(
            check=what,
            server=identity.server,
            element=identity.element,
            fail_on=self.settings.fail_on,
            redact=self.redacted(identity.server),
        )
        server = self._servers().get(identity.server)
        if found and server and server.interface.connected:
            if found.era and found.era is not server.interface.era:
                report.not_applicable(f"about the {found.era} era, this server speaks {server.interface.revision}")
            if found.transport and found.transport != server.entry.kind:
                report.not_applicable(f"about {found.transport}, this server is reached over {server.entry.kind}")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Turn the phase's report into a result, and an exception of ours into an error."""
        report = yield
        identity = item.stash.get(IDENTITY, None)
        if identity is None:
            return report
        kept = item.stash.get(REPORT, None)
        tidy(report, call, item.stash.get(PLACE, None), self.redacted(identity.server))
        outcome = outcomes.judge(report, call, kept, identity.shipped)
        if outcome is Outcome.ERROR and report.when == "call":
            report.when = (
                "setup"  # pytest reports failures outside the call as errors, in JUnit too: not the server's fault
            )
        if outcome is not None:
            if kept and outcome is Outcome.RECORDED:
                item.user_properties += outcomes.recorded(kept)
            result = outcomes.case_result(
                identity, report, call, kept, outcome=outcome, run=self.run_id, worker=self.worker
            )
            what = _check_facts(kept.check if kept else _project_check(identity))
            self._record(what, result)
            self.keep(result, what, report)
        return report

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """When the last test but the ending one is over, the server starts to end while others are tested."""
        over = [server for server, nodeids in self._left.items() if nodeids == {nodeid}]
        for nodeids in self._left.values():
            nodeids.discard(nodeid)
        for server in over:
            if server in self._to_close and self._servers()[server].interface.connected:
                self.begin_close(server)

    def _record(self, what: CheckFacts, result: CaseResult) -> None:
        if self.recorder is None:
            return
        if what.id not in self._checks:
            self._checks.add(what.id)
            self.recorder.check(what)
        self.recorder.case(result)

    def _identify(self, item: pytest.Item) -> None:
        params = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
        server = str(params.get("mcp_server") or "")
        found = declared(getattr(item, "function", None))
        if not server and found is None and FIXTURES.isdisjoint(getattr(item, "fixturenames", ())):
            return
        element = next((value for value in params.values() if isinstance(value, Element)), None)
        item.stash[IDENTITY] = identity = outcomes.Identity(
            check=found.check.id if found else f"project:{item.nodeid.partition('[')[0]}",
            suite=found.check.suite if found else _marked_suite(item),
            server=server,
            element=self.redacted(server)(f"{element.kind}:{element.name}") if element else "",
            case=_case(item, element, found is not None),
            shipped=found is not None,
        )
        item.user_properties += [("mcp_check", identity.check), ("mcp_server", identity.server)]
        item.add_marker("mcp")
        item.add_marker(f"mcp_{identity.suite}")
        if server:
            _locate(item, self.fleet[server].entry)


class Worker(Participant):
    """An xdist worker: the snapshot came from the controller, so do the connections; results go to its own spool."""

    def __init__(self, config: pytest.Config, snapshot: "Snapshot") -> None:
        super().__init__(config, snapshot.settings, snapshot.run, config.workerinput["workerid"])  # type: ignore[attr-defined]
        self._borrowed = BorrowedFleet(snapshot.address, snapshot.key)
        config.stash[FLEET] = McpFleet(servers=snapshot.servers, connections=self._borrowed)
        config.args = snapshot.args
        if snapshot.records:
            self.recorder = Recorder(self.run_id, self.state, worker=self.worker)

    def begin_close(self, server: str) -> None:
        """Have the controller start ending it."""
        self._borrowed.call(server, "begin_close")

    def keep(self, result: CaseResult, what: CheckFacts, report: pytest.TestReport) -> None:
        """Send it to the controller on the report, as text: other plugins write reports as JSON."""
        report.__dict__[SENT] = pickle.dumps((result, what)).hex()

    def pytest_sessionfinish(self) -> None:
        """Let go of the controller and of the spool."""
        self.config.workeroutput[DESELECTED] = self.deselected  # type: ignore[attr-defined]
        self._borrowed.close()
        if self.recorder:
            self.recorder.close()


class Snapshot:
    """What a worker needs to collect the same tests and to use the same servers as everybody else."""

    def __init__(self, controller: "Controller", relay: Relay) -> None:
        self.settings, self.run = controller.settings, controller.run_id
        self.servers = controller.fleet.servers
        self.args = list(controller.config.args)
        self.address, self.key = relay.address, relay.key
        self.records = controller.recorder is not None


class Controller(Participant):
    """The process that starts the servers, stores the results and answers for the run."""

    def __init__(self, config: pytest.Config, settings: Settings, inventory: Inventory, selected: bool) -> None:
        super().__init__(config, settings, str(uuid.uuid4()), "main")
        self.inventory, self.selected = inventory, selected
        self.started_at = datetime.now(UTC)
        self.cases: list[CaseResult] = []
        self.checks: dict[str, CheckFacts] = {}
        self.problem: str | None = None
        self._interfaces: dict[str, Interface] = {}
        self._open = ExitStack()
        self._live: Fleet | None = None
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

    def begin_close(self, server: str) -> None:
        """Start ending it in the background."""
        assert self._live
        self._live.begin_close(server)

    def keep(self, result: CaseResult, what: CheckFacts, report: pytest.TestReport) -> None:
        """Take it as it is."""
        self.cases.append(result)
        self.checks[what.id] = what

    def pytest_report_header(self) -> list[str]:
        """What is about to be tested, in one line."""
        return self.ending.header()

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> None:
        """Take the snapshot after the header and before anything is collected."""
        cache = getattr(self.config, "cache", None)
        if cache and getattr(self.config.option, "lf", False):
            self.last_failed = bool(cache.get("cache/lastfailed", {}))
        if self._live is None:
            self.snapshot()

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_setupnodes(self, config: pytest.Config) -> None:
        """Take it before any worker starts."""
        self.snapshot()
        assert self._live
        self._relay = Relay(self._live)
        self._open.callback(self._relay.close)

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
        if self.recording:
            self._begin_recording()
        try:
            self._connect(self._live)
        finally:
            servers = tuple(
                McpServer(entry=server, interface=self._interfaces.get(server.id) or _unusable(server))
                for server in self.inventory.servers
            )
            self.config.stash[FLEET] = McpFleet(servers=servers, connections=self._live)
        if self.recorder:
            self._record_servers()

    def _connect(self, live: Fleet) -> None:
        """Interrupted here, servers are not ended one by one: the fleet's guard ends them once this process is gone."""
        progress = Progress(self.config, len(self.inventory.servers))
        secrets = {server.id: server.secrets for server in self.inventory.servers}
        usable = [server for server in self.inventory.servers if server.transport is not None]
        for interface in connect_all(live, usable):
            self._interfaces[interface.server] = interface
            progress.one(interface, partial(redact, secrets=secrets[interface.server]))
        self._started = True
        self._open.callback(live.close)
        progress.whole()

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
            facts=(*facts.versions(), ("configs", ", ".join(self.inventory.files))),
        )

    def server_facts(self) -> tuple[ServerFacts, ...]:
        """What is known of every server by now."""
        return tuple(
            facts.server_facts(each.entry, each.interface, self.starts(each.id), self.redacted(each.id))
            for each in self.fleet.servers
        )

    def interface_of(self, server: str) -> str:
        """A server's whole interface as JSON."""
        return facts.interface_json(self._servers()[server].interface, self.redacted(server))

    def end_servers(self) -> None:
        """End every server that is still there."""
        if self._live and self._started:
            self._live.close()

    def _fleet_of(self, settings: Settings) -> Fleet:
        own = {server.name: server.timeout for server in settings.servers if server.timeout is not None}
        return Fleet(self.config.rootpath, timeout=settings.timeout, own=own)

    def _begin_recording(self) -> None:
        try:
            self.recorder = Recorder(self.run_id, self.state, say=self._say)
        except McpError as error:
            raise pytest.UsageError(f"mcp: {error}") from None
        self._open.callback(self.recorder.close)
        self.recorder.begin(self.run(), dsn=self.settings.db)

    def _record_servers(self) -> None:
        assert self.recorder
        for server in self.server_facts():
            self.recorder.server(server, self.interface_of(server.id))

    def _say(self, message: str) -> None:
        self.problem = message


def _unusable(server: Server) -> Interface:
    failure = StartFailure(
        reason=server.problem or "not reached before the run was interrupted",
        command=(),
        exit_code=None,
        stderr_tail="",
    )
    return Interface(server=server.id, connected=False, failure=failure)


def _locate(item: pytest.Item, server: Server) -> None:
    item.stash[PLACE] = place = Place(path=item.config.rootpath / server.source.path, line=server.source.line)
    item.reportinfo = lambda: (place.path, place.line - 1, item.name)  # type: ignore[method-assign]


def _case(item: pytest.Item, element: Element | None, shipped: bool) -> str:
    """Tells two items of one check and element apart: an element listed twice, or a project's own parameters."""
    if not shipped:
        return item.callspec.id if isinstance(item, pytest.Function) and hasattr(item, "callspec") else ""
    return f"#{element.index}" if element and collection.REPEATED in item.name else ""


def _marked_suite(item: pytest.Item) -> str:
    return next((suite.value for suite in Suite if item.get_closest_marker(f"mcp_{suite}")), Suite.UNIT.value)


def _project_check(identity: outcomes.Identity) -> Check:
    return Check(
        id=identity.check,
        suite=identity.suite,
        title="a test of this project",
        severity=Severity.HIGH,
        reference="",
        remedy="see the test",
    )


def _check_facts(what: Check) -> CheckFacts:
    return CheckFacts(
        id=what.id,
        suite=what.suite,
        title=what.title,
        severity=str(what.severity),
        reference=what.reference,
        remedy=what.remedy,
    )
