"""JSON with comments becomes JSON without: every character keeps its line and column, so complaints point right."""

import re

from pytest_mcp.errors import InventoryError

_STRING = r'"(?:[^"\\\n]|\\.)*+"?'
_COMMENT = re.compile(rf"{_STRING}|(?P<comment>//[^\n]*|/\*.*?\*/)|(?P<open>/\*)", re.DOTALL)
_COMMA = re.compile(rf"{_STRING}|(?P<comma>,)(?=[ \t\r\n]*[}}\]])", re.DOTALL)
_INK = re.compile(r"[^ \t\r\n]")


def without_comments(text: str, shown: str) -> str:
    """The text with comments and trailing commas replaced by spaces; strings stay as they are."""

    def blanked(found: re.Match[str]) -> str:
        if found["open"]:
            line, column = text.count("\n", 0, found.start()) + 1, found.start() - text.rfind("\n", 0, found.start())
            raise InventoryError(f"{shown}:{line}:{column}: a comment has no end; write */")
        return found[0] if found["comment"] is None else _INK.sub(" ", found[0])

    return _COMMA.sub(lambda found: found[0] if found["comma"] is None else " ", _COMMENT.sub(blanked, text))
