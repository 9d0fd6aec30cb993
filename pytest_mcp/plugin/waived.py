"""Where the waivers of a run are read: beside its config files, before anything is started."""

import stat
from collections.abc import Sequence
from pathlib import Path

from pytest_mcp.errors import SettingsError
from pytest_mcp.gate.waivers import WAIVERS_FILE, parse_waivers
from pytest_mcp.model.waiver import Waiver

LARGEST = 1024 * 1024
"""Bytes of a waivers file that are read."""


def read_waivers(configs: Sequence[Path], rootdir: Path) -> tuple[Waiver, ...]:
    """The waivers beside the config files that were named, else those in the rootdir; none where there is no file.

    Raises SettingsError for a file that cannot be used.
    """
    folders = dict.fromkeys(config.absolute().parent for config in configs) or [rootdir]
    return tuple(waiver for folder in folders for waiver in _read(folder / WAIVERS_FILE, rootdir))


def _read(path: Path, rootdir: Path) -> tuple[Waiver, ...]:
    shown = str(path.relative_to(rootdir) if path.is_relative_to(rootdir) else path)
    try:
        content = _content(path, shown)
        text = content.decode("utf-8-sig")
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise SettingsError(f"{shown}: cannot be read ({error.strerror}); make it a readable file") from None
    except UnicodeDecodeError as error:
        raise SettingsError(f"{shown}: not UTF-8 at byte {error.start}; save it as UTF-8") from None
    from pytest_mcp.checks.shipped import every_check  # a tenth of a second, for projects that waive something

    return parse_waivers(text, shown, every_check())


def _content(path: Path, shown: str) -> bytes:
    if not stat.S_ISREG(path.stat().st_mode):
        raise SettingsError(f"{shown}: is no regular file; make it one, or remove it")
    with path.open("rb") as stream:
        content = stream.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise SettingsError(f"{shown}: larger than 1 MB; make it smaller")
    return content
