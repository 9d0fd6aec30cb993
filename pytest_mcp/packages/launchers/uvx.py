"""``uvx NAME`` and ``uv tool run NAME``."""

from pytest_mcp.model.package import Package
from pytest_mcp.packages.launchers.environments import below, tool
from pytest_mcp.packages.launchers.invocation import Invocation
from pytest_mcp.packages.launchers.options import take
from pytest_mcp.packages.specs import python_spec

VALUED = frozenset(
    {
        "--from",
        "--with",
        "--with-editable",
        "--with-requirements",
        "-p",
        "--python",
        "--index",
        "--default-index",
        "-i",
        "--index-url",
        "--extra-index-url",
        "-f",
        "--find-links",
        "-P",
        "--upgrade-package",
        "--refresh-package",
        "--cache-dir",
        "--directory",
        "--project",
        "--config-file",
        "--env-file",
        "--index-strategy",
        "--keyring-provider",
        "--resolution",
        "--prerelease",
        "--exclude-newer",
        "--color",
        "-c",
        "--constraints",
        "-b",
        "--build-constraints",
        "--overrides",
        "--link-mode",
        "--config-setting",
        "-C",
        "-w",
        "--python-platform",
    }
)


def read(call: Invocation) -> Package | Invocation | None:
    """The package that it runs, from uv's tools or from its cache."""
    words = call.args
    if call.program == "uv":
        outer = take(words, VALUED)
        if outer.rest[:2] != ("tool", "run"):
            return None
        words = outer.rest[2:]
    elif call.program != "uvx":
        return None
    found = take(words, VALUED)
    if not found.rest:
        return call.undecided("uvx", "no package is named")
    spec = python_spec(found.last("--from") or found.rest[0])
    share = call.environ.get("XDG_DATA_HOME") or str(call.home / ".local" / "share")
    tools = call.at(call.environ.get("UV_TOOL_DIR") or f"{share}/uv/tools")
    home = call.environ.get("XDG_CACHE_HOME") or str(call.home / ".cache")
    cache = call.at(found.last("--cache-dir") or call.environ.get("UV_CACHE_DIR") or f"{home}/uv")
    kept = (tools / spec.name,) if spec.name and not found.has("--isolated") else ()
    return tool(call, "uvx", spec, kept=kept, cached=below(cache / "archive-v0"), script=found.rest[0])
