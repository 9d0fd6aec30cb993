"""Which names and texts give a secret away (pure); what is done about it is for the rooms above."""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
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


def looks_secret(name: str) -> bool:
    """Whether a variable, header or parameter of this name is likely to hold a secret."""
    return _NAME.search(name) is not None


def ends_secret(name: str) -> bool:
    """Whether the last word of a name says that it holds a secret: ``MY_API_KEY``, but not ``KEYBOARD``."""
    words = [word for word in re.split(r"[^A-Za-z0-9]+|(?<=[a-z])(?=[A-Z])", name) if word]
    return bool(words) and _LAST_WORD.fullmatch(words[-1]) is not None


def of_args(args: Iterable[str]) -> Iterator[str]:
    """Arguments: ``--token VALUE``, ``--token=VALUE``, ``NAME_KEY=VALUE``, ``Authorization: Bearer VALUE``.

    An argument may be a line for a shell (``sh -c``, ``cmd /c``), so its words are arguments too.
    """
    for before, arg in pairwise(("", *args)):
        if before.startswith("-") and not arg.startswith("-") and ends_secret(before):
            yield arg
        name, separator, value = arg.partition("=")
        if separator and ends_secret(name):
            yield value
        name, separator, value = arg.partition(":")
        if separator and not value.startswith("//") and ends_secret(name):
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


def common(value: str) -> bool:
    """Whether a value is too short or too everyday to be one."""
    return len(value) < 4 or (value.isdigit() and len(value) < 8) or _EVERYDAY.fullmatch(value) is not None
