"""Under xdist a server stays on one worker: its tests share one connection and keep their order."""

from collections.abc import Callable
from typing import Any

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling


class ServerScheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Load scheduling whose scope is the server; what belongs to no server keeps xdist's own scope, its module.

    (``--dist loadgroup`` does not group at all with xdist 3.8 on pytest 9.2.) What xdist does when a worker is lost is
    mended: it runs the test that ended the worker again, assigns work to workers that have not collected yet, and lets
    one wait for ever that has a single test left.
    """

    def __init__(self, config: pytest.Config, log: Producer | None, server_of: Callable[[str], str | None]) -> None:
        super().__init__(config, log)
        self._server_of = server_of

    def remove_node(self, node: Any) -> str | None:
        """Take a worker away; what it had not run goes to others, but for the test that ended it, which is returned."""
        workload = self.assigned_work.pop(node)
        pending = [(unit, nodeid) for unit in workload.values() for nodeid, done in unit.items() if not done]
        if not pending:
            return None
        unit, crashed = pending[0]
        unit[crashed] = True
        self.workqueue.update({scope: unit for scope, unit in workload.items() if not all(unit.values())})
        for other in self.nodes:
            self._reschedule(other)
        return str(crashed)

    def schedule(self) -> None:
        """Distribute; a worker starts a test only when it knows the next one, or that there is none."""
        super().schedule()
        ready = [node for node in self.nodes if node in self.registered_collections and not node.shutting_down]
        for node in ready:
            while self.workqueue and self._pending_of(self.assigned_work[node]) < 2:
                self._assign_work_unit(node)
        if self.collection and not self.workqueue:
            for node in ready:
                node.shutdown()

    def _reschedule(self, node: Any) -> None:
        if node in self.registered_collections:
            super()._reschedule(node)

    def _split_scope(self, nodeid: str) -> Any:
        return self._server_of(nodeid) or super()._split_scope(nodeid)
