"""From a call that works to calls that would prove a flaw: one argument changed in each. Pure."""

from collections.abc import Iterator
from dataclasses import replace

from pytest_mcp.generation.probes import addresses, commands, options, paths, patterns, segments, statements
from pytest_mcp.generation.probes.draft import Ground
from pytest_mcp.generation.probes.leaves import leaves
from pytest_mcp.model.probe import Probe

__all__ = ["Ground", "probes"]
_FAMILIES = (
    paths.probes,
    commands.probes,
    options.probes,
    addresses.probes,
    statements.probes,
    segments.probes,
    patterns.probes,
)
LEAVES = 8
"""Texts of one tool that are probed in the short profile."""


def probes(ground: Ground) -> Iterator[Probe]:
    """Every probe of a tool, family by family; none twice."""
    found = leaves(ground.tool, ground.control)
    whole = replace(ground, texts=tuple(found if ground.deep else found[:LEAVES]))
    sent = {repr(ground.control.arguments)}
    for family in _FAMILIES:
        for probe in family(whole):
            if (key := repr(probe.case.arguments)) not in sent:
                sent.add(key)
                yield probe
