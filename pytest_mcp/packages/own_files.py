"""The files that are a package's own, without those of others that lie in its folder."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from pytest_mcp.model.package import Package
from pytest_mcp.packages.reading import is_file

_FOREIGN = frozenset({"__pycache__", "node_modules", "site-packages"})


def own_files(package: Package, suffix: str = "") -> Iterator[Path]:
    """Its regular files whose name ends with ``suffix``, in a fixed order; links are not followed.

    Folders that hold what others wrote are left out: virtual environments, ``node_modules``, hidden ones, caches.
    """
    for source in map(Path, package.sources):
        if is_file(source):
            if source.name.endswith(suffix):
                yield source
        else:
            yield from _below(source, suffix)


def _below(top: Path, suffix: str) -> Iterator[Path]:
    for folder, folders, files in os.walk(top):
        folders[:] = sorted(name for name in folders if _is_own(Path(folder, name)))
        for name in sorted(files):
            path = Path(folder, name)
            if name.endswith(suffix) and _is_regular(path):
                yield path


def _is_own(folder: Path) -> bool:
    return folder.name not in _FOREIGN and folder.name[0] != "." and not is_file(folder / "pyvenv.cfg")


def _is_regular(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False
