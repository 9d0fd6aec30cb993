"""One boxed server: its launch made safe, the world it sees, and what it does there."""

import base64
import contextlib
import io
import json
import os
import shutil
import socket
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from pytest_mcp.model.call import Mapped
from pytest_mcp.model.effects import Effects, FileEffect, Level, Request, Spawned, Touched
from pytest_mcp.model.server import Launch, Server, Stdio
from pytest_mcp.model.world import World
from pytest_mcp.sandbox import bubblewrap, fakes, planted
from pytest_mcp.sandbox.layout import MEMORY, MEMORY_BYTES, layout
from pytest_mcp.sandbox.mapping import is_kept, placed
from pytest_mcp.sandbox.trace import Trace

PROGRAMS = Path(__file__).parent
KEPT_ENVIRONMENT = ("LANG", "LC_ALL", "LC_CTYPE", "TZ", "TERM")
LIMITS = {
    "data": 4 << 30,
    "file": 128 << 20,
    "descriptors": 4096,
    "processes": 4096,
    "cpu": 600,
}
"""Bytes of memory and of one file, descriptors, processes of a user, seconds of CPU: for one server."""
OFFLINE = {"NPM_CONFIG_OFFLINE": "true", "NPM_CONFIG_UPDATE_NOTIFIER": "false", "PIP_NO_INDEX": "1", "UV_OFFLINE": "1"}
"""There is no network: what would try for minutes to reach an index is told so."""
KEEPER_SECONDS = 10
PIDS = 512
"""Processes and threads of one box, where the kernel counts them by box (Linux 6.14)."""
_PARTS = ("workspace", "workspace_private", "outside", "home", "bin")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A moment: how far trace, requests and fakes had got."""

    trace: int
    requests: int
    fakes: int


class Box:
    """Made by Sandbox.prepare; ``server`` is to be started, ``world`` is what it then sees."""

    def __init__(  # noqa: PLR0913 - all that a box is made of
        self, server: Server, level: Level, *, project: Path, folder: Path, talk: Path, template: planted.Planted
    ) -> None:
        transport = server.transport
        launch = transport.launch if transport else None
        assert transport and launch
        self.level, self.folder = level, folder
        folder.mkdir(parents=True)
        self._talk, self._project = talk, project
        talk.mkdir()
        self._trace_file, self._trace = folder.with_name(f"{folder.name}.trace"), Trace()
        self._read = 0
        self._template = template
        port = _free_port()
        self._page = f"http://127.0.0.1:{port}/page.html"
        self.world = self._world(str(folder / "workspace"))
        cwd = Path(launch.cwd or project)
        there = placed(launch, self.world, cwd)
        self.mapped: tuple[Mapped, ...] = there.mapped
        self._layout = layout(launch, project, cwd, folder)
        relayed = not isinstance(transport, Stdio)
        self._plan = self._written(there.launch, project, port, relayed)
        self.server = replace(server, transport=replace(transport, launch=self._launch(relayed)))
        self._baseline: set[tuple[str, Touched]] = set()
        self._known: set[str] = set()
        self.begun = Effects(level=level)
        self._watching = False
        self._outside: dict[str, str] = {}

    def _world(self, workspace: str) -> World:
        template = self._template
        there = planted.world(workspace, template.commits, self._page, f"{self.folder}/outside", template.canary)
        return replace(there, secret=template.secret)

    # -- starting ---------------------------------------------------------------------------------------------------

    def _written(self, launch: Launch, project: Path, port: int, relayed: bool) -> Path:
        """The plan for the program inside; it holds what the config's variables hold, and is ours alone to read."""
        path = self._talk / "plan.json"
        plan = {
            "level": self.level,
            "argv": [*_program(launch), *launch.args],
            "env": self._environment(launch),
            "cwd": launch.cwd,
            "python": sys.executable,
            "stub": [PROGRAMS / "stub.py", port, self._talk / "requests"],
            "relay": self._talk / "socket" if relayed else None,
            "keeper": self._talk / "keeper",
            "workspace": self.world.workspace,
            "roots": [f"{project}/", f"{self.folder}/"],
            "own": self._untold(launch),
            "limits": LIMITS,
            "pids": PIDS if self.level.contains else 0,
            "copies": list(self._copies()),
            "links": [
                *self._layout.links,
                *((target, f"{self.world.workspace}/{name}") for name, target in self._lures()),
                (f"{self._talk}/fakes", f"{self.folder}/bin/{fakes.LOG}"),
            ],
            "folders": [f"{self.folder}/temp"],
            "lures": list(self._lures()),
            "beside": [
                (f"{self.folder}/outside", f"{self.folder}/outside"),
                (f"{self.folder}/workspace{planted.BESIDE}", f"{{where}}{planted.BESIDE}"),
            ],
            "talk": str(self._talk),
            "shown": [*self._layout.shown, str(self._talk), str(PROGRAMS)],
            "memory": [(path, MEMORY_BYTES) for path in self._layout.memory],
            "readable": [*self._layout.shown, *(source for source, _ in self._layout.copies), str(PROGRAMS), "/proc"],
            "writable": [*self._private(), str(self._talk), "/dev"],
        }
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(plan, file, default=str)
        return path

    def _untold(self, launch: Launch) -> list[str]:
        """Variables that do not tell the server where to work."""
        given = [name for name, value in launch.env if not is_kept(name, value, Path(launch.cwd or "/"))]
        return [*self._environment(launch).keys() - set(given), "PWD", "OLDPWD", "INIT_CWD"]

    def _lures(self) -> Iterator[tuple[str, str]]:
        """Links that lead out of the workspace: name and target."""
        yield planted.LURE, f"{self.world.outside}/secret.txt"
        for suffix in planted.SUFFIXES:
            yield f"{planted.LURE}{suffix}", f"{self.world.outside}/secret{suffix}"

    def _private(self) -> tuple[str, ...]:
        return self._layout.memory if self.level.contains else (str(self.folder),)

    def _copies(self) -> Iterator[tuple[str, str]]:
        own = [(str(getattr(self._template, _FIELD[part])), f"{self.folder}/{part}") for part in _PARTS]
        project = self._layout.copies if self.level.contains else ()
        for source, target in (*project, *own):
            yield (bubblewrap.staged(target) if self.level is Level.L3 else source), target

    def _temporary(self) -> str:
        """Short where it is private anyway: sockets are made in it, and their paths have a limit."""
        return MEMORY[0] if self.level.contains else f"{self.folder}/temp"

    def _environment(self, launch: Launch) -> dict[str, str]:
        kept = {name: os.environ[name] for name in KEPT_ENVIRONMENT if name in os.environ}
        path = dict(launch.env).get("PATH") or os.environ.get("PATH", os.defpath)
        private = {
            **OFFLINE,
            "HOME": f"{self.folder}/home",
            "TMPDIR": self._temporary(),
            planted.SECRET: self._template.secret,
            "XDG_CACHE_HOME": f"{self.folder}/home/.cache",
            "XDG_CONFIG_HOME": f"{self.folder}/home/.config",
            "XDG_DATA_HOME": f"{self.folder}/home/.local/share",
        }
        return {**kept, **private, **dict(launch.env), "PATH": f"{self.folder}/bin:{path}"}

    def _launch(self, relayed: bool) -> Launch:
        python = [sys.executable, "-I", "-S"]
        port = ["{port}"] if relayed else []
        words = [*python, str(PROGRAMS / "inside.py"), str(self._plan), *port]
        if self.level is Level.L3:
            own = tuple((str(getattr(self._template, _FIELD[part])), f"{self.folder}/{part}") for part in _PARTS)
            furnished = replace(
                self._layout,
                copies=(*self._layout.copies, *own),
                shown=(*self._layout.shown, *_also(self._layout.shown)),
            )
            words = bubblewrap.traced(str(self._trace_file), bubblewrap.boxed(furnished, (str(self._talk),), words))
        words = ["/usr/bin/env", "-i", f"PATH={os.environ.get('PATH', os.defpath)}", *words]
        if relayed:
            words = [*python, str(PROGRAMS / "outside.py"), str(self._talk / "socket"), "{port}", *words]
        return Launch(command=words[0], args=tuple(words[1:]), cwd="/")

    # -- observing --------------------------------------------------------------------------------------------------

    def mark(self) -> Mark:
        """Now."""
        return Mark(
            trace=_size(self._trace_file), requests=_size(self._talk / "requests"), fakes=_size(self._talk / "fakes")
        )

    def settle(self) -> None:
        """Call it when the server is up and before any call: what was seen so far is what it does by itself.

        Where a wrapper script told it another folder to work in than ours, the world is planted there too.
        """
        if not any(each.planted == self.world.workspace for each in self.mapped):
            told = [folder for folder in self._asked("told") if not self.world.workspace.startswith(folder)]
            if told:
                self.world = self._world(told[0])
        self.restore()
        seen = self._trace.read(self._lines())
        self._baseline |= set(seen.files)
        complete = self.level is Level.L3
        self.begun = Effects(level=self.level, spawned=seen.spawned, network=seen.network, complete=complete)

    def restore(self) -> None:
        """Put every planted file back as it was; what the server made itself stays."""
        self._asked("plant", where=self.world.workspace)

    def _asked(self, what: str, **more: str) -> list[str]:
        """What the keeper in the box answers; nothing when it does not, which is no reason to stop."""
        with contextlib.suppress(OSError, ValueError), socket.socket(socket.AF_UNIX) as near:
            near.settimeout(KEEPER_SECONDS)
            near.connect(str(self._talk / "keeper"))
            near.sendall(json.dumps({"do": what, **more}).encode() + b"\n")
            answer = json.loads(near.makefile("rb").readline())
            return [str(each) for each in answer]
        return []

    def effects(self, since: Mark) -> Effects:
        """Everything seen since then, less what the server did before anything was asked of it.

        Each part of the trace is read once: marks are asked for in the order in which they were taken.
        """
        self._pass_over(since)
        seen = self._trace.read(self._lines())
        files = [each for each in dict.fromkeys(seen.files) if each not in self._baseline]
        files += self._listed() if self._watching else []
        faked = [Spawned(argv=argv, fake=True) for argv in fakes.calls(_from(self._talk / "fakes", since.fakes))]
        return Effects(
            level=self.level,
            files=tuple(effect for path, how in files if (effect := self._file(path, how))),
            spawned=(*(each for each in seen.spawned if not self._is_fake(each)), *faked),
            network=seen.network,
            requests=tuple(_requests(_from(self._talk / "requests", since.requests))),
            complete=self.level is Level.L3,
        )

    def watch(self) -> None:
        """Look after every call, too, at what lies outside of the workspace, where the level does not trace."""
        self._watching = self.level is not Level.L3
        self._listed()

    def _listed(self) -> list[tuple[str, Touched]]:
        """What lies outside and was not there before, or was another file."""
        before = self._outside
        lines = (line.split(":", 2) for line in self._asked("listed", where=self.world.workspace))
        self._outside = {path: f"{when}:{size}" for when, size, path in lines}
        changed = [path for path, state in self._outside.items() if before.get(path) != state]
        return [(path, Touched.WRITTEN if path in before else Touched.CREATED) for path in changed]

    def _pass_over(self, mark: Mark) -> None:
        """Read on to the mark: what was done up to there was done without being asked."""
        self._baseline |= set(self._trace.read(self._lines(mark.trace)).files)

    def _lines(self, end: int | None = None) -> list[bytes]:
        """The whole lines of the trace that begin before ``end`` and were not read yet."""
        lines = []
        for line in io.BytesIO(_from(self._trace_file, self._read)):
            if not line.endswith(b"\n") or (end is not None and self._read >= end):
                break
            self._read += len(line)
            lines.append(line)
        return lines

    def _file(self, path: str, how: Touched) -> FileEffect | None:
        """A file as an effect; what every program reads to run is none."""
        own = path.startswith((f"{self._talk}/", f"{self.folder}/bin/"))
        system = path.startswith(("/proc/", "/dev/", "/sys/"))
        shown = how is Touched.READ and any(path == root or path.startswith(f"{root}/") for root in self._layout.shown)
        if own or system or (shown and not path.startswith("/etc/passwd")):
            return None
        if how is Touched.CREATED and path in self._known:
            how = Touched.WRITTEN
        self._known.add(path)
        return FileEffect(path=path, how=how, inside=self._is_inside(path))

    def _is_inside(self, path: str) -> bool:
        """In the workspace, the home or the temporary folder, and not in what lies beside those or is the user's."""
        private = (self.world.workspace, *(f"{self.folder}/{part}" for part in ("workspace", "home", "temp")))
        if path.startswith(tuple(f"{folder}/" for folder in private)):
            return True
        beside = path.startswith((f"{self.folder}/", f"{self._project}/"))
        return not beside and path.startswith(f"{self._temporary()}/")

    def _is_fake(self, spawned: Spawned) -> bool:
        """A fake is told by its own log, with the arguments that a shell would not show."""
        return any(part.startswith(f"{self.folder}/bin/") for part in spawned.argv[:2]) or (
            bool(spawned.argv) and spawned.argv[0] in fakes.names()
        )

    def close(self) -> None:
        """Remove everything; the server has been ended before."""
        for folder in (self._talk, self.folder):
            shutil.rmtree(folder, ignore_errors=True)
        self._trace_file.unlink(missing_ok=True)


_FIELD = dict(zip(_PARTS, ("workspace", "neighbour", "outside", "home", "bin"), strict=True))


def _program(launch: Launch) -> tuple[str, ...]:
    """The command with its path, where it has one: it is looked for from the working directory."""
    has_path = os.sep in launch.command
    return (str(Path(launch.cwd or "/", launch.command)),) if has_path else (launch.command,)


def _also(shown: Iterable[str]) -> tuple[str, ...]:
    """What our own programs in the box need."""
    python = Path(sys.executable)
    wanted = dict.fromkeys((str(PROGRAMS), str(python.parent.parent), str(python.resolve().parent.parent)))
    return tuple(path for path in wanted if not any(path == root or path.startswith(f"{root}/") for root in shown))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _from(path: Path, offset: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(offset)
            return file.read()
    except OSError:
        return b""


def _requests(log: bytes) -> Iterator[Request]:
    for line in log.splitlines():
        with contextlib.suppress(ValueError, KeyError, TypeError):
            seen = json.loads(line)
            headers = tuple((str(name), str(value)) for name, value in seen["headers"])
            yield Request(method=seen["method"], url=seen["url"], headers=headers, body=base64.b64decode(seen["body"]))
