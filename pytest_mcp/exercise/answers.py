"""What a reply to ``tools/call`` amounts to, read from what it says rather than from the flag it carries."""

import json
import re
from typing import Any

from pytest_mcp.model.call import Answer
from pytest_mcp.model.exchange import Exchange

_NOTHING = {"", "[]", "{}", "null", "none", "undefined", '""'}
_ERROR_START = re.compile(
    r"""^[^\w\[{("']*(?:
        (?:\w+\s+){0,3}(?:error|exception|failure)\b\s*[:\-!(]
      | (?:error|exception|failure)\b
      | (?:\w*Error|\w*Exception)\s*:
      | traceback\s\(most\srecent\scall
      | (?:failed|unable|cannot|can't|could\snot|couldn't|not\sallowed|not\spermitted)\b
      | (?:access|permission|request)\s(?:is\s|was\s)?(?:denied|refused|rejected)
      | invalid\s(?:\w+\s){0,3}(?:argument|parameter|input|value|request|path|name|id|format)
      | missing\s(?:\w+\s){0,2}(?:argument|parameter|field|required|value)
      | (?:unknown|unsupported|unrecognized)\s(?:tool|argument|parameter|operation|command|option|method|function)
      | (?:\w+\s){1,3}(?:is|was|does|do)\s(?:not|n't)\s(?:found|exist|allowed|permitted|supported|valid|a\svalid)
      | (?:\w+\s){0,3}(?:not\sfound|no\ssuch\sfile)\s*[:!.(]
      | (?:\w+\s){1,3}["'`][^"'`\n]{1,100}["'`]\s(?:(?:is|was|does|did|could)\s(?:not|n't)\s|not\sfound|is\sinvalid)
    )""",
    re.IGNORECASE | re.VERBOSE,
)
"""How error texts begin; an error further on is part of what was asked for (a log, a search for ``error``)."""
_FLAGS = ("error", "errors", "err", "errorMessage", "error_message")
HEAD = 300


def text_of(exchange: Exchange) -> str:
    """The text of an answer: all text content of a result joined by newlines, or the message of an error."""
    if exchange.error is not None:
        return str(exchange.error.get("message", ""))
    content = exchange.result.get("content") if isinstance(exchange.result, dict) else None
    blocks = content if isinstance(content, list) else []
    texts = [block.get("text") for block in blocks if isinstance(block, dict) and block.get("type") == "text"]
    return "\n".join(text for text in texts if isinstance(text, str)) or exchange.reason


def answer_of(exchange: Exchange) -> Answer:
    """What the reply amounts to."""
    result = exchange.result
    if exchange.error is not None:
        return Answer.REFUSED
    if not isinstance(result, dict):
        return Answer.LOST
    if result.get("resultType", "complete") != "complete":
        return Answer.ASKS
    if result.get("isError") is True:
        return Answer.REFUSED
    text = text_of(exchange)
    if _says_error(text) or _says_error_inside(result.get("structuredContent")) or _says_error_inside(_parsed(text)):
        return Answer.DISGUISED
    return Answer.EMPTY if _is_empty(result, text) else Answer.RESULT


def _says_error(text: str) -> bool:
    return _ERROR_START.match(text[:HEAD]) is not None


def _says_error_inside(value: Any) -> bool:
    """An object that says of itself that it failed: ``success: false``, ``status: error``, an ``error`` text."""
    if not isinstance(value, dict):
        return False
    inner = value.get("result") if set(value) == {"result"} else None  # how the Python SDK wraps what is no object
    if isinstance(inner, str):
        return _says_error(inner)
    value = inner if isinstance(inner, dict) else value
    if value.get("success") is False or value.get("ok") is False:
        return True
    if str(value.get("status", "")).lower() in ("error", "failed", "failure"):
        return True
    return any(isinstance(value.get(flag), str) and value[flag].strip() for flag in _FLAGS)


def _parsed(text: str) -> Any:
    if not text.lstrip().startswith("{"):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _is_empty(result: dict[str, Any], text: str) -> bool:
    content = result.get("content")
    others = [
        block
        for block in (content if isinstance(content, list) else [])
        if isinstance(block, dict) and block.get("type") not in (None, "text")
    ]
    if others or text.strip().lower() not in _NOTHING:
        return False
    return result.get("structuredContent") in (None, {}, [], {"result": []}, {"result": {}}, {"result": None})
