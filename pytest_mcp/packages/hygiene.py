"""What is unwise about an entry and the package behind it (pure). No evidence ever holds a secret, only its place."""

import json
import re
from collections.abc import Iterator
from ipaddress import ip_address
from itertools import pairwise
from pathlib import Path, PurePosixPath, PureWindowsPath
from urllib.parse import urlsplit

from packaging.utils import canonicalize_name

from pytest_mcp.model.finding import Confidence, Severity, Violation
from pytest_mcp.model.package import Ecosystem, Package, Pin
from pytest_mcp.model.secrecy import common, ends_secret, of_args, of_text
from pytest_mcp.model.server import Http, Launch, Server, Sse
from pytest_mcp.model.text import inert_line
from pytest_mcp.packages.well_known import WELL_KNOWN

_PLACEHOLDER = re.compile(
    r"your|change.?me|example|placeholder|x{3,}|<.*>|\*{3,}|\.{3}|dummy|todo|replace|insert|\$\{", re.IGNORECASE
)
_PATH = re.compile(r"(?:~|\.{0,2})/[\w./ ~-]*|[A-Za-z]:\\.*")
_SHELLS = frozenset({"sh", "bash", "dash", "zsh", "ksh", "ash", "fish"})
_SHELL_LINE = {"cmd": r"/[ck]", "powershell": r"-c(ommand)?|-enc\w*", "pwsh": r"-c(ommand)?|-enc\w*"}


def literal_secrets(server: Server, config: str) -> tuple[Violation, ...]:
    """Secrets that the text of the config file itself holds; one that a variable brings in does not stand there."""
    places = dict.fromkeys(place for place, value in _secrets(server) if _stands_in(value, config))
    return tuple(
        Violation(
            title=f"a secret stands in the config file: {place}",
            evidence=f"{inert_line(str(server.source))}: {place} holds a literal value",
            expected="a reference to a variable, as ${NAME}",
            confidence=Confidence.FIRM,
        )
        for place in places
    )


def _secrets(server: Server) -> Iterator[tuple[str, str]]:
    """Where a secret may be, and its value."""
    transport = server.transport
    launch = transport.launch if transport else None
    if launch is not None:
        for name, value in launch.env:
            place = f"env {inert_line(name, 60)!r}"
            yield from ((place, one) for one in ([value] if ends_secret(name) else of_text(value)))
        yield from _in_args(launch)
    if isinstance(transport, Http | Sse):
        for name, value in transport.headers:
            found = value.split()[-1:] if ends_secret(name) else list(of_text(value))
            yield from ((f"header {inert_line(name, 60)!r}", one) for one in found)
        yield from (("url", one) for one in of_text(transport.url) if not _is_user(one, transport.url))


def _in_args(launch: Launch) -> Iterator[tuple[str, str]]:
    for at, (before, arg) in enumerate(pairwise(launch.argv)):
        for one in of_args((before, arg)):
            if one in arg and not _is_user(one, arg):
                yield f"args[{at}]", one.split()[-1] if one.split() else one


def _is_user(value: str, url: str) -> bool:
    """A short name before a host without a password is who, not a token."""
    return len(value) < 16 and f"//{value}@" in url


def _stands_in(value: str, config: str) -> bool:
    if common(value) or _PLACEHOLDER.search(value) or _PATH.fullmatch(value):
        return False
    return value in config or json.dumps(value)[1:-1] in config


def pinning(package: Package) -> tuple[Violation, ...]:
    """Launchers that may fetch other code at the next start than at this one."""
    if not package.requested or package.pin in (Pin.EXACT, Pin.INSTALLED):
        return ()
    asked = inert_line(package.requested, 100)
    how = "asks for the newest release at every start" if package.pin is Pin.LATEST else "pins no version"
    # npx takes what the project has installed, whose lock file decides, before it fetches anything.
    own = package.form == "npx" and package.folder and "_npx" not in Path(package.folder).parts
    violation = Violation(
        title=f"{package.form} {asked}: {how}",
        evidence=f"installed is {inert_line(package.version, 60)}" if package.version else "not installed here",
        expected="one exact version, or for an image a digest",
        severity=Severity.LOW if own and package.pin is Pin.FLOATING else None,
    )
    return (violation,)


def shell(server: Server) -> tuple[Violation, ...]:
    """A line for a shell where a program and its arguments would do."""
    launch = server.transport.launch if server.transport else None
    if launch is None:
        return ()
    name = re.sub(r"\.exe$", "", PureWindowsPath(launch.command).name.lower())
    options = [arg for arg in launch.args if arg.startswith(("-", "/"))]
    if name in _SHELLS:
        found = any(re.fullmatch(r"-[a-z]*c[a-z]*", arg) for arg in options)
    else:
        found = any(re.fullmatch(_SHELL_LINE.get(name, r"(?!)"), arg, re.IGNORECASE) for arg in options)
    if not found:
        return ()
    return (
        Violation(
            title=f"is started through a shell: {name}",
            evidence="what the shell makes of the line is what runs; its words are not what the entry shows",
            expected="the program as command, its arguments as args",
        ),
    )


def plain_http(server: Server) -> tuple[Violation, ...]:
    """An address elsewhere that is reached without encryption."""
    transport = server.transport
    if not isinstance(transport, Http | Sse):
        return ()
    url = urlsplit(transport.url.replace("{port}", "1"))
    host = url.hostname or ""
    if url.scheme != "http" or _is_loopback(host):
        return ()
    return (
        Violation(
            title=f"is reached over plain http: {inert_line(host, 100)}",
            evidence="everybody on the way can read and change what is said, credentials included",
            expected="https",
        ),
    )


def _is_loopback(host: str) -> bool:
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host.rstrip(".") == "localhost" or host.rstrip(".").endswith(".localhost")
    # To connect to the unspecified address is to connect to this machine.
    return address.is_loopback or address.is_unspecified


def lookalike(package: Package) -> tuple[Violation, ...]:
    """A name that is nearly that of a server many people know."""
    known = WELL_KNOWN.get(package.ecosystem, frozenset())
    name = canonicalize_name(package.name) if package.ecosystem is Ecosystem.PYPI else package.name.lower()
    if not name or name in known:
        return ()
    near = sorted(one for one in known if _bare(one) == _bare(name) or is_one_edit(one, name))
    return tuple(
        Violation(
            title=f"the name {inert_line(package.name, 100)} is nearly that of {one}",
            evidence="names that differ by one character or by their separators are used to be mistaken for others",
            expected=one,
            got=inert_line(package.name, 100),
            confidence=Confidence.TENTATIVE,
        )
        for one in near
    )


def _bare(name: str) -> str:
    return re.sub(r"[-_./@]", "", name)


def is_one_edit(one: str, other: str) -> bool:
    """Whether one character added, dropped, changed, or two neighbours swapped makes one text of the other."""
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    short, long = sorted((one, other), key=len)
    start = next((at for at, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if len(short) != len(long):
        return short[start:] == long[start + 1 :]
    if short[start + 1 :] == long[start + 1 :]:
        return True
    swapped = short[start : start + 2][::-1] == long[start : start + 2]
    return swapped and short[start + 2 :] == long[start + 2 :]


def install_scripts(package: Package) -> tuple[Violation, ...]:
    """npm packages that run a program when they are installed: the package itself and everything it reaches."""
    everyone = [(package.name, package.version, package.install_scripts)]
    everyone += [(one.name, one.version, one.install_scripts) for one in package.dependencies]
    return tuple(
        Violation(
            title=f"{inert_line(f'{name} {version}', 100)} runs a script when it is installed: {', '.join(scripts)}",
            evidence=inert_line(str(PurePosixPath("node_modules", name, "package.json")), 160),
            expected="no preinstall, install or postinstall script, or npm's ignore-scripts",
        )
        for name, version, scripts in dict.fromkeys(everyone)
        if scripts
    )
