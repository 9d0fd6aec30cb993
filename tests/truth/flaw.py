"""One published flaw: which package has it up to which version, and how that package is started."""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SIDES = ("affected", "fixed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """What ``flaw.toml`` says. ``checks`` and ``tools`` are for the table alone: no probe knows them."""

    id: str
    ecosystem: str
    package: str
    affected: str
    fixed: str
    checks: tuple[str, ...]
    tools: tuple[str, ...] = ()
    extra: tuple[str, ...] | dict[str, list[str]] = ()
    before: dict[str, str] = field(default_factory=dict)
    launch: dict[str, Any] = field(default_factory=dict)
    http: dict[str, Any] = field(default_factory=dict)
    folders: tuple[str, ...] = ()

    def version(self, side: str) -> str:
        """The version of one side."""
        return self.affected if side == "affected" else self.fixed

    def requirements(self, side: str) -> list[str]:
        """What is installed for one side."""
        more = self.extra.get(side, []) if isinstance(self.extra, dict) else list(self.extra)
        sign = "@" if self.ecosystem == "npm" else "=="
        return [f"{self.package}{sign}{self.version(side)}", *more]


def flaws() -> list[Flaw]:
    """All of them, by name."""
    return [_read(file) for file in sorted(HERE.glob("*/flaw.toml"))]


def _read(file: Path) -> Flaw:
    told = tomllib.loads(file.read_text())
    launch = {key: told[key] for key in ("command", "args", "env") if key in told}
    extra = told.get("with", [])
    return Flaw(
        id=file.parent.name,
        ecosystem=told["ecosystem"],
        package=told["package"],
        affected=told["affected"],
        fixed=told["fixed"],
        checks=tuple(told["checks"]),
        tools=tuple(told.get("tools", ())),
        extra=extra if isinstance(extra, dict) else tuple(extra),
        before=told.get("before", {}),
        launch=launch,
        http=told.get("http", {}),
        folders=tuple(told.get("folders", ())),
    )
