"""Which installed distributions a Python program can reach by what they require."""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from packaging.markers import UndefinedEnvironmentName, default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from pytest_mcp.model.package import Dependency, Ecosystem
from pytest_mcp.packages.site import Distribution, Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """``direct`` are name and version of what was asked for and is there; ``missing`` are names that are not."""

    direct: tuple[tuple[str, str], ...]
    dependencies: tuple[Dependency, ...]
    missing: tuple[str, ...]


def reached(site: Site, wanted: Iterable[Requirement], extras: Iterable[str] = (), without: str = "") -> Reached:
    """Everything that the requirements lead to; ``without`` is the distribution that asks, which is none of its own."""
    environment = _environment(site)
    found: dict[str, Distribution] = {}
    missing: set[str] = set()
    seen: set[tuple[str, frozenset[str]]] = set()
    direct = applying(wanted, frozenset(extras), environment)
    ahead = deque(direct)
    while ahead:
        requirement = ahead.popleft()
        name, more = canonicalize_name(requirement.name), frozenset(requirement.extras)
        if (name, more) in seen:
            continue
        seen.add((name, more))
        distribution = site.of_name(name)
        if distribution is None:
            missing.add(name)
            continue
        found[name] = distribution
        ahead.extend(applying(distribution.requires, more, environment))
    found.pop(canonicalize_name(without), None)
    return Reached(
        direct=_pairs(site, direct),
        dependencies=tuple(dependency(site, found[name]) for name in sorted(found)),
        missing=tuple(sorted(missing)),
    )


def dependency(site: Site, distribution: Distribution) -> Dependency:
    """One installed distribution as a value."""
    needed = applying(distribution.requires, frozenset(), _environment(site))
    return Dependency(
        ecosystem=Ecosystem.PYPI,
        name=distribution.name,
        version=distribution.version,
        folder=str(distribution.folder),
        license=distribution.license,
        requires=_pairs(site, needed),
    )


def everything(site: Site) -> tuple[Dependency, ...]:
    """All of an environment, for a program that does not say what it needs."""
    return tuple(dependency(site, one) for _, one in sorted(site.distributions.items()))


def applying(
    wanted: Iterable[Requirement], extras: frozenset[str], environment: dict[str, str]
) -> tuple[Requirement, ...]:
    """The requirements whose markers hold in this environment with these extras."""
    return tuple(one for one in wanted if any(_holds(one, extra, environment) for extra in ("", *sorted(extras))))


def _holds(requirement: Requirement, extra: str, environment: dict[str, str]) -> bool:
    if requirement.marker is None:
        return True
    try:
        return requirement.marker.evaluate({**environment, "extra": extra})
    except (UndefinedEnvironmentName, ValueError):
        # What cannot be judged is looked at rather than left out.
        return True


def _environment(site: Site) -> dict[str, str]:
    """Ours, with the version of that interpreter: it is on this machine, so all else is the same."""
    ours = {name: str(value) for name, value in default_environment().items()}
    if ours["python_version"] == site.python:
        return ours
    return {**ours, "python_version": site.python, "python_full_version": f"{site.python}.0"}


def _pairs(site: Site, wanted: Sequence[Requirement]) -> tuple[tuple[str, str], ...]:
    there = {one.folder: one for requirement in wanted if (one := site.of_name(requirement.name))}
    return tuple(sorted((one.name, one.version) for one in there.values()))
