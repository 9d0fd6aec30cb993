"""The file that ``envFile`` names: lines ``NAME=value``. Read only, and nothing of it is ever in a complaint."""

import re
import stat
from pathlib import Path

from pytest_mcp.inventory.entry import EntryError

LARGEST = 1024 * 1024
"""Bytes of such a file that are read."""

_LINE = re.compile(
    r"""^[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_][\w.-]*)[ \t]*=[ \t]*
    (?:'(?P<single>[^']*)'|"(?P<double>(?:[^"\\]|\\.)*)"|(?P<plain>[^\n#]*?))[ \t]*(?:\#[^\n]*)?$""",
    re.MULTILINE | re.DOTALL | re.VERBOSE,
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}


def read_env_file(path: Path) -> tuple[tuple[str, str], ...]:
    """Names and values in order; ``EntryError`` when the file cannot be read."""
    try:
        state = path.stat()
        if not stat.S_ISREG(state.st_mode) or state.st_size > LARGEST:
            raise EntryError("envFile is no file of up to 1 MB; name the right one")
        content = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except FileNotFoundError:
        raise EntryError("envFile does not exist; create it or mend the path") from None
    except UnicodeDecodeError:
        raise EntryError("envFile is not UTF-8; save it as UTF-8") from None
    except (OSError, ValueError):
        raise EntryError("envFile cannot be read; name a readable file") from None
    found = {line["name"]: _value(line) for line in _LINE.finditer(content)}
    return tuple((name, value) for name, value in found.items() if "\0" not in value)


def _value(line: re.Match[str]) -> str:
    if line["double"] is not None:
        return re.sub(r"\\(.)", lambda escape: _ESCAPES.get(escape[1], escape[1]), line["double"], flags=re.DOTALL)
    return str(line["single"] if line["single"] is not None else line["plain"])
