"""Which values of an entry must never be shown.

Hidden are: values of ``env`` and ``headers``; values of expanded variables whose name looks secret; in arguments what
follows a secret-looking flag or name, well-known token shapes, and in urls the userinfo and secret-looking query
values. Not hidden, because replacing them would shred every output and protect nothing: values under 4 characters,
numbers under 8 digits, everyday words (``true``, ``debug``, ``production``, ``stdio``); and, where the name does not
look secret, values under 8 characters and paths that exist on this machine.
"""

import json
import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

_NAME = re.compile(r"token|key|secret|passw|passphrase|pwd|auth|credential|cookie|bearer|session", re.IGNORECASE)
_LAST_WORD = re.compile(
    r"token|key|apikey|secret|password|passwd|passphrase|pwd|auth|authorization|credentials?|pat|cookie|bearer",
    re.IGNORECASE,
)
_SHAPES = re.compile(
    r"\b(?:sk-[\w-]{8,}|gh[pousr]_\w{8,}|github_pat_\w{8,}|glpat-[\w-]{8,}|xox[abeoprs]-[\w-]{8,}|npm_\w{8,}"
    r"|AKIA[A-Z0-9]{12,}|AIza[\w-]{20,}|eyJ[\w-]{8,}\.[\w-]+\.[\w-]*)"
)
_WORD = re.compile(r"""[^\s"']*"[^"]*"|[^\s"']*'[^']*'|\S+""")
_EVERYDAY = re.compile(
    r"true|false|none|null|auto|default|test|debug|info|warn|warning|error|trace|silent|verbose|quiet"
    r"|production|development|staging|local|localhost|127\.0\.0\.1|0\.0\.0\.0|stdio|https?|streamable(-?http)?|utf-?8"
    r"|application/json|text/event-stream",
    re.IGNORECASE,
)
_HARMLESS_HEADER = re.compile(
    r"accept(-encoding|-language)?|cache-control|connection|content-type|host|mcp-protocol-version|origin|user-agent",
    re.IGNORECASE,
)


def looks_secret(name: str) -> bool:
    """Whether a variable, header or parameter of this name is likely to hold a secret."""
    return _NAME.search(name) is not None


def of_variable(name: str, value: str) -> Iterator[str]:
    """An expanded variable: hidden when its name looks secret."""
    if looks_secret(name):
        yield value
        yield from of_text(value)


def of_env(name: str, value: str, rootdir: Path) -> Iterator[str]:
    """A value of ``env``: hidden unless it is short or the path of something that is there."""
    if looks_secret(name) or (len(value) >= 8 and not _is_path(value, rootdir)):
        yield value
    yield from of_text(value)


def of_header(name: str, value: str) -> Iterator[str]:
    """A header: the value, and the part after a scheme like ``Bearer``."""
    if _HARMLESS_HEADER.fullmatch(name):
        return
    if looks_secret(name) or len(value) >= 8:
        yield value
        yield from value.split()[1:]
    yield from of_text(value)


def of_args(args: Iterable[str]) -> Iterator[str]:
    """Arguments: ``--token VALUE``, ``--token=VALUE``, ``NAME_KEY=VALUE``, ``Authorization: Bearer VALUE``.

    An argument may be a line for a shell (``sh -c``, ``cmd /c``), so its words are arguments too.
    """
    for before, arg in pairwise(("", *args)):
        if before.startswith("-") and not arg.startswith("-") and _ends_secret(before):
            yield arg
        name, separator, value = arg.partition("=")
        if separator and _ends_secret(name):
            yield value
        name, separator, value = arg.partition(":")
        if separator and not value.startswith("//") and _ends_secret(name):
            yield value.strip()
            yield from value.split()[1:]
        yield from of_text(arg)
        words = [re.sub(r"[\"']", "", word) for word in _WORD.findall(arg)]
        if len(words) > 1:
            yield from of_args(words)


def of_text(text: str) -> Iterator[str]:
    """What gives itself away wherever it stands: token shapes, and secrets in a url."""
    yield from _SHAPES.findall(text)
    if "://" not in text:
        return
    try:
        url = urlsplit(text)
        secrets = [url.password or url.username, *(value for name, value in parse_qsl(url.query) if looks_secret(name))]
    except ValueError:
        return
    for secret in secrets:
        if secret:
            yield secret
            yield unquote(secret)


def worth_hiding(values: Iterable[str]) -> tuple[str, ...]:
    """The values as they may turn up in output, each once, longest first, without those too common to hide."""
    spelled = {form for value in values for form in _forms(value) if not _common(form)}
    return tuple(sorted(spelled, key=lambda form: (-len(form), form)))


def _forms(value: str) -> Iterator[str]:
    yield value
    yield value.strip()
    yield json.dumps(value)[1:-1]
    yield json.dumps(value, ensure_ascii=False)[1:-1]
    if "\n" in value:
        yield from (line.strip() for line in value.splitlines() if len(line) >= 8 and not line.startswith("-----"))


def _common(value: str) -> bool:
    return len(value) < 4 or (value.isdigit() and len(value) < 8) or _EVERYDAY.fullmatch(value) is not None


def _ends_secret(name: str) -> bool:
    words = [word for word in re.split(r"[^A-Za-z0-9]+|(?<=[a-z])(?=[A-Z])", name) if word]
    return bool(words) and _LAST_WORD.fullmatch(words[-1]) is not None


def _is_path(value: str, rootdir: Path) -> bool:
    if "\0" in value:
        return False
    path = rootdir / value
    try:
        return path.exists() or ("/" in value and path.parent != Path("/") and path.parent.is_dir())
    except OSError:
        return False
