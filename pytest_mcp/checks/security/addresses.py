"""Addresses that only the server's machine reaches, asked on behalf of the caller (CWE-918)."""

from collections.abc import Iterator
from typing import Any

from pytest_mcp.checks.security.evidence import answered, by_argument, refused, told
from pytest_mcp.checks.security.paths import seen_canary
from pytest_mcp.model.finding import Severity, Violation
from pytest_mcp.model.probe import Aim, Family, ProbedTool, Sent
from pytest_mcp.model.world import World


def requests(tool: ProbedTool, world: World, definition: Any) -> Iterator[Violation]:
    """No address of the server's own machine is asked because a caller says so, in whatever spelling."""
    for argument, sent in by_argument(tool.of(Family.ADDRESS)):
        asked = [each for each in sent if each.probe.aim is Aim.HTTP]
        hits = [each for each in asked if _arrived(each)]
        guarded = [each for each in asked if each not in hits and refused(each)]
        if hits:
            names = ", ".join(each.probe.what for each in hits)
            how = "past its own guard" if guarded else "with no guard"
            yield Violation(
                title=f"asks addresses of its own machine through {argument}, {how}",
                evidence=told(hits[:1], f"reached: {names}"),
                expected="a refusal of loopback and private addresses in every spelling",
                got=answered(hits[0]),
                severity=Severity.HIGH if guarded else Severity.MEDIUM,
            )
        for each in sent:
            if each.probe.aim is Aim.FILE and seen_canary(each, world):
                yield Violation(
                    title=f"reads local files by a file: address in {argument}",
                    evidence=told([each]),
                    expected="a refusal of file: addresses",
                    got=answered(each),
                    severity=Severity.LOW if _says_file(definition) else Severity.HIGH,
                )


def _arrived(sent: Sent) -> bool:
    seen = sent.call.effects
    return seen is not None and any(sent.probe.mark in each.url for each in seen.requests)


def _says_file(definition: Any) -> bool:
    """Whether the tool tells that it takes them."""
    return "file:" in repr(definition)
