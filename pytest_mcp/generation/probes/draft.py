"""What all probes of a tool are made from, and how one is made."""

import hashlib
from dataclasses import dataclass, field, replace

from pytest_mcp.generation.probes.leaves import Leaf, put
from pytest_mcp.model.case import Case, Expect
from pytest_mcp.model.effects import Effects, Touched
from pytest_mcp.model.interface import Element
from pytest_mcp.model.probe import Aim, Family, Probe
from pytest_mcp.model.world import World

_CHANGED = (Touched.CREATED, Touched.WRITTEN, Touched.REMOVED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A tool with a call that works, in its world; ``effects`` are those of that call, ``run`` is new in every run."""

    tool: Element
    control: Case
    world: World
    run: str
    effects: Effects | None = None
    deep: bool = False
    texts: tuple[Leaf, ...] = field(default=(), repr=False)

    @property
    def spawns(self) -> bool:
        """Whether the call that works may have started a program."""
        return self.effects is None or not self.effects.complete or bool(self.effects.spawned)

    @property
    def writes(self) -> bool:
        """Whether the call that works may have changed a file."""
        seen = self.effects
        return seen is None or not seen.complete or any(each.how in _CHANGED for each in seen.files)

    def mark(self, leaf: Leaf, label: str) -> str:
        """A text that one probe alone has."""
        whole = f"{self.run}\0{self.tool.name}\0{leaf.pointer}\0{label}"
        return hashlib.blake2s(whole.encode("utf-8", "replace"), digest_size=5).hexdigest()

    def probe(  # noqa: PLR0913 - every part of a probe
        self,
        leaf: Leaf,
        family: Family,
        aim: Aim,
        label: str,
        value: str,
        *,
        target: str = "",
        relative: bool = False,
    ) -> Probe:
        """The control with another value in one place; ``label`` names what is tried there."""
        case = replace(
            self.control,
            id=f"{family}:{label}:{leaf.pointer}",
            arguments=put(self.control.arguments, leaf.pointer, value),
            expect=Expect.INVALID,
            kind=str(family),
            mutation=f"where {leaf.pointer} is {label}",
            origins=(),
        )
        return Probe(
            family=family,
            aim=aim,
            argument=leaf.pointer,
            what=label,
            mark=self.mark(leaf, label),
            case=case,
            target=target,
            relative=relative,
        )
