"""Finding a tool among the environments that ``uv`` and ``pipx`` made for it earlier."""

from collections.abc import Iterable
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.version import InvalidVersion, Version

from pytest_mcp.model.package import Ecosystem, Package, Pin
from pytest_mcp.packages import pypi
from pytest_mcp.packages.launchers.invocation import Invocation
from pytest_mcp.packages.reading import names
from pytest_mcp.packages.site import Distribution, Site, venv_site
from pytest_mcp.packages.specs import Spec


def tool(  # noqa: PLR0913
    call: Invocation, form: str, spec: Spec, *, kept: Iterable[Path], cached: Iterable[Path], script: str
) -> Package:
    """The tool from the first environment in ``kept`` that fits; else from those in ``cached``, where they agree.

    Caches do not tell which environment the next start takes, so several versions are undecidable.
    """
    if spec.pin is not Pin.LATEST:
        for site, found in _having(kept, spec, script):
            return pypi.installed(call, form, site, found, spec=spec)
    candidates = list(_having(cached, spec, script))
    versions = {found.version for _, found in candidates}
    if len(versions) == 1 and spec.pin is not Pin.LATEST:
        return pypi.installed(call, form, *candidates[0], spec=spec)
    if versions:
        problem = f"{len(versions)} versions in the cache of {form}, and the command does not say which; pin one"
    else:
        problem = f"not installed where {form} keeps its environments; start it once, then test"
    return call.undecided(form, problem, ecosystem=Ecosystem.PYPI, name=spec.name, requested=spec.text, pin=spec.pin)


def below(top: Path) -> tuple[Path, ...]:
    """The folders that a folder of environments holds."""
    return tuple(top / name for name in names(top))


def _having(prefixes: Iterable[Path], spec: Spec, script: str) -> Iterable[tuple[Site, Distribution]]:
    for prefix in prefixes:
        site = venv_site(prefix)
        found = _of(site, spec, prefix / "bin" / script) if site else None
        if site and found and _fits(found.version, spec):
            yield site, found


def _of(site: Site, spec: Spec, script: Path) -> Distribution | None:
    """By name; only its script tells it where the command names a place."""
    return site.of_name(spec.name) if spec.name else site.of_script(script)


def _fits(version: str, spec: Spec) -> bool:
    try:
        if spec.place:
            return True
        if spec.version:
            return Version(version) == Version(spec.version)
        return Requirement(spec.text).specifier.contains(version, prereleases=True)
    except (InvalidVersion, InvalidRequirement):
        return version == spec.version
