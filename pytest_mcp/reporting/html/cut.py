"""Texts and numbers as the page shows them: cut to a size that keeps the page light, spelled the same everywhere."""

import re
from datetime import UTC, datetime

from pytest_mcp.model.text import inert

MESSAGE_BYTES = 4096
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`")
_NUMBER = re.compile(r"\b(?:0x)?[0-9a-f]*\d[0-9a-f.]*\b")


def cut(text: str, limit: int = MESSAGE_BYTES) -> str:
    """Inert text of at most ``limit`` bytes, then a line that says how much there was."""
    shown = inert(text[:limit]).encode()
    if len(text) <= limit and len(shown) <= limit:
        return shown.decode()
    return f"{shown[:limit].decode(errors='ignore')}\n… cut here; all {len(text):,} characters are in results.ndjson"


def first_line(text: str) -> str:
    """The first line with something on it, empty when there is none."""
    return next((line.strip() for line in text[:MESSAGE_BYTES].splitlines() if line.strip()), "")


def shape(title: str, *names: str) -> str:
    """A title without what differs from place to place: names, quoted words, numbers."""
    for name in sorted(filter(None, names), key=len, reverse=True):
        title = title.replace(name, "*")
    return _NUMBER.sub("*", _QUOTED.sub("*", title))


def duration(seconds: float | None) -> str:
    """A length of time with the precision a person reads: ``412 ms``, ``3.2 s``, ``4 min 12 s``."""
    if seconds is None:
        return "not measured"
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def moment(at: datetime | None) -> str:
    """A point in time, always UTC and saying so."""
    return "not finished" if at is None else at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def short(ident: str) -> str:
    """A run's id as a person says it: its first eight characters that are safe in a file name."""
    return re.sub(r"[^A-Za-z0-9]", "", ident)[:8] or "run"
