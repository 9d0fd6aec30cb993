"""A real Postgres under the project's state folder, with nothing to set up and nothing left running.

The data folder appears by rename, whole or not at all. Whoever starts the server holds a lock; every process that uses
it holds a shared lock on a lease; a detached reaper stops it when the lease is free. One socket in a private folder,
no TCP, and only the operating system's user of the project is let in.
"""

import fcntl
import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pytest_mcp.errors import StoreError
from pytest_mcp.results import reaper
from pytest_mcp.results.binaries import as_account, give, programs
from pytest_mcp.results.home import INSTEAD, account_of_server, home_of, me, private

OPTIONS = (
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "synchronous_commit=off",
    "max_connections=40",
    "jit=off",
)
SOCKET_PREFIX = "pytest_mcp-"
SOCKET_LIMIT = 107 - len("/.s.PGSQL.5432") - len(SOCKET_PREFIX) - 8
START_SECONDS = 120.0
QUIET_SECONDS = 15.0
PAUSE = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to use the server; it runs at least as long as this process holds on to it."""

    conninfo: str
    handle: int

    def release(self) -> None:
        """Let go; when the last one lets go, the server is stopped."""
        os.close(self.handle)


def exists(state: Path) -> bool:
    """True when this project has a database already."""
    homes = (state / "postgres", private(state)) if account_of_server() else (state / "postgres",)
    return any((home / "data").exists() for home in homes)


def lease(state: Path) -> Lease:
    """Start the server of this project unless it runs, and keep it running; a StoreError says what is in the way."""
    try:
        account = account_of_server()
        home = home_of(state, account)
        with _locked(home / "start.lock", fcntl.LOCK_EX, START_SECONDS):
            return _leased(home, account)
    except subprocess.TimeoutExpired as error:
        raise StoreError(f"{state / 'postgres'}: not ready after {error.timeout:.0f} s; {INSTEAD}") from None
    except (OSError, subprocess.SubprocessError) as error:
        raise StoreError(f"{state / 'postgres'}: the database cannot be started: {error}; {INSTEAD}") from None


def _leased(home: Path, account: pwd.struct_passwd | None) -> Lease:
    handle = _lock(home / "lease", fcntl.LOCK_SH, QUIET_SECONDS)
    try:
        if not _running(home / "data"):
            _start(home, account)
        socket = (home / "socket").readlink()
        return Lease(conninfo=f"host={socket} port=5432 user={me()} dbname=postgres", handle=handle)
    except BaseException:
        os.close(handle)
        raise


def _start(home: Path, account: pwd.struct_passwd | None) -> None:
    data = home / "data"
    found = programs(home, account)
    _make(data, found, account)
    _wait_until_left(data)
    (data / "postmaster.pid").unlink(missing_ok=True)
    socket = _socket(home, account)
    order = {
        "lease": str(home / "lease"),
        "data": str(data),
        "socket": str(socket),
        "log": str(home / "log"),
        "uid": account.pw_uid if account else None,
        "gid": account.pw_gid if account else None,
        "env": _environment(),
        "command": [str(found / "postgres"), "-D", str(data), "-k", str(socket), *_options()],
    }
    script = [sys.executable, "-I", "-S", reaper.__file__, json.dumps(order)]
    done = subprocess.run(
        script, cwd="/", check=False, timeout=START_SECONDS, start_new_session=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    if done.returncode:
        raise StoreError(f"{home}: the database does not start: {_last_words(home / 'log')}; {INSTEAD}")


def _make(data: Path, found: Path, account: pwd.struct_passwd | None) -> None:
    """``initdb`` into a folder that only gets its name when it is complete."""
    for leftover in data.parent.glob("making-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    if (data / "PG_VERSION").exists():
        return
    if data.exists() and any(data.iterdir()):
        raise StoreError(f"{data}: is no database and not empty; move it away")
    partial = Path(tempfile.mkdtemp(prefix="making-", dir=data.parent))
    give(partial, account)
    command = [str(found / "initdb"), "-D", str(partial), "-U", me(), "--auth=peer", "--encoding=UTF8", "--locale=C"]
    done = subprocess.run(
        command,
        cwd="/",
        env=_environment(),
        capture_output=True,
        check=False,
        timeout=START_SECONDS,
        **as_account(account),
    )  # type: ignore[call-overload]
    if done.returncode:
        shutil.rmtree(partial, ignore_errors=True)
        raise StoreError(f"{data}: cannot be made: {_worst(done.stderr.decode(errors='replace'))}; {INSTEAD}")
    partial.rename(data)


def _running(data: Path) -> bool:
    return reaper.ready(data) in _inhabitants(data)


def _inhabitants(data: Path) -> list[int]:
    """Processes whose working folder is the data folder, as it is for every process of a server and for no other."""
    found = []
    place = data.resolve()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if (entry / "cwd").readlink() == place:
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def _wait_until_left(data: Path) -> None:
    """Processes of a server that was killed leave within moments; a pid file nobody stands behind is stale."""
    deadline = time.monotonic() + QUIET_SECONDS
    while left := _inhabitants(data):
        if time.monotonic() > deadline:
            raise StoreError(f"{data}: still used by process {left[0]}, which takes no connections; end it")
        time.sleep(PAUSE)


def _socket(home: Path, account: pwd.struct_passwd | None) -> Path:
    """A private folder with a short path: the kernel takes no more than 107 bytes."""
    link = home / "socket"
    if link.is_symlink():
        old = link.readlink()
        if (
            old.name.startswith(SOCKET_PREFIX)
            and old.is_dir()
            and old.owner() == (account.pw_name if account else me())
        ):
            shutil.rmtree(old, ignore_errors=True)
        link.unlink()
    own = tempfile.gettempdir()
    place = "/tmp" if account or len(os.fsencode(own)) > SOCKET_LIMIT else own  # noqa: S108 - mkdtemp is private
    folder = Path(tempfile.mkdtemp(prefix=SOCKET_PREFIX, dir=place))
    give(folder, account)
    link.symlink_to(folder)
    return folder


def _environment() -> dict[str, str]:
    """No secrets of the caller: the environment of a process can be read by its user."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}


def _options() -> list[str]:
    return [word for option in OPTIONS for word in ("-c", option)]


def _last_words(log: Path) -> str:
    try:
        return _worst(log.read_text(errors="replace"))
    except OSError:
        return "it left no log"


def _worst(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    bad = [line for line in lines if any(word in line for word in ("FATAL", "PANIC", "error:", "could not"))]
    return (bad or lines or ["no reason given"])[0]


@contextmanager
def _locked(path: Path, mode: int, seconds: float) -> Iterator[None]:
    handle = _lock(path, mode, seconds)
    try:
        yield
    finally:
        os.close(handle)


def _lock(path: Path, mode: int, seconds: float) -> int:
    """A lock that is waited for only so long."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    deadline = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(handle, mode | fcntl.LOCK_NB)
            return handle
        except BlockingIOError:
            if time.monotonic() > deadline:
                os.close(handle)
                raise StoreError(f"{path}: held by another process for {seconds:.0f} s") from None
            time.sleep(PAUSE)
