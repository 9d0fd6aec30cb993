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
from pathlib import Path

from pytest_mcp.model.secrecy import common, looks_secret, of_args, of_text

__all__ = ["looks_secret", "of_args", "of_env", "of_header", "of_text", "of_variable", "worth_hiding"]

_HARMLESS_HEADER = re.compile(
    r"accept(-encoding|-language)?|cache-control|connection|content-type|host|mcp-protocol-version|origin|user-agent",
    re.IGNORECASE,
)


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


def worth_hiding(values: Iterable[str]) -> tuple[str, ...]:
    """The values as they may turn up in output, each once, longest first, without those too common to hide."""
    spelled = {form for value in values for form in _forms(value) if not common(form)}
    return tuple(sorted(spelled, key=lambda form: (-len(form), form)))


def _forms(value: str) -> Iterator[str]:
    yield value
    yield value.strip()
    yield json.dumps(value)[1:-1]
    yield json.dumps(value, ensure_ascii=False)[1:-1]
    if "\n" in value:
        yield from (line.strip() for line in value.splitlines() if len(line) >= 8 and not line.startswith("-----"))


def _is_path(value: str, rootdir: Path) -> bool:
    if "\0" in value:
        return False
    path = rootdir / value
    try:
        return path.exists() or ("/" in value and path.parent != Path("/") and path.parent.is_dir())
    except OSError:
        return False
