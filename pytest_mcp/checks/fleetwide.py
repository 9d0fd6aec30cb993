"""How the servers of a project get on with each other, and what they cost a conversation together. Pure."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pytest_mcp.model.finding import Violation
from pytest_mcp.model.interface import Element, ElementKind, Interface
from pytest_mcp.model.text import inert_line

CHARACTERS_PER_TOKEN = 4
"""An estimate for English text and JSON; every model counts otherwise, by a third up or down."""
MUCH = 10_000
"""Tokens of one server's tools: a twentieth of a context of 200,000."""
NAMED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Tokens of a server's definitions, estimated, and the tools that cost the most of it with theirs."""

    tokens: int
    dearest: tuple[tuple[str, int], ...]


def collisions(own: Iterable[Element], others: Mapping[str, Iterable[Element]]) -> Iterator[Violation]:
    """Names that another server lists too."""
    names = {each.name for each in own}
    shared = [
        (name, server)
        for server, tools in others.items()
        for name in dict.fromkeys(each.name for each in tools)
        if name in names
    ]
    if shared:
        told = sorted({name for name, _ in shared})
        lines = [inert_line(f"{name}: also of {server}") for name, server in sorted(shared)[:NAMED]]
        more = [f"... and {len(shared) - NAMED} more"] if len(shared) > NAMED else []
        count = f"{len(told)} tools have" if len(told) > 1 else f"tool {inert_line(told[0])} has"
        title = f"{count} the name of a tool of another server"
        yield Violation(title=title, evidence="\n".join((*lines, *more)))


def cost(interface: Interface) -> Cost:
    """What the tools and the instructions of a server cost every conversation that they are offered in."""
    tools = {each.name: _tokens(each.definition) for each in interface.of_kind(ElementKind.TOOL)}
    dearest = sorted(tools.items(), key=lambda pair: -pair[1])[:5]
    return Cost(tokens=sum(tools.values()) + _tokens(interface.instructions), dearest=tuple(dearest))


def costly(found: Cost) -> Iterator[Violation]:
    """More than a twentieth of a large context, before anything was said."""
    if found.tokens > MUCH:
        yield Violation(
            title=f"its definitions cost about {found.tokens:,} tokens of every conversation",
            expected=f"at most {MUCH:,}",
            evidence="\n".join(f"{inert_line(name)}: {tokens:,}" for name, tokens in found.dearest),
        )


def _tokens(value: object) -> int:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return -(-len(text) // CHARACTERS_PER_TOKEN)
