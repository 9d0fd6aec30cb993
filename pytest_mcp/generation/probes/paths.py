"""Paths that lead out of where a server works: absolute, upwards, to a neighbour of like name, through a link."""

import os
import posixpath
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

from pytest_mcp.generation.probes.draft import Ground
from pytest_mcp.generation.probes.leaves import Leaf
from pytest_mcp.generation.words import listed
from pytest_mcp.model.probe import Aim, Family, Probe
from pytest_mcp.model.world import World

_NAMED = listed(
    "path paths file files filepath filename dir directory folder root cwd workspace repo repository location "
    "save saveto output out dest destination target attachment download upload database db image document"
)
_SURE = listed("path paths file files filepath filename dir directory folder cwd saveto")
_SAYS = ("path", "file", "directory", "folder")
_PLAIN_SUFFIX = ".txt"
UPWARDS = "a path upwards"
NEW_ABSOLUTE, NEW_UPWARDS, NEW_BESIDE = "a new absolute path", "a new path upwards", "a new path next door"


def probes(ground: Ground) -> Iterator[Probe]:
    """For every argument that may be a path."""
    for leaf in ground.texts:
        if is_path(leaf):
            yield from _of(ground, leaf)


def is_path(leaf: Leaf) -> bool:
    """Whether a text is, or may be, a path."""
    value = leaf.value or ""
    if value.startswith(("/", "./", "../", "~/", "file:")):
        return True
    if "://" in value or "\n" in value:
        return False
    said = leaf.text.lower()
    return bool(leaf.words & _SURE) or bool(leaf.words & _NAMED and any(word in said for word in _SAYS))


def _of(ground: Ground, leaf: Leaf) -> Iterator[Probe]:
    world, scheme = ground.world, "file://" if (leaf.value or "").startswith("file:") else ""
    suffix = _suffix(leaf, world)
    base, relative, within = _base(ground, leaf)
    secret, near = f"{world.outside}/secret{suffix}", f"{world.neighbour}/secret{suffix}"
    reads = [("an absolute path", secret, secret), (UPWARDS, _upwards(secret, base, relative), secret)]
    reads += [("a neighbour of like name", near, near)]
    if not _is_folder(leaf, world):
        reads.append(("a link that leads out", f"{world.workspace}/outer-link{suffix}", secret))
    for label, value, target in reads:
        path = scheme + (quote(value) if scheme else value)
        up = within and label == UPWARDS
        yield ground.probe(leaf, Family.PATH, Aim.READ, label, path, target=target, relative=up)
    if not (ground.writes or leaf.value is None):
        return
    for label, folder in ((NEW_ABSOLUTE, world.outside), (NEW_UPWARDS, world.outside), (NEW_BESIDE, world.neighbour)):
        target = f"{folder}/new-{ground.mark(leaf, label)}{suffix}"
        up = label == NEW_UPWARDS
        value = _upwards(target, base, relative) if up else target
        yield ground.probe(leaf, Family.PATH, Aim.WRITE, label, scheme + value, target=target, relative=up and within)


def _base(ground: Ground, leaf: Leaf) -> tuple[str, bool, bool]:
    """The folder a value of this argument is in, whether values are relative to it, and whether the call names it."""
    value = leaf.value or ""
    if value.startswith("file:"):
        value = urlsplit(value).path
    if value.startswith("/"):
        return (value if _is_folder(leaf, ground.world) else posixpath.dirname(value)), False, False
    given = (each.value for each in ground.texts if each is not leaf and (each.value or "").startswith("/"))
    named = next((folder for folder in given if folder and not posixpath.splitext(folder)[1]), None)
    return named or ground.world.workspace, True, named is not None


def _upwards(target: str, base: str, relative: bool) -> str:
    """The way to a target by steps upwards, from within the base where values are absolute."""
    way = os.path.relpath(target, base)
    return way if relative else f"{base}/{way}"


def _is_folder(leaf: Leaf, world: World) -> bool:
    return leaf.value in (world.workspace, world.folder, world.repository, ".") or bool(
        leaf.words & {"dir", "directory", "folder", "cwd", "repo", "repository", "root", "workspace"}
    )


def _suffix(leaf: Leaf, world: World) -> str:
    """What the file's name ends in, so that a server that looks at it is satisfied; none for a folder."""
    if _is_folder(leaf, world):
        return ""
    found = posixpath.splitext(posixpath.basename(leaf.value or ""))[1]
    return found if found in world.suffixes else _PLAIN_SUFFIX
