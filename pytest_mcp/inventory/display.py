"""A server in one line that is safe to show."""

import re
import shlex
from urllib.parse import urlsplit

from pytest_mcp.model.server import Http, Launch, Server, Sse
from pytest_mcp.model.text import inert_line

HIDDEN = "***"
"""What stands in place of a secret."""

_PLAIN = re.compile(r"[\w@%+=:,./*{}-]+")


def redact(text: str, secrets: tuple[str, ...]) -> str:
    """The text with every secret replaced; ``secrets`` longest first, as ``Server.secrets`` is."""
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    return text


def describe(server: Server) -> str:
    """What is started or connected to, as one line: secrets hidden, of ``env`` and ``headers`` the names only."""
    transport = server.transport
    if transport is None:
        return f"unusable: {inert_line(redact(server.problem or '', server.secrets), 1000)}"
    launch = transport.launch
    parts = [_launch(launch, server.secrets)] if launch is not None else []
    if isinstance(transport, Http | Sse):
        parts.append(_url(transport.url, server.secrets))
    names = _names("env", launch.env if launch is not None else ())
    names += _names("headers", transport.headers if isinstance(transport, Http | Sse) else ())
    return inert_line(" -> ".join(parts) + "".join(f" ({name})" for name in names), 1000)


def _launch(launch: Launch, secrets: tuple[str, ...]) -> str:
    words = (redact(word, secrets) for word in launch.argv)
    return " ".join(word if _PLAIN.fullmatch(word) else shlex.quote(word) for word in words)


def _url(url: str, secrets: tuple[str, ...]) -> str:
    """Userinfo goes even where it is too short to be hidden elsewhere."""
    host = urlsplit(url).netloc
    return redact(url.replace(host, f"{HIDDEN}@{host.rpartition('@')[2]}", 1) if "@" in host else url, secrets)


def _names(title: str, pairs: tuple[tuple[str, str], ...]) -> list[str]:
    return [f"{title}: {', '.join(name for name, _ in pairs)}"] if pairs else []
