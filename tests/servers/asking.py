"""A tool that needs an answer of its client's: by a request of its own, or since 2026-07-28 by its result."""

import json
from typing import Any

NAME = "introduce"
TOOL: dict[str, Any] = {
    "name": NAME,
    "description": "Asks who is there and where, and says it.",
    "inputSchema": {"type": "object", "properties": {}, "additionalProperties": False},
}
STATE = "asked once"
_FORM = {
    "mode": "form",
    "message": "Who is there?",
    "requestedSchema": {
        "type": "object",
        "properties": {"name": {"type": "string", "minLength": 3}, "age": {"type": "integer", "minimum": 18}},
        "required": ["name", "age"],
    },
}


def question() -> dict[str, Any]:
    """The request of a server up to 2025-11-25."""
    params = {name: value for name, value in _FORM.items() if name != "mode"}
    return {"jsonrpc": "2.0", "id": "who", "method": "elicitation/create", "params": params}


def questions() -> dict[str, Any]:
    """The result that asks, since 2026-07-28."""
    asked = {"who": {"method": "elicitation/create", "params": _FORM}, "where": {"method": "roots/list"}}
    return {"resultType": "input_required", "inputRequests": asked, "requestState": STATE}


def told(answers: Any) -> dict[str, Any]:
    """The result of the tool; what was answered is its text."""
    return {"content": [{"type": "text", "text": json.dumps(answers)}], "isError": False}
