"""One execution and its results: what is stored, judged by the gate and rendered by the report."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pytest_mcp.model.finding import Finding


class Suite(StrEnum):
    """The six suites, in the order they run and are shown."""

    UNIT = "unit"
    INTEGRATION = "integration"
    PERFORMANCE = "performance"
    SECURITY = "security"
    UPDATE = "update"
    CLEANUP = "cleanup"


class Outcome(StrEnum):
    """Outcome of one check on one server or element; how each maps to pytest and the gate: docs/outcomes.md."""

    PASSED = "passed"
    FAILED = "failed"
    """An open finding at or above ``--mcp-fail-on``."""
    RECORDED = "recorded"
    """Findings, all below ``--mcp-fail-on``: the test passes, the findings are listed."""
    WAIVED = "waived"
    INCONCLUSIVE = "inconclusive"
    NOT_APPLICABLE = "not-applicable"
    BLOCKED = "blocked"
    ERROR = "error"
    """Our own fault."""


class VerdictWord(StrEnum):
    """The gate's answer."""

    PASS = "PASS"  # noqa: S105
    WARN = "WARN"
    PARTIAL = "PARTIAL"
    BLOCK = "BLOCK"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One measured number of a case, for example ``cold_start`` in ``s``."""

    name: str
    value: float
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    """How one test item ended. ``key`` is stable across runs and installs: check, server, element and case id."""

    key: str
    run: str
    check: str
    suite: str
    server: str
    element: str
    case: str
    nodeid: str
    outcome: Outcome
    duration: float
    started_at: datetime
    message: str = ""
    findings: tuple[Finding, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    notes: tuple[str, ...] = ()
    worker: str = "main"


@dataclass(frozen=True, slots=True, kw_only=True)
class StartCount:
    """How many processes of one server were started for one purpose."""

    server: str
    purpose: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCalled:
    """How a tool was called in the sandbox when it worked, or in ``problem`` why it could not be made to.

    ``arguments`` is JSON in which paths and addresses of the planted world are written ``{workspace}``, ``{box}`` and
    ``{page}``: the world has other ones in the next run. ``sources`` are pairs of a JSON pointer and where its value
    came from.
    """

    tool: str
    arguments: str = ""
    proof: str = ""
    problem: str = ""
    sources: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Replaced:
    """Something of the user's that the launch names, and what stood in its place in the sandbox."""

    where: str
    original: str
    planted: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFacts:
    """What a run knows of a server beside its cases, safe to show: names of environment variables, never values.

    ``id`` is unique in the run; ``name`` is the config entry; several ids share a name when it has several transports.
    ``interface`` is the SHA-256 of everything it lists, in hex; empty when it did not connect.
    """

    id: str
    name: str
    transport: str
    source: str
    command: str
    connected: bool
    problem: str = ""
    era: str = ""
    revision: str = ""
    told_name: str = ""
    told_version: str = "unknown"
    tools: int = 0
    resources: int = 0
    templates: int = 0
    prompts: int = 0
    interface: str = ""
    env_names: tuple[str, ...] = ()
    cold_start: float | None = None
    stderr_head: str = ""
    starts: tuple[StartCount, ...] = ()
    called: tuple[ToolCalled, ...] = ()
    mapped: tuple[Replaced, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleResult:
    """One gate rule: what it required, what was observed; ``word`` is what this rule alone would say."""

    id: str
    word: VerdictWord
    required: str
    observed: str
    where: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The gate's answer with its reasons; ``exit_code`` is what ``enforce`` would exit with."""

    word: VerdictWord
    reason: str
    exit_code: int
    rules: tuple[RuleResult, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One execution of ``pytest --mcp``, whole: what Postgres and ``results.ndjson`` both can be read back into.

    ``narrowed`` names what was left out (``-k``, ``--mcp-only``, ``-x`` ...), empty for a whole run. ``facts`` are
    tool versions, options and the like, safe to show. ``finished_at`` is None for a run that was killed.
    """

    id: str
    started_at: datetime
    finished_at: datetime | None
    seed: int
    project: str
    command: str
    fail_on: str
    narrowed: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    servers: tuple[ServerFacts, ...] = ()
    cases: tuple[CaseResult, ...] = ()
    verdict: Verdict | None = None
    checks: tuple["CheckFacts", ...] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckFacts:
    """A check as the report shows it beside its findings; ``severity`` is spelled out."""

    id: str
    suite: str
    title: str
    severity: str
    reference: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerWord:
    """What the gate said of one config entry in an earlier run."""

    name: str
    word: VerdictWord


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """An earlier run as the report of a later one shows it; ``number`` is the database's count, None without one."""

    id: str
    started_at: datetime
    word: VerdictWord
    number: int | None = None
    servers: tuple[ServerWord, ...] = ()
