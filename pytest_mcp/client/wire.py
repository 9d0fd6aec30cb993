"""JSON-RPC framing: pure functions from values to bytes and from bytes to what they are."""

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pytest_mcp import __version__
from pytest_mcp.model.exchange import Ask, NoiseKind

MODERN_REVISION = "2026-07-28"
LEGACY_REVISIONS = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05")
META = "io.modelcontextprotocol/"
CLIENT = {"name": "pytest-mcp", "version": __version__}

_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode
_quote = json.encoder.encode_basestring_ascii
_decode = json.JSONDecoder().decode


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One message from a server: a reply when ``noise`` is None, else what it is; ``id`` as sent, of any type."""

    message: Any
    id: Any = None
    noise: NoiseKind | None = None


def envelope(revision: str) -> dict[str, Any]:
    """The ``_meta`` fields that 2026-07-28 demands on every request (basic/index, per-request protocol fields)."""
    return {f"{META}protocolVersion": revision, f"{META}clientInfo": CLIENT, f"{META}clientCapabilities": {}}


def encode(ask: Ask, request_id: int | None, modern_revision: str | None) -> bytes:
    """The message as one line without its newline; ``modern_revision`` adds the envelope unless the ask is bare."""
    if ask.raw is not None:
        return ask.raw
    params = None if ask.params is None else _encode(ask.params)
    if modern_revision and not ask.bare and not ask.notification:
        params = _enveloped(ask.params, params, modern_revision)
    number = "" if request_id is None else f'"id":{request_id},'
    rest = "" if params is None else f',"params":{params}'
    return f'{{"jsonrpc":"2.0",{number}"method":{_quote(ask.method)}{rest}}}'.encode()


def _enveloped(params: dict[str, Any] | None, encoded: str | None, revision: str) -> str:
    """The encoded params with the envelope; members of a ``_meta`` that is there already win over it."""
    if not params or not encoded:
        return f'{{"_meta":{_envelope(revision)}}}'
    if "_meta" not in params:
        return f'{encoded[:-1]},"_meta":{_envelope(revision)}}}'
    own = params["_meta"]
    return _encode({**params, "_meta": {**envelope(revision), **own}}) if isinstance(own, dict) else encoded


@lru_cache
def _envelope(revision: str) -> str:
    return _encode(envelope(revision))


def answer(message: dict[str, Any]) -> bytes | None:
    """Our reply to a request of the server's: ping and an empty list of roots, everything else is refused.

    None when its id is none that could be repeated: neither a string nor a number.
    """
    if isinstance(message.get("id"), bool) or not isinstance(message.get("id"), str | int | float):
        return None
    known: dict[str, dict[str, Any]] = {"ping": {}, "roots/list": {"roots": []}}
    reply: dict[str, Any] = {"jsonrpc": "2.0", "id": message.get("id")}
    if message["method"] in known:
        reply["result"] = known[message["method"]]
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
