"""A real Postgres for the tests of results: one embedded server, and a database of its own for each test."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from pytest_mcp.results import embedded
from pytest_mcp.results.address import VARIABLE
from pytest_mcp.results.binaries import VARIABLE as BINARIES
from pytest_mcp.results.home import private
from tests.needs import missing

PROJECT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


def open_folder() -> Path:
    """A folder that every user can enter; pytest's own are closed."""
    folder = Path(tempfile.mkdtemp(prefix="pytest_mcp_test-", dir="/tmp"))
    folder.chmod(0o755)
    return folder


def wait_for(happened: Callable[[], object], seconds: float = 5.0) -> bool:
    """Whether it came true in time."""
    deadline = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def servers_of(state: Path) -> list[int]:
    """Pids of all Postgres processes that work in the data folder of this project."""
    return [pid for place in (state / "postgres", private(state)) for pid in embedded._inhabitants(place / "data")]


def clear_away(state: Path) -> None:
    """End what is left of this project's server and remove its folders."""
    if not wait_for(lambda: not servers_of(state), 8):
        for pid in servers_of(state):
            os.kill(pid, signal.SIGKILL)
    shutil.rmtree(private(state), ignore_errors=True)


@pytest.fixture
def state() -> Iterator[Path]:
    """The state folder of a fresh project, reachable for the server's user."""
    folder = open_folder()
    yield folder / ".pytest_mcp"
    clear_away(folder / ".pytest_mcp")
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The address of a running server; tests that stop or damage one start their own."""
    folder = open_folder()
    lease = embedded.lease(folder / ".pytest_mcp")
    yield lease.conninfo
    lease.release()
    clear_away(folder / ".pytest_mcp")
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def dsn(server: str) -> Iterator[str]:
    """The address of an empty database."""
    name = f"t{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield server.replace("dbname=postgres", f"dbname={name}")
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def spawn() -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """Start Python code in a process of its own; whatever is left at the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def start(
        code: str, *words: object, user: str | None = None, python: str = sys.executable
    ) -> "subprocess.Popen[str]":
        paths = os.pathsep.join(filter(None, (str(PROJECT), *sys.path)))
        account = pwd.getpwnam(user) if user else None
        owner = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}
        process = subprocess.Popen(
            [python, "-B", "-c", code, *map(str, words)],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": paths, **_bin()},
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **owner,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def _bin() -> dict[str, str]:
    return {BINARIES: os.environ[BINARIES]} if BINARIES in os.environ else {}


@pytest.fixture(scope="session")
def nobodys_python() -> str:
    """A Python of this version that the user nobody can run."""
    if os.geteuid():
        missing("root", "run as root to test as another user as well")
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    for python in (sys.executable, f"/usr/bin/python{version}", f"/usr/local/bin/python{version}"):
        probe = [python, "-c", "import json"]
        try:
            if not subprocess.run(
                probe, user="nobody", group="nogroup", extra_groups=[], cwd="/", capture_output=True
            ).returncode:
                return python
        except OSError:
            continue
    return missing("python-for-all", f"install a python{version} that every user can run")
