"""One server process in a process group of its own: started, watched, and ended with its whole group."""

import contextlib
import os
import select
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from pytest_mcp.client.guard import Guard, signal_group
from pytest_mcp.client.pump import Pump, Stderr
from pytest_mcp.errors import ClientError
from pytest_mcp.model.interface import ExitBy, Shutdown
from pytest_mcp.model.server import Launch

EOF_GRACE = 5.0
TERM_GRACE = 2.0
LINGER = 0.5
"""Seconds in which children of a server that exited may follow it before they count as left behind."""
PRIVATE_PREFIXES = ("PYTEST_", "COV_CORE_", "_PYTEST_")
"""Our own variables; PYTEST_MCP_DATABASE_URL holds a password that no server under test may see."""


def environment(launch: Launch, base: Mapping[str, str]) -> dict[str, str]:
    """What the server's process gets: our environment without pytest's own variables, and the entry's additions."""
    kept = {name: value for name, value in base.items() if not name.startswith(PRIVATE_PREFIXES)}
    return {**kept, **dict(launch.env)}


class Process:
    """A running server process; ``speaks_on_stdout`` False takes stdout for a second stderr.

    Raises ClientError when the command cannot be started at all; everything later is told by what comes back.
    """

    def __init__(self, launch: Launch, *, rootdir: Path, pump: Pump, guard: Guard, speaks_on_stdout: bool) -> None:
        cwd = launch.cwd or str(rootdir)
        if not Path(cwd).is_dir():
            raise ClientError(f"working directory {cwd} does not exist; create it or correct cwd")
        self.started_at = time.monotonic()
        self._pump, self._guard = pump, guard
        self._lock = threading.Lock()
        self._popen, self._stdin = _started(launch, cwd, speaks_on_stdout, guard)
        self.pid = self._popen.pid
        self._pidfd = os.pidfd_open(self.pid)
        self.stderr = Stderr()
        log = self._popen.stderr or self._popen.stdout
        assert log
        pump.watch_stderr(log.fileno(), self.stderr)
        self._shutdown: Shutdown | None = None

    @property
    def stdin(self) -> int:
        """Descriptor to write to the server."""
        return self._stdin

    @property
    def stdout(self) -> int:
        """Descriptor to read from the server."""
        assert self._popen.stdout
        return self._popen.stdout.fileno()

    @property
    def running(self) -> bool:
        """False as soon as the process itself has exited, whatever its children do."""
        return self._shutdown is None and not self.wait(0)

    def said(self) -> str:
        """What came on stderr until this moment."""
        log = self._popen.stderr or self._popen.stdout
        if log and not log.closed:
            self._pump.catch_up(log.fileno())
        return self.stderr.text()

    def wait(self, seconds: float) -> bool:
        """Wait for the process to exit, without reaping it: its pid stays ours. True when it has exited."""
        if self._shutdown is not None:
            return True
        poll = select.poll()
        poll.register(self._pidfd, select.POLLIN)
        return bool(poll.poll(max(0, seconds) * 1000))

    @property
    def exit_code(self) -> int | None:
        """Exit code once ended, negative for a signal; None while running."""
        if self._shutdown is not None:
            return self._shutdown.exit_code
        if not self.wait(0):
            return None
        try:
            seen = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:  # reaped by another thread just now
            return self._popen.returncode
        if seen is None:
            return None
        return seen.si_status if seen.si_code == os.CLD_EXITED else -seen.si_status

    def end(self, eof: bool = True, grace: float = EOF_GRACE) -> Shutdown:
        """End the process and everything in its group: end of input, then TERM, then KILL. Safe to call twice."""
        with self._lock:
            if self._shutdown is None:
                self._shutdown = self._end(eof, grace)
            return self._shutdown

    def _end(self, eof: bool, grace: float) -> Shutdown:
        began = time.monotonic()
        by = self._end_leader(eof, grace)
        seconds = time.monotonic() - began
        orphans = self._sweep()
        code = self._popen.wait()
        self._guard.remove(self.pid)
        self._release()
        return Shutdown(by=by, seconds=seconds, exit_code=code, orphans=orphans)

    def _end_leader(self, eof: bool, grace: float) -> ExitBy:
        if self.wait(0):
            return ExitBy.ITSELF
        if eof:
            self._close_stdin()
            if self.wait(grace):
                return ExitBy.EOF
        signal_group(self.pid, signal.SIGTERM)
        if self.wait(TERM_GRACE):
            return ExitBy.TERM
        signal_group(self.pid, signal.SIGKILL)
        self.wait(TERM_GRACE)
        return ExitBy.KILL

    def _sweep(self) -> int:
        """End what the dead leader left in its group (not yet reaped, so the group is still its own); how many."""
        left = self._outlived(LINGER)
        if left:
            signal_group(self.pid, signal.SIGTERM)
            self._outlived(TERM_GRACE)
            signal_group(self.pid, signal.SIGKILL)
        return left

    def _outlived(self, seconds: float) -> int:
        """How many of the group are still there after at most so long."""
        deadline = time.monotonic() + seconds
        while (left := _members(self.pid)) and time.monotonic() < deadline:
            time.sleep(0.02)
        return left

    def close_stdout(self) -> None:
        """For whoever reads it, when he is done: nobody else knows when its number may be used again."""
        if self._popen.stdout:
            self._popen.stdout.close()

    def _close_stdin(self) -> None:
        if self._stdin >= 0:
            os.close(self._stdin)
            self._stdin = -1

    def _release(self) -> None:
        self._close_stdin()
        log = self._popen.stderr or self._popen.stdout
        if log:
            self._pump.forget(log.fileno())
            self.stderr.drain(log.fileno())
            log.close()
        os.close(self._pidfd)


def _started(launch: Launch, cwd: str, speaks_on_stdout: bool, guard: Guard) -> tuple[subprocess.Popen[bytes], int]:
    """The process and our end of its stdin; the guard knows of it before it is there."""
    theirs, ours = os.pipe()
    try:
        name = guard.expect(theirs)
        try:
            popen = _popen(launch, cwd, speaks_on_stdout, theirs)
        except BaseException:
            guard.forget(name)
            raise
    except BaseException:
        os.close(ours)
        raise
    finally:
        os.close(theirs)
    guard.add(popen.pid, name)
    return popen, ours


def _popen(launch: Launch, cwd: str, speaks_on_stdout: bool, stdin: int) -> subprocess.Popen[bytes]:
    env = environment(launch, os.environ)
    program = launch.command if os.sep not in launch.command else str(Path(cwd, launch.command))
    if shutil.which(program, path=env.get("PATH")) is None:
        raise ClientError(
            f"command {launch.command!r} is not there or not executable; install it or correct the command"
        )
    try:
        return subprocess.Popen(
            [program, *launch.args],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if speaks_on_stdout else subprocess.STDOUT,
            cwd=cwd,
            env=env,
            bufsize=0,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        raise ClientError(
            f"command {launch.command!r} cannot be started: {getattr(error, 'strerror', None) or error}"
        ) from error


def _members(group: int) -> int:
    """How many live processes a group has, its zombie leader not counted."""
    count = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_bytes().rpartition(b")")[2].split()
            count += int(fields[2]) == group and fields[0] != b"Z"
    return count
