"""Starts the embedded Postgres and stops it when nobody holds the lease any more: a detached process of its own.

Run as a script with one JSON argument, on nothing but the standard library. Exits 0 as soon as the server takes
connections and 1 when it does not come up; what goes on in the background then watches the lease. If the watcher is
killed, the kernel shuts the server down.
"""

import ctypes
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

PAUSE = 0.1
PR_SET_PDEATHSIG = 1


def main(order: dict[str, Any]) -> int:
    """Fork: the child watches, the parent waits for its word that the server is up."""
    told, tell = os.pipe()
    if os.fork() == 0:
        os.close(told)
        _watch(order, tell)
        return 0
    os.close(tell)
    return 0 if os.read(told, 1) == b"+" else 1


def _watch(order: dict[str, Any], tell: int) -> None:
    lease = os.open(order["lease"], os.O_RDWR)
    server = _start(order)
    told = False
    while server.poll() is None and not _free(lease):
        if not told and ready(Path(order["data"])) == server.pid:
            told = bool(os.write(tell, b"+"))
            os.close(tell)
        time.sleep(PAUSE if told else PAUSE / 5)
    _stop(server)
    shutil.rmtree(order["socket"], ignore_errors=True)


def _start(order: dict[str, Any]) -> "subprocess.Popen[bytes]":
    libc = ctypes.CDLL(None)
    owner = {"user": order["uid"], "group": order["gid"], "extra_groups": []} if order["uid"] is not None else {}
    with Path(order["log"]).open("wb") as log:
        return subprocess.Popen(
            order["command"],
            cwd="/",
            env=order["env"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGINT),  # noqa: PLW1509 - single thread here
            **owner,
        )


def ready(data: Path) -> int | None:
    """The pid of the server that says in its pid file that it takes connections."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        return int(lines[0]) if lines[7].startswith("ready") else None
    except (OSError, IndexError, ValueError):
        return None


def _free(lease: int) -> bool:
    try:
        fcntl.flock(lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _stop(server: "subprocess.Popen[bytes]") -> None:
    """Fast shutdown, then without a checkpoint, then by force: each has its time."""
    for word, seconds in ((signal.SIGINT, 3.0), (signal.SIGQUIT, 1.0), (signal.SIGKILL, 1.0)):
        if server.poll() is None:
            server.send_signal(word)
            try:
                server.wait(seconds)
            except subprocess.TimeoutExpired:
                continue


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
