"""A server in one line that is safe to show."""

import re
import shlex
from functools import lru_cache
from urllib.parse import urlsplit

from pytest_mcp.model.server import Http, Launch, Server, Sse
from pytest_mcp.model.text import inert, inert_line

HIDDEN = "***"
"""What stands in place of a secret."""

_PLAIN = re.compile(r"[\w@%+=:,./*{}-]+")
_TELLING = 8
"""So many characters of a secret give it away."""
_CUT_MARKS = ("…", "...")
# What a server can put between the characters of a secret and a reader looks past: colours, raw or as repr and JSON
# spell them, and what inert spells; cut short too.
_GAP = re.compile(
    r"(?:\x1b\[|\x9b|(?<!\\)\\(?:x1b\[|u001[bB]\[|x9b|u009[bB]))[0-9;:]{0,40}m|‹U\+[0-9A-F]{4,6}›"  # noqa: RUF001
    r"|(?:\x1b\[?|\x9b|(?<!\\)\\[xu]?[0-9a-fA-F]{0,4}\[?|‹[U+0-9A-F]{0,8})[0-9;:]{0,40}(?=\s*\Z|…|\.\.\.)"  # noqa: RUF001
)


def redact(text: str, secrets: tuple[str, ...], *, whole: bool = False) -> str:
    """The text with every secret replaced; ``secrets`` longest first, as ``Server.secrets`` is.

    The order everywhere is ``inert``, ``redact``, cut. What others cut before is safe too: at the edges of the text and
    at a cut mark, 8 characters of a secret's head or tail are enough. ``whole``: nothing was cut, as of a name.
    """
    spelled = _spelled(secrets)
    hidden = _hide(text, spelled, whole)
    bare = _GAP.sub("", hidden)
    if len(bare) == len(hidden):
        return hidden
    found = _hide(bare, spelled, whole)
    return hidden if found == bare else found


@lru_cache(maxsize=128)
def _spelled(secrets: tuple[str, ...]) -> tuple[str, ...]:
    """The secrets, and what ``inert`` and ``inert_line`` make of them; longest first."""
    forms = {form for one in secrets for form in (one, inert(one), " ".join(inert(one).split())) if len(form) >= 4}
    return tuple(sorted(forms.union(secrets) - {""}, key=lambda form: (-len(form), form)))


def _hide(text: str, secrets: tuple[str, ...], whole: bool) -> str:
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    for secret in () if whole else secrets:
        text = _hide_head(text, secret)
        text = _hide_head(text[::-1], secret[::-1])[::-1]
    return text


def _hide_head(text: str, secret: str) -> str:
    """Hide the start of a secret where the text ends or a cut mark follows; the marks read the same backwards."""
    start = text.find(secret[:_TELLING]) if len(secret) > _TELLING else -1
    if start < 0:
        return text
    last, kept, parts = len(text.rstrip()), 0, []
    while start >= 0:
        end = start + _TELLING
        while end < len(text) and end - start < len(secret) and text[end] == secret[end - start]:
            end += 1
        hide = end >= last or text.startswith(_CUT_MARKS, end)
        if hide:
            parts += [text[kept:start], HIDDEN]
            kept = end
        start = text.find(secret[:_TELLING], end if hide else start + 1)
    return "".join((*parts, text[kept:]))


def describe(server: Server) -> str:
    """What is started or connected to, as one line: secrets hidden, of ``env`` and ``headers`` the names only."""
    transport = server.transport
    if transport is None:
        return f"unusable: {inert_line(redact(inert(server.problem or ''), server.secrets), 1000)}"
    launch = transport.launch
    parts = [_launch(launch, server.secrets)] if launch is not None else []
    if isinstance(transport, Http | Sse):
        parts.append(_url(transport.url, server.secrets))
    names = _names("env", launch.env if launch is not None else ())
    names += _names("headers", transport.headers if isinstance(transport, Http | Sse) else ())
    return inert_line(" -> ".join(parts) + "".join(f" ({name})" for name in names), 1000)


def _launch(launch: Launch, secrets: tuple[str, ...]) -> str:
    words = (redact(word, secrets, whole=True) for word in launch.argv)
    return " ".join(word if _PLAIN.fullmatch(word) else shlex.quote(word) for word in words)


def _url(url: str, secrets: tuple[str, ...]) -> str:
    """Userinfo goes even where it is too short to be hidden elsewhere."""
    host = urlsplit(url).netloc
    return redact(
        url.replace(host, f"{HIDDEN}@{host.rpartition('@')[2]}", 1) if "@" in host else url, secrets, whole=True
    )


def _names(title: str, pairs: tuple[tuple[str, str], ...]) -> list[str]:
    return [f"{title}: {', '.join(name for name, _ in pairs)}"] if pairs else []
