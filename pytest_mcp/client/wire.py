"""JSON-RPC framing: pure functions from values to bytes and from bytes to what they are."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from pytest_mcp import __version__
from pytest_mcp.model.exchange import Ask, NoiseKind

MODERN_REVISION = "2026-07-28"
LEGACY_REVISIONS = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05")
META = "io.modelcontextprotocol/"
CLIENT = {"name": "pytest-mcp", "version": __version__}

_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode
_quote = json.encoder.encode_basestring_ascii
_decode = json.JSONDecoder().decode


class Incoming(NamedTuple):
    """One message from a server: a reply when ``noise`` is None, else what it is; ``id`` as sent, of any type."""

    message: Any
    id: Any = None
    noise: NoiseKind | None = None


def _refused(method: str, params: Any) -> dict[str, Any] | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """What we are to one server: the capabilities we declare, and what its requests for them get.

    ``result_of`` has the result for a method and its params, None where the request is to be refused.
    """

    capabilities: dict[str, Any] = field(default_factory=dict)
    result_of: Callable[[str, Any], dict[str, Any] | None] = _refused


NOTHING_DECLARED = Role()


def envelope(revision: str, role: Role = NOTHING_DECLARED) -> dict[str, Any]:
    """The ``_meta`` fields that 2026-07-28 demands on every request (basic/index, per-request protocol fields)."""
    about = {f"{META}protocolVersion": revision, f"{META}clientInfo": CLIENT}
    return {**about, f"{META}clientCapabilities": role.capabilities}


def encode(ask: Ask, request_id: int | None, modern_revision: str | None, role: Role = NOTHING_DECLARED) -> bytes:
    """The message as one line without its newline; ``modern_revision`` adds the envelope unless the ask is bare."""
    if ask.raw is not None:
        return ask.raw
    params = None if ask.params is None else _encode(ask.params)
    if modern_revision and not ask.bare and not ask.notification:
        params = _enveloped(ask.params, params, modern_revision, role)
    number = "" if request_id is None else f'"id":{request_id},'
    rest = "" if params is None else f',"params":{params}'
    return f'{{"jsonrpc":"2.0",{number}"method":{_quote(ask.method)}{rest}}}'.encode()


def _enveloped(params: dict[str, Any] | None, encoded: str | None, revision: str, role: Role) -> str:
    """The encoded params with the envelope; members of a ``_meta`` that is there already win over it."""
    common = _envelope(revision) if role is NOTHING_DECLARED else _encode(envelope(revision, role))
    if not params or not encoded:
        return f'{{"_meta":{common}}}'
    if "_meta" not in params:
        return f'{encoded[:-1]},"_meta":{common}}}'
    own = params["_meta"]
    return _encode({**params, "_meta": {**envelope(revision, role), **own}}) if isinstance(own, dict) else encoded


@lru_cache
def _envelope(revision: str) -> str:
    return _encode(envelope(revision))


def answer(message: dict[str, Any], role: Role = NOTHING_DECLARED) -> bytes | None:
    """Our reply to a request of the server's: ping, an empty list of roots, and what our role has a result for.

    None when its id is none that could be repeated: neither a string nor a number.
    """
    if isinstance(message.get("id"), bool) or not isinstance(message.get("id"), str | int | float):
        return None
    known: dict[str, dict[str, Any]] = {"ping": {}, "roots/list": {"roots": []}}
    reply: dict[str, Any] = {"jsonrpc": "2.0", "id": message.get("id")}
    scripted = role.result_of(message["method"], message.get("params"))
    if scripted is not None or message["method"] in known:
        reply["result"] = known[message["method"]] if scripted is None else scripted
    else:
        reply["error"] = {"code": -32601, "message": "this client declared no such capability"}
    try:
        return _encode(reply).encode()
    except ValueError:  # NaN and Infinity, which our parser lets in and JSON does not know
        return None


def classify(raw: bytes) -> Incoming:
    """What one line or HTTP body is; never raises, whatever the bytes."""
    try:
        message = _decode(raw.decode())
    except (ValueError, RecursionError):
        try:  # a byte order mark, or UTF-16: wrong, and the checks say so, but it can be read
            message = json.loads(raw)
        except (ValueError, RecursionError):
            return Incoming(message=None, noise=NoiseKind.NOT_JSON)
    if not isinstance(message, dict):
        return Incoming(message=message, noise=NoiseKind.INVALID)
    if "result" in message or "error" in message:
        return Incoming(message=message, id=message.get("id"))
    if isinstance(message.get("method"), str):
        kind = NoiseKind.SERVER_REQUEST if "id" in message else NoiseKind.NOTIFICATION
        return Incoming(message=message, id=message.get("id"), noise=kind)
    return Incoming(message=message, noise=NoiseKind.INVALID)
