"""Values that a program would take for one of its options."""

from collections.abc import Iterator

from pytest_mcp.generation.probes.draft import Ground
from pytest_mcp.model.probe import Aim, Family, Probe

PREFIX = "--mcp-probe-"
DASH, SPLIT = "an option", "an option after a space"


def probes(ground: Ground) -> Iterator[Probe]:
    """For every text of a tool that may start programs."""
    if not ground.spawns and not ground.deep:
        return
    for leaf in ground.texts:
        for aim, label, before in (
            (Aim.DASH, "an option", ""),
            (Aim.SPLIT, "an option after a space", f"{leaf.value or 'x'} "),
        ):
            yield ground.probe(leaf, Family.OPTION, aim, label, f"{before}{PREFIX}{ground.mark(leaf, label)}")
