"""Under xdist a server stays on one worker: its tests share one connection and keep their order."""

from collections.abc import Callable
from typing import Any

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling


class ServerScheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Load scheduling whose scope is the server; what belongs to no server keeps xdist's own scope, its module.

    (``--dist loadgroup`` does not group at all with xdist 3.8 on pytest 9.2.)
    """

    def __init__(self, config: pytest.Config, log: Producer | None, server_of: Callable[[str], str | None]) -> None:
        super().__init__(config, log)
        self._server_of = server_of

    def _split_scope(self, nodeid: str) -> Any:
        return self._server_of(nodeid) or super()._split_scope(nodeid)
