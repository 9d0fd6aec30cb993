"""A small process that outlives us just long enough to end the servers we started, if we are killed.

Runs as ``python -I -S guard.py``, stdlib only. Reads lines: ``?PIPE`` a server is about to be started with this pipe as
its stdin, ``+PID START PIPE`` it was, ``-PID`` it is gone, ``!PIPE`` it was not. At end of input (we are gone) it ends
the process groups still listed: TERM, two seconds, KILL. ``START`` is the start time from /proc, so that a recycled pid
is never touched; the pipe finds a server whose pid we had no time to tell. (PR_SET_PDEATHSIG will not do: it fires when
the starting *thread* ends.)
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time

GRACE = 2.0


def start_time(pid: int) -> str:
    """Clock ticks after boot at which a process started; empty when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:  # noqa: PTH123 - pathlib would double this process's start
            return stat.read().rpartition(b")")[2].split()[19].decode()
    except (OSError, IndexError):
        return ""


def signal_group(pid: int, number: int) -> bool:
    """Send a signal to a process group; False when there is no such group any more."""
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _end(groups: dict[int, str]) -> None:
    mine = [pid for pid, began in groups.items() if start_time(pid) in (began, "")]
    mine = [pid for pid in mine if signal_group(pid, signal.SIGTERM)]
    deadline = time.monotonic() + GRACE
    while mine and time.monotonic() < deadline:
        time.sleep(0.05)
        mine = [pid for pid in mine if signal_group(pid, 0)]
    for pid in mine:
        signal_group(pid, signal.SIGKILL)


def _readers(pipes: set[str]) -> dict[int, str]:
    """Process groups whose standard input is one of these pipes."""
    found: dict[int, str] = {}
    for name in os.listdir("/proc") if pipes else ():  # noqa: PTH208 - as above
        with contextlib.suppress(OSError, ValueError):
            if os.readlink(f"/proc/{name}/fd/0") in pipes:  # noqa: PTH115
                group = os.getpgid(int(name))
                found[group] = start_time(group)
    return found


def main() -> None:
    """Follow the list on standard input, then end what is left of it."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: dict[int, str] = {}
    pipes: set[str] = set()
    for line in sys.stdin:
        words = line[1:].strip("\n").split(" ")
        if line.startswith("?"):
            pipes.add(words[0])
        elif line.startswith("!"):
            pipes.discard(words[0])
        elif line.startswith("+"):
            groups[int(words[0])] = words[1]
            pipes.discard(words[2])
        else:
            groups.pop(int(words[0]), None)
    _end({**_readers(pipes), **groups})


class Guard:
    """The parent's end of the guard process; started with the first server."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def expect(self, pipe: int) -> str:
        """Have whoever gets this pipe as stdin ended if we die before ``add``; its name for ``add`` or ``forget``."""
        name = f"pipe:[{os.fstat(pipe).st_ino}]"
        self._tell(f"?{name}\n")
        return name

    def forget(self, name: str) -> None:
        """Nobody got the pipe."""
        self._tell(f"!{name}\n")

    def add(self, pid: int, name: str) -> None:
        """Have the process group ended if we die."""
        self._tell(f"+{pid} {start_time(pid)} {name}\n")

    def remove(self, pid: int) -> None:
        """The process group is gone."""
        self._tell(f"-{pid}\n")

    def close(self) -> None:
        """End the guard; whatever is still listed is ended with it."""
        if self._process and self._process.stdin:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
            self._process.wait(timeout=GRACE + 5)

    def _tell(self, line: str) -> None:
        with self._lock:
            if self._process is None:
                self._process = subprocess.Popen(
                    [sys.executable, "-I", "-S", __file__],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                    cwd="/",
                )
            if self._process.stdin:
                with contextlib.suppress(OSError):
                    self._process.stdin.write(line.encode())
                    self._process.stdin.flush()


if __name__ == "__main__":
    main()
