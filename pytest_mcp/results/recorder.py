"""The face this room shows to a running session: events go in here, in the controller and in every worker."""

import os
import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_mcp.model.run import CaseResult, CheckFacts, Run, ServerFacts, StartCount, Verdict
from pytest_mcp.results.address import OFF, chosen
from pytest_mcp.results.codec import SCHEMA, encode
from pytest_mcp.results.spool import CONTROLLER, Spool, join_spools, remove_left

if TYPE_CHECKING:
    from pytest_mcp.results.drain import Drain

BATCH = 100


class Recorder:
    """Writes the events of one process of a run; in the controller, ``begin`` also starts the thread that stores them.

    ``say`` gets at most one message in a run, when the database or the disk fails, maybe called from another thread.
    The same message is then in ``problem``. ``lost`` counts events that the disk did not take.
    """

    def __init__(
        self, run: str, state: Path, worker: str = CONTROLLER, say: Callable[[str], None] | None = None
    ) -> None:
        """Create the spool under the state folder; StoreError when that cannot be written at all."""
        self.run = run
        self.state = state
        self.problem: str | None = None
        self.lost = 0
        self._say = say
        self._once = threading.Lock()
        self._spool = Spool(state, run, worker)
        self._appended = 0
        self._drain: Drain | None = None
        self._joined = False
        self._closed = False

    def begin(self, run: Run, dsn: str | None = None) -> None:
        """Controller only, first: the run without cases and servers. Returns at once; storing starts in the background.

        ``dsn`` is the value of ``--mcp-db``: an address, ``none``, or None for the environment's, else the embedded.
        """
        self._append(encode("run", run, schema=SCHEMA, user=_user()))
        if chosen(dsn) != OFF:
            from pytest_mcp.results.drain import Drain  # slow: an interrupt meanwhile must find the run begun

            self._drain = Drain(self.run, self.state, dsn, self._tell)
            self._drain.start()

    def server(self, facts: ServerFacts, interface: str = "") -> None:
        """What is known of a server, with its whole interface as JSON text; a later call for the id replaces it."""
        self._append(encode("server", facts, interface=interface))

    def starts(self, counts: Iterable[StartCount]) -> None:
        """Process starts that this process saw; those of all processes are summed into ``ServerFacts.starts``."""
        for count in counts:
            self._append(encode("starts", count))

    def check(self, facts: CheckFacts) -> None:
        """A check that may appear in the results; every process may send the same."""
        self._append(encode("check", facts))

    def case(self, result: CaseResult) -> None:
        """One result."""
        self._append(encode("case", result))

    def finish(self, finished_at: datetime, verdict: Verdict | None, narrowed: tuple[str, ...] = ()) -> None:
        """Controller only: how the run ended."""
        self._append(encode("finish", {"finished_at": finished_at, "verdict": verdict, "narrowed": narrowed}))

    def join(self, target: Path) -> None:
        """Write ``results.ndjson``; after ``finish`` and before ``close``."""
        join_spools(self.run, self.state, target)
        self._joined = True

    def stored(self, timeout: float = 30.0) -> int | None:
        """Wait until all events so far are in the database; the run's number there, None when it is not to be had."""
        return self._drain.flush(timeout) if self._drain else None

    def close(self, timeout: float = 60.0) -> None:
        """Last: waits until everything is stored, then takes the spools away; they stay when that did not work.

        A second call does nothing.
        """
        if self._closed:
            return
        self._closed = True
        done = self._drain.close(timeout) if self._drain else self._joined
        if done:
            self._spool.remove()
        if self._joined and not self._drain:
            remove_left(self.state, self.run)
        self._spool.close()

    def _append(self, line: bytes) -> None:
        try:
            self._spool.append(line)
        except OSError as error:
            self.lost += 1
            self._tell(f"{self._spool.file.path}: results are being lost: {error.strerror}")
        self._appended += 1
        if self._drain and self._appended % BATCH == 0:
            self._drain.wake()

    def _tell(self, message: str) -> None:
        with self._once:
            if self.problem is not None:
                return
            self.problem = message
        if self._say:
            self._say(message)


def _user() -> str:
    import pwd

    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())
