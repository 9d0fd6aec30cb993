"""``uv run COMMAND``: the command, in the environment of a project."""

import os

from pytest_mcp.model.package import Package
from pytest_mcp.packages.launchers.invocation import Invocation
from pytest_mcp.packages.launchers.options import take
from pytest_mcp.packages.launchers.uvx import VALUED
from pytest_mcp.packages.reading import is_file, upwards
from pytest_mcp.packages.site import venv_site

_VALUED = VALUED | {"-m", "--module", "-s", "--script", "--extra", "--group", "--only-group", "--no-group", "--package"}


def read(call: Invocation) -> Package | Invocation | None:
    """The command inside, seen from the project's folder, with the programs of its environment first."""
    if call.program != "uv":
        return None
    outer = take(call.args, _VALUED)
    if outer.rest[:1] != ("run",):
        return call.undecided("uv", "a command of uv that runs no server")
    inner = take(outer.rest[1:], _VALUED)
    if inner.has("--with", "-w", "--with-editable", "--with-requirements", "--isolated"):
        return call.undecided("uv run", "uv makes an environment of its own for --with and --isolated")
    cwd = call.at(inner.last("--directory") or outer.last("--directory") or ".")
    project = inner.last("--project") or outer.last("--project")
    start = cwd / project if project else cwd
    top = call.rootdir if start.is_relative_to(call.rootdir) else start.parent
    above = [folder for folder in upwards(start, top) if is_file(folder / "pyproject.toml")]
    said = call.environ.get("UV_PROJECT_ENVIRONMENT")
    prefix = (above[0] if above else start) / (said or ".venv")
    if venv_site(prefix) is None:
        return call.undecided("uv run", "the project has no environment yet; run 'uv sync' in its folder, then test")
    words = inner.rest
    if inner.has("-m", "--module"):
        words = ("python", "-m", inner.last("-m", "--module"), *words)
    elif script := inner.last("-s", "--script") or next((word for word in words[:1] if word.endswith(".py")), ""):
        words = ("python", script)
    if not words:
        return call.undecided("uv run", "no command is named")
    path = os.pathsep.join((str(prefix / "bin"), call.environ.get("PATH") or os.defpath))
    return call.without("uv run", words, cwd=cwd, environ={**call.environ, "PATH": path})
