"""The sandbox of a run: one level, one planted world, and a box for each server that is to be called."""

import fcntl
import os
import secrets
import shutil
import tempfile
import threading
from pathlib import Path

from pytest_mcp.errors import SandboxError
from pytest_mcp.model.effects import Level
from pytest_mcp.model.server import Server
from pytest_mcp.sandbox import fakes, planted
from pytest_mcp.sandbox.box import Box

SHORT = "/tmp"  # noqa: S108 - what is made there is private; the path of a socket must be short


class Sandbox:
    """Makes boxes below ``state``; what an earlier run that was killed left there is removed."""

    def __init__(self, level: Level, project: Path, state: Path) -> None:
        self.level, self._project = level, project
        self._folder = state / "sandbox" / secrets.token_hex(4)
        self._lock = threading.Lock()
        self._talk = self._folder / "talk"
        self._boxes: list[Box] = []
        self._planted: planted.Planted | None = None
        self._lease: int | None = None

    def prepare(self, server: Server) -> Box:
        """A box for one server. Raises SandboxError for a remote, which cannot be put into one."""
        if server.transport is None or server.transport.launch is None:
            raise SandboxError(f"{server.id}: somebody else runs it; only a server that we start can be boxed")
        with self._lock:
            template = self._template()
            name = f"box{len(self._boxes)}"
            box = Box(
                server,
                self.level,
                project=self._project,
                folder=self._folder / name,
                talk=self._talk / name,
                template=template,
            )
            self._boxes.append(box)
        return box

    def close(self) -> None:
        """Remove every box; the servers in them have been ended before."""
        with self._lock:
            for box in self._boxes:
                box.close()
            _remove(self._folder)
            if self._lease is not None:
                os.close(self._lease)
                self._lease = None

    def _template(self) -> planted.Planted:
        if self._planted is None:
            self._take_lease()
            self._planted = planted.plant(
                self._folder / "planted", f"canary-{secrets.token_hex(12)}", f"secret-{secrets.token_hex(12)}"
            )
            fakes.plant(self._planted.bin)
        return self._planted

    def _take_lease(self) -> None:
        """Folders whose lease nobody holds belong to runs that were killed."""
        home = self._folder.parent
        home.mkdir(parents=True, exist_ok=True)
        for left in home.iterdir():
            lease = left / "lease"
            held = _locked(lease) if lease.exists() else None
            if held is not None:
                _remove(left)
                os.close(held)
        self._folder.mkdir()
        self._talk = Path(tempfile.mkdtemp(prefix="mcp-", dir=SHORT))
        (self._folder / "talk").symlink_to(self._talk)
        self._lease = _locked(self._folder / "lease")


def _remove(folder: Path) -> None:
    """A run's folder, and the one it talks to its boxes through."""
    talk = folder / "talk"
    if talk.is_symlink():
        shutil.rmtree(talk.readlink(), ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


def _locked(path: Path) -> int | None:
    """The descriptor of an exclusive lock, None when somebody else has it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    os.set_inheritable(descriptor, False)
    return descriptor
