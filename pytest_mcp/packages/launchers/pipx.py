"""``pipx run NAME``."""

from pathlib import Path

from pytest_mcp.model.package import Package
from pytest_mcp.packages.launchers.environments import below, tool
from pytest_mcp.packages.launchers.invocation import Invocation
from pytest_mcp.packages.launchers.options import take
from pytest_mcp.packages.specs import python_spec

_VALUED = ("--spec", "--python", "--pip-args", "--index-url", "-i", "--with", "--fetch-missing-python")


def read(call: Invocation) -> Package | Invocation | None:
    """The package that it runs, from pipx's environments or from its cache."""
    if call.program != "pipx" or call.args[:1] != ("run",):
        return None
    found = take(call.args[1:], _VALUED)
    if not found.rest or found.has("--path"):
        return call.undecided("pipx run", "no package is named")
    spec = python_spec(found.last("--spec") or found.rest[0])
    homes = _homes(call)
    kept = [home / "venvs" / spec.name for home in homes if spec.name]
    cached = [place for home in homes for place in below(home / ".cache")]
    cached += below(call.at(call.environ.get("XDG_CACHE_HOME") or str(call.home / ".cache")) / "pipx")
    return tool(call, "pipx run", spec, kept=kept, cached=cached, script=found.rest[0])


def _homes(call: Invocation) -> tuple[Path, ...]:
    if said := call.environ.get("PIPX_HOME"):
        return (call.at(said),)
    share = call.environ.get("XDG_DATA_HOME") or str(call.home / ".local" / "share")
    return call.home / ".local" / "pipx", call.at(share) / "pipx"
