"""The findings of a run as SARIF 2.1.0, for whatever shows code scanning results; the same run is the same file.

Everything that servers told is inert and cut; the place of a result is the line of the config that names its server.
"""

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pytest_mcp.errors import ReportError
from pytest_mcp.gate import is_waived
from pytest_mcp.model.finding import Finding, Severity
from pytest_mcp.model.run import CaseResult, CheckFacts, Outcome, Run, ServerFacts, Suite
from pytest_mcp.model.text import inert, inert_line
from pytest_mcp.results.whole import write_whole

RESULTS = "results.sarif"
FINGERPRINT = "mcpFinding/v1"
"""The key of a finding's fingerprint; waivers name findings by it."""
EVIDENCE = 2000
"""Characters of evidence, of what was expected and of what came that a result keeps."""
_LINE = 400
_NAME = 200
_ROOT = "SRCROOT"
_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}
_SCORES = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "3.0",
    Severity.INFO: "0.0",
}
"""As code scanning sorts them: critical above 9, high from 7, medium from 4."""
_CWE = re.compile(r"\bCWE-(\d+)|/cwe[a-z./]*/definitions/(\d+)")
_KINDS = {"tool": "function", "prompt": "function"}


def write_sarif(run: Run, folder: Path) -> Path:
    """Write the run's findings into its folder, which is there; raises ReportError when that cannot be done."""
    path = folder / RESULTS
    try:
        write_whole(path, json.dumps(sarif(run), indent=1, ensure_ascii=False) + "\n")
    except OSError as error:
        told = f"{path}: cannot be written ({error.strerror}); choose another folder with --mcp-report"
        raise ReportError(told) from error
    return path


def sarif(run: Run) -> dict[str, Any]:
    """The run as a SARIF log: a rule for each check, a result for each finding, in an order that is always the same."""
    checks = {check.id: check for check in _checks(run)}
    places = {identity: number for number, identity in enumerate(checks)}
    servers = {server.id: server for server in run.servers}
    found = sorted(((case, each) for case in run.cases for each in case.findings), key=_order)
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "pytest_mcp",
                        **_version(run),
                        "rules": [_rule(check) for check in checks.values()],
                    }
                },
                "invocations": [_invocation(run)],
                "originalUriBaseIds": {_ROOT: {"description": {"text": "the rootdir of the run"}}},
                "columnKind": "unicodeCodePoints",
                "automationDetails": {"id": f"pytest_mcp/{_line(run.project)}/"},
                "results": [
                    _result(case, finding, places[finding.check], servers.get(finding.server))
                    for case, finding in found
                ],
            }
        ],
    }


def _checks(run: Run) -> list[CheckFacts]:
    """Every check that was looked at, and those that only findings know."""
    known = {check.id: check for check in run.checks}
    for case in run.cases:
        for each in case.findings:
            if each.check not in known:
                known[each.check] = CheckFacts(
                    id=each.check,
                    suite=case.suite,
                    title=each.check,
                    severity=str(each.severity),
                    reference=each.reference,
                    remedy=each.remedy,
                )
    return [known[identity] for identity in sorted(known)]


def _order(found: tuple[CaseResult, Finding]) -> tuple[str, ...]:
    case, finding = found
    return (finding.check, finding.server, finding.element, case.key, finding.fingerprint, finding.title, finding.got)


def _version(run: Run) -> dict[str, str]:
    version = dict(run.facts).get("pytest-mcp-fleet", "")
    return {"version": _line(version)} if version else {}


def _rule(check: CheckFacts) -> dict[str, Any]:
    severity = Severity[check.severity.upper()]
    weaknesses = sorted({int(one or other) for one, other in _CWE.findall(check.reference)})
    security = check.suite == Suite.SECURITY or bool(weaknesses)
    full = f"{check.title}. Reference: {check.reference}" if check.reference else check.title
    tags = ["mcp", _line(check.suite), *(["security"] if security and check.suite != Suite.SECURITY else [])]
    return {
        "id": _line(check.id),
        "shortDescription": _message(check.title),
        "fullDescription": _message(full, EVIDENCE),
        **({"help": _message(check.remedy, EVIDENCE)} if check.remedy else {}),
        **({"helpUri": check.reference} if re.fullmatch(r"https?://[!-~]+", check.reference) else {}),
        "defaultConfiguration": {"level": _LEVELS[severity]},
        "properties": {
            **({"security-severity": _SCORES[severity]} if security else {}),
            "problem.severity": {"error": "error", "warning": "warning", "note": "recommendation"}[_LEVELS[severity]],
            "tags": [*tags, *(f"external/cwe/cwe-{number:03d}" for number in weaknesses)],
        },
    }


def _result(case: CaseResult, finding: Finding, rule: int, server: ServerFacts | None) -> dict[str, Any]:
    where = f" [{_line(finding.element, _NAME)}]" if finding.element else ""
    return {
        "ruleId": _line(finding.check),
        "ruleIndex": rule,
        "level": _LEVELS[finding.severity],
        "message": _message(f"{_line(finding.server, _NAME)}{where}: {_line(finding.title, _LINE)}", 1000),
        "locations": [_location(finding, server)],
        "partialFingerprints": {FINGERPRINT: finding.fingerprint},
        # All results of a run have it or none has.
        "suppressions": _suppressions(case, finding),
        "properties": {
            "server": _line(finding.server, _NAME),
            "element": _line(finding.element, _NAME),
            "severity": str(finding.severity),
            "confidence": str(finding.confidence),
            "outcome": str(case.outcome),
            "nodeid": _line(case.nodeid, EVIDENCE),
            **{
                name: _cut(text, EVIDENCE)
                for name in ("evidence", "expected", "got", "remedy")
                if (text := getattr(finding, name))
            },
        },
    }


def _location(finding: Finding, server: ServerFacts | None) -> dict[str, Any]:
    name, element = _line(finding.server, _NAME), _line(finding.element, _NAME)
    kind = _KINDS.get(finding.element.partition(":")[0], "resource") if element else "module"
    logical = {"name": element or name, "fullyQualifiedName": f"{name}/{element}" if element else name, "kind": kind}
    return {**_physical(server), "logicalLocations": [logical]}


def _physical(server: ServerFacts | None) -> dict[str, Any]:
    path, _, line = (server.source if server else "").rpartition(":")
    if not path or not re.fullmatch(r"[0-9]{1,9}", line):
        return {}
    uri = quote(path.replace("\\", "/").encode("utf-8", "replace"), safe="/")
    # A ":" in the first segment would read as a scheme; quote() has spelled it out.
    place = {"uri": f"file://{uri}"} if uri.startswith("/") else {"uri": uri, "uriBaseId": _ROOT}
    return {"physicalLocation": {"artifactLocation": place, "region": {"startLine": max(1, int(line))}}}


def _suppressions(case: CaseResult, finding: Finding) -> list[dict[str, Any]]:
    if not is_waived(case, finding):
        return []
    why = _line(finding.waived or case.message or "expected to fail", 1000)
    return [{"kind": "external", "status": "accepted", "justification": why}]


def _invocation(run: Run) -> dict[str, Any]:
    faults = sorted((case for case in run.cases if case.outcome is Outcome.ERROR), key=lambda case: case.key)
    return {
        "executionSuccessful": run.finished_at is not None and not faults,
        "startTimeUtc": _time(run.started_at),
        **({"endTimeUtc": _time(run.finished_at)} if run.finished_at else {}),
        "commandLine": _line(run.command, EVIDENCE),
        "toolExecutionNotifications": [
            {
                "level": "error",
                "message": _message(f"{_line(case.nodeid, _LINE)}: {_first(case.message)}", 1000),
            }
            for case in faults
        ],
    }


def _time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _first(text: str) -> str:
    lines: Iterable[str] = (line.strip() for line in text[: EVIDENCE * 4].splitlines())
    return next(filter(None, lines), "no message")


def _message(text: str, limit: int = _LINE) -> dict[str, str]:
    """Plain text of one line; brackets before a parenthesis would be a link of the server's choice: so escaped."""
    line = _line(text, limit) or "no text"
    linked = re.search(r"\]\s*\(", line)
    return {"text": re.sub(r"([\\\[\]])", r"\\\1", line) if linked else line}


def _line(text: str, limit: int = _LINE) -> str:
    """One line of at most ``limit`` characters; of a long text the end is not even looked at."""
    return inert_line(text[: limit * 4], limit)


def _cut(text: str, limit: int) -> str:
    """Inert text of at most ``limit`` characters; what is cut away was never looked at."""
    shown = inert(text[:limit])
    return shown if len(text) <= limit and len(shown) <= limit else f"{shown[: limit - 1]}…"
