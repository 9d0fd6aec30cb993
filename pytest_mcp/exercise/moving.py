"""Arguments that worked in one box, as they have to be in another: the paths and the address of its own world."""

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from pytest_mcp.model.case import Case
from pytest_mcp.model.exchange import Ask
from pytest_mcp.model.probe import Probe
from pytest_mcp.model.world import World


def moved(case: Case, source: World | None, target: World) -> Case:
    """The case with every mention of one world replaced by the other."""
    pairs = _pairs(source, target) if source is not None else []
    return replace(case, arguments=_replaced(case.arguments, pairs)) if pairs else case


def kept(arguments: Mapping[str, Any], world: World) -> dict[str, Any]:
    """Arguments as they may be kept for another run: with names in the place of what the world has anew each time."""
    return dict(_replaced(arguments, _pairs(world, _named(world))))


def restored(arguments: Mapping[str, Any], world: World) -> dict[str, Any]:
    """Kept arguments as they are in this world."""
    return dict(_replaced(arguments, _pairs(_named(world), world)))


def _named(world: World) -> World:
    return replace(world, workspace="{workspace}", outside="{box}/outside", url="http://{page}/")


def readdressed(ask: Ask, source: World, target: World) -> Ask:
    """The message with every mention of one world replaced by the other."""
    pairs = _pairs(source, target)
    return replace(ask, params=_replaced(ask.params, pairs)) if pairs else ask


def reworded(text: str, source: World, target: World) -> str:
    """A text with every mention of one world replaced by the other."""
    return str(_replaced(text, _pairs(source, target)))


def carried(probe: Probe, source: World, target: World) -> Probe:
    """The probe for another box."""
    case = moved(probe.case, source, target)
    return (
        probe
        if case is probe.case
        else replace(probe, case=case, target=_replaced(probe.target, _pairs(source, target)))
    )


def _pairs(source: World, target: World) -> list[tuple[str, str]]:
    boxes = (posixpath.dirname(source.outside), posixpath.dirname(target.outside))
    pages = (urlsplit(source.url).netloc, urlsplit(target.url).netloc)
    return [pair for pair in ((source.workspace, target.workspace), boxes, pages) if pair[0] and pair[0] != pair[1]]


def _replaced(value: Any, pairs: Sequence[tuple[str, str]]) -> Any:
    if isinstance(value, dict):
        return {key: _replaced(each, pairs) for key, each in value.items()}
    if isinstance(value, list):
        return [_replaced(each, pairs) for each in value]
    if isinstance(value, str):
        for old, new in pairs:
            value = value.replace(old, new)
    return value
