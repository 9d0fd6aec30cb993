"""``python -m MODULE`` and ``python FILE``."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from pytest_mcp.model.package import Package
from pytest_mcp.packages import pypi
from pytest_mcp.packages.launchers.invocation import Invocation
from pytest_mcp.packages.launchers.options import take
from pytest_mcp.packages.reading import is_file, is_folder
from pytest_mcp.packages.site import Distribution, Site, holds_module, site_of

_PROGRAM = re.compile(r"python(?:w|\d(?:\.\d+)?t?)?|py")


def read(call: Invocation) -> Package | Invocation | None:
    """The module's distribution, or files of the project."""
    if not _PROGRAM.fullmatch(call.program):
        return None
    python = call.located()
    if python is None:
        return call.undecided("python", "there is no such python; mend the path or the PATH")
    words, module = _module(call.args)
    found = take(words, ("-W", "-X", "--check-hash-based-pycs", "-c"))
    if found.has("-c"):
        return call.undecided("python -c", "code on the command line; name a module or a file")
    if module:
        return _of_module(call, site_of(python), module, isolated=found.has("-I", "-P"))
    if not found.rest or found.rest[0] == "-":
        return call.undecided("python", "code from the input; name a module or a file")
    return of_file(call, call.at(found.rest[0]), site_of(python))


def of_file(call: Invocation, file: Path, site: Site | None) -> Package:
    """A Python file: a script or module that a distribution installed, else the project's own."""
    if is_folder(file):
        return pypi.of_project(call, "python FILE", file / "__main__.py", file, site)
    if not is_file(file):
        return call.undecided("python FILE", "the file is not there; mend the path")
    owner = _owner(site, file) if site else None
    if site and owner:
        return pypi.installed(call, "python FILE", site, owner)
    return pypi.of_project(call, "python FILE", file, file.parent if file.suffix == ".py" else file, site)


def _owner(site: Site, file: Path) -> Distribution | None:
    if file.parent == site.prefix / "bin":
        return site.of_script(file)
    if file.is_relative_to(site.folder):
        return site.of_module(file.relative_to(site.folder).parts[0].removesuffix(".py"))
    return None


def _module(args: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    """The options before ``-m``, and the module; nothing after it is python's own."""
    for at, word in enumerate(args):
        if word == "-m":
            return args[:at], args[at + 1] if at + 1 < len(args) else ""
        if word.startswith("-m") and word[2:3].isidentifier():
            return args[:at], word[2:]
        if not word.startswith("-") and (not at or args[at - 1] not in ("-W", "-X")):
            break
        if word == "-c":
            break
    return args, ""


def _of_module(call: Invocation, site: Site | None, module: str, *, isolated: bool) -> Package:
    """Folders that python looks in before what is installed come first, as they do for python."""
    top = module.partition(".")[0]
    for folder in () if isolated else _before(call):
        if holds_module(folder, top):
            own = folder / top if is_folder(folder / top) else folder / f"{top}.py"
            return pypi.of_project(call, "python -m", own, own, site)
    found = site.of_module(module) if site else None
    if site is None:
        return call.undecided("python -m", "the interpreter's site-packages cannot be told")
    if found is None:
        return call.undecided("python -m", "the module is neither installed for that python nor beside it")
    return pypi.installed(call, "python -m", site, found)


def _before(call: Invocation) -> Iterator[Path]:
    yield call.cwd
    yield from (call.at(place) for place in call.environ.get("PYTHONPATH", "").split(os.pathsep) if place)
