"""Installed Python distributions, read from their ``*.dist-info`` folders as text."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from packaging.metadata import parse_email
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from pytest_mcp.packages.reading import content, is_file, is_folder, json_object, names, real, text, upwards

ROWS = 50_000
"""Rows of a RECORD that are read."""
_VERSION = re.compile(r"python(\d+\.\d+)")
_SCRIPT = re.compile(r"^\s*([^\s=#\[][^=]*?)\s*=", re.MULTILINE)
_SECTION = re.compile(r"^\s*\[(.+?)\]\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Distribution:
    """One installed distribution; ``folder`` is its ``*.dist-info``. Everything is read when it is asked for."""

    folder: Path

    @cached_property
    def _metadata(self) -> dict[str, Any]:
        found = content(self.folder / "METADATA")
        return dict(parse_email(found)[0]) if found is not None else {}

    @property
    def name(self) -> str:
        """As its METADATA spells it; by the folder where that tells none."""
        return str(self._metadata.get("name") or self.folder.name.partition("-")[0])

    @property
    def version(self) -> str:
        """As its METADATA tells it; empty when it does not."""
        return str(self._metadata.get("version") or "")

    @cached_property
    def license(self) -> str:
        """An SPDX expression, the classifiers, or the first line of the free field; empty when it names none."""
        if expression := self._metadata.get("license_expression"):
            return str(expression)[:200]
        said = [
            one.rpartition("::")[2].strip() for one in self._metadata.get("classifiers", ()) if one[:7] == "License"
        ]
        free = str(self._metadata.get("license") or "").strip().partition("\n")[0]
        return ", ".join(sorted(set(said)))[:200] or free[:200]

    @cached_property
    def requires(self) -> tuple[Requirement, ...]:
        """What it needs, markers not yet judged; lines that are no requirement are left out."""
        return requirements(self._metadata.get("requires_dist", ()))

    @cached_property
    def record(self) -> tuple[tuple[str, str], ...] | None:
        """Path and hash of every file it installed; None without a RECORD."""
        found = text(self.folder / "RECORD")
        if found is None:
            return None
        try:
            rows = [row for row, _ in zip(csv.reader(found.splitlines()), range(ROWS), strict=False)]
        except csv.Error:
            return None
        return tuple((row[0], row[1] if len(row) > 1 else "") for row in rows if row and row[0])

    @cached_property
    def scripts(self) -> frozenset[str]:
        """Names of its console scripts."""
        parts = _SECTION.split(text(self.folder / "entry_points.txt") or "")
        sections = zip(parts[1::2], parts[2::2], strict=False)
        return frozenset(
            name for title, body in sections if title == "console_scripts" for name in _SCRIPT.findall(body)
        )

    @cached_property
    def editable(self) -> Path | None:
        """The folder of its sources where it was installed as editable."""
        direct = json_object(self.folder / "direct_url.json") or {}
        info, url = direct.get("dir_info"), str(direct.get("url") or "")
        if not isinstance(info, dict) or info.get("editable") is not True or not url.startswith("file://"):
            return None
        folder = Path(unquote(urlsplit(url).path))
        return folder if is_folder(folder) else None

    @cached_property
    def sources(self) -> tuple[Path, ...]:
        """Folders and modules it put beside its metadata; of an editable one, its ``src`` or its folder."""
        if self.editable is not None:
            return (self.editable / "src" if is_folder(self.editable / "src") else self.editable,)
        site = self.folder.parent
        tops = {path.partition("/")[0] for path, _ in self.record or () if not path.startswith(("/", "..", ".data"))}
        own = sorted(top for top in tops if "\0" not in top and not top.endswith((".dist-info", ".data", ".pth")))
        paths = [site / top for top in own if top != "__pycache__"]
        return tuple(path for path in paths if is_folder(path) or (path.suffix == ".py" and is_file(path)))

    def has_module(self, module: str) -> bool:
        """Whether it installed this top-level module."""
        if self.editable is not None:
            return any(_holds(folder, module) for folder in (self.editable, self.editable / "src"))
        ours = (f"{module}/", f"{module}.")
        return any(path.startswith(ours) for path, _ in self.record or ())


@dataclass(frozen=True)
class Site:
    """A ``site-packages`` folder, the interpreter version it is for, and the folder its environment is in."""

    folder: Path
    python: str
    prefix: Path
    is_venv: bool
    _found: dict[str, Distribution] = field(default_factory=dict, repr=False, compare=False)

    @property
    def distributions(self) -> dict[str, Distribution]:
        """Everything installed, by canonical name."""
        if not self._found:
            for name in names(self.folder):
                if name.endswith(".dist-info"):
                    found = Distribution(self.folder / name)
                    self._found.setdefault(canonicalize_name(name.partition("-")[0]), found)
        return self._found

    def of_name(self, name: str) -> Distribution | None:
        """The distribution of this name, however it is spelled."""
        return self.distributions.get(canonicalize_name(name))

    def of_script(self, script: Path) -> Distribution | None:
        """Who installed a program: by its entry points, else by the files it recorded."""
        likely = self.of_name(script.name)
        everyone = [*([likely] if likely else []), *self.distributions.values()]
        named = next((one for one in everyone if script.name in one.scripts), None)
        if named is not None:
            return named
        path = real(script.parent) / script.name
        return next((one for one in everyone if path in _programs(one)), None)

    def of_module(self, module: str) -> Distribution | None:
        """Who installed a module: the one of the same name first."""
        top = module.partition(".")[0]
        likely = self.of_name(top)
        everyone = [*([likely] if likely else []), *self.distributions.values()]
        return next((one for one in everyone if one.has_module(top)), None)


def _programs(one: Distribution) -> set[Path]:
    """Recorded files outside site-packages; only ``bin`` folders matter here."""
    recorded = (path for path, _ in one.record or () if path.startswith("..") and "/bin/" in path and "\0" not in path)
    return {real(one.folder.parent / Path(path).parent) / Path(path).name for path in recorded}


def _holds(folder: Path, module: str) -> bool:
    return is_file(folder / f"{module}.py") or is_folder(folder / module)


def holds_module(folder: Path, module: str) -> bool:
    """Whether an interpreter that looks in this folder finds the module there."""
    top = module.partition(".")[0]
    return top.isidentifier() and (is_file(folder / f"{top}.py") or any(_is_package(folder / top)))


def _is_package(folder: Path) -> Iterator[bool]:
    yield is_file(folder / "__init__.py")
    yield is_file(folder / "__main__.py")


def requirements(lines: Any) -> tuple[Requirement, ...]:
    """The lines that are requirements."""
    found = []
    for line in lines if isinstance(lines, list | tuple) else ():
        try:
            found.append(Requirement(str(line)))
        except InvalidRequirement:
            continue
    return tuple(found)


def venv_site(prefix: Path) -> Site | None:
    """The site-packages of a virtual environment; None when ``prefix`` is none."""
    return _site(prefix, is_venv=True) if is_file(prefix / "pyvenv.cfg") else None


def site_of(python: Path) -> Site | None:
    """Where an interpreter finds installed packages. A link is not followed: in a venv it leads out of it."""
    own = venv_site(python.parent.parent)
    if own is not None:
        return own
    base = real(python)
    return _site(base.parent.parent, is_venv=False, wanted=base.name)


def venv_above(path: Path, top: Path) -> Site | None:
    """The ``.venv`` of the nearest folder that has one, from ``path`` up to ``top``."""
    return next((site for folder in upwards(path, top) if (site := venv_site(folder / ".venv"))), None)


def _site(prefix: Path, *, is_venv: bool, wanted: str = "") -> Site | None:
    """With several interpreters in one prefix only a full name (``python3.11``) says which one is meant."""
    found = []
    for name in names(prefix / "lib"):
        for kind in ("site-packages", "dist-packages"):
            folder = prefix / "lib" / name / kind
            if (version := _VERSION.fullmatch(name)) and is_folder(folder):
                found.append(Site(folder=folder, python=version[1], prefix=prefix, is_venv=is_venv))
    exact = [site for site in found if f"python{site.python}" == wanted]
    return exact[0] if exact else found[0] if len(found) == 1 else None
