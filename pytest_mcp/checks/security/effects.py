"""What a server did while its tools were called, held against what it says of them."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from pytest_mcp.checks.calls import arguments_of
from pytest_mcp.inventory.confidential import looks_secret
from pytest_mcp.model.call import Answer, Call, ExercisedTool
from pytest_mcp.model.case import Expect
from pytest_mcp.model.effects import Effects, FileEffect, Touched
from pytest_mcp.model.exchange import NoiseKind
from pytest_mcp.model.finding import Severity, Violation
from pytest_mcp.model.probe import Probed, ProbedTool
from pytest_mcp.model.server import Server
from pytest_mcp.model.text import inert_line
from pytest_mcp.model.world import World

CHANGED = {Touched.CREATED: "creates", Touched.WRITTEN: "writes", Touched.REMOVED: "removes"}
_OWN = re.compile(r"/\.(?:cache|config|local|npm|git)(?:/|$)|/__pycache__/|\.lock$|\.log$|-journal$|-wal$|-shm$")
"""What programs keep for themselves while they read."""
_STACK = re.compile(
    r"Traceback \(most recent call last\)|^\s+at .+\(?/.+:\d+:\d+\)?|File \"/[^\"]+\", line \d+|"
    r"panicked at|goroutine \d+ \[|\.java:\d+\)",
    re.MULTILINE,
)
SHOWN = 300
MUCH, TOO_MUCH = 1 << 20, 10 << 20
"""Bytes of one answer: for a context window, for most clients."""


def calls_of(tool: ExercisedTool) -> list[Call]:
    """Every call of a tool's chain."""
    control = (tool.control.call,) if tool.control else ()
    return [*tool.tries, *control, *((tool.repeat,) if tool.repeat else ()), *tool.calls]


def read_only_truth(tool: ExercisedTool, definition: Any, world: World | None) -> Iterator[Violation]:
    """A tool that says it only reads changes nothing; one that says it destroys nothing does not (server/tools)."""
    told = definition.get("annotations") if isinstance(definition, dict) else None
    hints = told if isinstance(told, dict) else {}
    if hints.get("readOnlyHint") is True:
        yield from _first(_changes(calls_of(tool)), "says that it only reads")
    elif hints.get("destructiveHint") is False and world is not None:
        yield from _first(_losses(calls_of(tool), world), "says that it destroys nothing")


def _changes(calls: Iterable[Call]) -> Iterator[tuple[Call, str, str]]:
    for call in calls:
        seen = call.effects
        for file in _files(seen):
            yield call, f"{CHANGED[file.how]} a file", file.path
        for request in seen.requests if seen else ():
            if request.method not in ("GET", "HEAD", "OPTIONS", "POST"):
                yield call, f"sends {request.method}", request.url


def _losses(calls: Iterable[Call], world: World) -> Iterator[tuple[Call, str, str]]:
    planted = (world.text, world.json, world.csv, world.markdown, world.source, world.spreadsheet, world.pdf)
    for call in calls:
        for file in _files(call.effects):
            if file.how is Touched.REMOVED and file.path in planted:
                yield call, "removes a file", file.path


def _files(seen: Effects | None) -> Iterator[FileEffect]:
    yield from (each for each in (seen.files if seen else ()) if each.how in CHANGED and not _OWN.search(each.path))


def _first(found: Iterable[tuple[Call, str, str]], claim: str) -> Iterator[Violation]:
    for call, what, which in found:
        shown = inert_line(which, limit=SHOWN)
        yield Violation(title=f"{claim}, and {what}", evidence=f"arguments: {arguments_of(call)}\n{shown}")
        return


def invalid_with_effect(tool: ExercisedTool) -> Iterator[Violation]:
    """What the schema forbids is refused before anything is done (CWE-20)."""
    for call in tool.calls:
        if call.case.expect is not Expect.INVALID or call.answer not in (Answer.REFUSED, Answer.DISGUISED):
            continue
        for file in _files(call.effects):
            if file.how is not Touched.READ:
                yield Violation(
                    title=f"refuses arguments {call.case.mutation}, after it {CHANGED[file.how]} a file",
                    evidence=f"arguments: {arguments_of(call)}\n{CHANGED[file.how]} {file.path}",
                    got=inert_line(call.text, limit=SHOWN),
                )
                return


def secrets_of(server: Server) -> list[str]:
    """Values of variables of its config that are named like secrets: other values are nobody's harm."""
    launch = server.transport.launch if server.transport else None
    return [value for name, value in launch.env if looks_secret(name)] if launch else []


def observed(calls: Iterable[Call]) -> bool:
    """Whether all that the calls did was seen: else silence proves nothing."""
    return all(call.effects is not None and call.effects.complete for call in calls)


def secrets_told(calls: Iterable[Call], secrets: Iterable[str]) -> Iterator[Violation]:
    """No secret comes back, or is handed to a program as an argument that others can see (CWE-532, CWE-214)."""
    values = [value for value in secrets if len(value) >= 8]
    for call in calls:
        if any(value in call.text or value.encode() in (call.exchange.received or b"") for value in values):
            yield Violation(
                title="an answer holds a secret of its environment", evidence=f"arguments: {arguments_of(call)}"
            )
            return
    for call in calls:
        for each in call.effects.spawned if call.effects else ():
            if any(value in word for value in values for word in each.argv):
                program = inert_line(each.argv[0], limit=100)
                yield Violation(
                    title=f"hands a secret of its environment to {program} as an argument that every user can see",
                    evidence=f"arguments: {arguments_of(call)}",
                    severity=Severity.MEDIUM,
                )
                return


def disclosed(calls: Iterable[Call]) -> Iterator[Violation]:
    """An error tells what is wrong, and nothing of how the server is built (CWE-209)."""
    for call in calls:
        if call.answer in (Answer.REFUSED, Answer.DISGUISED) and (found := _STACK.search(call.text)):
            at = max(0, found.start() - 60)
            yield Violation(
                title="an error holds a stack trace",
                evidence=f"arguments: {arguments_of(call)}",
                got=inert_line(call.text[at : at + SHOWN], limit=SHOWN),
            )
            return


def outsized(calls: Iterable[Call]) -> Iterator[Violation]:
    """An answer has a size that a client can take (CWE-770)."""
    largest = max(calls, key=lambda call: call.size, default=None)
    if largest is not None and largest.size > MUCH:
        yield Violation(
            title=f"answers with {largest.size / MUCH:.1f} MiB at once",
            evidence=f"arguments: {arguments_of(largest)}",
            severity=Severity.MEDIUM if largest.size > TOO_MUCH else None,
        )


def noisy(tools: Iterable[ProbedTool]) -> Iterator[Violation]:
    """Under attack, too, stdout carries nothing but messages (basic/transports, stdio)."""
    for tool in tools:
        for sent in tool.sent:
            for noise in sent.call.exchange.noise:
                if noise.kind in (NoiseKind.NOT_JSON, NoiseKind.INVALID):
                    yield Violation(
                        title="writes something else than messages to stdout while it is probed",
                        evidence=f"{tool.tool}: {sent.probe.what} in {sent.probe.argument}",
                        got=inert_line(noise.raw.decode("utf-8", "replace"), limit=SHOWN),
                        element=f"tool:{tool.tool}",
                    )
                    return


_EVERYWHERE = ("0.0.0.0", "::", "")  # noqa: S104


def listens(server: Probed, configured: str) -> Iterator[Violation]:
    """A server listens on loopback unless it is told otherwise (CWE-1188)."""
    seen = [*(server.start.network if server.start else ())]
    open_ = [each for each in seen if each.listening and each.address in _EVERYWHERE]
    for each in open_[:1]:
        asked = each.address in configured if each.address else False
        yield Violation(
            title=f"listens on every network of its machine ({each.address or '*'})",
            evidence=f"port {each.port}; its launch {'asks for that' if asked else 'does not ask for that'}",
            severity=Severity.LOW if asked else None,
        )
