"""What a run leaves on disk while it goes on: one append-only file per process, one JSON line per event.

A writer holds an exclusive lock on its file for life, so a file whose lock is free has lost its writer. The lock is
taken before the file gets its name: nobody ever sees a spool that is not locked yet. Lines are written with one
``write``; what a kill or a full disk cuts short has no newline and is not read.
"""

import fcntl
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pytest_mcp.errors import StoreError

_NAME = re.compile(r"(?P<run>[0-9a-f-]{36})-(?P<worker>[A-Za-z0-9_.]+)\.ndjson")
CONTROLLER = "main"
_CLOSED = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoolFile:
    """A spool as it lies on disk."""

    path: Path
    run: str
    worker: str

    def read(self, offset: int, limit: int) -> bytes:
        """Whole lines from a byte offset, about ``limit`` bytes of them; a line without its newline is left alone."""
        with self.path.open("rb") as source:
            source.seek(offset)
            block = source.read(limit)
            if len(block) == limit and not block.endswith(b"\n"):
                block += source.readline()
        return block[: block.rfind(b"\n") + 1]

    @contextmanager
    def claimed(self) -> Iterator[bool]:
        """Hold the lock if it is free: True means the writer is gone and nobody else reads this spool for good."""
        try:
            handle = os.open(self.path, os.O_RDWR)
        except OSError:
            yield False
            return
        try:
            yield _locked(handle) and self.path.exists()
        finally:
            os.close(handle)


class Spool:
    """The spool this process writes."""

    def __init__(self, state: Path, run: str, worker: str) -> None:
        """Create the file, locked; a StoreError says why it cannot be written."""
        self.file = SpoolFile(path=_folder(state) / f"{run}-{worker}.ndjson", run=run, worker=worker)
        if not _NAME.fullmatch(self.file.path.name):
            raise StoreError(f"{self.file.path.name}: not a name for a spool; run ids are UUIDs")
        self._turn = threading.Lock()
        try:
            self._handle = _create(self.file.path)
        except OSError as error:
            raise StoreError(f"{self.file.path}: results cannot be written: {error.strerror}") from None

    def append(self, line: bytes) -> None:
        """Write one line whole or not at all; OSError when the disk does not take it."""
        with self._turn:
            written = os.write(self._handle, line)
            if written != len(line):
                os.ftruncate(self._handle, os.fstat(self._handle).st_size - written)
                raise OSError(None, "no space left on device")

    def remove(self) -> None:
        """Take the file away while it is still locked."""
        self.file.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Release the lock: from here on the spool counts as left behind, and nothing more is taken."""
        with self._turn:
            if self._handle != _CLOSED:
                os.close(self._handle)
            self._handle = _CLOSED


def spools(state: Path, run: str | None = None) -> list[SpoolFile]:
    """The spools of one run, or of all runs: by run, the controller's first."""
    folder = state / "spool"
    names = sorted(path.name for path in folder.glob(f"{run or ''}*.ndjson")) if folder.is_dir() else []
    matches = [match for match in map(_NAME.fullmatch, names) if match]
    found = [SpoolFile(path=folder / match[0], run=match["run"], worker=match["worker"]) for match in matches]
    return sorted(found, key=lambda spool: (spool.run, spool.worker != CONTROLLER, spool.worker))


def join_spools(run: str, state: Path, target: Path) -> None:
    """Write ``results.ndjson``: the spools of a run one after the other, the controller's first."""
    found = spools(state, run)
    if not found:
        raise StoreError(f"{state / 'spool'}: no results of run {run}")
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with partial.open("wb") as joined:
            for spool in found:
                _copy_lines(spool, joined)
        partial.replace(target)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise StoreError(f"{target}: cannot be written: {error.strerror}") from None


def remove_left(state: Path, run: str) -> None:
    """Remove the spools of a run whose writers are gone."""
    for spool in spools(state, run):
        with spool.claimed() as free:
            if free:
                spool.path.unlink()


def _copy_lines(spool: SpoolFile, joined: BinaryIO) -> None:
    offset = 0
    while block := spool.read(offset, 1 << 22):
        joined.write(block)
        offset += len(block)


def _folder(state: Path) -> Path:
    folder = state / "spool"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        keep_out = state / ".gitignore"
        if not keep_out.exists():
            keep_out.write_text("*\n")
    except OSError as error:
        raise StoreError(f"{folder}: results cannot be written: {error.strerror}") from None
    return folder


def _create(path: Path) -> int:
    unnamed = path.with_name(f".{path.name}.new")
    handle = os.open(unnamed, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_TRUNC, 0o644)
    try:
        if path.exists() or not _locked(handle):
            raise FileExistsError(None, "another process writes it")
        unnamed.rename(path)
    except BaseException:
        os.close(handle)
        raise
    return handle


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
