"""Which level of isolation works on this machine, found out by trying it, and why not a higher one."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pytest_mcp.model.effects import Level

PROBE_SECONDS = 10
_INSIDE = Path(__file__).parent / "inside.py"
_BOX = ["bwrap", "--unshare-all", "--die-with-parent", "--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin"]
_BOX += ["--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64", "--proc", "/proc", "--dev", "/dev"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The level, and for each higher one what keeps this machine from it."""

    level: Level
    missing: tuple[tuple[Level, str], ...] = ()


def choose() -> Chosen:
    """The best level that works here; every attempt is bounded by ten seconds."""
    missing: list[tuple[Level, str]] = []
    for level, attempt in _ATTEMPTS:
        problem = attempt()
        if problem is None:
            return Chosen(level=level, missing=tuple(missing))
        missing.append((level, problem))
    return Chosen(level=Level.L0, missing=tuple(missing))


def problem_of(level: Level) -> str | None:
    """Why a level does not work here, None when it does."""
    attempt = dict(_ATTEMPTS).get(level)
    return attempt() if attempt else None


def _bubblewrap_and_strace() -> str | None:
    absent = [name for name in ("bwrap", "strace") if shutil.which(name) is None]
    if absent:
        names = {"bwrap": "bubblewrap", "strace": "strace"}
        return f"install the distribution's {' and '.join(names[name] for name in absent)}"
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "trace")
        command = ["strace", "-f", "--seccomp-bpf", "-qq", "-y", "-e", "trace=execve", "-o", str(log), *_BOX, "true"]
        problem = _tried(command, "")
        if problem:
            return f"bubblewrap under strace: {problem}"
        return None if b"execve" in log.read_bytes() else "strace sees nothing of what bubblewrap starts"


def _own_box() -> str | None:
    plan = (
        '{"shown": [], "memory": [["/tmp", 1048576]], "copies": [], "talk": "", "readable": ["/usr"], "writable": []}'
    )
    code = f"plan = json.loads({plan!r}); inside.make_box(plan); inside.confine(plan)"
    return _tried(_python(code), "it works")


def _landlock() -> str | None:
    return _tried(_python('inside.confine({"readable": ["/"], "writable": ["/dev"]})'), "it works")


def _python(code: str) -> list[str]:
    start = f"import sys; sys.path.insert(0, {str(_INSIDE.parent)!r}); import inside, json; {code}; print('it works')"
    return [sys.executable, "-I", "-S", "-c", start]


def _tried(command: list[str], says: str) -> str | None:
    """None when the command ends well and says what it should; else the last thing it said."""
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PROBE_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode == 0 and says in done.stdout:
        return None
    told = done.stderr.strip().splitlines()
    return told[-1] if told else f"ended with {done.returncode}"


_ATTEMPTS: tuple[tuple[Level, Callable[[], str | None]], ...] = (
    (Level.L3, _bubblewrap_and_strace),
    (Level.L2, _own_box),
    (Level.L1, _landlock),
)
