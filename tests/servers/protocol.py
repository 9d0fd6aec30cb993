"""One message in, the answer out: MCP in both eras, as a correct server speaks it, over whatever transport."""

import base64
import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.servers import asking
from tests.servers import offer as offered
from tests.servers.offer import Offer

MODERN = "2026-07-28"
LEGACY = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05")
META = "io.modelcontextprotocol/"
LISTS = {
    "tools/list": "tools",
    "resources/list": "resources",
    "resources/templates/list": "resourceTemplates",
    "prompts/list": "prompts",
}
LEVELS = ("debug", "info", "notice", "warning", "error", "critical", "alert", "emergency")
CHANGES = {"toolsListChanged": "tools", "promptsListChanged": "prompts", "resourcesListChanged": "resources"}
NAMED = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
CACHED = {*LISTS, "server/discover", "resources/read"}

Message = dict[str, Any]


class Refusal(Exception):  # noqa: N818 - the client's error, not ours
    """A request that is answered with an error; ``status`` is what HTTP says of it."""

    def __init__(self, code: int, message: str, *, data: Any = None, status: int = 400) -> None:
        super().__init__(message)
        self.status = status
        self.error: Message = {"code": code, "message": message}
        if data is not None:
            self.error["data"] = data


@dataclass(slots=True)
class Answer:
    """What goes back: objects to encode, or bytes to send as they are; ``status`` and ``headers`` only over HTTP.

    ``silent`` leaves the caller waiting for ever. ``streamed`` asks for an event stream; on it ``live`` follows, which
    is not known before (HTTP). ``way`` is a hostile way of HTTP to send it: ``trickle``, ``redirect``, ``cut`` or
    ``endless``.
    """

    messages: list[Any] = field(default_factory=list)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    silent: bool = False
    streamed: bool = False
    live: Iterator[Message] | None = None
    way: str = ""


@dataclass(slots=True)
class Session:
    """What a legacy client negotiated."""

    revision: str | None = None
    capabilities: Message = field(default_factory=dict)
    asked: str | int | None = None
    """The call that waits for the client's answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """How a message came: its transport, and over HTTP the headers, names in lower case."""

    transport: str
    headers: Mapping[str, str] = field(default_factory=dict)


class Protocol:
    """A correct server; ``eras`` are those it speaks, ``page`` how many elements a page has. Safe from any thread."""

    page = 2

    def __init__(self, eras: frozenset[str], offer: Offer) -> None:
        self.eras, self.offer = eras, offer
        self.notes = dict(offered.NOTES)
        self.only_session = Session()
        self.sessions: dict[str, Session] = {}

    @property
    def revisions(self) -> list[str]:
        """The revisions this server speaks, newest first."""
        modern = [MODERN] if "modern" in self.eras else []
        return [*modern, *LEGACY] if "legacy" in self.eras else modern

    def answer(self, message: Any, channel: Channel) -> Answer:
        """The answer to one message, or to a batch where the revision has batches."""
        if isinstance(message, list) and self._session(channel).revision == "2025-03-26" and message:
            each = [reply for one in message for reply in self.answer(one, channel).messages]
            return Answer([each]) if each else Answer(status=202)
        try:
            request_id = _checked(message)
        except Refusal as refusal:
            return Answer([{"jsonrpc": "2.0", "error": refusal.error}], status=400)
        if request_id is None:
            return Answer(status=202)
        if "method" not in message:
            return self._answered(message, channel)
        modern = self.is_modern(message, channel)
        try:
            return self._modern(message, channel) if modern else self._legacy(message, channel)
        except Refusal as refusal:
            return Answer([{"jsonrpc": "2.0", "id": request_id, "error": refusal.error}], status=refusal.status)

    def is_modern(self, message: Message, channel: Channel) -> bool:
        """Which era a request is to be served in; one that speaks both goes by how the client opens."""
        if len(self.eras) == 1:
            return "modern" in self.eras
        declared = meta(message).get(META + "protocolVersion") or channel.headers.get("mcp-protocol-version") == MODERN
        return bool(declared) or message["method"] == "server/discover"

    # -- 2026-07-28 -------------------------------------------------------------------------------------------------

    def _modern(self, message: Message, channel: Channel) -> Answer:
        method, params = message["method"], _params(message)
        if channel.transport == "http":
            _headers_mirror_body(message, channel.headers)
            if method == "tools/call":
                _headers_mirror_arguments(params, channel.headers, self.offer.definition(params.get("name")))
        version = meta(message).get(META + "protocolVersion")
        if method == "initialize" and version is None:
            raise Refusal(-32601, f"this server speaks {MODERN} only", data={"supported": self.revisions}, status=404)
        if not isinstance(version, str) or not isinstance(meta(message).get(META + "clientCapabilities"), dict):
            raise Refusal(-32602, "_meta must have protocolVersion and clientCapabilities")
        if version != MODERN:
            data = {"supported": self.revisions, "requested": version}
            raise Refusal(-32022, "unsupported protocol version", data=data)
        if meta(message).get(META + "logLevel", "info") not in LEVELS:
            raise Refusal(-32602, "there is no such log level", status=200)
        if method == "subscriptions/listen":
            return self._listen(message)
        if self._asks(method, params) and "requestState" not in params:
            return self._ask(message)
        if method == "server/discover":
            result = {"supportedVersions": self.revisions, **self._self()}
        else:
            result = self._result(method, params, not_found=-32602, unknown_status=404)
        result = {"resultType": "complete", **result, "_meta": {META + "serverInfo": self.offer.info}}
        if method in CACHED:
            result |= {"ttlMs": 60_000, "cacheScope": "public"}
        return Answer([{"jsonrpc": "2.0", "id": message["id"], "result": result}])

    def _asks(self, method: str, params: Message) -> bool:
        return method == "tools/call" and params.get("name") == asking.NAME and asking.TOOL in self.offer.tools

    def _ask(self, message: Message) -> Answer:
        if "elicitation" not in meta(message)[META + "clientCapabilities"]:
            data = {"requiredCapabilities": {"elicitation": {}}}
            raise Refusal(-32021, "this tool asks who is there", data=data)
        result = {**asking.questions(), "_meta": {META + "serverInfo": self.offer.info}}
        return Answer([{"jsonrpc": "2.0", "id": message["id"], "result": result}])

    def _listen(self, message: Message) -> Answer:
        """Nothing here ever changes: the subscription is acknowledged and ended."""
        wanted = message["params"].get("notifications")
        if not isinstance(wanted, dict):
            raise Refusal(-32602, "notifications must be an object")
        agreed: Message = {name: True for name, value in wanted.items() if value is True and self._tells_of(name)}
        if self._watches() and isinstance(watched := wanted.get("resourceSubscriptions"), list):
            agreed["resourceSubscriptions"] = watched
        about = {META + "subscriptionId": message["id"]}
        acknowledged = {
            "jsonrpc": "2.0",
            "method": "notifications/subscriptions/acknowledged",
            "params": {"_meta": about, "notifications": agreed},
        }
        result = {"resultType": "complete", "_meta": {**about, META + "serverInfo": self.offer.info}}
        return Answer([acknowledged, {"jsonrpc": "2.0", "id": message["id"], "result": result}], streamed=True)

    def _tells_of(self, change: str) -> bool:
        declared = self.offer.capabilities.get(CHANGES.get(change, ""))
        return isinstance(declared, dict) and declared.get("listChanged") is True

    def _watches(self) -> bool:
        declared = self.offer.capabilities.get("resources")
        return isinstance(declared, dict) and declared.get("subscribe") is True

    # -- up to 2025-11-25 -------------------------------------------------------------------------------------------

    def _legacy(self, message: Message, channel: Channel) -> Answer:
        method, params = message["method"], _params(message)
        if method == "initialize":
            return self._initialize(message, params, channel)
        session = self._session(channel)
        if method == "ping":
            result: Message = {}
        elif method == "logging/setLevel" and "logging" in self.offer.capabilities:
            if params.get("level") not in LEVELS:
                raise Refusal(-32602, "there is no such log level", status=200)
            result = {}
        elif method in ("resources/subscribe", "resources/unsubscribe") and self._watches():
            self._read(params, -32002)
            result = {}
        elif channel.transport == "stdio" and self._asks(method, params) and "elicitation" in session.capabilities:
            session.asked = message["id"]
            return Answer([asking.question()])
        else:
            if session.revision is None and method in {*LISTS, *NAMED}:
                raise Refusal(-32600, "initialize comes first")
            result = self._result(method, params, not_found=-32002, unknown_status=200)
        return Answer([{"jsonrpc": "2.0", "id": message["id"], "result": result}])

    def _initialize(self, message: Message, params: Message, channel: Channel) -> Answer:
        wanted = params.get("protocolVersion")
        if not isinstance(wanted, str) or not isinstance(params.get("clientInfo"), dict):
            raise Refusal(-32602, "protocolVersion and clientInfo are required", status=200)
        revision = wanted if wanted in LEGACY else LEGACY[0]
        result = {"protocolVersion": revision, **self._self(), "serverInfo": self.offer.info}
        answer = Answer([{"jsonrpc": "2.0", "id": message["id"], "result": result}])
        if channel.transport == "http":
            name = secrets.token_urlsafe(16)
            self.sessions[name] = Session(revision, params.get("capabilities", {}))
            answer.headers["Mcp-Session-Id"] = name
        else:
            self.only_session = Session(revision, params.get("capabilities", {}))
        return answer

    def _answered(self, message: Message, channel: Channel) -> Answer:
        """An answer of the client's: over stdio the call that waited for it is over."""
        session = self.only_session
        if channel.transport != "stdio" or message.get("id") != "who" or session.asked is None:
            return Answer(status=202)
        waiting, session.asked = session.asked, None
        return Answer([{"jsonrpc": "2.0", "id": waiting, "result": asking.told(message.get("result"))}])

    def _session(self, channel: Channel) -> Session:
        if channel.transport == "stdio":
            return self.only_session
        name = channel.headers.get("mcp-session-id")
        if name is None:
            raise Refusal(-32600, "Mcp-Session-Id is missing: initialize comes first")
        if name not in self.sessions:
            raise Refusal(-32600, "there is no such session", status=404)
        version = channel.headers.get("mcp-protocol-version", "2025-03-26")
        if version not in LEGACY:
            raise Refusal(-32600, f"this session does not speak {version}")
        return self.sessions[name]

    # -- both eras --------------------------------------------------------------------------------------------------

    def _self(self) -> Message:
        return {"capabilities": self.offer.capabilities, "instructions": self.offer.instructions}

    def _result(self, method: str, params: Message, *, not_found: int, unknown_status: int) -> Message:
        capability = method.partition("/")[0]
        if capability in self.offer.capabilities:
            if method in LISTS:
                return self._list(method, params)
            if method == "tools/call":
                return self._call(params)
            if method == "resources/read":
                return self._read(params, not_found)
            if method == "prompts/get":
                return self._get(params)
        if method == "completion/complete" and "completions" in self.offer.capabilities:
            return self._complete(params)
        raise Refusal(-32601, f"unknown method {method}", status=unknown_status)

    def _complete(self, params: Message) -> Message:
        ref, argument = params.get("ref"), params.get("argument")
        listed = [each for each in (*self.offer.prompts, *self.offer.templates) if isinstance(each, dict)]
        known = [each.get("name") for each in listed] + [each.get("uriTemplate") for each in listed]
        if not isinstance(ref, dict) or ref.get("name", ref.get("uri")) not in known or not isinstance(argument, dict):
            raise Refusal(-32602, "there is nothing of this name to complete", status=200)
        values = [note for note in self.notes if note.startswith(str(argument.get("value", "")))]
        return {"completion": {"values": values, "total": len(values), "hasMore": False}}

    def _list(self, method: str, params: Message) -> Message:
        member = LISTS[method]
        entries = self.offer.templates if member == "resourceTemplates" else getattr(self.offer, member)
        start = _position(params.get("cursor"), len(entries))
        end = start + self.page
        page: Message = {member: entries[start:end]}
        if end < len(entries):
            page["nextCursor"] = base64.b64encode(f"from {end}".encode()).decode()
        return page

    def _call(self, params: Message) -> Message:
        if params.get("name") == asking.NAME and params.get("requestState") == asking.STATE:
            return asking.told(params.get("inputResponses"))
        definition, arguments = self.offer.definition(params.get("name")), params.get("arguments", {})
        if definition is None or params["name"] not in offered.CALLS or not isinstance(arguments, dict):
            raise Refusal(-32602, "there is no such tool, or its arguments are no object", status=200)
        if wrong := offered.complaint(definition["inputSchema"], arguments):
            return {"content": [{"type": "text", "text": wrong}], "isError": True}
        made = offered.CALLS[params["name"]](self.notes, arguments)
        shown = made if isinstance(made, str) else json.dumps(made)
        result: Message = {"content": [{"type": "text", "text": shown}], "isError": False}
        return result if isinstance(made, str) else {**result, "structuredContent": made}

    def _read(self, params: Message, not_found: int) -> Message:
        uri = params.get("uri")
        if not isinstance(uri, str):
            raise Refusal(-32602, "uri must be a string", status=200)
        text = offered.read(uri)
        if text is None:
            raise Refusal(not_found, "there is no such resource", data={"uri": uri}, status=200)
        return {"contents": [{"uri": uri, "mimeType": "text/plain", "text": text}]}

    def _get(self, params: Message) -> Message:
        arguments = params.get("arguments", {})
        found = next((each for each in self.offer.prompts if each.get("name") == params.get("name")), None)
        if found is None or not isinstance(arguments, dict):
            raise Refusal(-32602, "there is no such prompt, or its arguments are no object", status=200)
        missing = [each["name"] for each in found.get("arguments", ()) if each["required"]]
        if absent := [name for name in missing if not isinstance(arguments.get(name), str)]:
            raise Refusal(-32602, f"arguments missing: {', '.join(absent)}", status=200)
        return {"description": found["description"], "messages": offered.messages(found["name"], arguments)}


def meta(message: Message) -> Message:
    """The ``_meta`` of a request's params; empty when there is none."""
    params = message.get("params")
    found = params.get("_meta") if isinstance(params, dict) else None
    return found if isinstance(found, dict) else {}


def _checked(message: Any) -> str | int | None:
    """The id of a request, None for a notification; a reply to us counts as one: nothing was asked of the client."""
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
        raise Refusal(-32600, "a message is an object with jsonrpc 2.0")
    request_id, method = message.get("id"), message.get("method")
    if "method" in message and not isinstance(method, str):
        raise Refusal(-32600, "method must be a string")
    if "id" in message and (isinstance(request_id, bool) or not isinstance(request_id, str | int)):
        raise Refusal(-32600, "an id is a string or a whole number")
    return request_id


def _params(message: Message) -> Message:
    params = message.get("params", {})
    if not isinstance(params, dict):
        raise Refusal(-32602, "params must be an object")
    return params


def _position(cursor: Any, length: int) -> int:
    if cursor is None:
        return 0
    try:
        word, _, number = base64.b64decode(cursor, validate=True).decode().partition(" ")
        if word == "from" and 0 < int(number) < length:
            return int(number)
    except (ValueError, TypeError):
        pass
    raise Refusal(-32602, "this cursor is none of ours", status=200)


def _headers_mirror_body(message: Message, headers: Mapping[str, str]) -> None:
    """2026-07-28 basic/transports/streamable-http, Server Validation."""
    version, method = meta(message).get(META + "protocolVersion"), message["method"]
    expected = {"mcp-protocol-version": version, "mcp-method": method}
    if method in NAMED:
        expected["mcp-name"] = _params(message).get(NAMED[method])
    for header, value in expected.items():
        if header not in headers:
            raise Refusal(-32020, f"the header {header} is missing")
        if header == "mcp-protocol-version" and value is None:
            continue  # without its _meta a request is invalid in itself, whatever the header says
        if header == "mcp-name" and not isinstance(value, str):
            continue  # likewise: there is no name that a header could mirror
        if _decoded(headers[header]) != value:
            raise Refusal(-32020, f"the header {header} does not match the body")


def _headers_mirror_arguments(params: Message, headers: Mapping[str, str], tool: Message | None) -> None:
    """Arguments that the tool's schema gives a header of their own; those of the tests are not nested."""
    schema, arguments = (tool or {}).get("inputSchema"), params.get("arguments")
    properties = schema.get("properties") if isinstance(schema, dict) else None
    for name, field_schema in (properties or {}).items():
        if "x-mcp-header" not in field_schema:
            continue
        header = f"mcp-param-{field_schema['x-mcp-header']}".lower()
        value = arguments.get(name) if isinstance(arguments, dict) else None
        if (value is None) != (header not in headers):
            raise Refusal(-32020, f"the header {header} and the argument {name} do not go together")
        if value is not None and _decoded(headers[header]) != (value if isinstance(value, str) else json.dumps(value)):
            raise Refusal(-32020, f"the header {header} does not match the argument {name}")


def _decoded(value: str) -> str:
    if not (value.startswith("=?base64?") and value.endswith("?=")):
        return value
    try:
        return base64.b64decode(value[9:-2], validate=True).decode()
    except ValueError:
        raise Refusal(-32020, "a header is no valid Base64") from None
