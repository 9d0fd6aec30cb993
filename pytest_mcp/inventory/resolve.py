"""An entry becomes a server: variables expanded, values checked, secrets set apart."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from pytest_mcp.inventory import confidential
from pytest_mcp.inventory.entry import Entry, EntryError, Surroundings
from pytest_mcp.inventory.env_file import read_env_file
from pytest_mcp.inventory.variables import Expand, Missing
from pytest_mcp.inventory.windows import unwrapped
from pytest_mcp.model.server import Http, Launch, Server, Sse, Stdio, Transport

_UNSEEN = re.compile(r"[\x00-\x20\x7f]")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def resolve(entry: Entry, around: Surroundings) -> Server:
    """The server of one entry; with ``problem`` and no transport when it cannot be used."""
    strings = Strings(around, entry.expand)
    strings.found.extend(entry.secrets)
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
        disabled=entry.disabled,
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
    if not strings.around.windows:
        command, args = unwrapped(command, args)
    return Launch(command=command, args=args, env=env, cwd=None if cwd is None else str(entry.folder / cwd))


def checked_url(url: str, *, started: bool) -> str:
    """The url when it can be connected to; a server that we start may leave its port open as ``{port}``."""
    tried = url.replace("{port}", "1") if started else url
    try:
        parts = urlsplit(tried)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or _UNSEEN.search(tried) or _unfit(tried):
        raise EntryError("url is not one that can be connected to; write http:// or https://, a host, and a path")
    if not _is_host(parts.hostname or ""):
        raise EntryError(
            "url has a host that cannot be looked up; write labels of 1 to 63 characters between its dots, "
            "and one with letters beyond ASCII in its xn-- form"
        )
    return url


class Strings:
    """Expands the strings of one entry and remembers what went into them: secrets, and variables that are not set."""

    def __init__(self, around: Surroundings, expand: Expand) -> None:
        self.around = around
        self._expand = expand
        self.found: list[str] = []
        self._missing: dict[Missing, str] = {}

    def one(self, place: str, text: str, *, hidden: str = "") -> str:
        """One string, expanded; ``place`` names it in a complaint, ``hidden`` is the variable or header it fills."""
        if _unfit(text):
            raise EntryError(f"{place} has a character that no process can be given; remove the \\u escape")
        expansion = self._expand(text)
        for used in expansion.used:
            self.found.extend(confidential.of_variable(used.name, used.value))
            if used.secret:
                self.found.append(used.value)
            if used.answer:
                self.found.extend(confidential.of_env(used.name, used.value, self.around.rootdir))
            if hidden:
                self.found.extend(confidential.of_env(hidden, used.value, self.around.rootdir))
        for missing in expansion.missing:
            self._missing.setdefault(missing, place)
        return expansion.text

    def refuse_missing(self) -> None:
        """Complain about every variable that was neither set nor had a default."""
        if self._missing:
            complaints = (f"{one.before}{place}{one.after}" for one, place in self._missing.items())
            raise EntryError("; ".join(dict.fromkeys(complaints)))

    def secrets(self) -> tuple[str, ...]:
        """Everything found that must never be shown, longest first."""
        return confidential.worth_hiding(self.found)


def _transport(entry: Entry, strings: Strings) -> Transport:
    if entry.kind == "stdio":
        return Stdio(launch=launch_of(entry, strings))
    launch = launch_of(entry, strings) if entry.command else None
    headers = tuple(_headers(entry, strings))
    url = strings.one("url", entry.url)
    strings.found.extend(confidential.of_text(url))
    strings.refuse_missing()
    spoken = Sse if entry.kind == "sse" else Http
    return spoken(url=checked_url(url, started=launch is not None), headers=headers, launch=launch)


def _env(entry: Entry, strings: Strings) -> Iterator[tuple[str, str]]:
    """What the file of ``envFile`` holds, then what the entry says itself."""
    own = tuple(_own_env(entry, strings))
    if entry.env_file is not None:
        path = strings.one("envFile", entry.env_file)
        strings.refuse_missing()
        names = {name for name, _ in own}
        for name, value in read_env_file(entry.folder / path):
            strings.found.extend(confidential.of_env(name, value, strings.around.rootdir))
            if name not in names:
                yield name, value
    yield from own


def _own_env(entry: Entry, strings: Strings) -> Iterator[tuple[str, str]]:
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


def _is_host(name: str) -> bool:
    try:
        return name.isascii() and bool(name.encode("idna"))
    except UnicodeError:
        return False


def _unfit(text: str) -> bool:
    return "\0" in text or any("\ud800" <= char <= "\udfff" for char in text)
