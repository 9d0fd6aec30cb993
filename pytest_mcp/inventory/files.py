"""Which config files there are, and their text. Opened for reading only, never followed by a write."""

import codecs
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from pytest_mcp.errors import InventoryError
from pytest_mcp.inventory.entry import ConfigFile
from pytest_mcp.inventory.formats import FORMATS
from pytest_mcp.settings import Settings

LARGEST = 50 * 1024 * 1024
"""Bytes of a config file that are read; a larger one is a mistake."""

_EXAMPLE = """{
  "mcpServers": {"time": {"command": "uvx", "args": ["mcp-server-time"]}}
}"""


def config_files(settings: Settings, rootdir: Path) -> list[ConfigFile]:
    """The files that were asked for, else those in the rootdir; each once."""
    places = [rootdir / place for one in FORMATS for place in one.places]
    asked = settings.config or [place for place in places if os.path.lexists(place)]
    if not asked:
        looked = "\n".join(f"  {place}" for place in places)
        raise InventoryError(
            f"no MCP config found; looked for\n{looked}\ncreate one like this, or name yours with --mcp-config PATH\n"
            f"{_EXAMPLE}"
        )
    return list(_each_once(asked, rootdir, named=bool(settings.config)))


def read_text(file: ConfigFile) -> str:
    """The whole file, without a byte order mark."""
    try:
        content = _read(file)
        if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in content[:4]:
            raise InventoryError(f"{file.shown}: is UTF-16, as Windows tools write it; save it as UTF-8")
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InventoryError(f"{file.shown}: not UTF-8 at byte {error.start}; save it as UTF-8") from None
    except (OSError, ValueError) as error:
        raise InventoryError(f"{file.shown}: {_reason(error)}") from None
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise InventoryError(f"{file.shown}: is empty; write\n{_EXAMPLE}")
    return text


def _each_once(paths: Sequence[Path], rootdir: Path, *, named: bool) -> Iterator[ConfigFile]:
    seen = set()
    for path in paths:
        try:
            real = os.path.realpath(path)
        except (OSError, ValueError):
            real = str(path)
        if real not in seen:
            seen.add(real)
            yield ConfigFile(path=path, shown=_shown(path, rootdir), named=named)


def _shown(path: Path, rootdir: Path) -> str:
    plain = Path(os.path.normpath(path))
    relative = plain.relative_to(rootdir) if plain.is_relative_to(rootdir) else plain
    return str(relative).encode("utf-8", "backslashreplace").decode()


def _read(file: ConfigFile) -> bytes:
    state = file.path.stat()
    if stat.S_ISDIR(state.st_mode):
        raise InventoryError(f"{file.shown}: is a folder; name the config file in it")
    if not stat.S_ISREG(state.st_mode):
        raise InventoryError(f"{file.shown}: is no regular file; name one that can be read again")
    with file.path.open("rb") as stream:
        content = stream.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise InventoryError(f"{file.shown}: larger than 50 MB; name the right file")
    return content


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError):
        return "does not exist; create it or mend the path"
    if isinstance(error, PermissionError):
        return "may not be read; change its permissions"
    why = error.strerror if isinstance(error, OSError) else "the path is malformed"
    return f"cannot be read ({why}); name a readable file"
