"""A command on its way to being understood, and what an understood one may say it cannot tell."""

import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PureWindowsPath

from pytest_mcp.model.package import Ecosystem, Package, Pin
from pytest_mcp.packages.reading import is_file, straight


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """One command line with its surroundings; ``through`` are the wrappers that were taken off it."""

    argv: tuple[str, ...] = field(repr=False)
    cwd: Path
    environ: Mapping[str, str] = field(repr=False)
    rootdir: Path
    through: tuple[str, ...] = ()

    @property
    def program(self) -> str:
        """The command's own name in lower case, without folder and ``.exe`` or ``.cmd``."""
        return re.sub(r"\.(exe|cmd|bat)$", "", PureWindowsPath(self.argv[0]).name.lower())

    @property
    def args(self) -> tuple[str, ...]:
        """What follows the command."""
        return self.argv[1:]

    @property
    def home(self) -> Path:
        """The home folder that the process would see."""
        return Path(self.environ.get("HOME") or "/nonexistent")

    def located(self) -> Path | None:
        """The file that would be started, links kept; None when there is none."""
        return located(self.argv[0], self.cwd, self.environ)

    def at(self, path: str) -> Path:
        """An argument as a path, seen from the working directory."""
        return straight(self.cwd / path)

    def without(self, wrapper: str, argv: tuple[str, ...], **changes: object) -> "Invocation":
        """The command inside a wrapper."""
        return replace(self, argv=argv, through=(*self.through, wrapper), **changes)  # type: ignore[arg-type]

    def undecided(  # noqa: PLR0913
        self,
        form: str,
        problem: str,
        *,
        ecosystem: Ecosystem = Ecosystem.NONE,
        name: str = "",
        requested: str = "",
        pin: Pin = Pin.INSTALLED,
    ) -> Package:
        """A package of which only the command is known, and why."""
        return Package(
            form=form,
            ecosystem=ecosystem,
            name=name,
            requested=requested,
            pin=pin,
            through=self.through,
            problem=problem,
        )


def located(command: str, cwd: Path, environ: Mapping[str, str]) -> Path | None:
    """The file that a command would start: by its path from ``cwd``, else on the PATH of ``environ``."""
    if "/" in command:
        path = straight(cwd / command)
        return path if is_file(path) else None
    found = shutil.which(command, path=environ.get("PATH") or os.defpath)
    return straight(cwd / found) if found else None
