"""Where the arguments of a chain come from: generation, and what the answers of the same server told before."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pytest_mcp import generation
from pytest_mcp.generation import Given
from pytest_mcp.generation.learning import remembered, told
from pytest_mcp.model.call import Call
from pytest_mcp.model.case import Case
from pytest_mcp.model.interface import Element
from pytest_mcp.model.world import World


@dataclass(slots=True)
class Generated:
    """Ideas for one server; ``hinted``, ``stored`` and ``values`` are by tool."""

    seed: int
    world: World | None
    hinted: Mapping[str, tuple[Mapping[str, Any], ...]] = field(default_factory=dict)
    stored: Mapping[str, tuple[Mapping[str, Any], ...]] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    known: dict[str, list[Any]] = field(default_factory=dict)

    def controls(self, tool: Element) -> Iterable[Case]:
        """See Ideas.controls."""
        return generation.controls(tool, self._given(tool))

    def repaired(self, case: Case, text: str, tool: Element) -> Case | None:
        """See Ideas.repaired."""
        return generation.repaired(case, text, tool, self._given(tool))

    def valid(self, tool: Element, control: Case) -> Iterable[Case]:
        """See Ideas.valid."""
        return generation.valid_cases(tool, control, self._given(tool))

    def invalid(self, tool: Element, control: Case) -> Iterable[Case]:
        """See Ideas.invalid."""
        return generation.invalid_cases(tool, control, self._given(tool))

    def learn(self, call: Call) -> None:
        """Keep ids, names and paths of the answer, and those that were given to make something."""
        result = call.exchange.result
        structured = result.get("structuredContent") if isinstance(result, dict) else None
        remembered(self.known, told(call.text, structured), call.case.tool)
        given = told("", call.case.arguments)
        remembered(self.known, [pair for pair in given if pair[0]], call.case.tool)

    def _given(self, tool: Element) -> Given:
        return Given(
            seed=self.seed,
            world=self.world,
            known=self.known,
            hinted=self.hinted.get(tool.name, ()),
            stored=self.stored.get(tool.name, ()),
            values=self.values.get(tool.name, {}),
        )
