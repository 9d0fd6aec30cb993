# ruff: noqa: RUF001, RUF002
"""Text that came from a server, made safe to show: it can neither steer a terminal nor hide what it says."""

import re

_COLOUR = re.compile(r"(?:\x1b\[|\x9b)[0-9;:]*m")
_LINE_END = re.compile(r"\r\n?")
_SPACE = re.compile(r"\s+")
# Controls but tab and newline; soft hyphen, joiners, fillers, direction marks and overrides, zero-width characters,
# variation selectors (FE0F stays: it only picks the emoji look), surrogates, interlinear marks, tags.
_UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    r"\u2060-\u206f\u2800\u3164\ud800-\udfff\ufe00-\ufe0e\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def _spelled(match: re.Match[str]) -> str:
    return f"‹U+{ord(match[0]):04X}›"


def inert(text: str) -> str:
    """Multi-line text without control: colours dropped, every other unseen code point spelled as ``‹U+202E›``.

    Newline and tab stay; carriage returns become newlines. The result can always be encoded as UTF-8.
    """
    return _UNSEEN.sub(_spelled, _LINE_END.sub("\n", _COLOUR.sub("", text)))


def inert_line(text: str, limit: int = 200) -> str:
    """The same as one line: white space runs become one space, and what exceeds ``limit`` characters becomes ``…``."""
    line = _SPACE.sub(" ", inert(text)).strip()
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"
