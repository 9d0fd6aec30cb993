"""Entries written for Windows. ``cmd /c npx ...`` is there because Windows cannot start ``npx.cmd`` by its bare name.

Elsewhere there is no ``cmd``, and the file is shared, so what it wraps is what is run. Lines that need ``cmd`` itself
(pipes, ``%VAR%``) are a problem by name. On Windows entries are taken as they are.
"""

import re
from itertools import takewhile

from pytest_mcp.inventory.entry import EntryError

_CMD = re.compile(r"(?:.*[\\/])?cmd(?:\.exe)?", re.IGNORECASE | re.DOTALL)
_BATCH = re.compile(r"(?P<name>[\w.-]+)\.(?:cmd|bat)", re.IGNORECASE | re.ASCII)
_SWITCH = re.compile(r"/[a-z](?::\w+)?", re.IGNORECASE)
_OPERATOR = re.compile(r"&&?|\|\|?|>>?|<|\d?>&\d")
_VARIABLE = re.compile(r"%[A-Za-z_]\w*%")
_WORD = re.compile(r'"([^"]*)"|(\S+)')


def unwrapped(command: str, args: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """What ``cmd /c`` would run; anything else as it is, but for ``npx.cmd`` and the like."""
    while _CMD.fullmatch(command):
        command, args = _wrapped(args)
    batch = _BATCH.fullmatch(command)
    return batch["name"] if batch else command, args


def _wrapped(args: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    switches = list(takewhile(_SWITCH.fullmatch, args))
    words = list(args[len(switches) :])
    if not words or "/c" not in (switch.lower() for switch in switches):
        raise EntryError("runs cmd, which only Windows has, without /c and a program; name the program itself")
    if len(words) == 1:
        if re.search(r"[&|<>^]", words[0]):
            raise _only_windows()
        words = [quoted or plain for quoted, plain in _WORD.findall(words[0])]
    if not words or any(_OPERATOR.fullmatch(word) or _VARIABLE.search(word) for word in words):
        raise _only_windows()
    return words[0], tuple(words[1:])


def _only_windows() -> EntryError:
    return EntryError("runs a line that only cmd understands (& | < > ^ %VAR%); name the program and its arguments")
