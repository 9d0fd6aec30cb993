"""Names split into words, and the examples that a description spells out."""

import re
from collections.abc import Iterator

_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_QUOTED = r"""["'`“]([^"'`“”\n]{1,200})["'`”]"""
_LED = re.compile(
    rf"(?:e\.g\.?,?|such as|for example,?|for instance,?|examples?:|example:|like|i\.e\.?,?)\s*:?\s*{_QUOTED}", re.I
)
_BARE = re.compile(r"(?:e\.g\.?,?|for example,?|examples?:)\s*:?\s*([\w./:+@#*-]{1,80}[\w/*])", re.I)
_IN_BRACKETS = re.compile(rf"\((?:[^()]*?){_QUOTED}[^()]*\)")
_ONE = r"[\"'`]?[\w.-]+[\"'`]?"
_BETWEEN = r"(?:\s*,\s*(?:or\s+)?|\s+or\s+|\s*\|\s*)"
_LISTED = re.compile(
    rf"(?:one of|options(?: are)?|allowed values(?: are)?|values|choices|must be)\s*:?\s*((?:{_ONE}{_BETWEEN})+{_ONE})",
    re.I,
)
_WORD = re.compile(r"[\w.-]+")


def words(name: str) -> tuple[str, ...]:
    """The words of a name in whatever case style, in lower case."""
    return tuple(word.lower() for word in _WORDS.findall(name))


def listed(text: str) -> frozenset[str]:
    """The words of a list that is written as one text."""
    return frozenset(text.split())


def examples(text: str) -> Iterator[str]:
    """Values a text gives as examples, the surest first."""
    seen: set[str] = set()
    for pattern in (_LED, _IN_BRACKETS, _BARE):
        for found in pattern.finditer(text):
            value = found[1].strip()
            if value and value not in seen:
                seen.add(value)
                yield value


def choices(text: str) -> list[str]:
    """The words of a list of allowed values in a text, empty when there is none."""
    found = _LISTED.search(text)
    if not found:
        return []
    named = [word.strip(".") for word in _WORD.findall(found[1])]
    return [word for word in named if word and word.lower() not in ("or", "and", "a", "an", "the", "be", "to")]
