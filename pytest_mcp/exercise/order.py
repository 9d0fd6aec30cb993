"""In which order the tools of a server are called: what makes things first, what takes them away last."""

import re
from collections.abc import Iterable

from pytest_mcp.model.interface import Element


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_MAKE = _set(
    "init initialize create make new add insert write save put post start open connect login register navigate set "
    "store upload import push install clone build index"
)
_CHANGE = _set("update edit modify rename move copy patch append replace merge commit apply toggle")
_END = _set(
    "delete remove drop clear destroy purge reset close stop kill shutdown quit exit uninstall unset wipe prune "
    "disconnect logout cancel"
)
_LOOK = _set("get read list show find search describe fetch view open query check lookup count")
_VERBS = _MAKE | _CHANGE | _END | _LOOK
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


def words(name: str) -> list[str]:
    """The words of a name in whatever case style, in lower case."""
    return [word.lower() for word in _WORDS.findall(name)]


def rank(name: str) -> int:
    """0 makes, 1 looks, 2 changes, 3 takes away: judged by the first word that tells."""
    for word in words(name):
        if word in _END:
            return 3
        if word in _CHANGE:
            return 2
        if word in _MAKE:
            return 0
    return 1


def things(name: str) -> frozenset[str]:
    """What a tool is about: the words of its name that are no verbs of ours, without their plural."""
    return frozenset(word.removesuffix("s") for word in words(name) if word not in _VERBS)


def ordered(tools: Iterable[Element]) -> list[Element]:
    """The tools by rank, within a rank as the server lists them."""
    return sorted(tools, key=lambda tool: rank(tool.name))
