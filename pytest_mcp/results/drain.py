"""The thread of the controller that brings the spools into the database while the run goes on.

It reads every spool of its run from the byte that the database says it has, so a line is stored once whoever is killed.
First it brings in what earlier runs left behind. When the database fails it says so once, stops, and leaves the spools.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from pytest_mcp.errors import StoreError
from pytest_mcp.results.spool import CONTROLLER, SpoolFile, spools
from pytest_mcp.results.store import Row, Store, open_store

PAUSE = 0.5
BLOCK = 1 << 22


class Drain:
    """Stores one run; ``tell`` is called when that fails."""

    def __init__(self, run: str, state: Path, dsn: str | None, tell: Callable[[str], None]) -> None:
        self._run = run
        self._state = state
        self._dsn = dsn
        self._tell = tell
        self._awake = threading.Event()
        self._ending = threading.Event()
        self._rounds = threading.Condition()
        self._begun = 0
        self._done = 0
        self._over = False
        self._complete = False
        self._number: int | None = None
        self._thread = threading.Thread(target=self._work, name="pytest_mcp results", daemon=True)

    def start(self) -> None:
        """Begin in the background; starting the database may take a second."""
        self._thread.start()

    def wake(self) -> None:
        """There is a batch: do not wait for the clock."""
        self._awake.set()

    def flush(self, timeout: float) -> int | None:
        """Wait for a round that began after this call; the run's number, None when it did not come to that."""
        with self._rounds:
            wanted = self._begun + 1
            self._awake.set()
            self._rounds.wait_for(lambda: self._over or self._done >= wanted, timeout)
            return self._number if self._done >= wanted else None

    def close(self, timeout: float) -> bool:
        """Store what is left; True when every line of this process is in the database."""
        self._ending.set()
        self._awake.set()
        self._thread.join(timeout)
        if self._thread.is_alive():
            self._fail(f"results database: not done after {timeout:.0f} s")
        return self._complete and not self._thread.is_alive()

    def _work(self) -> None:
        try:
            with open_store(self._dsn, self._state) as store, store.told():
                replay(store, self._state, self._run)
                self._follow(store)
            if store.refused:
                self._tell(f"results database at {store.place}: {store.refused} results refused; see results.ndjson")
        except StoreError as error:
            self._fail(str(error))
        except Exception as error:  # noqa: BLE001 - our own fault must cost a message, not the user's run
            self._fail(f"results database: internal error: {type(error).__name__}")
        finally:
            with self._rounds:
                self._over = True
                self._rounds.notify_all()

    def _fail(self, reason: str) -> None:
        self._tell(f"{reason}; results stay in {self._state / 'spool'} for the next run that reaches a database")

    def _follow(self, store: Store) -> None:
        positions: dict[str, int] = {}
        last = False
        while not last:
            last = self._ending.is_set()
            self._awake.clear()
            self._round(store, positions, last)
            if not last:
                self._awake.wait(PAUSE)
        self._remove_workers(positions)
        self._complete = True

    def _round(self, store: Store, positions: dict[str, int], last: bool) -> None:
        with self._rounds:
            self._begun += 1
        least = 1 if last else BLOCK
        while _bring(store, spools(self._state, self._run), positions) >= least:
            pass
        number = self._number or store.number(self._run)
        with self._rounds:
            self._number = number
            self._done += 1
            self._rounds.notify_all()

    def _remove_workers(self, positions: dict[str, int]) -> None:
        for spool in spools(self._state, self._run):
            if spool.worker != CONTROLLER:
                with spool.claimed() as free:
                    if free and not spool.read(positions.get(spool.worker, 0), BLOCK):
                        spool.path.unlink()


def replay(store: Store, state: Path, current: str = "") -> None:
    """Bring in and remove what runs left behind that are over; a run whose controller lives is left to it."""
    for run, group in groupby(spools(state), key=attrgetter("run")):
        if run != current:
            _replay_run(store, list(group))


def _replay_run(store: Store, found: list[SpoolFile]) -> None:
    with ExitStack() as claims:
        for spool in found:
            if claims.enter_context(spool.claimed()):
                positions: dict[str, int] = {}
                while _bring(store, [spool], positions):
                    pass
                spool.path.unlink()
            elif spool.worker == CONTROLLER:
                return


def _bring(store: Store, found: Iterable[SpoolFile], positions: dict[str, int]) -> int:
    """Store the next lines of these spools of one run, a block at most; returns how many bytes that were."""
    rows: list[Row] = []
    size = 0
    for spool in found:
        if spool.worker not in positions:
            positions[spool.worker] = store.position(spool.run, spool.worker)
        start = positions[spool.worker]
        block = spool.read(start, BLOCK - size)
        rows.extend(_rows(spool, start, block))
        positions[spool.worker] = start + len(block)
        size += len(block)
        if size >= BLOCK:
            break
    store.write(rows)
    return size


def _rows(spool: SpoolFile, start: int, block: bytes) -> Iterator[Row]:
    for line in block.split(b"\n")[:-1]:
        yield Row(spool.run, spool.worker, start, line)
        start += len(line) + 1
