"""What controller and workers have in common: generating tests and judging their reports."""

from collections import defaultdict
from collections.abc import Callable, Generator, Sequence
from functools import partial
from pathlib import Path

import pytest

from pytest_mcp.checks import Declared, declared
from pytest_mcp.checks.shipped import suites_folder
from pytest_mcp.fixtures import FLEET, REPORT, Accepted, Connections, McpFleet, McpReport, McpServer, WaiverLeft
from pytest_mcp.inventory import redact
from pytest_mcp.model.finding import Check, Severity
from pytest_mcp.model.interface import Element
from pytest_mcp.model.run import CaseResult, CheckFacts, Outcome, Suite
from pytest_mcp.model.server import Server
from pytest_mcp.plugin import FIXTURES, collection, outcomes
from pytest_mcp.plugin.shown import Place, cleaned, tidy
from pytest_mcp.results import Recorder
from pytest_mcp.settings import Settings

STATE = ".pytest_mcp"
IDENTITY = pytest.StashKey[outcomes.Identity]()
PLACE = pytest.StashKey[Place]()


class Participant:
    """A process that takes part in the session: the only one, or xdist's controller, or one of its workers."""

    def __init__(self, config: pytest.Config, settings: Settings, run: str, worker: str, accepted: Accepted) -> None:
        self.accepted = accepted
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
        """What makes a server's text inert and removes its secret values; cutting comes after."""
        return partial(cleaned, secrets=self._secrets(server))

    def redacted_whole(self, server: str) -> Callable[[str], str]:
        """What removes a server's secret values from names and JSON, which nobody has cut."""
        return partial(redact, secrets=self._secrets(server), whole=True)

    def redacted_anywhere(self, text: str) -> str:
        """The text without the secret values of any server."""
        for server in self._servers():
            text = self.redacted(server)(text)
        return text

    def _secrets(self, server: str) -> tuple[str, ...]:
        entry = self._servers().get(server)
        return entry.entry.secrets if entry else ()

    def _others(self, server: str) -> frozenset[str]:
        return frozenset(name for each in self._servers().values() if each.id != server for name in _names(each))

    def _servers(self) -> dict[str, McpServer]:
        if not self._by_id:
            self._by_id = {server.id: server for server in self.fleet.servers}
        return self._by_id

    def pytest_collect_directory(self, path: Path, parent: pytest.Collector) -> pytest.Dir | None:
        """Keep pytest from importing the suites as a package under the name of their folder."""
        if not path.is_relative_to(suites_folder()):
            return None
        return pytest.Dir.from_parent(parent, path=path)

    def pytest_pycollect_makemodule(self, module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
        """Give suite files a node id and a module name that are the same in every project."""
        if not module_path.is_relative_to(suites_folder()):
            return None
        nodeid = collection.node_id(module_path, self.config.rootpath)
        return collection.SuiteModule.from_parent(parent, path=module_path, nodeid=nodeid)

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """One test for each server or element; ``--fixtures`` and its like take no snapshot and run nothing."""
        if FLEET in self.config.stash:
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

    def rehearse(self, servers: Sequence[str], probed: Sequence[str]) -> None:
        """Have these servers exercised in the sandbox, and those probed too, ahead of the tests that ask for it."""
        raise NotImplementedError

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Know when a server has nothing left to do but to end."""
        for item in session.items:
            identity = item.stash.get(IDENTITY, None)
            found = declared(getattr(item, "function", None))
            if identity and found and found.last:
                self._to_close.add(identity.server)
            elif identity and (found is None or "mcp_client" in getattr(item, "fixturenames", ())):
                self._left[identity.server].add(item.nodeid)
        called = [item for item in session.items if "mcp_sandbox" in getattr(item, "fixturenames", ())]
        wanted = self._connected(called)
        if wanted:
            self.rehearse(wanted, self._connected([item for item in called if _is_probing(item)]))

    def _connected(self, items: Sequence[pytest.Item]) -> list[str]:
        """The servers that these are about, of those that are there."""
        found = dict.fromkeys(identity.server for item in items if (identity := item.stash.get(IDENTITY, None)))
        return [server for server in found if self._servers()[server].interface.connected]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Prepare the test's report, and skip what this server never promised."""
        identity = item.stash.get(IDENTITY, None)
        if identity is None:
            return
        found = declared(getattr(item, "function", None))
        what = found.check if found else _project_check(identity)
        server = self._servers().get(identity.server)
        names = _names(server) if server else ()
        item.stash[REPORT] = report = McpReport(
            check=what,
            server=identity.server,
            element=identity.element,
            fail_on=self.settings.fail_on,
            redact=self.redacted(identity.server),
            names=names,
            others=self._others(identity.server) if self.accepted.waivers else frozenset(),
            accepted=self.accepted.about(identity.check, names, identity.element),
        )
        if found and server and (reason := beside_the_point(found, server)):
            report.not_applicable(reason)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None]:
        """When the test is over, let what waivers make of its findings be its end."""
        report = item.stash.get(REPORT, None)
        try:
            yield
        except pytest.skip.Exception:
            if report:
                report.settle_waived()
            raise
        if report:
            report.settle()

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
        tidy(report, call, _place(item, call), self.redacted(identity.server))
        outcome = outcomes.judge(report, call, kept, identity.shipped)
        if outcome is Outcome.ERROR and report.when == "call":
            # Not the server's fault: pytest reports failures outside the call as errors, in JUnit too.
            report.when = "setup"
        if outcome is not None:
            if kept and outcome in (Outcome.RECORDED, Outcome.WAIVED):
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
            element=self.redacted_whole(server)(f"{element.kind}:{element.name}") if element else "",
            case=_case(item, element, found is not None),
            shipped=found is not None,
        )
        item.user_properties += [("mcp_check", identity.check), ("mcp_server", identity.server)]
        item.add_marker("mcp")
        item.add_marker(f"mcp_{identity.suite}")
        if server:
            _locate(item, self.fleet[server].entry)


def fleet_of(servers: tuple[McpServer, ...], connections: Connections, settings: Settings) -> McpFleet:
    """The servers of a run with what tests may know of its settings: the same in the controller and its workers."""
    return McpFleet(
        servers=servers,
        connections=connections,
        deep=settings.deep,
        deep_seconds=settings.deep_seconds,
        seed=settings.seed,
    )


def beside_the_point(what: Declared, server: McpServer) -> str | None:
    """Why a check is not about this server, None when it is."""
    if not server.interface.connected:
        return None
    if what.era and what.era is not server.interface.era:
        return f"about the {what.era} era, this server speaks {server.interface.revision}"
    if what.transport and what.transport != server.entry.kind:
        return f"about {what.transport}, this server is reached over {server.entry.kind}"
    if what.capability and what.capability not in server.interface.capabilities:
        return f"declares no {what.capability}"
    return None


def _names(server: McpServer) -> tuple[str, ...]:
    """What a waiver may call it."""
    return (server.id, server.entry.name)


def _locate(item: pytest.Item, server: Server) -> None:
    item.stash[PLACE] = place = Place(path=item.config.rootpath / server.source.path, line=server.source.line)
    item.reportinfo = lambda: (place.path, place.line - 1, item.name)  # type: ignore[method-assign]


def _place(item: pytest.Item, call: pytest.CallInfo[None]) -> Place | None:
    """Where a person has to look: at the server's entry, or at the waiver that has to go."""
    failed = call.excinfo.value if call.excinfo else None
    if isinstance(failed, WaiverLeft):
        source = failed.waiver.source
        return Place(path=item.config.rootpath / source.path, line=source.line)
    return item.stash.get(PLACE, None)


def _case(item: pytest.Item, element: Element | None, shipped: bool) -> str:
    """Tells two items of one check and element apart: an element listed twice, or a project's own parameters."""
    if not shipped:
        return item.callspec.id if isinstance(item, pytest.Function) and hasattr(item, "callspec") else ""
    return f"#{element.index}" if element and collection.REPEATED in item.name else ""


def _marked_suite(item: pytest.Item) -> str:
    return next((suite.value for suite in Suite if item.get_closest_marker(f"mcp_{suite}")), Suite.UNIT.value)


def _is_probing(item: pytest.Item) -> bool:
    """Whether a test of the security suite may ask for what probes showed."""
    identity = item.stash.get(IDENTITY, None)
    return identity is not None and identity.suite == Suite.SECURITY


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
