"""Values that leave their part of an address: upwards, into the query, past its end."""

from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from pytest_mcp.generation.probes.draft import Ground
from pytest_mcp.generation.probes.leaves import Leaf
from pytest_mcp.model.probe import Aim, Family, Probe

_WAYS = (("a step upwards", "../../{mark}"), ("a query", "{value}?{mark}=1"), ("a fragment", "{value}/{mark}#"))


def probes(ground: Ground) -> Iterator[Probe]:
    """For every text that the call that works put into the path of a request."""
    for leaf in ground.texts:
        if _in_path(ground, leaf):
            for label, pattern in _WAYS:
                value = pattern.replace("{mark}", ground.mark(leaf, label)).replace("{value}", leaf.value or "")
                yield ground.probe(leaf, Family.SEGMENT, Aim.HTTP, label, value)


def _in_path(ground: Ground, leaf: Leaf) -> bool:
    value = leaf.value or ""
    if len(value) < 2 or "://" in value or ground.effects is None:
        return False
    parts = (part for each in ground.effects.requests for part in urlsplit(each.url).path.split("/"))
    return any(unquote(part) == value for part in parts)
