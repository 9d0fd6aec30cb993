"""``sh -c LINE`` and ``sh FILE``: the one simple command in it, else undecidable."""

from pytest_mcp.model.package import Package
from pytest_mcp.packages.launchers import script
from pytest_mcp.packages.launchers.invocation import Invocation
from pytest_mcp.packages.launchers.shell_words import NotSimpleError, words

SHELLS = ("sh", "bash", "dash", "zsh", "ksh", "ash")


def read(call: Invocation) -> Package | Invocation | None:
    """What the line runs, with our environment for its variables."""
    if call.program not in SHELLS:
        return None
    options = 0
    for arg in call.args:
        if not arg.startswith(("-", "+")) or arg == "-":
            break
        options += 1
        if not arg.startswith("--") and "c" in arg:
            return _line(call, call.args[options:])
    rest = call.args[options:]
    if not rest:
        return call.undecided("shell", "a shell that reads its commands from its input")
    return script.unwrapped(call, call.at(rest[0]), rest[1:])


def _line(call: Invocation, rest: tuple[str, ...]) -> Package | Invocation:
    if not rest:
        return call.undecided("sh -c", "no command after -c")
    numbered = {str(number): value for number, value in enumerate(rest[1:] or (call.program,))}
    try:
        own, found = words(rest[0].strip(), {**call.environ, **numbered}, rest[2:])
    except NotSimpleError as error:
        return call.undecided("sh -c", f"the line for the shell is not one simple command: {error}")
    if not found:
        return call.undecided("sh -c", "the line for the shell starts no program")
    return call.without("sh -c", tuple(found), environ={**call.environ, **own})
