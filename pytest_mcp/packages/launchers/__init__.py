"""The forms of commands that are understood: one module each, asked in this order.

A form returns the package, or the command inside when it is a wrapper, or None when the command is not of its kind.
"""

from collections.abc import Callable

from pytest_mcp.model.package import Package
from pytest_mcp.packages.launchers import (
    cmd,
    container,
    env,
    node,
    npx,
    pipx,
    program,
    python,
    shell,
    uv_run,
    uvx,
)
from pytest_mcp.packages.launchers.invocation import Invocation

__all__ = ["FORMS", "decide"]

Form = Callable[[Invocation], Package | Invocation | None]

FORMS: tuple[Form, ...] = (
    shell.read,
    cmd.read,
    env.read,
    npx.read,
    uvx.read,
    pipx.read,
    uv_run.read,
    container.read,
    python.read,
    node.read,
    program.read,
)
DEEPEST = 6
"""Wrappers around wrappers that are taken off; more are nobody's honest way to start a server."""


def decide(call: Invocation) -> Package:
    """What a command runs; the wrappers around it are taken off one by one."""
    while len(call.through) <= DEEPEST:
        found = next(result for form in FORMS if (result := form(call)) is not None)
        if isinstance(found, Package):
            return found
        call = found
    return call.undecided("wrapper", f"more than {DEEPEST} wrappers around one command; name the program itself")
