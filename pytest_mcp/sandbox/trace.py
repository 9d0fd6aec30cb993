"""Reads what strace wrote: which files, programs and addresses a server's calls were about."""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pytest_mcp.model.effects import NetworkEffect, Spawned, Touched
from pytest_mcp.sandbox.inside import BESIDE

_LINE = re.compile(rb"(?P<pid>\d+) +(?P<rest>.*)")
_CUT = re.compile(rb"(?P<head>.*) <unfinished \.\.\.>$", re.DOTALL)
_RESUMED = re.compile(rb"<\.\.\. (?P<name>\w+) resumed>(?P<tail>.*)", re.DOTALL)
_CALL = re.compile(rb"(?P<name>\w+)\((?P<args>.*)\) += (?P<result>-?\d+|\?)(?P<more>.*)", re.DOTALL)
_STRING = re.compile(rb'"((?:[^"\\]|\\.)*)"')
_FOLDER = re.compile(rb"(?:AT_FDCWD|\d+)<((?:[^>\\]|\\.)*)>, $")
_HERE = re.compile(rb"AT_FDCWD<((?:[^>\\]|\\.)*)>")
_ON = re.compile(rb"^<((?:[^>\\]|\\.)*)>")
_SOCKET = re.compile(rb"^\d+<(socket:\[\d+\])>")
_INET = re.compile(rb"sa_family=AF_INET6?, .*?htons\((\d+)\).*?\"([0-9a-fA-F.:]+)\"")
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|x[0-9a-f]{2}|.)", re.DOTALL)
_LETTERS = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"v": b"\v", b"f": b"\f", b"a": b"\a", b"b": b"\b"}
_KEPT_OUT = (b"EACCES", b"EPERM", b"EROFS")
_MAKE = {"mkdir", "mkdirat", "symlink", "symlinkat", "link", "linkat", "mknod", "mknodat"}
_TAKE = {"unlink", "unlinkat", "rmdir"}
_MOVE = {"rename", "renameat", "renameat2"}
_ALTER = {"truncate", "chmod", "fchmodat"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What was seen in a part of a trace, in order."""

    files: tuple[tuple[str, Touched], ...] = ()
    spawned: tuple[Spawned, ...] = ()
    network: tuple[NetworkEffect, ...] = ()


@dataclass(slots=True)
class Trace:
    """Follows a growing trace; what is cut in the middle is kept until the rest of it comes."""

    begun: dict[bytes, bytes] = field(default_factory=dict)
    beside: set[bytes] = field(default_factory=set)
    folders: dict[bytes, bytes] = field(default_factory=dict)
    bound: dict[bytes, NetworkEffect] = field(default_factory=dict)

    def read(self, lines: Iterable[bytes]) -> Observed:
        """What these lines tell, those of the programs beside the server left out."""
        files: list[tuple[str, Touched]] = []
        spawned: list[Spawned] = []
        network: list[NetworkEffect] = []
        for call in self._calls(lines):
            files += _files(call)
            spawned += _spawned(call)
            network += self._network(call)
        return Observed(files=tuple(files), spawned=tuple(spawned), network=tuple(network))

    def _calls(self, lines: Iterable[bytes]) -> Iterator["_Call"]:
        for line in lines:
            found = _LINE.match(line)
            if not found:
                continue
            pid, rest = found["pid"], found["rest"]
            if cut := _CUT.match(rest):
                self.begun[pid] = cut["head"]
                continue
            if resumed := _RESUMED.match(rest):
                rest = self.begun.pop(pid, b"") + resumed["tail"]
            call = _CALL.match(rest)
            if call and call["name"].startswith(b"open") and BESIDE.encode() in call["args"]:
                self.beside.add(pid)
            elif call and pid not in self.beside:
                if here := _HERE.search(call["args"]):
                    self.folders[pid] = here[1]
                failed = call["result"] == b"-1"
                yield _Call(
                    name=call["name"].decode(),
                    args=call["args"],
                    folder=self.folders.get(pid, b"/"),
                    more=call["more"],
                    failed=failed,
                    kept_out=failed and any(code in call["more"] for code in _KEPT_OUT),
                )

    def _network(self, call: "_Call") -> Iterator[NetworkEffect]:
        if call.name == "listen" and not call.failed:
            found = _SOCKET.match(call.args)
            if found and found[1] in self.bound:
                yield self.bound[found[1]]
        address = _INET.search(call.args) if call.name in ("connect", "bind") else None
        if address is None:
            return
        listening = call.name == "bind"
        reached = not call.failed or b"EINPROGRESS" in call.more
        seen = NetworkEffect(
            address=address[2].decode(), port=int(address[1]), listening=listening, reached=listening or reached
        )
        socket = _SOCKET.match(call.args)
        if not listening:
            yield seen
        elif socket and not call.failed:
            self.bound[socket[1]] = seen


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    name: str
    args: bytes
    folder: bytes
    """The working directory, as last seen."""
    more: bytes
    failed: bool
    kept_out: bool

    def paths(self) -> list[str]:
        """Every path argument, absolute."""
        found = []
        for text in _STRING.finditer(self.args):
            folder = _FOLDER.search(self.args[: text.start()])
            base = _plain(folder[1] if folder else self.folder)
            found.append(os.path.normpath(os.path.join(base, _plain(text[1]))))  # noqa: PTH118 - strings of another world
        return found


def _files(call: _Call) -> Iterator[tuple[str, Touched]]:
    how = _how(call)
    if how is None or (call.failed and not call.kept_out):
        return
    paths = call.paths()
    if call.kept_out:
        yield from ((path, Touched.REFUSED) for path in paths[-1:] if how is not Touched.READ)
    elif call.name in _MOVE and len(paths) == 2:
        yield paths[0], Touched.REMOVED
        yield paths[1], Touched.CREATED
    else:
        real = _ON.match(call.more) if call.name.startswith("open") else None
        yield from ((_plain(real[1]) if real else path, how) for path in paths[-1:])


def _how(call: _Call) -> Touched | None:
    if call.name.startswith("open") or call.name == "creat":
        if call.name == "creat" or b"O_CREAT" in call.args:
            return Touched.CREATED
        return Touched.WRITTEN if b"O_WRONLY" in call.args or b"O_RDWR" in call.args else Touched.READ
    if call.name in _MAKE or call.name in _MOVE:
        return Touched.CREATED
    if call.name in _TAKE:
        return Touched.REMOVED
    return Touched.WRITTEN if call.name in _ALTER else None


def _spawned(call: _Call) -> Iterator[Spawned]:
    if call.name.startswith("execve") and not call.failed:
        first, _, rest = call.args.partition(b", [")
        listed = rest.rpartition(b"], ")[0] or rest
        argv = tuple(_plain(text[1]) for text in _STRING.finditer(listed))
        program = _STRING.search(first)
        yield Spawned(argv=argv or ((_plain(program[1]),) if program else ()))


def _plain(text: bytes) -> str:
    return _ESCAPE.sub(_unescaped, text).decode("utf-8", "replace")


def _unescaped(found: re.Match[bytes]) -> bytes:
    code = found[1]
    if code[:1].isdigit():
        return bytes([int(code, 8) & 255])
    return bytes([int(code[1:], 16)]) if len(code) == 3 else _LETTERS.get(code, code)
