"""``node FILE``."""

from pytest_mcp.model.package import Package
from pytest_mcp.packages import npm
from pytest_mcp.packages.launchers.invocation import Invocation
from pytest_mcp.packages.launchers.options import take
from pytest_mcp.packages.reading import is_file

_PROGRAMS = ("node", "nodejs", "bun", "tsx")
_VALUED = ("-r", "--require", "--import", "--loader", "--experimental-loader", "-C", "--conditions", "--env-file")
_CODE = ("-e", "--eval", "-p", "--print", "-pe", "--run")


def read(call: Invocation) -> Package | Invocation | None:
    """The package around the file, links followed as node does."""
    if call.program not in _PROGRAMS:
        return None
    found = take(call.args, _VALUED)
    if found.has(*_CODE) or not found.rest:
        return call.undecided("node", "code on the command line or from the input; name a file")
    return of_file(call, found.rest[0])


def of_file(call: Invocation, name: str) -> Package:
    """A JavaScript file; node adds an ending or ``index.js`` where the name lacks it."""
    place = call.at(name)
    tries = (place, *(place.with_name(place.name + end) for end in (".js", ".mjs", ".cjs")), place / "index.js")
    file = next((one for one in tries if is_file(one)), None)
    if file is None:
        return call.undecided("node FILE", "the file is not there; mend the path, or build it first")
    own = npm.enclosing(file)
    if own is None:
        return call.undecided("node FILE", "no package.json with a name around the file")
    return npm.package(call, "node FILE", own)
