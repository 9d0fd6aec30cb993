"""What a boxed server sees of the machine: programs to read, memory to write in, and nothing of the user's own."""

import contextlib
import itertools
import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pytest_mcp.model.server import Launch

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/opt", "/nix")
ETC = (
    *("alternatives", "ca-certificates", "chromium", "chromium.d", "debian_version", "fonts", "group", "host.conf"),
    *("hostname", "hosts", "java-17-openjdk", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "magic"),
    *("mime.types", "nsswitch.conf", "os-release", "passwd", "pki", "protocols", "python3", "services", "ssl"),
    "timezone",
)
MEMORY = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108 - covered, not used
MEMORY_BYTES = 256 * 1024 * 1024
"""Of each private place that lives in memory: a server that fills its disk fills this."""
HIDDEN = frozenset(
    (
        ".git",
        ".hg",
        ".svn",
        ".env",
        ".pytest_mcp",
        ".ssh",
        ".aws",
        ".gnupg",
        ".config",
        ".netrc",
        ".npmrc",
        ".pypirc",
        ".mcp.json",
        ".cache",
        "reports",
    )
)
HOMES = frozenset(
    (".pyenv", ".nvm", ".asdf", ".volta", ".cargo", ".rustup", ".bun", ".deno", ".local", "mise", ".rbenv", ".sdkman")
)
"""Folders below a home that hold programs: shown as a whole when a program is found in one."""
RUNTIMES = ("node", "npm", "npx", "python3", "python", "uv", "uvx", "bun", "deno", "ruby", "java")
_ROOTS = ("pyvenv.cfg", "node_modules", "package.json", "pyproject.toml", "Cargo.toml")
FEW = 24
"""Entries of a folder that may be shown one by one."""
SMALL_FILES, SMALL_BYTES = 400, 8 * 1024 * 1024
"""A folder of the project up to this size is copied, so that the server may write there; a larger one is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Paths as on the machine. ``memory`` is covered and private, shortest first; ``copies`` are put into it."""

    shown: tuple[str, ...]
    memory: tuple[str, ...]
    copies: tuple[tuple[str, str], ...]
    links: tuple[tuple[str, str], ...]


def layout(launch: Launch, project: Path, cwd: Path, box: Path) -> Layout:
    """Everything for one launch; ``box`` is the folder of the box's own, in memory like the project."""
    entries = list(_entries(project))
    links = [(str(entry.readlink()), str(entry)) for entry in entries if entry.is_symlink()]
    solid = [entry for entry in entries if not entry.is_symlink()]
    small = [entry for entry in solid if _is_small(entry)]
    programs = {root for path in _programs(launch, cwd) for root in _roots(path, project)}
    linked = {str(entry.resolve()) for entry in entries if entry.is_symlink() and entry.exists()}
    own = [folder for path in _programs(launch, cwd) for step in _steps(path) for folder in _own_folders(step)]
    beside = [path for folder in dict.fromkeys(own) for path in _listed(folder) if path not in own]
    covers = tuple(sorted({*MEMORY, str(project), str(box), *own}, key=len))
    shown = {*_system(), *programs, *linked, *(str(entry) for entry in solid if entry not in small)}
    return Layout(
        shown=(
            *_outermost(path for path in shown if path not in covers and os.path.exists(path)),  # noqa: PTH110
            *(path for path in beside if not _is_file(path)),
        ),
        memory=tuple(path for path in covers if os.path.isdir(path)),  # noqa: PTH112
        copies=(
            *((str(entry), str(entry)) for entry in small),
            *((path, path) for path in beside if _is_file(path)),
        ),
        links=tuple(links),
    )


def _entries(project: Path) -> Iterator[Path]:
    """What the box has of the project: secrets, history and our own state stay out."""
    for entry in sorted(project.iterdir()) if project.is_dir() else ():
        if entry.name not in HIDDEN and not entry.name.startswith(".env"):
            yield entry


def _is_small(entry: Path) -> bool:
    if not entry.is_dir():
        return entry.is_file() and entry.stat().st_size <= SMALL_BYTES
    files, size = 0, 0
    for folder, _, names in os.walk(entry):
        for name in names:
            path = Path(folder, name)
            size += path.lstat().st_size if path.is_symlink() or path.is_file() else SMALL_BYTES + 1
        files += len(names)
        if files > SMALL_FILES or size > SMALL_BYTES:
            return False
    return True


def _system() -> Iterator[str]:
    yield from (path for path in SYSTEM if Path(path).exists())
    yield from (f"/etc/{name}" for name in ETC if Path("/etc", name).exists())


def _programs(launch: Launch, cwd: Path) -> Iterator[Path]:
    """The command, arguments that are files, and the runtimes that scripts ask for by name."""
    path = dict(launch.env).get("PATH") or os.environ.get("PATH", os.defpath)
    named = (*(() if os.sep in launch.command else (launch.command,)), *RUNTIMES)
    yield from (Path(found) for name in named if (found := shutil.which(name, path=path)))
    for text in (launch.command, *launch.args):
        candidate = Path(os.path.normpath(cwd / text)) if 0 < len(text) < 4096 and "\0" not in text else None
        if candidate and candidate.exists():
            yield candidate


def _roots(path: Path, project: Path) -> Iterator[str]:
    """What has to be there for a program to run: the folder that installed it, through every link on the way."""
    for step in _steps(path):
        if not step.is_relative_to(project):
            yield str(_root(step))
        yield from _home_of_venv(step)


def _steps(path: Path) -> Iterator[Path]:
    for _ in range(8):
        yield path
        if not path.is_symlink():
            break
        path = Path(os.path.normpath(path.parent / path.readlink()))
    resolved = path.resolve()
    if resolved != path:
        yield resolved


def _root(path: Path) -> Path:
    """The folder that a program was installed in, with all it depends on."""
    if "node_modules" in path.parts:
        return Path(*path.parts[: path.parts.index("node_modules") + 1])
    for parent in path.parents:
        if parent.name in HOMES:
            return parent
    for parent in (path, *path.parents):
        if parent.is_dir() and parent != Path.home() and any((parent / name).exists() for name in _ROOTS):
            return parent
    if path.parent.name in ("bin", "sbin", "libexec") and len(path.parts) > 4:
        return path.parent.parent
    return path if path.is_dir() else path.parent


def _home_of_venv(path: Path) -> Iterator[str]:
    """A virtual environment runs on the Python that made it."""
    for parent in itertools.islice(path.parents, 3):
        config = parent / "pyvenv.cfg"
        if config.is_file():
            for line in config.read_text(errors="replace").splitlines():
                key, _, value = line.partition("=")
                if key.strip() == "home" and (base := Path(value.strip())).is_dir():
                    yield str(_root(base / "python"))
                    yield str(_root((base / "python3").resolve()))


def _own_folders(path: Path) -> Iterator[str]:
    """The upper folders of a virtual environment: there are servers that keep a log beside their code.

    In the box they are memory, with all that is in them shown.
    """
    for root in itertools.islice(path.parents, 3):
        if (root / "pyvenv.cfg").is_file():
            for folder in (root, root / "lib", *(root / "lib").glob("python3*")):
                if not folder.is_symlink() and len(_listed(str(folder))) <= FEW:
                    yield str(folder)


def _is_file(path: str) -> bool:
    entry = Path(path)
    return not entry.is_symlink() and entry.is_file() and entry.stat().st_size <= SMALL_BYTES


def _listed(folder: str) -> list[str]:
    with contextlib.suppress(OSError):
        return [entry.path for entry in os.scandir(folder)]
    return []


def _outermost(paths: Iterable[str]) -> list[str]:
    """Without what lies in another one."""
    kept: list[str] = []
    for path in sorted(set(paths), key=len):
        if path != "/" and not any(path.startswith(f"{outer}/") for outer in kept):
            kept.append(path)
    return kept
