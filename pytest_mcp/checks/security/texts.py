"""What a text holds that its reader does not see, and what it tells a model to do (CWE-1007, CWE-150)."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from pytest_mcp.model.finding import Confidence, Severity, Violation
from pytest_mcp.model.interface import Interface
from pytest_mcp.model.text import inert_line

SHOWN = 300
_FLAG, _CANCEL = 0x1F3F4, 0xE007F
_BIDI = frozenset((*range(0x202A, 0x202F), *range(0x2066, 0x206A)))
_NOTHING = frozenset((0x200B, 0x2060, 0xFEFF, 0x180E, 0x115F, 0x1160, 0x3164, 0xFFA0, *range(0x2061, 0x2065), 0xAD))
_JOINERS = frozenset((0x200C, 0x200D))
_HARMLESS = frozenset((0x09, 0x0A, 0x0D))


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One text of a server: its element (``tool:NAME``, empty for the server itself), and where in it, as a pointer."""

    element: str
    pointer: str
    text: str


def places(interface: Interface) -> Iterator[Place]:
    """Every text that a server tells of itself."""
    yield from _walked("", "", interface.handshake)
    for element in interface.elements:
        yield from _walked(f"{element.kind}:{element.name}", "", element.definition)


def _walked(element: str, pointer: str, value: Any, depth: int = 0) -> Iterator[Place]:
    if isinstance(value, str):
        yield Place(element=element, pointer=pointer, text=value)
    elif depth < 40 and isinstance(value, dict):
        for key, each in value.items():
            yield Place(element=element, pointer=f"{pointer}/{key}", text=str(key))
            yield from _walked(element, f"{pointer}/{key}", each, depth + 1)
    elif depth < 40 and isinstance(value, list):
        for number, each in enumerate(value):
            yield from _walked(element, f"{pointer}/{number}", each, depth + 1)


# -- characters nobody sees -------------------------------------------------------------------------------------------


def kinds(text: str) -> dict[str, str]:
    """What a text holds that is not seen, by kind, each with the characters; empty for an honest text in any script."""
    found: dict[str, list[str]] = {}
    for at, character in enumerate(text):
        if not character.isascii() or character < " " or character == "\x7f":
            kind = _kind(text, at)
            if kind:
                found.setdefault(kind, []).append(character)
    return {kind: "".join(characters) for kind, characters in found.items()}


def _kind(text: str, at: int) -> str:  # noqa: PLR0911 - one line for each class
    code = ord(text[at])
    if code < 0x20 or 0x7F <= code < 0xA0:
        return "" if code in _HARMLESS else "control characters"
    if 0xE0000 <= code <= _CANCEL:
        return "" if _in_flag(text, at) else "tag characters"
    if code in _BIDI:
        return "characters that turn the direction of the text"
    if code in _NOTHING:
        return "" if code == 0xFEFF and at == 0 else "characters of no width"
    if code in _JOINERS:
        return "" if _joins(text, at) else "characters of no width"
    if 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF:
        return "variation selectors in a row" if at and _selects(text[at - 1]) else ""
    return "characters for private use" if unicodedata.category(text[at]) == "Co" else ""


def _selects(character: str) -> bool:
    return 0xFE00 <= ord(character) <= 0xFE0F or 0xE0100 <= ord(character) <= 0xE01EF


def _joins(text: str, at: int) -> bool:
    """Between letters of scripts that join, or within an emoji; never beside ASCII or another joiner."""
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    return all(each and not each.isascii() and ord(each) not in _JOINERS | _NOTHING for each in (before, after))


def _in_flag(text: str, at: int) -> bool:
    """Within the flag of a region: a black flag, a few tags, and the tag that ends them."""
    start = text.rfind(chr(_FLAG), max(0, at - 8), at)
    end = text.find(chr(_CANCEL), at, at + 8)
    return start >= 0 and end >= 0


def _decoded(characters: str) -> str:
    """The ASCII that tag characters or variation selectors stand for, else their code points."""
    codes = [ord(each) for each in characters]
    if all(0xE0000 <= code <= _CANCEL for code in codes):
        return "reads: " + "".join(chr(code - 0xE0000) for code in codes if code > 0xE001F)
    if all(_selects(each) for each in characters):
        values = bytes((code - 0xFE00 if code < 0xE0000 else code - 0xE0100 + 16) & 255 for code in codes)
        return f"as bytes: {values.decode('utf-8', 'replace')}"
    return " ".join(f"U+{code:04X}" for code in dict.fromkeys(codes))


def hidden_characters(found: Iterable[Place]) -> Iterator[Violation]:
    """No text holds characters that are not seen; one violation for each element."""
    ordered = sorted(found, key=lambda place: place.element)
    for element, group in groupby(ordered, key=lambda place: place.element):
        seen = [(place, kind, characters) for place in group for kind, characters in kinds(place.text).items()]
        if seen:
            place, kind, characters = min(seen, key=lambda each: each[1] == "characters for private use")
            yield Violation(
                title=f"holds {kind}",
                element=element,
                evidence=f"at {place.pointer or 'its text'}: {inert_line(place.text, limit=SHOWN)}",
                got=inert_line(_decoded(characters), limit=SHOWN),
                severity=Severity.LOW if kind == "characters for private use" else None,
            )


def hidden_in_results(found: Iterable[Place]) -> Iterator[Violation]:
    """The same of answers; control characters, which programs print for terminals, are low."""
    for violation in hidden_characters(found):
        yield replace(violation, severity=Severity.LOW) if violation.title.endswith("control characters") else violation


# -- markup and words -------------------------------------------------------------------------------------------------

_MARKUP = re.compile(
    r"<!--(?P<comment>.{12,}?)-->|\[//\]:\s*#\s*\((?P<note>.{12,}?)\)|"
    r"<[^>]{0,200}(?:display\s*:\s*none|font-size\s*:\s*0|visibility\s*:\s*hidden|color\s*:\s*(?:white|#fff))[^>]*>",
    re.IGNORECASE | re.DOTALL,
)
_ORDERS = re.compile(
    r"ignore (?:all |any )?(?:previous|prior|above|other) (?:instructions?|rules?|tools?)|"
    r"(?:do not|don't|never) (?:tell|mention|reveal|inform|show)(?: this| it| that)?(?: to)? (?:the )?user|"
    r"without (?:telling|informing|asking) (?:the )?user|"
    r"<\s*/?\s*(?:important|system|secret|instructions?|hidden)\s*>|"
    r"before (?:using|calling|running) (?:any|this|other) (?:other )?tools?\b.{0,80}\b(?:read|call|send|pass|include)|"
    r"(?:read|send|pass|include|attach|upload) .{0,60}(?:~/\.|\.ssh\b|id_rsa|id_ed25519|\.env\b|mcp\.json|credentials|"
    r"conversation history|system prompt)",
    re.IGNORECASE | re.DOTALL,
)
_NEAR = re.compile(r"\b(?:always|must|never|instead of|before|first|do not|don't)\b", re.IGNORECASE)


def hidden_markup(found: Iterable[Place]) -> Iterator[Violation]:
    """No text holds words that its rendering does not show."""
    for place in found:
        if seen := _MARKUP.search(place.text):
            yield Violation(
                title="holds markup that its rendering does not show",
                element=place.element,
                evidence=f"at {place.pointer}: {inert_line(seen[0], limit=SHOWN)}",
            )


def orders(found: Iterable[Place]) -> Iterator[Violation]:
    """No text gives a model orders that its user would not."""
    for place in found:
        if seen := _ORDERS.search(place.text):
            yield Violation(
                title="reads like an order to a model",
                element=place.element,
                evidence=f"at {place.pointer}: {inert_line(seen[0], limit=SHOWN)}",
                confidence=Confidence.TENTATIVE,
            )


def other_tools(found: Iterable[Place], own: frozenset[str], others: dict[str, str]) -> Iterator[Violation]:
    """No text speaks of the tools of another server; ``others`` has the server of each of their names."""
    names = [re.escape(name) for name in others if name not in own and _is_telling(name)]
    if not names:
        return
    pattern = re.compile(rf"(?<![\w-])(?:{'|'.join(sorted(names, key=len, reverse=True))})(?![\w-])")
    for place in found:
        if seen := pattern.search(place.text):
            around = place.text[max(0, seen.start() - 80) : seen.end() + 80]
            yield Violation(
                title=f"speaks of {inert_line(seen[0], limit=80)}, a tool of {inert_line(others[seen[0]], limit=80)}",
                element=place.element,
                evidence=f"at {place.pointer}: {inert_line(around, limit=SHOWN)}",
                confidence=Confidence.TENTATIVE,
                severity=Severity.MEDIUM if _NEAR.search(around) else None,
            )


def _is_telling(name: str) -> bool:
    """Whether a name is more than a word of everyday language."""
    return len(name) >= 6 and bool(re.search(r"[a-z0-9][_-][a-z0-9]|[a-z][A-Z]", name))
