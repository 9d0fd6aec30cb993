"""What a flaw is, and how one is declared."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.servers.offer import closed, tool

Definition = dict[str, Any]
Work = Callable[[dict[str, Any], Path], str]


class Refused(Exception):  # noqa: N818 - the caller's error, not ours
    """The tool refuses its arguments; the message is what it says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """One tool in two versions. ``check`` must name the flawed one, and must not name the other."""

    check: str
    says: str
    definition: Definition
    flawed: Work
    fixed: Work

    @property
    def tool(self) -> str:
        """Its name."""
        return str(self.definition["name"])


class Flaws(list[Flaw]):
    """The flaws of one file."""

    def add(  # noqa: PLR0917 - all that makes a flaw
        self,
        check: str,
        says: str,
        name: str,
        properties: dict[str, Definition],
        flawed: Work,
        fixed: Work,
        **more: Any,
    ) -> None:
        """Declare a tool with a flaw and without."""
        schema = closed(properties, tuple(properties))
        self.append(
            Flaw(check=check, says=says, definition=tool(name, inputSchema=schema, **more), flawed=flawed, fixed=fixed)
        )
