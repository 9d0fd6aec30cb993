"""A database changed through a tool that is to read it (CWE-89), and addresses left by what fills them in (CWE-22)."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from pytest_mcp.checks.security.evidence import answered, by_argument, changed, refused, told
from pytest_mcp.generation.words import listed, words
from pytest_mcp.model.finding import Confidence, Severity, Violation
from pytest_mcp.model.probe import Aim, Family, ProbedTool, Sent

_READS = listed("read select query get list search fetch describe show find view explain analyze")
_WRITES = listed("write execute exec update insert delete create alter run modify manage")
_SAYS = re.compile(r"read[- ]only|only (?:\w+ )?select|select (?:queries|statements) only", re.IGNORECASE)


def writes(tool: ProbedTool, definition: Any) -> Iterator[Violation]:
    """A tool that refuses to write, or says that it only reads, cannot be made to write."""
    for argument, sent in by_argument(tool.of(Family.STATEMENT)):
        look = next((each for each in sent if each.probe.aim is Aim.LOOK), None)
        shown = look.call.text if look else ""
        plain = next((each for each in sent if each.probe.aim is Aim.PLAIN), None)
        wrote = plain is not None and plain.probe.mark in shown
        past = [each for each in sent if each.probe.aim is Aim.WRITE and each.probe.mark in shown]
        attached = [each for each in sent if each.probe.aim is Aim.FILE and changed(each, each.probe.target)]
        if wrote and plain and _only_reads(tool.tool, definition):
            yield _violation(f"writes to the database through {argument}, and says that it only reads", plain)
        elif not wrote and plain is not None and refused(plain) and past:
            yield _violation(
                f"writes to the database through {argument}, past its own guard: {past[0].probe.what}", past[0]
            )
        if attached and not wrote:
            made = _violation(f"makes a file of its caller's choice through {argument}: ATTACH", attached[0])
            yield made if _only_reads(tool.tool, definition) else replace(made, severity=Severity.MEDIUM)


def _only_reads(name: str, definition: Any) -> bool:
    told = definition if isinstance(definition, dict) else {}
    hints = told.get("annotations")
    if isinstance(hints, dict) and hints.get("readOnlyHint") is True:
        return True
    named = set(words(name))
    return bool(named & _READS and not named & _WRITES) or bool(_SAYS.search(str(told.get("description", ""))))


def _violation(title: str, proof: Sent) -> Violation:
    return Violation(title=title, evidence=told([proof]), expected="a refusal", got=answered(proof))


def segments(tool: ProbedTool) -> Iterator[Violation]:
    """What fills in a part of an address stays in that part."""
    for argument, sent in by_argument(tool.of(Family.SEGMENT)):
        proofs = [each for each in sent if _left(each)]
        if proofs:
            seen = proofs[0].call.effects
            urls = ", ".join(each.url for each in (seen.requests if seen else ()))
            yield Violation(
                title=f"asks another address when {argument} is {proofs[0].probe.what}",
                evidence=told(proofs, f"asked: {urls}"),
                expected="the value encoded, or refused",
                got=answered(proofs[0]),
            )


def _left(sent: Sent) -> bool:
    """The mark arrived as a part of the address of its own, not encoded within the one it was for."""
    seen, mark = sent.call.effects, sent.probe.mark
    for each in seen.requests if seen else ():
        url = urlsplit(each.url)
        parts = url.path.split("/")
        if mark in parts or url.query.startswith(mark):
            return True
    return False


GROWS, SLOW_SECONDS = 8.0, 0.5
"""Four times the length may take four times as long, and a half more than that for all that is beside it."""


def patterns(tool: ProbedTool) -> Iterator[Violation]:
    """What a text costs grows with its length, not with a power of it (CWE-1333)."""
    for argument, sent in by_argument(tool.of(Family.PATTERN)):
        stuck = next((each for each in sent if each.call.exchange.latency is None), None)
        if stuck is not None:
            yield Violation(
                title=f"gives no answer to {stuck.probe.what} in {argument}",
                got=stuck.call.exchange.reason,
                confidence=Confidence.FIRM,
                severity=Severity.HIGH,
            )
        elif grown := next((pair for pair in zip(sent[::2], sent[1::2], strict=False) if _grows(*pair)), None):
            took = "; ".join(f"{each.probe.what}: {each.call.exchange.latency:.3f} s" for each in grown)
            yield Violation(
                title=f"takes far longer for a longer text in {argument}: {grown[1].probe.what}",
                evidence=took,
                confidence=Confidence.FIRM,
            )


def _grows(short: Sent, long: Sent) -> bool:
    before, after = short.call.exchange.latency or 0.0, long.call.exchange.latency or 0.0
    return after > SLOW_SECONDS and after > GROWS * max(before, 0.01)
