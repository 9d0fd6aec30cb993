"""A check, and one violation of it."""

import hashlib
import re
from dataclasses import dataclass
from enum import IntEnum, StrEnum

_PASSING = re.compile(r"\b(?=[0-9a-f-]{0,64}\d)[0-9a-f]{8}[0-9a-f-]{0,64}\b|\b\d+(?:\.\d+)?\b")
"""What differs from run to run: marks, process ids, times, counts. The 1 of ``path1`` is part of a name and stays."""


class Severity(IntEnum):
    """How bad a violation is; comparable, spelled in lower case outside."""

    INFO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    def __str__(self) -> str:
        return self.name.lower()


class Confidence(StrEnum):
    """How sure a finding is: ``certain`` was observed, ``firm`` follows from that, ``tentative`` is a hint."""

    CERTAIN = "certain"
    FIRM = "firm"
    TENTATIVE = "tentative"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One rule: stable ``id``, its demand in one sentence, where that is written, what to do about a violation."""

    id: str
    suite: str
    title: str
    severity: Severity
    reference: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One violation of a check by one server; ``element`` is ``tool:NAME``, ``prompt:NAME`` ... or empty.

    ``title`` is one line for a table; ``evidence`` what was seen, ``expected`` and ``got`` where that says more.
    ``waived`` tells where a waiver accepts it, and why; empty for one that nobody accepted.
    """

    check: str
    server: str
    severity: Severity
    title: str
    element: str = ""
    confidence: Confidence = Confidence.CERTAIN
    evidence: str = ""
    expected: str = ""
    got: str = ""
    reference: str = ""
    remedy: str = ""
    waived: str = ""

    @property
    def fingerprint(self) -> str:
        """Sixteen hex digits, the same in every run for the same flaw: check, server, element, and title."""
        parts = (self.check, self.server, self.element, _PASSING.sub("#", self.title[:1000]))
        text = "\0".join(parts).encode("utf-8", "surrogatepass")
        return hashlib.sha256(text).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """What a rule saw broken, before it is known for whom: the suite's check makes it a finding.

    ``severity`` None means the check's own. ``element`` names the element where a rule looks at several at once.
    """

    title: str
    evidence: str = ""
    expected: str = ""
    got: str = ""
    element: str = ""
    severity: Severity | None = None
    confidence: Confidence = Confidence.CERTAIN


def finding_of(violation: Violation, check: Check, server: str, element: str) -> Finding:
    """The violation as a finding of this check on this server."""
    return Finding(
        check=check.id,
        server=server,
        severity=check.severity if violation.severity is None else violation.severity,
        title=violation.title,
        element=violation.element or element,
        confidence=violation.confidence,
        evidence=violation.evidence,
        expected=violation.expected,
        got=violation.got,
        reference=check.reference,
        remedy=check.remedy,
    )
