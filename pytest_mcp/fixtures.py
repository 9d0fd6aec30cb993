"""The fixture ladder: ``mcp_fleet`` > ``mcp_server`` > ``mcp_client``, one element of a server, and ``mcp_report``."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import NoReturn, Protocol

import pytest
from _pytest.outcomes import Failed, XFailed

from pytest_mcp.client.connection import Caller
from pytest_mcp.client.wire import NOTHING_DECLARED, Role
from pytest_mcp.errors import HarnessError
from pytest_mcp.exercise.ahead import Ahead
from pytest_mcp.gate import waiving
from pytest_mcp.model.approval import Approved
from pytest_mcp.model.behaviour import Behaviour
from pytest_mcp.model.call import INTERNAL, Control, Exercised, ExercisedTool
from pytest_mcp.model.exchange import Ask, Exchange
from pytest_mcp.model.finding import Check, Finding, Severity, Violation, finding_of
from pytest_mcp.model.interface import Element, Era, Interface
from pytest_mcp.model.probe import Family, Probed, ProbedTool, Sent
from pytest_mcp.model.run import Measurement
from pytest_mcp.model.server import Server
from pytest_mcp.model.text import inert, inert_line
from pytest_mcp.model.waiver import Waiver
from pytest_mcp.model.world import World
from pytest_mcp.reporting.terminal import finding_lines

INCONCLUSIVE = "inconclusive: "
NOT_APPLICABLE = "not applicable: "


class Connections(Protocol):
    """Where the live connections come from: the fleet itself, or the controller's through a worker's relay."""

    def get(self, server_id: str) -> Caller:
        """The shared connection of a server that connected."""

    def open(
        self, server: Server, *, purpose: str, era: Era | None = None, role: Role = NOTHING_DECLARED
    ) -> tuple[Caller, Interface]:
        """Another connection, to a process of its own where we start it; see Fleet.open."""

    def ask_first(self, server: Server, ask: Ask, *, purpose: str) -> Exchange:
        """One message on a connection of its own, without a handshake; see Fleet.ask_first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class McpServer:
    """A server under test: its config entry, and its interface as the snapshot found it."""

    entry: Server
    interface: Interface
    approved: Approved | None = None
    """What mcp-lock.json has of it."""

    @property
    def id(self) -> str:
        """The server's id in this run."""
        return self.entry.id


@dataclass(frozen=True, slots=True, kw_only=True)
class McpFleet:
    """Every server of this run, and the way to their shared connections."""

    servers: tuple[McpServer, ...]
    connections: Connections
    deep: bool = False
    """Whether checks that take a start of their own are to run (``--mcp-deep``)."""
    deep_seconds: float = 10.0
    seed: int = 0

    def __getitem__(self, server_id: str) -> McpServer:
        return next(server for server in self.servers if server.id == server_id)


class CheckFailed(Failed):
    """A check has findings at or above the threshold: the server's fault, told apart from ours."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        worst_first = sorted(findings, key=lambda finding: -finding.severity)
        lines = [line for finding in worst_first for line in finding_lines(finding)]
        super().__init__("\n".join(lines), pytrace=False)
        more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
        self.summary = f"{worst_first[0].severity}: {inert_line(worst_first[0].title)}{more}"


class CheckWaived(XFailed):
    """Every finding that would fail the test is accepted by a waiver."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("; ".join(f"waived by {each}" for each in dict.fromkeys(f.waived for f in findings)), False)


class WaiverLeft(Failed):
    """What a waiver accepts is no longer there: it would hide the same flaw when it comes back."""

    def __init__(self, waiver: Waiver, server: str) -> None:
        self.waiver = waiver
        about = f"{waiver.element} of {server}" if waiver.element else server
        self.summary = inert_line(
            f"remove the waiver at {waiver.source}: {waiver.check} finds nothing of it on {about} any more", limit=400
        )
        super().__init__(self.summary, pytrace=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The waivers of this run, and the day that decides whether one has expired."""

    waivers: tuple[Waiver, ...] = ()
    today: date = date.min

    def about(self, check: str, names: Sequence[str], element: str) -> "Accepted":
        """Those that are about one test."""
        return replace(
            self, waivers=tuple(each for each in self.waivers if waiving.is_about(each, check, names, element))
        )


@dataclass(slots=True)
class McpReport:
    """What one test found, measured and noted; kept by the plugin when the test is over."""

    check: Check
    server: str
    element: str
    fail_on: Severity
    redact: Callable[[str], str]
    """Removes the server's secret values from a text."""
    names: tuple[str, ...] = ()
    """The server as waivers may call it: its id and its name."""
    others: frozenset[str] = frozenset()
    """The names of the other servers."""
    accepted: Accepted = field(default_factory=Accepted)
    """The waivers that are about this test."""
    findings: list[Finding] = field(default_factory=list)
    measurements: list[Measurement] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def judge(self, violations: Iterable[Violation]) -> None:
        """Make every violation a finding.

        Ends the test as failed when one that no waiver accepts is at or above ``--mcp-fail-on``.
        """
        made = [finding_of(self._clean(violation), self.check, self.server, self.element) for violation in violations]
        found = [waiving.waive(each, self.accepted.waivers, self.names, self.accepted.today) for each in made]
        self.findings += found
        left = [finding for finding in found if not finding.waived]
        if any(finding.severity >= self.fail_on for finding in left):
            raise CheckFailed(left)

    def settle(self) -> None:
        """After the test: raises WaiverLeft for a waiver that has nothing to accept any more.

        Raises CheckWaived when what would have failed the test, or all that was found, is accepted.
        """
        for waiver in self.accepted.waivers:
            if self._is_left(waiver):
                raise WaiverLeft(waiver, self.server)
        self.settle_waived()

    def settle_waived(self) -> None:
        """The second half of it, for a test that ended without having seen everything."""
        waived = [finding for finding in self.findings if finding.waived]
        if waived and (len(waived) == len(self.findings) or any(each.severity >= self.fail_on for each in waived)):
            raise CheckWaived(waived)

    def _is_left(self, waiver: Waiver) -> bool:
        return (
            not waiver.expired(self.accepted.today)
            and waiving.is_strict(waiver, self.server, self.element, self.others)
            and not any(waiving.accepts(waiver, finding, self.names) for finding in self.findings)
        )

    def measure(self, name: str, value: float, unit: str) -> None:
        """Keep a number, for example ``measure("cold_start", 0.27, "s")``."""
        self.measurements.append(Measurement(name=name, value=value, unit=unit))

    def note(self, text: str) -> None:
        """Keep a remark for the report."""
        self.notes.append(self._safe(text))

    def inconclusive(self, reason: str) -> NoReturn:
        """End the test without a verdict: nothing is proven either way."""
        pytest.skip(INCONCLUSIVE + inert_line(self._safe(reason)))

    def not_applicable(self, reason: str) -> NoReturn:
        """End the test: this server does not promise what is checked."""
        pytest.skip(NOT_APPLICABLE + inert_line(self._safe(reason)))

    def _clean(self, violation: Violation) -> Violation:
        return replace(
            violation,
            title=self._safe(violation.title),
            element=self._safe(violation.element),
            evidence=self._safe(violation.evidence),
            expected=self._safe(violation.expected),
            got=self._safe(violation.got),
        )

    def _safe(self, text: str) -> str:
        """First inert, then redacted: a colour in the middle of a secret would keep it from being found."""
        return self.redact(inert(text))


class Rehearsed(Protocol):
    """Where the results of the sandboxed chains come from: this process, or the controller's."""

    def tool(self, server: str, name: str) -> ExercisedTool | None:
        """A tool as it was exercised, waited for; None when it never came up."""

    def whole(self, server: str) -> Exercised:
        """A server with all its tools, waited for."""

    def probed(self, server: str, name: str) -> ProbedTool | None:
        """A tool after its probes, waited for; None when it never came up."""

    def probed_whole(self, server: str) -> Probed:
        """A server with all its tools after their probes, waited for."""

    def attack(self, server: str, ask: Ask) -> Exchange | None:
        """Send one more message to the instance that was probed; None when it has none, or is lost for good."""

    def call(self, server: str, ask: Ask) -> Exchange | None:
        """Send one more message to the boxed server after its chain; None when it has no box."""


@dataclass(frozen=True, slots=True, kw_only=True)
class McpSandbox:
    """The separate instance of one server, in a sandbox, whose tools are called with generated arguments."""

    server: str
    rehearsed: Rehearsed = field(repr=False)
    report: "McpReport" = field(repr=False)

    def exercised(self, tool: Element) -> ExercisedTool:
        """A tool after its chain; ends the test as inconclusive when the server could not be exercised at all."""
        found = self.rehearsed.tool(self.server, tool.name)
        if found is None:
            whole = self.rehearsed.whole(self.server)
            self._nothing(whole.problem or "the tool was not reached: the server did not come back")
        return found

    def whole(self) -> Exercised:
        """The server with all its tools after their chains; ends the test as inconclusive when there were none."""
        whole = self.rehearsed.whole(self.server)
        if whole.problem:
            self._nothing(whole.problem)
        return whole

    def of(self, server: str) -> Exercised:
        """Another server of this run, to compare with; ends the test as inconclusive when it was not exercised."""
        whole = self.rehearsed.whole(server)
        if whole.problem:
            self._nothing(f"{server}: {whole.problem}" if not whole.problem.startswith(INTERNAL) else whole.problem)
        return whole

    def behaviour(self) -> Behaviour:
        """How the server behaved beyond single calls; ends the test as inconclusive when that was not tried."""
        return self.whole().behaviour or self.report.inconclusive("the server did not come back after its calls")

    def _nothing(self, problem: str) -> NoReturn:
        """Nothing can be said about the server for this reason; a reason that is our own fault is an error."""
        if problem.startswith(INTERNAL):
            raise HarnessError(problem)
        self.report.inconclusive(problem)

    def control(self, tool: Element) -> Control:
        """The tool's positive control; ends the test as inconclusive when it has none."""
        found = self.exercised(tool)
        return found.control or self.report.inconclusive(f"no positive control: {found.problem}")

    def probed(self, tool: Element, family: Family) -> ProbedTool:
        """A tool after the probes of the security suite.

        Ends the test when nothing can be said: without a positive control, or where no probe of the family was sent.
        """
        found = self.rehearsed.probed(self.server, tool.name)
        if found is None:
            whole = self.rehearsed.probed_whole(self.server)
            self._nothing(whole.problem or "the tool was not reached: the server did not come back")
        if found.ground is None:
            self.report.inconclusive(f"no positive control: {found.problem}")
        if not found.of(family):
            if found.cut:
                self.report.inconclusive(found.cut)
            self.report.not_applicable(NOTHING_TO_PROBE[family])
        self.report.measure("probes", len(found.of(family)), "calls")
        return found

    def probing(self) -> Probed:
        """The server with all its tools after their probes; inconclusive when none could be sent."""
        whole = self.rehearsed.probed_whole(self.server)
        if whole.problem:
            self._nothing(whole.problem)
        return whole

    def probes(self, tool: Element) -> tuple[Sent, ...]:
        """Every probe of a tool as it went; none where none could be sent."""
        found = self.rehearsed.probed(self.server, tool.name)
        return found.sent if found else ()

    def world(self) -> World | None:
        """What the exercised instance saw, None where there was none."""
        return self.rehearsed.whole(self.server).world

    def attack(self, ask: Ask) -> Exchange:
        """One more message, of any form, to the instance that was probed; it is started again where it has ended."""
        seen = self.rehearsed.attack(self.server, ask)
        return seen or self.report.inconclusive(self.probing().problem or "the server did not come back")

    def send(self, ask: Ask) -> Exchange:
        """One more message to the boxed server, after its chain."""
        seen = self.rehearsed.call(self.server, ask)
        return seen or self._nothing(self.rehearsed.whole(self.server).problem or "the server has no sandbox")


NOTHING_TO_PROBE = {
    Family.PATH: "takes nothing that may be a path",
    Family.COMMAND: "takes no text",
    Family.OPTION: "takes no text, or starts no program when it works",
    Family.ADDRESS: "takes nothing that may be an address",
    Family.STATEMENT: "takes no SQL",
    Family.SEGMENT: "puts none of its arguments into the path of an address",
    Family.PATTERN: "matches none of its arguments against a pattern of its schema",
}

FLEET = pytest.StashKey[McpFleet]()
REHEARSED = pytest.StashKey[Rehearsed]()
AHEAD = pytest.StashKey[Ahead]()
REPORT = pytest.StashKey[McpReport]()


@pytest.fixture(scope="session")
def mcp_fleet(pytestconfig: pytest.Config) -> McpFleet:
    """Every server of this run."""
    return pytestconfig.stash[FLEET]


@pytest.fixture
def mcp_server(request: pytest.FixtureRequest, mcp_fleet: McpFleet) -> McpServer:
    """One server under test; the test runs once for each."""
    return mcp_fleet[request.param]


@pytest.fixture
def mcp_client(request: pytest.FixtureRequest, mcp_server: McpServer, mcp_fleet: McpFleet) -> Caller:
    """The server's shared live connection: for listing, reading and probing the protocol only."""
    ahead = request.config.stash.get(AHEAD, None)
    get = mcp_fleet.connections.get
    connection = ahead.client(mcp_server.id, request.node.nodeid) if ahead else get(mcp_server.id)
    if not connection.alive():
        pytest.skip(f"{INCONCLUSIVE}the server ended before this test; see stays-alive")
    return connection


@pytest.fixture
def mcp_tool(request: pytest.FixtureRequest, mcp_server: McpServer) -> Element:
    """One tool of one server; the test runs once for each tool of each server."""
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def mcp_resource(request: pytest.FixtureRequest, mcp_server: McpServer) -> Element:
    """One resource or resource template of one server."""
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def mcp_prompt(request: pytest.FixtureRequest, mcp_server: McpServer) -> Element:
    """One prompt of one server."""
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def mcp_sandbox(pytestconfig: pytest.Config, mcp_server: McpServer, mcp_report: McpReport) -> McpSandbox:
    """A separate instance of the server in a sandbox: the only one that is called with generated arguments."""
    return McpSandbox(server=mcp_server.id, rehearsed=pytestconfig.stash[REHEARSED], report=mcp_report)


@pytest.fixture
def mcp_control(mcp_sandbox: McpSandbox, mcp_tool: Element) -> Control:
    """The tool's positive control: a call proven to work. Without one the test is inconclusive."""
    return mcp_sandbox.control(mcp_tool)


@pytest.fixture
def mcp_report(request: pytest.FixtureRequest) -> McpReport:
    """Records findings, measurements and notes of this test."""
    return request.node.stash[REPORT]  # type: ignore[no-any-return]
