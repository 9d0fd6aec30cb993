"""Python programs as packages: an installed distribution, or files of the project itself."""

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pytest_mcp.model.package import Ecosystem, Package, Pin
from pytest_mcp.packages.closure import everything, reached
from pytest_mcp.packages.launchers.invocation import Invocation
from pytest_mcp.packages.reading import is_folder, text, upwards
from pytest_mcp.packages.site import Distribution, Site, requirements
from pytest_mcp.packages.specs import Spec

# PEP 723: what a single file says about itself.
_INLINE = re.compile(r"^# /// script$\s(?P<body>(?:^#(?:| .*)$\s)+)^# ///$", re.MULTILINE)


def installed(
    call: Invocation,
    form: str,
    site: Site,
    distribution: Distribution,
    *,
    spec: Spec | None = None,
) -> Package:
    """The package that a distribution is; an editable one comes from its own folder, not from PyPI."""
    extras = spec.extras if spec else frozenset[str]()
    all_reached = reached(site, distribution.requires, extras, without=distribution.name)
    sources = distribution.sources
    return Package(
        form=form,
        ecosystem=Ecosystem.PYPI if distribution.editable is None else Ecosystem.NONE,
        name=distribution.name,
        version=distribution.version,
        requested=spec.text if spec else "",
        pin=spec.pin if spec else Pin.INSTALLED,
        through=call.through,
        folder=str(next(iter(sources), "")),
        sources=tuple(map(str, sources)),
        metadata=str(distribution.folder),
        license=distribution.license,
        requires=all_reached.direct,
        dependencies=all_reached.dependencies,
        missing=all_reached.missing,
    )


def of_project(call: Invocation, form: str, start: Path, source: Path, site: Site | None) -> Package:
    """Files that nobody installed: named by their ``pyproject.toml`` up to the rootdir, else by what is started.

    ``source`` is the file or folder that ``start`` can import its own modules from. Without a list of what they need,
    all of their virtual environment counts.
    """
    project = _project(start.parent, call.rootdir)
    wanted = _inline(start) or project.get("dependencies")
    problem = None
    if site is None:
        problem = "the interpreter's site-packages cannot be told; name the python of a virtual environment"
    elif wanted is None and not site.is_venv:
        problem = "what these files need is written nowhere, and their python is no virtual environment's"
    known = reached(site, requirements(wanted)) if site and wanted is not None else None
    return Package(
        form=form,
        ecosystem=Ecosystem.NONE,
        name=str(project.get("name") or start.stem),
        version=str(project.get("version") or ""),
        through=call.through,
        folder=str(source if is_folder(source) else source.parent),
        sources=(str(source),),
        license=str(project.get("license") or "") if isinstance(project.get("license"), str) else "",
        requires=known.direct if known else (),
        dependencies=known.dependencies if known else everything(site) if site and site.is_venv else (),
        missing=known.missing if known else (),
        problem=problem,
    )


def _project(folder: Path, top: Path) -> dict[str, Any]:
    for place in upwards(folder, top):
        found = text(place / "pyproject.toml")
        if found is not None:
            project = _toml(found).get("project")
            return project if isinstance(project, dict) else {}
    return {}


def _inline(file: Path) -> Any:
    found = _INLINE.search((text(file) or "").replace("\r\n", "\n")) if file.suffix == ".py" else None
    if found is None:
        return None
    lines: Iterable[str] = (line[2:] if line.startswith("# ") else line[1:] for line in found["body"].splitlines())
    return _toml("\n".join(lines)).get("dependencies")


def _toml(content: str) -> dict[str, Any]:
    try:
        return tomllib.loads(content)
    except (ValueError, RecursionError):
        return {}
