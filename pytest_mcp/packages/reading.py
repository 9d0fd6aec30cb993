"""Reading what others installed: regular files only, never more than a bound, no error for what is not there."""

import json
import os
import stat
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

LARGEST = 5 * 1024 * 1024
"""Bytes of a metadata file that are read; a larger one counts as unreadable."""
ENTRIES = 20_000
"""Entries of a folder that are looked at."""


def content(path: Path, limit: int = LARGEST) -> bytes | None:
    """The whole file; None when it is missing, unreadable, no regular file or larger than ``limit`` bytes."""
    try:
        # A fifo would block the open, so it must not; what was opened is what is judged.
        number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError):
        return None
    with os.fdopen(number, "rb") as stream:
        try:
            if not stat.S_ISREG(os.fstat(number).st_mode):
                return None
            found = stream.read(limit + 1)
        except OSError:
            return None
    return found if len(found) <= limit else None


def text(path: Path, limit: int = LARGEST) -> str | None:
    """The file as text, with replacement characters for what is not UTF-8; None as for ``content``."""
    found = content(path, limit)
    return None if found is None else found.decode("utf-8", "replace").removeprefix("\ufeff")


def json_object(path: Path) -> dict[str, Any] | None:
    """The file as a JSON object; None when it is not one."""
    found = text(path)
    if found is None:
        return None
    try:
        # Numbers play no part in what is read here, and a long one would be refused by int.
        value = json.loads(found, parse_int=str)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def names(folder: Path) -> tuple[str, ...]:
    """The sorted names in a folder, up to ``ENTRIES``; empty when it cannot be listed."""
    try:
        with os.scandir(folder) as entries:
            return tuple(sorted(entry.name for entry in islice(entries, ENTRIES)))
    except (OSError, ValueError):
        return ()


def is_file(path: Path) -> bool:
    """Whether a regular file is there; False for a name that no file can have."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def is_folder(path: Path) -> bool:
    """Whether a folder is there; False for a name that no folder can have."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def real(path: Path) -> Path:
    """The path without links; as it is where they go in circles."""
    try:
        return Path(os.path.realpath(path))
    except (OSError, ValueError):
        return path


def straight(path: Path) -> Path:
    """The path as the kernel walks it, without ``..``; a link at its end is kept, as what it is called by tells."""
    return path.resolve() if path.name in ("", "..") else real(path.parent) / path.name


def upwards(start: Path, top: Path) -> Iterator[Path]:
    """``start`` and the folders above it up to ``top``; only ``start`` itself when it is not below ``top``."""
    yield start
    if start.is_relative_to(top):
        for folder in start.parents:
            if not folder.is_relative_to(top):
                return
            yield folder
