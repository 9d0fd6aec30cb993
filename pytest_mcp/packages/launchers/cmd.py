"""``cmd /c LINE``, as configs for Windows have it: the one command in it."""

import re

from pytest_mcp.model.package import Package
from pytest_mcp.packages.launchers.invocation import Invocation

_SWITCH = re.compile(r"/[a-z](?::\w+)?", re.IGNORECASE)
_WORD = re.compile(r'"([^"]*)"|(\S+)')


def read(call: Invocation) -> Package | Invocation | None:
    """What follows ``/c``, when nothing in it needs cmd itself."""
    if call.program != "cmd":
        return None
    words = list(call.args)
    switches = []
    while words and _SWITCH.fullmatch(words[0]):
        switches.append(words.pop(0).lower())
    if len(words) == 1:
        words = [quoted or plain for quoted, plain in _WORD.findall(words[0])]
    if "/c" not in switches or not words:
        return call.undecided("cmd /c", "cmd without /c and a program")
    if any(re.search(r"[&|<>^%]", word) for word in words):
        return call.undecided("cmd /c", "the line for cmd is not one simple command")
    return call.without("cmd /c", tuple(words))
