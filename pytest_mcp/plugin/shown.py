"""How a test's report looks in every output: where its server was configured, why in one line, and no secret."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from _pytest._code.code import ReprEntry, ReprExceptionInfo, ReprFileLocation, ReprTraceback

from pytest_mcp.fixtures import CheckFailed, WaiverLeft
from pytest_mcp.inventory import redact
from pytest_mcp.model.interface import Interface
from pytest_mcp.model.text import inert

_COMMAND = re.compile(r"(?m)^(?=[ \t]*::)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A line of a config file, counted from 1."""

    path: Path
    line: int


def cleaned(text: str, secrets: tuple[str, ...]) -> str:
    """A server's text made inert, then without its secrets: in this order, and both before anything cuts it."""
    return redact(inert(text), secrets)


def cleaned_interface(interface: Interface, secrets: tuple[str, ...]) -> Interface:
    """With what the server told beside its protocol cleaned, so that tests may cut it as they like."""
    failure = interface.failure
    if failure is not None:
        failure = replace(
            failure, reason=cleaned(failure.reason, secrets), stderr_tail=cleaned(failure.stderr_tail, secrets)
        )
    return replace(interface, failure=failure, stderr_head=cleaned(interface.stderr_head, secrets))


def tidy(
    report: pytest.TestReport, call: pytest.CallInfo[None], place: Place | None, redact: Callable[[str], str]
) -> None:
    """Change the report in place, before anything is stored of it or any other plugin sees it."""
    report.sections = [(name, _calm(text, redact)) for name, text in report.sections]
    if report.skipped and isinstance(report.longrepr, tuple):
        _point(report, place)
    elif report.failed:
        _redraw(report, redact)
        _summarise(report, call, place)


def _calm(text: str, redact: Callable[[str], str]) -> str:
    """What may quote a server: made inert and redacted, and no line of it is a workflow command."""
    return _COMMAND.sub("| ", redact(text))


def _point(report: pytest.TestReport, place: Place | None) -> None:
    if place is not None and isinstance(report.longrepr, tuple) and not hasattr(report, "wasxfail"):
        report.longrepr = (str(place.path), place.line, report.longrepr[2])


def _redraw(report: pytest.TestReport, redact: Callable[[str], str]) -> None:
    """A traceback that has nothing to hide stays as pytest drew it."""
    crash: ReprFileLocation | None = getattr(report.longrepr, "reprcrash", None)
    text = report.longreprtext
    calm = _calm(text, redact)
    if crash is not None:
        crash.message = _calm(crash.message, redact)
    if calm != text and crash is None:
        report.longrepr = calm
    elif calm != text:
        entry = ReprEntry(calm.split("\n"), None, None, None, "value")
        report.longrepr = ReprExceptionInfo(reprtraceback=ReprTraceback([entry], None, "value"), reprcrash=crash)


def _summarise(report: pytest.TestReport, call: pytest.CallInfo[None], place: Place | None) -> None:
    """The reason that short summaries and JUnit take is the worst finding, and its place the server's config entry."""
    failed = call.excinfo.value if call.excinfo else None
    crash: Any = getattr(report.longrepr, "reprcrash", None)
    if isinstance(failed, CheckFailed | WaiverLeft) and crash is not None:
        crash.message = failed.summary
        if place is not None:
            crash.path, crash.lineno = str(place.path), place.line
            last = report.longrepr.reprtraceback.reprentries[-1]  # type: ignore[union-attr]
            last.reprfileloc = replace(crash, path=os.path.relpath(place.path))
