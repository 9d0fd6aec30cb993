"""Installed npm packages, read from their ``package.json`` files and the ``node_modules`` folders around them."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_mcp.model.package import Dependency, Ecosystem, Package, Pin
from pytest_mcp.packages.launchers.invocation import Invocation
from pytest_mcp.packages.reading import ENTRIES, is_file, is_folder, json_object, real, upwards
from pytest_mcp.packages.specs import Spec, is_npm_name

_INSTALL = ("preinstall", "install", "postinstall")


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What one ``package.json`` says; ``optional`` names may be missing without harm."""

    folder: Path
    name: str
    version: str
    license: str
    needs: tuple[str, ...]
    optional: frozenset[str]
    install_scripts: tuple[str, ...]


def manifest(folder: Path) -> Manifest | None:
    """The manifest of a folder; None without one, or when it names no package."""
    found = json_object(folder / "package.json")
    if found is None or not isinstance(found.get("name"), str) or not found["name"]:
        return None
    needs, extra, peers = (_names(found, key) for key in ("dependencies", "optionalDependencies", "peerDependencies"))
    return Manifest(
        folder=folder,
        name=found["name"],
        version=str(found.get("version") or ""),
        license=_license(found),
        needs=tuple(sorted({*needs, *extra, *peers})),
        optional=frozenset({*extra, *peers} - ({*needs} - {*extra})),
        install_scripts=tuple(_scripts(found, folder)),
    )


def enclosing(file: Path) -> Manifest | None:
    """The package a file belongs to: the nearest folder above it with a named ``package.json``."""
    for folder in real(file).parents:
        if (found := manifest(folder)) is not None:
            return found
        if folder.name == "node_modules":
            return None
    return None


def package(call: Invocation, form: str, own: Manifest, spec: Spec | None = None) -> Package:
    """The package of a manifest. One outside any ``node_modules`` is the project's own, not npm's."""
    mine, *others = _tree(own)
    others.sort(key=lambda node: (node.manifest.name, node.manifest.version, str(node.manifest.folder)))
    return Package(
        form=form,
        ecosystem=Ecosystem.NPM if "node_modules" in own.folder.parts else Ecosystem.NONE,
        name=own.name,
        version=own.version,
        requested=spec.text if spec else "",
        pin=spec.pin if spec else Pin.INSTALLED,
        through=call.through,
        folder=str(own.folder),
        sources=(str(own.folder),),
        metadata=str(own.folder / "package.json"),
        license=own.license,
        requires=_pairs(mine),
        install_scripts=own.install_scripts,
        dependencies=tuple(_dependency(node) for node in others),
        missing=tuple(sorted({name for node in (mine, *others) for name in node.missing})),
    )


def _dependency(node: "_Node") -> Dependency:
    one = node.manifest
    return Dependency(
        ecosystem=Ecosystem.NPM,
        name=one.name,
        version=one.version,
        folder=str(one.folder),
        license=one.license,
        requires=_pairs(node),
        install_scripts=one.install_scripts,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Node:
    """A package in the tree, what it gets when it asks for what it needs, and the names for which it gets nothing."""

    manifest: Manifest
    direct: tuple[Manifest, ...]
    missing: tuple[str, ...]


def _tree(own: Manifest) -> list[_Node]:
    """The package itself and everything it reaches, each folder read once."""
    read: dict[Path, Manifest | None] = {own.folder: own}
    found: list[_Node] = []
    seen, ahead = {own.folder}, deque([own])
    while ahead and len(found) < ENTRIES:
        found.append(node := _node(ahead.popleft(), read))
        for one in node.direct:
            if one.folder not in seen:
                seen.add(one.folder)
                ahead.append(one)
    return found


def _node(own: Manifest, read: dict[Path, Manifest | None]) -> _Node:
    found, missing = [], []
    for name in own.needs:
        folder = _resolved(own.folder, name) if is_npm_name(name) else None
        if folder is not None and folder not in read:
            read[folder] = manifest(folder)
        one = read[folder] if folder else None
        if one is not None:
            found.append(one)
        elif name not in own.optional:
            missing.append(name)
    return _Node(manifest=own, direct=tuple(found), missing=tuple(missing))


def _resolved(start: Path, name: str) -> Path | None:
    """As node does: the ``node_modules`` of every folder upwards, links followed."""
    for folder in upwards(start, Path(start.anchor)):
        if folder.name != "node_modules" and is_folder(folder / "node_modules" / name):
            return real(folder / "node_modules" / name)
    return None


def _pairs(node: _Node) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((one.name, one.version) for one in node.direct))


def _names(found: dict[str, Any], key: str) -> frozenset[str]:
    value = found.get(key)
    return frozenset(value) if isinstance(value, dict) else frozenset()


def _license(found: dict[str, Any]) -> str:
    value = found.get("license", found.get("licenses"))
    many = value if isinstance(value, list) else [value]
    told = [one.get("type") if isinstance(one, dict) else one for one in many]
    return ", ".join(one for one in told if isinstance(one, str))[:200]


def _scripts(found: dict[str, Any], folder: Path) -> Iterator[str]:
    """npm builds a package that has a ``binding.gyp`` and no script of its own for that."""
    scripts = _names(found, "scripts")
    yield from (name for name in _INSTALL if name in scripts)
    if not scripts & {"install", "preinstall"} and is_file(folder / "binding.gyp"):
        yield "install (binding.gyp)"
