"""A client that declares everything and answers whatever it is asked: as the schema demands, the same each time.

For connections on which tools are called: some cannot be made to work without an answer of the client's. Before
2026-07-28 servers ask by requests of their own, which the connection answers by itself; since then they answer a
request with ``input_required``, and ``complete`` sends it again with what was asked for.
"""

from dataclasses import dataclass, replace
from typing import Any

from pytest_mcp.client.connection import Caller
from pytest_mcp.client.wire import Role
from pytest_mcp.model.exchange import Ask, Exchange

CAPABILITIES: dict[str, Any] = {"roots": {}, "sampling": {}, "elicitation": {"form": {}}}
ROUNDS = 5
"""How often one request may come back with questions."""
_FORMATS = {
    "email": "ada@example.com",
    "uri": "https://example.com/",
    "date": "2026-01-31",
    "date-time": "2026-01-31T12:00:00Z",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """The answers; ``roots`` are uris."""

    roots: tuple[str, ...] = ()

    def __call__(self, method: str, params: Any) -> dict[str, Any] | None:
        """The result for a request of the server's, None for one that no client knows."""
        asked = params if isinstance(params, dict) else {}
        if method == "roots/list":
            return {"roots": [{"uri": uri, "name": uri.rstrip("/").rpartition("/")[2]} for uri in self.roots]}
        if method == "sampling/createMessage":
            text = {"type": "text", "text": "This is the answer of a script."}
            return {"role": "assistant", "content": text, "model": "pytest-mcp-script", "stopReason": "endTurn"}
        if method == "elicitation/create":
            return _elicited(asked)
        return None


def scripted(roots: tuple[str, ...] = ()) -> Role:
    """The role of such a client."""
    return Role(capabilities=CAPABILITIES, result_of=Script(roots=roots))


def complete(caller: Caller, ask: Ask, role: Role) -> Exchange:
    """Send a request and answer what it asks for, at most five times; the last exchange, whatever came of it."""
    seen = caller.send(ask)
    for _ in range(ROUNDS):
        again = _retry(ask, seen.result, role)
        if again is None:
            break
        seen = caller.send(again)
    return seen


def _retry(ask: Ask, result: Any, role: Role) -> Ask | None:
    """The request once more with all it asked for and its state unread (basic/patterns/mrtr, Client Requirements)."""
    if not isinstance(result, dict) or result.get("resultType") != "input_required":
        return None
    asked = result.get("inputRequests", {})
    if not isinstance(asked, dict) or not all(isinstance(each, dict) for each in asked.values()):
        return None
    answers = {key: role.result_of(str(each.get("method")), each.get("params")) for key, each in asked.items()}
    if None in answers.values():
        return None
    state = {"requestState": result["requestState"]} if "requestState" in result else {}
    given = {"inputResponses": answers} if "inputRequests" in result else {}
    return replace(ask, params={**(ask.params or {}), **given, **state})


def _elicited(asked: dict[str, Any]) -> dict[str, Any]:
    """A form is filled in; a page that a person would have to open is not (client/elicitation)."""
    if asked.get("mode", "form") != "form":
        return {"action": "decline"}
    schema = asked.get("requestedSchema")
    properties = schema.get("properties") if isinstance(schema, dict) else None
    fields = properties if isinstance(properties, dict) else {}
    return {"action": "accept", "content": {name: _value(field) for name, field in fields.items()}}


def _value(field: Any) -> Any:
    """A value for one field of a form, whose schemas are flat (client/elicitation, Requested Schema)."""
    if not isinstance(field, dict):
        return ""
    if "default" in field or (choices := _choices(field)):
        return field["default"] if "default" in field else choices[0]
    if field.get("type") == "boolean":
        return True
    kinds = {"array": _several, "integer": _whole, "number": _whole}
    return kinds.get(str(field.get("type")), _text)(field)


def _text(field: dict[str, Any]) -> str:
    text = _FORMATS.get(str(field.get("format")), "Ada Lovelace")
    return text.ljust(_number(field, "minLength", 0), ".")[: _number(field, "maxLength", len(text) + 1000)]


def _whole(field: dict[str, Any]) -> int:
    return _number(field, "minimum", min(1, _number(field, "maximum", 1)))


def _several(field: dict[str, Any]) -> list[Any]:
    items = field.get("items")
    return _choices(items if isinstance(items, dict) else {})[: max(1, _number(field, "minItems", 1))]


def _choices(field: dict[str, Any]) -> list[Any]:
    listed: list[Any] = next((field[key] for key in ("enum", "oneOf", "anyOf") if isinstance(field.get(key), list)), [])
    return [each.get("const") if isinstance(each, dict) else each for each in listed]


def _number(field: dict[str, Any], name: str, otherwise: int) -> int:
    found = field.get(name, otherwise)
    return found if isinstance(found, int) and not isinstance(found, bool) else otherwise
