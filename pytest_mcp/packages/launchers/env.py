"""``env NAME=VALUE COMMAND``."""

import re

from pytest_mcp.model.package import Package
from pytest_mcp.packages.launchers.invocation import Invocation

_ASSIGNMENT = re.compile(r"([^=-][^=]*)=(.*)", re.DOTALL)


def read(call: Invocation) -> Package | Invocation | None:
    """The command with its variables; the options that change what is run are undecidable."""
    if call.program != "env":
        return None
    environ = dict(call.environ)
    args = list(call.args)
    while args:
        if args[0] in ("-i", "-", "--ignore-environment"):
            environ.clear()
            args.pop(0)
        elif args[0] == "-u" and len(args) > 1:
            environ.pop(args[1], None)
            del args[:2]
        elif args[0] == "--":
            args.pop(0)
        elif match := _ASSIGNMENT.fullmatch(args[0]):
            environ[match[1]] = match[2]
            args.pop(0)
        else:
            break
    if not args or args[0].startswith("-"):
        return call.undecided("env", "env with an option that changes what is run, or without a command")
    return call.without("env", tuple(args), environ=environ)
