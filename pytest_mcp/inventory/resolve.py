"""An entry becomes a server: variables expanded, values checked, secrets set apart."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from pytest_mcp.inventory import confidential
from pytest_mcp.inventory.entry import Entry, EntryError
from pytest_mcp.inventory.variables import Expansion
from pytest_mcp.model.server import Http, Launch, Server, Stdio

Expand = Callable[[str, Mapping[str, str]], Expansion]

_UNSEEN = re.compile(r"[\x00-\x20\x7f]")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What an entry is resolved against."""

    rootdir: Path
    environ: Mapping[str, str] = field(repr=False)
    expand: Expand


def resolve(entry: Entry, around: Surroundings) -> Server:
    """The server of one entry; with ``problem`` and no transport when it cannot be used."""
    strings = Strings(around)
    problem, transport = entry.problem, None
    if problem is None:
        try:
            transport = _transport(entry, strings)
        except EntryError as error:
            problem = str(error)
    return Server(
        id=entry.name,
        name=entry.name,
        source=entry.source,
        transport=transport,
        problem=problem,
        secrets=strings.secrets(),
    )


def launch_of(entry: Entry, strings: "Strings") -> Launch:
    """What to start for an entry with a command, whatever it speaks."""
    command = strings.one("command", entry.command)
    args = tuple(strings.one("args", arg) for arg in entry.args)
    env = tuple(_env(entry, strings))
    cwd = None if entry.cwd is None else strings.one("cwd", entry.cwd)
    strings.found.extend(confidential.of_args((command, *args)))
    strings.refuse_missing()
    if not command.strip():
        raise EntryError("command is empty once its variables are replaced; set them")
    return Launch(command=command, args=args, env=env, cwd=None if cwd is None else str(entry.folder / cwd))


def checked_url(url: str, *, started: bool) -> str:
    """The url when it can be connected to; a server that we start may leave its port open as ``{port}``."""
    tried = url.replace("{port}", "1") if started else url
    try:
        parts = urlsplit(tried)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or _UNSEEN.search(tried):
        raise EntryError("url is not one that can be connected to; write http:// or https://, a host, and a path")
    return url


class Strings:
    """Expands the strings of one entry and remembers what went into them: secrets, and variables that are not set."""

    def __init__(self, around: Surroundings) -> None:
        self.around = around
        self.found: list[str] = []
        self._missing: dict[str, str] = {}

    def one(self, place: str, text: str, *, hidden: str = "") -> str:
        """One string, expanded; ``place`` names it in a complaint, ``hidden`` is the variable or header it fills."""
        if _unfit(text):
            raise EntryError(f"{place} has a character that no process can be given; remove the \\u escape")
        expansion = self.around.expand(text, self.around.environ)
        for used in expansion.used:
            self.found.extend(confidential.of_variable(used.name, used.value))
            if hidden:
                self.found.extend(confidential.of_env(hidden, used.value, self.around.rootdir))
        for name in expansion.missing:
            self._missing.setdefault(name, place)
        return expansion.text

    def refuse_missing(self) -> None:
        """Complain about every variable that was neither set nor had a default."""
        if self._missing:
            raise EntryError("; ".join(_missing(name, place) for name, place in self._missing.items()))

    def secrets(self) -> tuple[str, ...]:
        """Everything found that must never be shown, longest first."""
        return confidential.worth_hiding(self.found)


def _missing(name: str, place: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) or any(confidential.of_text(name)):
        return f"{place} has a ${{...}} that names no variable; write ${{VAR}} or ${{VAR:-default}}"
    return f"variable {name} in {place} is not set; set it, or write ${{{name}:-default}}"


def _transport(entry: Entry, strings: Strings) -> Stdio | Http:
    if entry.kind == "stdio":
        return Stdio(launch=launch_of(entry, strings))
    headers = tuple(_headers(entry, strings))
    url = strings.one("url", entry.url)
    strings.found.extend(confidential.of_text(url))
    strings.refuse_missing()
    if entry.kind == "sse":
        raise EntryError("is of type 'sse', the deprecated HTTP+SSE transport, which cannot be tested yet")
    return Http(url=checked_url(url, started=False), headers=headers)


def _env(entry: Entry, strings: Strings) -> Iterator[tuple[str, str]]:
    for name, raw in entry.env:
        if not name or "=" in name or _unfit(name):
            raise EntryError("env has a name that no variable can have; write names without '='")
        value = strings.one(f"env {name!r}", raw, hidden=name)
        strings.found.extend(confidential.of_env(name, value, strings.around.rootdir))
        yield name, value


def _headers(entry: Entry, strings: Strings) -> Iterator[tuple[str, str]]:
    for name, raw in entry.headers:
        if not _HEADER_NAME.fullmatch(name):
            raise EntryError("headers has a name that cannot be sent; write letters, digits and '-'")
        value = strings.one(f"header {name!r}", raw, hidden=name)
        strings.found.extend(confidential.of_header(name, value))
        if any(char in value for char in "\r\n"):
            raise EntryError(f"header {name!r} has a line break in its value; remove it")
        yield name, value


def _unfit(text: str) -> bool:
    return "\0" in text or any("\ud800" <= char <= "\udfff" for char in text)
