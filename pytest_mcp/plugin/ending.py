"""How a session ends: the run put together, the verdict, the report, and what the terminal says of them."""

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_mcp.gate import decide
from pytest_mcp.model.run import Run
from pytest_mcp.plugin import facts
from pytest_mcp.reporting import terminal
from pytest_mcp.settings import Gate

if TYPE_CHECKING:
    from pytest_mcp.plugin.session import Controller


class Ending:
    """What is known of the finished run, for the summary that pytest asks for later."""

    def __init__(self, controller: "Controller") -> None:
        self._controller = controller
        self._run: Run | None = None
        self._report: Path | None = None
        self._number: int | None = None
        self._trouble: list[str] = []

    def header(self) -> list[str]:
        """What is about to be tested."""
        settings = self._controller.settings
        return terminal.header(
            self._controller.inventory,
            seed=settings.seed,
            gate=settings.gate,
            verbosity=self._controller.config.get_verbosity(),
            facts=facts.versions(),
        )

    def finish(self, session: pytest.Session, exitstatus: int) -> None:
        """Put the run together, decide, store and render; a report that cannot be written is said, not raised."""
        controller = self._controller
        controller.end_servers()
        if not controller.recording or controller.recorder is None:
            return
        run = self._whole(session, exitstatus)
        run = replace(run, verdict=decide(run))
        assert run.finished_at is not None
        for server in run.servers:
            controller.recorder.server(server, controller.interface_of(server.id))
        controller.recorder.finish(run.finished_at, run.verdict, run.narrowed)
        self._write(run)
        self._run = run
        if self._fails_by_verdict(run) and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        controller.config.hook.pytest_mcp_run_finished(run=run, config=controller.config)

    def summary(self, reporter: Any) -> None:
        """Table, verdict, rerun command and the report's path."""
        if self._run is None or self._controller.config.option.no_summary:
            return
        verbosity = self._controller.config.get_verbosity()
        lines = [*terminal.table(self._run, verbosity), *terminal.gate_lines(self._run, verbosity)]
        if verbosity >= -1:
            lines += [line for line in (terminal.rerun_line(self._run), self._where()) if line]
        lines += [f"mcp: {line}" for line in self._trouble]
        if lines:
            reporter.ensure_newline()
            reporter.section("MCP gate", sep="=")
            for line in lines:
                reporter.write_line(line)

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
            reasons.append(f"{self._controller.deselected} tests deselected")
        if exitstatus == pytest.ExitCode.INTERRUPTED:
            reasons.append("interrupted")
        elif getattr(option, "maxfail", 0) and session.testsfailed >= option.maxfail:
            reasons.append(f"stopped after {session.testsfailed} failures")
        return tuple(reasons)

    def _fails_by_verdict(self, run: Run) -> bool:
        return self._controller.settings.gate is Gate.ENFORCE and bool(run.verdict and run.verdict.exit_code)

    def _write(self, run: Run) -> None:
        from pytest_mcp.errors import McpError
        from pytest_mcp.reporting.html import run_folder, write_report

        controller = self._controller
        assert controller.recorder
        try:
            self._number = controller.recorder.stored()
            if controller.recorder.problem:
                self._trouble.append(controller.recorder.problem)
            self._report = write_report(run, controller.settings.report)
            controller.recorder.join(run_folder(controller.settings.report, run) / "results.ndjson")
        except McpError as error:
            self._trouble.append(str(error))


def _shown(path: Path) -> str:
    relative = os.path.relpath(path)
    return relative if not relative.startswith("..") else str(path)
