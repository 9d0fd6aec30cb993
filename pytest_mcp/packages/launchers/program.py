"""Any other command: a console script of Python, a bin of npm, a shell script; the first line of the file tells."""

import re
import shlex
from dataclasses import replace
from pathlib import Path

from pytest_mcp.model.package import Package
from pytest_mcp.packages import pypi
from pytest_mcp.packages.launchers import node, python, script
from pytest_mcp.packages.launchers.invocation import Invocation, located
from pytest_mcp.packages.launchers.shell import SHELLS
from pytest_mcp.packages.reading import is_file, real
from pytest_mcp.packages.site import Site, site_of, venv_site

_PYTHON = re.compile(r"python[\d.]*t?")
FIRST = 4096
"""Bytes of a program that are read to see what it is."""


def read(call: Invocation) -> Package | Invocation | None:
    """What the file is by its first line."""
    file = call.located()
    if file is None:
        return call.undecided("program", "there is no such program; install it, or mend the path or the PATH")
    head = _head(file)
    words = _interpreter(head)
    name = Path(words[0]).name if words else ""
    if name in SHELLS and (wanted := script.trampoline(head)):
        words, name = (wanted,), "python"
    if name in SHELLS:
        return script.unwrapped(call, file, call.args)
    if name in ("node", "nodejs", "bun", "tsx"):
        return replace(node.of_file(call, str(file)), form="npm bin")
    site = _site(call, file, words[0] if _PYTHON.fullmatch(name) else "")
    owner = site.of_script(file) if site else None
    if site and owner:
        return pypi.installed(call, "console script", site, owner)
    if _PYTHON.fullmatch(name):
        return python.of_file(call, real(file), site)
    return call.undecided("program", "a program of its own: nothing tells which package it is from")


def _site(call: Invocation, file: Path, interpreter: str) -> Site | None:
    """The interpreter's, when it is a path that exists here; else that of the environment the file lies in."""
    beside = venv_site(file.parent.parent) or venv_site(real(file).parent.parent)
    path = located(interpreter, call.cwd, call.environ) if interpreter else None
    return (site_of(path) if path else None) or beside


def _interpreter(head: str) -> tuple[str, ...]:
    """The words of the ``#!`` line, ``env`` taken off."""
    if not head.startswith("#!"):
        return ()
    try:
        words = shlex.split(head[2:].partition("\n")[0])
    except ValueError:
        return ()
    if words and Path(words[0]).name == "env":
        words = [word for word in words[1:] if not word.startswith("-") and "=" not in word]
    return tuple(words)


def _head(file: Path) -> str:
    if not is_file(file):
        return ""
    try:
        with file.open("rb") as stream:
            return stream.read(FIRST).decode("utf-8", "replace")
    except OSError:
        return ""
