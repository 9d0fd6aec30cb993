"""How a session ends: the run put together, the verdict, the report, and what the terminal says of them."""

import os
import traceback
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_mcp.gate import Policy, decide
from pytest_mcp.gate.verdict import count
from pytest_mcp.model.run import Run, RunSummary, VerdictWord
from pytest_mcp.model.text import inert_line
from pytest_mcp.plugin import facts
from pytest_mcp.reporting import terminal
from pytest_mcp.results.controls import keep_controls
from pytest_mcp.settings import Gate

if TYPE_CHECKING:
    from pytest_mcp.plugin.session import Controller


PAST_RUNS = 20
_ENDED = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)
_CUT_SHORT: dict[int, str] = {
    pytest.ExitCode.INTERNAL_ERROR: "an internal error of pytest",
    pytest.ExitCode.USAGE_ERROR: "a usage error",
}


class Ending:
    """What is known of the finished run, for the summary that pytest asks for later."""

    def __init__(self, controller: "Controller") -> None:
        self._controller = controller
        self._run: Run | None = None
        self._report: Path | None = None
        self._number: int | None = None
        self._trouble: list[str] = []
        self._session: pytest.Session | None = None

    def header(self) -> list[str]:
        """What is about to be tested."""
        settings = self._controller.settings
        if self._controller.config.option.collectonly:
            return []
        return terminal.header(
            self._controller.inventory,
            seed=settings.seed,
            gate=settings.gate,
            verbosity=self._controller.config.get_verbosity(),
            facts=facts.versions(),
            sandbox=str(self._controller.level or ""),
        )

    def finish(self, session: pytest.Session, exitstatus: int) -> None:
        """Put the run together, decide, store and render; what goes wrong here is said and hides nothing of pytest."""
        self._session = session
        try:
            self._finish(session, exitstatus)
        except Exception as error:  # noqa: BLE001 - pytest's own summary would be lost
            self._fault(error)

    def _finish(self, session: pytest.Session, exitstatus: int) -> None:
        controller = self._controller
        controller.end_servers()
        if not controller.recording or controller.recorder is None:
            return
        run = self._whole(session, exitstatus)
        run = replace(run, verdict=decide(run, Policy(waivers=controller.accepted.waivers)))
        assert run.finished_at is not None
        for server in run.servers:
            controller.recorder.server(server, controller.interface_of(server.id))
        self._keep_controls(run)
        controller.recorder.finish(run.finished_at, run.verdict, run.narrowed)
        self._run = run
        self._write(run)
        if self._fails_by_verdict(run):
            self._fail(pytest.ExitCode.TESTS_FAILED)
        controller.config.hook.pytest_mcp_run_finished(run=run, config=controller.config)

    def _keep_controls(self, run: Run) -> None:
        try:
            keep_controls(self._controller.state, run.servers)
        except OSError as error:
            self._trouble.append(f"calls that worked are not kept for the next run: {error.strerror}")

    def summary(self, reporter: Any) -> None:
        """Table, verdict, rerun command and the report's path."""
        if self._controller.config.option.no_summary:
            return
        try:
            lines = self._lines(self._controller.config.get_verbosity())
        except Exception as error:  # noqa: BLE001 - pytest's own summary would be lost
            self._fault(error)
            lines = self._troubles()
        if lines:
            reporter.ensure_newline()
            reporter.section("MCP gate", sep="=")
            for line in lines:
                reporter.write_line(line)

    def _lines(self, verbosity: int) -> list[str]:
        if self._run is None:
            return self._troubles()
        lines = [*terminal.table(self._run, verbosity), *terminal.gate_lines(self._run, verbosity)]
        if verbosity < -1:
            return [*lines, *self._troubles()]
        ways = (terminal.rerun_line(self._run), *self._troubles(), self._where())
        return [*lines, *(line for line in ways if line)]

    def _troubles(self) -> list[str]:
        return [f"mcp: {inert_line(line, limit=1000)}" for line in self._trouble]

    def _fault(self, error: Exception) -> None:
        """Our own fault: the run's results are what pytest says, the exit code says that ours are not whole."""
        where = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(where.filename).name}:{where.lineno}"
        text = self._controller.redacted_anywhere(f"{type(error).__name__}: {error}")
        self._trouble.append(f"internal error at {place}, please report it: {text}")
        if self._session is not None:
            self._session.exitstatus = pytest.ExitCode.INTERNAL_ERROR

    def _fail(self, code: pytest.ExitCode) -> None:
        if self._session is not None and self._session.exitstatus == pytest.ExitCode.OK:
            self._session.exitstatus = code

    def _where(self) -> str:
        if self._report is None:
            return ""
        number = f"  (run {self._number})" if self._number else ""
        return f"report: {_shown(self._report)}{number}"

    def _whole(self, session: pytest.Session, exitstatus: int) -> Run:
        controller = self._controller
        return replace(
            controller.run(),
            finished_at=datetime.now(UTC),
            narrowed=self._narrowed(session, exitstatus),
            servers=controller.server_facts(),
            cases=tuple(controller.cases),
            checks=tuple(controller.checks.values()),
        )

    def _narrowed(self, session: pytest.Session, exitstatus: int) -> tuple[str, ...]:
        """Why this run is not a whole one."""
        settings, option = self._controller.settings, self._controller.config.option
        reasons = []
        if settings.only:
            reasons.append(f"--mcp-only {' '.join(settings.only)}")
        if settings.suites:
            reasons.append(f"--mcp-suite {' '.join(settings.suites)}")
        if self._controller.selected:
            reasons.append("tests selected by path")
        if self._controller.deselected:
            reasons.append(f"{count(self._controller.deselected, 'test')} deselected")
        if self._controller.last_failed and not self._controller.deselected:
            reasons.append("--lf")
        if option.maxfail and session.testsfailed >= option.maxfail:
            reasons.append(f"stopped after {count(session.testsfailed, 'failure')}")
        elif exitstatus not in _ENDED:
            reasons.append(_CUT_SHORT.get(exitstatus, "interrupted"))
        return tuple(reasons)

    def _fails_by_verdict(self, run: Run) -> bool:
        gate, verdict = self._controller.settings.gate, run.verdict
        if gate is Gate.OFF or verdict is None:
            return False
        return bool(verdict.exit_code) if gate is Gate.ENFORCE else verdict.word is VerdictWord.BLOCK

    def _write(self, run: Run) -> None:
        from pytest_mcp.errors import ReportError
        from pytest_mcp.reporting.html import run_folder, write_report
        from pytest_mcp.reporting.sarif import RESULTS, write_sarif

        controller = self._controller
        assert controller.recorder
        try:
            self._number = controller.recorder.stored()
            if controller.recorder.problem:
                self._trouble.append(controller.recorder.problem)
            if controller.recorder.lost:
                self._trouble.append(
                    f"{controller.recorder.lost} results were not written; free the disk and run again"
                )
                self._fail(pytest.ExitCode.INTERNAL_ERROR)
            folder = run_folder(controller.settings.report, run)
            beside = ("results.ndjson", RESULTS)
            self._report = write_report(run, controller.settings.report, history=self._history(run), artifacts=beside)
            controller.recorder.join(folder / "results.ndjson")
            write_sarif(run, folder)
        except ReportError as error:
            self._trouble.append(str(error))
            self._fail(pytest.ExitCode.USAGE_ERROR)

    def _history(self, run: Run) -> list[RunSummary]:
        """The runs before this one, oldest first; none without a database, whose loss costs no report."""
        if self._number is None:
            return []
        from pytest_mcp.errors import McpError
        from pytest_mcp.reporting.fleet import summary
        from pytest_mcp.results import open_store
        from pytest_mcp.results.history import past_runs

        try:
            with open_store(self._controller.settings.db, self._controller.state) as store:
                past = past_runs(store.connection, PAST_RUNS, project=run.project, before=run.id)
        except McpError as error:
            self._trouble.append(f"no history in the report: {error}")
            return []
        return [summary(each.run, each.number) for each in reversed(past)]


def _shown(path: Path) -> str:
    relative = os.path.relpath(path)
    return relative if not relative.startswith("..") else str(path)
