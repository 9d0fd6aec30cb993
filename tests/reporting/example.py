# ruff: noqa: E501, PLR0917, PLR0911
"""Runs made up for the tests: always the same ones, shaped like those of the example fleet."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

from pytest_mcp.gate import decide
from pytest_mcp.model.finding import Finding, Severity
from pytest_mcp.model.run import (
    CaseResult,
    CheckFacts,
    Measurement,
    Outcome,
    Run,
    RunSummary,
    ServerFacts,
    ServerWord,
    StartCount,
    VerdictWord,
)

AT = datetime(2026, 7, 31, 14, 2, 11, tzinfo=UTC)
RUN_ID = "8f3a2b1c-5d0e-4b7a-9c11-2f6d4e8a7b90"
SPEC = "https://modelcontextprotocol.io/specification/2025-11-25/"

# name, transports, told version, tools, resources, prompts, cold start in seconds
FLEET = (
    ("filesystem", ("stdio",), "0.2.0", 14, 0, 0, 0.61),
    ("memory", ("stdio",), "0.6.3", 9, 0, 0, 0.52),
    ("time", ("stdio", "http"), "1.26.0", 2, 0, 0, 0.83),
    ("everything", ("stdio", "http"), "2.0.0", 13, 100, 4, 0.71),
    ("sequential-thinking", ("stdio",), "0.2.0", 1, 0, 0, 0.49),
    ("sqlite", ("stdio",), "0.1.0", 6, 1, 1, 0.94),
    ("git", ("stdio",), "1.26.0", 12, 0, 0, 0.88),
    ("http-fetch", ("stdio",), "1.26.0", 1, 0, 1, 1.12),
    ("playwright", ("stdio",), "0.0.41", 22, 0, 0, 1.37),
    ("context7", ("stdio",), "1.0.31", 2, 0, 0, 0.96),
    ("code-index", ("stdio",), "2.9.2", 13, 2, 3, 2.41),
    ("excel", ("stdio",), "1.9.4", 25, 0, 0, 4.9),
    ("calculator", ("stdio",), "1.2.0", 1, 0, 0, 0.77),
    ("hello-world", ("stdio",), "1.1.0", 3, 1, 1, 0.44),
    ("memory-bank", ("stdio",), "0.2.2", 5, 0, 0, 0.58),
    ("github", ("stdio",), "0.6.2", 26, 0, 0, 0.66),
    ("ddg", ("stdio",), "unknown", 0, 0, 0, None),
)

# id, suite, per tool, severity, what it demands, reference, remedy
CHECKS = (
    ("connect", "unit", False, "critical", "The server starts and answers", "basic/lifecycle", "Run the command by hand and read stderr."),
    ("revision-known", "unit", False, "medium", "The negotiated protocol revision is a published one", "basic/lifecycle", "Update the SDK."),
    ("capabilities-honest", "unit", False, "medium", "Every declared capability works, and nothing undeclared is offered", "basic/lifecycle", "Declare what is there."),
    ("tools-list-complete", "unit", False, "high", "The tool list can be read to its end, page by page", "server/tools", "Return a cursor that moves on."),
    ("tool-names-unique", "unit", False, "high", "No two tools have the same name", "server/tools", "Rename one of them."),
    ("tool-schema-valid", "unit", True, "high", "The input schema of a tool is valid JSON Schema of type object", "server/tools", "Fix the schema at the path shown."),
    ("tool-description-present", "unit", True, "low", "A tool says what it does", "server/tools", "Write one sentence a model can decide by."),
    ("tool-parameters-described", "unit", True, "low", "Every parameter of a tool is described", "server/tools", "Add a description to each property."),
    ("tool-annotations-plausible", "unit", True, "info", "Annotations fit what name and description say", "server/tools", "Correct readOnlyHint or destructiveHint."),
    ("stdout-clean", "unit", False, "medium", "Nothing but JSON-RPC messages on stdout", "basic/transports", "Send logs to stderr."),
    ("tool-positive-control", "integration", True, "high", "A valid call works", "server/tools", "Make the example call succeed, or give the tool an example."),
    ("tool-input-rejection", "integration", True, "high", "A call that breaks the tool's input schema comes back as an error", "server/tools", "Validate the arguments before using them."),
    ("unknown-tool-refused", "integration", False, "medium", "Calling a tool that does not exist is an error", "server/tools", "Return -32602."),
    ("unknown-method-refused", "integration", False, "medium", "An unknown method is answered with -32601", "basic", "Return -32601."),
    ("resources-readable", "integration", False, "medium", "Every listed resource can be read", "server/resources", "List only what can be read."),
    ("prompts-gettable", "integration", False, "medium", "Every listed prompt can be rendered with its arguments", "server/prompts", "Give required arguments."),
    ("ping-answered", "integration", False, "medium", "A ping is answered with an empty result", "basic/utilities/ping", "Answer ping."),
    ("shutdown-clean", "integration", False, "low", "The server exits when its input closes", "basic/lifecycle", "Leave the read loop at end of file."),
    ("cold-start", "performance", False, "medium", "The server answers within ten seconds of its start", "", "Load lazily."),
    ("call-latency", "performance", False, "low", "The median call is answered within a second", "", "Profile the slowest tool."),
    ("memory-steady", "performance", False, "low", "A thousand calls do not grow the server's memory", "", "Look for what every call keeps."),
    ("tool-no-shell-injection", "security", True, "critical", "Arguments never reach a shell", "https://cwe.mitre.org/data/definitions/78.html", "Pass an argument list, never a string, to the child process."),
    ("tool-no-path-escape", "security", True, "high", "Paths outside the allowed folders are refused", "https://cwe.mitre.org/data/definitions/22.html", "Resolve the path, then compare."),
    ("tool-read-only-kept", "security", True, "high", "A tool with readOnlyHint writes nothing", SPEC + "server/tools", "Correct the hint or the tool."),
    ("no-hidden-text", "security", False, "high", "No description hides text from the person who reads it", "", "Remove the characters shown."),
    ("no-secrets-in-errors", "security", False, "medium", "Errors do not repeat the environment", "https://cwe.mitre.org/data/definitions/209.html", "Send a short message, log the rest."),
)  # fmt: skip
HISTORY_WORDS = ["PASS", "PASS", "WARN", "PASS", "BLOCK", "PASS", "PASS", "WARN", "WARN", "PASS", "PASS", "BLOCK"]


def checks() -> tuple[CheckFacts, ...]:
    return tuple(
        CheckFacts(id=ident, suite=suite, title=title, severity=severity, reference=reference, remedy=remedy)
        for ident, suite, _, severity, title, reference, remedy in CHECKS
    )


def servers() -> tuple[ServerFacts, ...]:
    return tuple(_server(number, transport, *entry) for number, entry in enumerate(FLEET) for transport in entry[1])


def _server(
    number: int,
    transport: str,
    name: str,
    transports: tuple[str, ...],
    version: str,
    tools: int,
    resources: int,
    prompts: int,
    cold: float | None,
) -> ServerFacts:
    ident = name if transport == transports[0] else f"{name}@{transport}"
    lost = cold is None
    return ServerFacts(
        id=ident,
        name=name,
        transport=transport,
        source=f".mcp.json:{3 + number * 5}",
        command=f"bin/{name}" if transport == "stdio" else f"bin/{name} --port {{port}}",
        connected=not lost,
        problem="exited with code 1 before it answered initialize: ModuleNotFoundError: No module named 'readabilipy'"
        if lost
        else "",
        era="" if lost else "legacy",
        revision="" if lost else "2025-06-18",
        told_name="" if lost else f"mcp-{name}",
        told_version=version,
        tools=tools,
        resources=resources,
        prompts=prompts,
        interface="" if lost else f"{Random(name).getrandbits(256):064x}",
        env_names=("GITHUB_PERSONAL_ACCESS_TOKEN",) if name == "github" else (),
        cold_start=cold if transport == "stdio" or cold is None else round(cold * 1.4, 2),
        stderr_head='Traceback (most recent call last):\n  File "bin/ddg", line 3, in <module>\n'
        "ModuleNotFoundError: No module named 'readabilipy'\n"
        if lost
        else "",
        starts=(
            StartCount(server=ident, purpose="shared", count=1),
            StartCount(server=ident, purpose="sandbox", count=0 if lost else 2),
        ),
    )


def example() -> Run:
    """Seventeen entries, nineteen connections, one of them lost, a few findings of every kind."""
    facts = servers()
    cases = tuple(case for server in facts for case in _cases(server))
    run = Run(
        id=RUN_ID,
        started_at=AT,
        finished_at=AT + timedelta(minutes=4, seconds=12),
        seed=281734,
        project="fleet",
        command="pytest --mcp --mcp-config examples/fleet/.mcp.json --mcp-gate enforce -n 2",
        fail_on="medium",
        facts=(
            ("python", "3.11.7 on Linux x86_64"),
            ("versions", "pytest 9.2.1, pytest-xdist 3.8.0, pytest_mcp 0.1.0, mcp-types 2.3.0"),
            ("workers", "2"),
            ("sandbox", "L3"),
            ("database", "postgresql embedded, .pytest_mcp/pg"),
        ),
        servers=facts,
        cases=cases,
        checks=checks(),
    )
    return replace(run, verdict=decide(run))


def history() -> tuple[RunSummary, ...]:
    """Twelve earlier runs; the newest entry of the fleet is only in the last few."""
    random = Random(5)
    return tuple(
        RunSummary(
            id=f"{random.getrandbits(128):032x}",
            number=1400 + number,
            started_at=AT - timedelta(days=len(HISTORY_WORDS) - number),
            word=VerdictWord(word),
            servers=tuple(
                ServerWord(name=entry[0], word=VerdictWord(word if position == number % 16 else "PASS"))
                for position, entry in enumerate(FLEET[: 14 if number < 8 else 17])
            ),
        )
        for number, word in enumerate(HISTORY_WORDS)
    )


def _cases(server: ServerFacts) -> Iterator[CaseResult]:
    random = Random(server.id)
    for ident, suite, per_tool, severity, *_ in CHECKS:
        if not server.connected and ident != "connect":
            continue
        elements = [f"tool:{server.name.replace('-', '_')}_{_VERBS[n % len(_VERBS)]}" for n in range(server.tools)]
        for element in elements if per_tool else [""]:
            yield _judged(server, ident, suite, Severity[severity.upper()], element, random)


_VERBS = ("read", "write", "list", "search", "create", "delete", "move", "describe", "status", "diff", "commit", "open", "close",
    "click", "fill", "wait", "query", "export", "merge", "format", "copy", "rename", "chart", "pivot", "validate", "fork")  # fmt: skip


def _judged(
    server: ServerFacts, check: str, suite: str, severity: Severity, element: str, random: Random
) -> CaseResult:
    outcome, finding, message = _fate(server, check, severity, element, random)
    test = f"suites/{suite}/test_{check.replace('-', '_')}.py::test_{check.replace('-', '_')}"
    return CaseResult(
        key=f"{check}:{server.id}:{element}:",
        run=RUN_ID,
        check=check,
        suite=suite,
        server=server.id,
        element=element,
        case="",
        nodeid=f"{test}[{server.id}{'-' + element.partition(':')[2] if element else ''}]",
        outcome=outcome,
        duration=round(random.random() * 0.05 + (1.5 if suite == "performance" else 0), 4),
        started_at=AT + timedelta(seconds=random.random() * 200),
        message=message,
        findings=(finding,) if finding else (),
        measurements=(Measurement(name="p50", value=round(random.random() * 9, 2), unit="ms"),)
        if check == "call-latency"
        else (),
    )


_REJECTED = ("code-index", "excel", "memory-bank")


def _fate(
    server: ServerFacts, check: str, severity: Severity, element: str, random: Random
) -> tuple[Outcome, Finding | None, str]:
    def found(title: str, **texts: str) -> Finding:
        return Finding(check=check, server=server.id, severity=severity, title=title, element=element, **texts)  # type: ignore[arg-type]

    if not server.connected:
        return (
            Outcome.FAILED,
            found("did not connect: exited with code 1", evidence=server.stderr_head, expected="a reply to initialize within 30 s", got="end of file after 0.4 s, exit code 1"),
            "",
        )  # fmt: skip
    if check == "tool-input-rejection" and server.name in _REJECTED and random.random() < 0.25:
        return (
            Outcome.FAILED,
            found(
                f"accepted a call without the required argument 'path' ({element.partition(':')[2]})",
                evidence='-> {"jsonrpc":"2.0","id":41,"method":"tools/call","params":{"name":"'
                + element.partition(":")[2]
                + '","arguments":{}}}\n<- {"jsonrpc":"2.0","id":41,"result":{"content":[{"type":"text","text":"ok"}],"isError":false}}',
                expected="a JSON-RPC error, or a result with isError true",
                got="a result with isError false",
            ),
            "",
        )
    if check == "tool-no-path-escape" and server.name == "excel" and element.endswith(("_read", "_copy")):
        return (
            Outcome.FAILED,
            found("read a file outside its folder", evidence="arguments: {\"filepath\": \"../../canary-7f31.xlsx\"}\nthe canary's text came back in the result", expected="an error", got="the canary"),
            "",
        )  # fmt: skip
    if check == "memory-steady" and server.name == "playwright":
        return Outcome.ERROR, None, "RuntimeError: /proc/4711/smaps_rollup vanished while it was read"
    if check == "tool-parameters-described" and random.random() < 0.35:
        return (
            Outcome.RECORDED,
            found(f"{random.randint(1, 4)} of {random.randint(4, 9)} parameters have no description"),
            "",
        )
    if check == "tool-annotations-plausible" and random.random() < 0.12:
        return Outcome.RECORDED, found("readOnlyHint is missing on a tool that only reads"), ""
    if check == "tool-description-present" and server.name == "memory-bank":
        return Outcome.RECORDED, found("description repeats the name"), ""
    if check == "tool-positive-control" and server.name == "github":
        return Outcome.INCONCLUSIVE, None, "inconclusive: no token, every call is refused with 401"
    if check == "resources-readable" and not server.resources:
        return Outcome.NOT_APPLICABLE, None, "not applicable: resources are not declared"
    if check == "prompts-gettable" and not server.prompts:
        return Outcome.NOT_APPLICABLE, None, "not applicable: prompts are not declared"
    if check == "tool-no-shell-injection" and random.random() < 0.3:
        return Outcome.NOT_APPLICABLE, None, "not applicable: no string argument"
    return Outcome.PASSED, None, ""


def big(number: int) -> Run:
    """As many results as asked, most of them passed, with case ids and messages of their own."""
    run, random = example(), Random(number)
    cases: list[CaseResult] = []
    while len(cases) < number:
        for case in run.cases:
            turn = len(cases)
            fresh = replace(
                case,
                key=f"{case.key}{turn}",
                case=f"mutation-{turn}-{random.getrandbits(32):08x}",
                duration=random.random(),
                message=case.message and f"{case.message} ({random.getrandbits(64):x})",
                findings=tuple(replace(each, evidence=each.evidence * 20) for each in case.findings),
            )
            cases.append(fresh)
    whole = replace(run, cases=tuple(cases[:number]), verdict=None)
    return replace(whole, verdict=decide(whole))


def chaos(number: int) -> Run:
    """Nothing passes and no two titles are alike: the most that a page has to hold."""
    run, random = big(number), Random(number)
    cases = tuple(
        replace(
            case,
            outcome=Outcome.RECORDED if turn % 2 else Outcome.FAILED,
            findings=(
                Finding(
                    check=case.check,
                    server=case.server,
                    severity=Severity.LOW if turn % 2 else Severity.HIGH,
                    title="".join(random.choices("abcdefgh ", k=50)),
                    evidence="".join(random.choices("abcdefgh \n", k=3000 if turn % 40 == 0 else 60)),
                    expected="an error",
                    got="a result",
                ),
            ),
        )
        for turn, case in enumerate(run.cases)
    )
    return replace(run, cases=cases, verdict=None)


HOSTILE = "</script><img src=x onerror=alert(1)>\"'`<b>\x1b[31m\u202eevil\u200b\ud800{{7*7}}"


def hostile() -> Run:
    """Every text that a server or a config can choose is an attack; one message has a megabyte."""
    run = example()
    long = HOSTILE + "A" * 1_000_000
    cases = tuple(
        replace(
            case,
            element=case.element and f"tool:{HOSTILE}",
            case=HOSTILE,
            nodeid=f"{case.nodeid}{HOSTILE}",
            message=long if case.outcome is Outcome.ERROR else case.message and HOSTILE + case.message,
            findings=tuple(
                replace(each, title=HOSTILE + each.title, evidence=long, expected=HOSTILE, got=HOSTILE, remedy=HOSTILE, element=HOSTILE)
                for each in case.findings
            ),
            notes=(HOSTILE,),
        )
        for case in run.cases
    )  # fmt: skip
    facts = tuple(
        replace(
            server,
            name=f"{server.name}{HOSTILE}",
            source=f"{HOSTILE}:1",
            command=HOSTILE,
            problem=HOSTILE,
            told_name=HOSTILE,
            told_version=HOSTILE,
            stderr_head=HOSTILE * 500,
            env_names=(HOSTILE,),
        )
        for server in run.servers
    )
    whole = replace(
        run, servers=facts, cases=cases, verdict=None, project=HOSTILE, command=HOSTILE, facts=((HOSTILE, HOSTILE),)
    )
    return replace(whole, verdict=decide(whole))
