"""Whose the embedded server is, and where its folder lies: in the project, or as root maybe in a private place.

A private folder names its project in the file ``project``. Those of temporary projects that are gone are removed, so
that test runs as root do not pile up; all others stay, for a project may only be out of reach at the moment.
"""

import fcntl
import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

from pytest_mcp.errors import StoreError
from pytest_mcp.results.binaries import as_account

PRIVATE = Path("/var/lib/pytest_mcp")
INSTEAD = "use --mcp-db with an address, or --mcp-db none"


def home_of(state: Path, account: pwd.struct_passwd | None) -> Path:
    """The project's own folder, or as root a private one if the server's user cannot get there."""
    home = state.resolve() / "postgres"
    home.mkdir(parents=True, exist_ok=True)
    if account and not _reachable(home, account):
        home = private(state)
        for folder in (PRIVATE, home):
            if not folder.exists():
                folder.mkdir()
                folder.chmod(0o755)
        (home / "project").write_bytes(os.fsencode(state.resolve().parent))
        _remove_gone()
    return home


def private(state: Path) -> Path:
    """Where this project's database is if the server cannot reach the project."""
    return PRIVATE / hashlib.sha256(os.fsencode(state.resolve())).hexdigest()[:16]


def _reachable(folder: Path, account: pwd.struct_passwd) -> bool:
    test = ["/bin/sh", "-c", 'test -x "$0" && test -r "$0"', str(folder)]
    return subprocess.run(test, cwd="/", check=False, **as_account(account)).returncode == 0  # type: ignore[call-overload,no-any-return]


def _remove_gone() -> None:
    """Remove private folders of projects in the temporary folder that exist no more and whose database nobody uses."""
    for note in PRIVATE.glob("*/project"):
        project = Path(os.fsdecode(note.read_bytes()))
        if Path(tempfile.gettempdir()) in project.parents and not project.exists() and _unused(note.with_name("lease")):
            shutil.rmtree(note.parent, ignore_errors=True)


def _unused(lease: Path) -> bool:
    try:
        handle = os.open(lease, os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(handle)
    return True


def account_of_server() -> pwd.struct_passwd | None:
    """Whose the server is when we are root, which Postgres refuses to run as."""
    if os.geteuid():
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise StoreError(f"running as root, and there is neither a user postgres nor nobody to run the database; {INSTEAD}")


def me() -> str:
    """The name of the user we are, which is the name of the one role in the database too."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        raise StoreError(f"user id {os.geteuid()} has no name, which the database needs; {INSTEAD}") from None
