"""Texts that keep a careless regular expression busy, in two lengths: what they take tells how it grows."""

from collections.abc import Iterator

from pytest_mcp.generation.probes.draft import Ground
from pytest_mcp.generation.probes.leaves import Leaf
from pytest_mcp.generation.schema import GapError, read, settled
from pytest_mcp.model.probe import Aim, Family, Probe

SHORT, LONG = 1_000, 4_000
_SHAPES = (("letters", "a", "!"), ("separators", ",", "/"), ("spaces", " ", "x"), ("digits", "1", "x"))


def probes(ground: Ground) -> Iterator[Probe]:
    """For every text whose schema has a pattern; for every text with ``--mcp-deep``."""
    for leaf in ground.texts:
        if ground.deep or _has_pattern(ground, leaf):
            for label, letter, end in _SHAPES:
                for aim, length in ((Aim.SHORT, SHORT), (Aim.LONG, LONG)):
                    yield ground.probe(leaf, Family.PATTERN, aim, f"{length} {label}", letter * length + end)


def _has_pattern(ground: Ground, leaf: Leaf) -> bool:
    try:
        inputs = read(ground.tool.definition)
        return "pattern" in settled(inputs.properties.get(leaf.name, {}), inputs.root)
    except GapError:
        return False
