"""An xdist worker, and what travels between it and the controller."""

import pickle
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest

from pytest_mcp.client.relay import BorrowedFleet, Relay
from pytest_mcp.fixtures import FLEET, REHEARSED
from pytest_mcp.model.call import Exercised, ExercisedTool
from pytest_mcp.model.exchange import Ask, Exchange
from pytest_mcp.model.probe import Probed, ProbedTool
from pytest_mcp.model.run import CaseResult, CheckFacts
from pytest_mcp.plugin.participant import Participant, fleet_of
from pytest_mcp.results import Recorder

if TYPE_CHECKING:
    from pytest_mcp.plugin.session import Controller

SNAPSHOT = "mcp_snapshot"
SENT = "mcp_case"
DESELECTED = "mcp_deselected"


class Worker(Participant):
    """An xdist worker: the snapshot came from the controller, so do the connections; results go to its own spool."""

    def __init__(self, config: pytest.Config, snapshot: "Snapshot") -> None:
        super().__init__(config, snapshot.settings, snapshot.run, config.workerinput["workerid"], snapshot.accepted)  # type: ignore[attr-defined]
        self._borrowed = BorrowedFleet(snapshot.address, snapshot.key)
        config.stash[FLEET] = fleet_of(snapshot.servers, self._borrowed, snapshot.settings)
        config.args = snapshot.args
        if snapshot.records:
            self.recorder = Recorder(self.run_id, self.state, worker=self.worker)

    def begin_close(self, server: str) -> None:
        """Have the controller start ending it."""
        self._borrowed.call(server, "begin_close")

    def rehearse(self, servers: Sequence[str], probed: Sequence[str]) -> None:
        """The controller has the boxes."""
        self.config.stash[REHEARSED] = RelayedRehearsal(self._borrowed)
        self._borrowed.call("", "rehearse", tuple(servers), tuple(probed))

    def keep(self, result: CaseResult, what: CheckFacts, report: pytest.TestReport) -> None:
        """Send it to the controller on the report, as text: other plugins write reports as JSON."""
        report.__dict__[SENT] = pickle.dumps((result, what)).hex()

    def pytest_sessionfinish(self) -> None:
        """Let go of the controller and of the spool."""
        self.config.workeroutput[DESELECTED] = self.deselected  # type: ignore[attr-defined]
        self._borrowed.close()
        if self.recorder:
            self.recorder.close()


class RelayedRehearsal:
    """A worker's view of what the controller's sandboxed servers did."""

    def __init__(self, borrowed: BorrowedFleet) -> None:
        self._borrowed = borrowed

    def tool(self, server: str, name: str) -> ExercisedTool | None:
        """See Rehearsed.tool."""
        return self._borrowed.call(server, "rehearsed_tool", name)  # type: ignore[no-any-return]

    def whole(self, server: str) -> Exercised:
        """See Rehearsed.whole."""
        return self._borrowed.call(server, "rehearsed_whole")  # type: ignore[no-any-return]

    def probed(self, server: str, name: str) -> ProbedTool | None:
        """See Rehearsed.probed."""
        return self._borrowed.call(server, "probed_tool", name)  # type: ignore[no-any-return]

    def probed_whole(self, server: str) -> Probed:
        """See Rehearsed.probed_whole."""
        return self._borrowed.call(server, "probed_whole")  # type: ignore[no-any-return]

    def attack(self, server: str, ask: Ask) -> Exchange | None:
        """See Rehearsed.attack."""
        return self._borrowed.call(server, "attack", ask)  # type: ignore[no-any-return]

    def call(self, server: str, ask: Ask) -> Exchange | None:
        """See Rehearsed.call."""
        return self._borrowed.call(server, "rehearsed_call", ask)  # type: ignore[no-any-return]


class Snapshot:
    """What a worker needs to collect the same tests and to use the same servers as everybody else."""

    def __init__(self, controller: "Controller", relay: Relay) -> None:
        self.settings, self.run = controller.settings, controller.run_id
        self.servers = controller.fleet.servers
        self.accepted = controller.accepted
        self.args = list(controller.config.args)
        self.address, self.key = relay.address, relay.key
        self.records = controller.recorder is not None
