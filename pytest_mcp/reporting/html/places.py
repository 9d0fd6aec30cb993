"""Where on the page things are: anchors are numbers, because names come from servers."""

from collections.abc import Sequence
from dataclasses import dataclass

from pytest_mcp.model.run import CheckFacts, Run
from pytest_mcp.reporting.fleet import Row


@dataclass(frozen=True, slots=True)
class Places:
    """The checks and config entries of one run, found by id, with their anchors."""

    checks: dict[str, CheckFacts]
    check_anchors: dict[str, str]
    entries: dict[str, str]
    """Server id to the name of its config entry."""
    entry_anchors: dict[str, str]

    @classmethod
    def of(cls, run: Run, rows: Sequence[Row]) -> "Places":
        """Number everything once: entries in the order of the fleet table, checks in the order of the run."""
        checks = {check.id: check for check in run.checks}
        for case in run.cases:
            checks.setdefault(case.check, _untold(case.check, case.suite))
        return cls(
            checks=checks,
            check_anchors={check: f"check-{number}" for number, check in enumerate(checks, 1)},
            entries={server.id: server.name for server in run.servers},
            entry_anchors={row.name: f"server-{number}" for number, row in enumerate(rows, 1)},
        )

    def entry(self, server: str) -> str:
        """The config entry of a server id; the id itself when the run does not know it."""
        return self.entries.get(server, server)


def _untold(check: str, suite: str) -> CheckFacts:
    return CheckFacts(id=check, suite=suite, title="", severity="", reference="", remedy="")
