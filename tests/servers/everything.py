"""The good server with the tools, resources and prompts that the official conformance suite asks for by name.

python -S tests/servers/everything.py --port 8123

Protocol and transport are those of the good server: what the suite says of this one, it says of both.
"""

import argparse
import hashlib
import hmac
import itertools
import json
import queue
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# This folder must not be the place where modules are looked for first; the repository is where ours are found.
sys.path[0] = str(Path(__file__).resolve().parents[2])

from tests.servers import over_http  # noqa: E402
from tests.servers.defects.registry import BOTH, Broken  # noqa: E402
from tests.servers.offer import Offer, closed, text, tool  # noqa: E402
from tests.servers.protocol import META, Answer, Channel, Message, Protocol, Refusal, meta  # noqa: E402

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"
SILENCE = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA="
PATIENCE = 10.0
"""Seconds an answer of the client's, or a change to tell of, is waited for."""


def _said(words: str) -> Message:
    return {"type": "text", "text": words}


def _form(message: str, required: tuple[str, ...] = (), **properties: Any) -> Message:
    schema = {"type": "object", "properties": properties, "required": list(required)}
    return {"method": "elicitation/create", "params": {"mode": "form", "message": message, "requestedSchema": schema}}


def _thought(words: str, tokens: int = 100) -> Message:
    messages = [{"role": "user", "content": _said(words)}]
    return {"method": "sampling/createMessage", "params": {"messages": messages, "maxTokens": tokens}}


# -- what is offered ------------------------------------------------------------------------------------------------

CONTENTS: dict[str, list[Message]] = {
    "test_simple_text": [_said("This is a simple text response for testing.")],
    "test_image_content": [{"type": "image", "data": PIXEL, "mimeType": "image/png"}],
    "test_audio_content": [{"type": "audio", "data": SILENCE, "mimeType": "audio/wav"}],
    "test_embedded_resource": [
        {
            "type": "resource",
            "resource": {
                "uri": "test://embedded-resource",
                "mimeType": "text/plain",
                "text": "This is an embedded resource content.",
            },
        }
    ],
    "test_multiple_content_types": [
        _said("Multiple content types test:"),
        {"type": "image", "data": PIXEL, "mimeType": "image/png"},
        {
            "type": "resource",
            "resource": {
                "uri": "test://mixed-content-resource",
                "mimeType": "application/json",
                "text": '{"test":"data","value":123}',
            },
        },
    ],
    "test_error_handling": [_said("This tool intentionally returns an error for testing")],
}
"""Tools that always return the same."""

_NAME = _form("What is your name?", ("name",), name={"type": "string"})
_CAPITAL = _thought("What is the capital of France?")
_ROOTS: Message = {"method": "roots/list", "params": {}}
_OK = _form("Please confirm", ("ok",), ok={"type": "boolean"})
ROUNDS: dict[str, list[dict[str, Message]]] = {
    "test_input_required_result_elicitation": [{"user_name": _NAME}],
    "test_input_required_result_sampling": [{"capital_question": _CAPITAL}],
    "test_input_required_result_list_roots": [{"client_roots": _ROOTS}],
    "test_input_required_result_request_state": [{"confirm": _OK}],
    "test_input_required_result_tampered_state": [{"confirm": _OK}],
    "test_input_required_result_multiple_inputs": [
        {"user_name": _NAME, "greeting": _thought("Generate a greeting", 50), "client_roots": _ROOTS}
    ],
    "test_input_required_result_multi_round": [
        {"step1": _form("Step 1: What is your name?", ("name",), name={"type": "string"})},
        {"step2": _form("Step 2: What is your favorite color?", ("color",), color={"type": "string"})},
    ],
    "test_streaming_elicitation": [{"user_name": _NAME}],
    "test_input_required_result_prompt": [
        {"user_context": _form("What context should the prompt use?", ("context",), context={"type": "string"})}
    ],
}
"""What is asked for before there is a result, round by round (2026-07-28); the last one is a prompt."""

_COLOURS = {
    "untitledSingle": {"type": "string", "enum": ["option1", "option2", "option3"]},
    "titledSingle": {
        "type": "string",
        "oneOf": [{"const": "value1", "title": "First Option"}, {"const": "value2", "title": "Second Option"}],
    },
    "legacyEnum": {"type": "string", "enum": ["opt1", "opt2"], "enumNames": ["Option One", "Option Two"]},
    "untitledMulti": {"type": "array", "items": {"type": "string", "enum": ["option1", "option2"]}},
    "titledMulti": {
        "type": "array",
        "items": {
            "anyOf": [{"const": "value1", "title": "First Choice"}, {"const": "value2", "title": "Second Choice"}]
        },
    },
}
_DEFAULTS = {
    "name": {"type": "string", "default": "John Doe"},
    "age": {"type": "integer", "default": 30},
    "score": {"type": "number", "default": 95.5},
    "status": {"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
    "verified": {"type": "boolean", "default": True},
}
_USER = {"username": {"type": "string"}, "email": {"type": "string"}}
REQUESTS = {
    "test_sampling": lambda arguments: _thought(arguments["prompt"]),
    "test_elicitation": lambda arguments: _form(arguments["message"], ("username", "email"), **_USER),
    "test_elicitation_sep1034_defaults": lambda arguments: _form("Defaults?", **_DEFAULTS),
    "test_elicitation_sep1330_enums": lambda arguments: _form("Which?", **_COLOURS),
}
"""What a tool asks its client for by a request of its own, up to 2025-11-25."""

CHANGES = {"test_trigger_tool_change": "tools", "test_trigger_prompt_change": "prompts"}
NEEDS = {"sampling/createMessage": "sampling", "elicitation/create": "elicitation", "roots/list": "roots"}
LEVELLED = {"test_tool_with_logging", "test_logging_tool"}
STEPS = ("Tool execution started", "Tool processing data", "Tool execution completed")

_ADDRESS = {
    "$anchor": "addressDef",
    "type": "object",
    "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
}
_SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {"address": _ADDRESS},
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}
_ARGUMENTS = {
    "test_sampling": closed({"prompt": text("The prompt.")}, ("prompt",)),
    "test_elicitation": closed({"message": text("The message.")}, ("message",)),
    "test_custom_header": closed({"region": text("Where.", **{"x-mcp-header": "Region"})}, ("region",)),
    "json_schema_2020_12_tool": _SCHEMA,
}
_PLAIN = ("test_tool_with_progress", "test_missing_capability", "test_input_required_result_capabilities")
_URI = {"name": "resourceUri", "description": "What to embed.", "required": True}
_WORDS = [{"name": f"arg{number}", "description": "A word.", "required": True} for number in (1, 2)]


def everything() -> Offer:
    """All that the suite asks for by name."""
    prompt = next(name for name in ROUNDS if name.endswith("_prompt"))
    names = [*CONTENTS, *ROUNDS, *REQUESTS, *CHANGES, *sorted(LEVELLED), *_PLAIN, *_ARGUMENTS]
    members = [{"inputSchema": _ARGUMENTS[name]} if name in _ARGUMENTS else {} for name in names]
    tools = {
        name: tool(name, description="For the conformance suite.", **each)
        for name, each in zip(names, members, strict=True)
    }
    del tools[prompt]
    about = {"description": "For the conformance suite."}
    resources = [
        {"uri": f"test://{name}", "name": name, "mimeType": kind, **about}
        for name, kind in (
            ("static-text", "text/plain"),
            ("static-binary", "image/png"),
            ("watched-resource", "text/plain"),
        )
    ]
    prompts: list[Any] = [{"name": name, **about} for name in ("test_simple_prompt", "test_prompt_with_image", prompt)]
    prompts += [{"name": "test_prompt_with_arguments", "arguments": _WORDS, **about}]
    prompts += [{"name": "test_prompt_with_embedded_resource", "arguments": [_URI], **about}]
    offer = Offer(tools=list(tools.values()), resources=resources, prompts=prompts)
    offer.templates = [
        {"uriTemplate": "test://template/{id}/data", "name": "data", "mimeType": "application/json", **about}
    ]
    return offer


# -- what is done with it -------------------------------------------------------------------------------------------


class Everything(Protocol):
    """The good server, with what the suite wants done."""

    page = 100

    def __init__(self) -> None:
        super().__init__(BOTH, everything())
        self._key = secrets.token_bytes(16)
        self._ids = itertools.count(1)
        self._answers: dict[str, queue.SimpleQueue[Any]] = {}
        self._listeners: list[tuple[set[str], queue.SimpleQueue[str]]] = []

    def answer(self, message: Any, channel: Channel) -> Answer:
        """As the good server; a call's notifications go before its result."""
        answer = super().answer(message, channel)
        if isinstance(message, dict) and message.get("method") == "tools/call" and answer.status == 200:
            told = list(_told(message, legacy=not self.is_modern(message, channel)))
            answer.messages[:0] = told
            answer.streamed = answer.streamed or bool(told)
        return answer

    # -- up to 2025-11-25 ---------------------------------------------------------------------------------------------

    def _legacy(self, message: Message, channel: Channel) -> Answer:
        method, params = message["method"], message.get("params", {})
        if method == "tools/call" and params.get("name") in REQUESTS:
            capabilities = self._session(channel).capabilities
            request = REQUESTS[params["name"]](params.get("arguments", {}))
            if NEEDS[request["method"]] in capabilities:
                return Answer(streamed=True, live=self._asking(message["id"], request))
        return super()._legacy(message, channel)

    def _asking(self, call: Any, request: Message) -> Iterator[Message]:
        """The request, and when the client has answered it, the result of the call that waits for it."""
        number = f"everything-{next(self._ids)}"
        waiting = self._answers[number] = queue.SimpleQueue()
        params = {name: value for name, value in request["params"].items() if name != "mode"}
        yield {"jsonrpc": "2.0", "id": number, "method": request["method"], "params": params}
        try:
            told = json.dumps(waiting.get(timeout=PATIENCE))
        except queue.Empty:
            told = "no answer"
        yield {"jsonrpc": "2.0", "id": call, "result": {"content": [_said(f"answered: {told}")], "isError": False}}

    def _answered(self, message: Message, channel: Channel) -> Answer:
        if waiting := self._answers.pop(str(message.get("id")), None):
            waiting.put(message.get("result"))
            return Answer(status=202)
        return super()._answered(message, channel)

    # -- 2026-07-28 ---------------------------------------------------------------------------------------------------

    def _listen(self, message: Message) -> Answer:
        """Here something does change: it is told until the client has gone, or nothing came for a while."""
        acknowledgment, end = super()._listen(message).messages
        changes: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._listeners.append(
            ({name.removesuffix("ListChanged") for name in acknowledgment["params"]["notifications"]}, changes)
        )

        def live() -> Iterator[Message]:
            about = {"_meta": acknowledgment["params"]["_meta"]}
            try:
                while True:
                    changed = changes.get(timeout=PATIENCE)
                    yield {"jsonrpc": "2.0", "method": f"notifications/{changed}/list_changed", "params": about}
            except queue.Empty:
                yield end

        return Answer([acknowledgment], streamed=True, live=live())

    def _change(self, what: str) -> None:
        listed = getattr(self.offer, what)
        listed.append({**listed[0], "name": f"{what}_{len(listed)}"})
        for wanted, changes in self._listeners:
            if what in wanted:
                changes.put(what)

    def _rounds(self, name: str, params: Message) -> Message | None:
        """What is asked for now, None when everything was answered."""
        stateful = name.removeprefix("test_input_required_result_") not in (
            "elicitation",
            "sampling",
            "list_roots",
            "prompt",
        )
        done = self._finished(name, params.get("requestState"))
        asked = ROUNDS[name][done]
        _require({NEEDS[each["method"]] for each in asked.values()}, params)
        if all(_answers(each, params.get("inputResponses"), key) for key, each in asked.items()):
            done += 1
        if done == len(ROUNDS[name]):
            return None
        question: Message = {"resultType": "input_required", "inputRequests": ROUNDS[name][done]}
        return {**question, "requestState": f"{done}:{self._seal(name, done)}"} if stateful else question

    def _seal(self, name: str, done: int) -> str:
        return hmac.new(self._key, f"{name}:{done}".encode(), hashlib.sha256).hexdigest()

    def _finished(self, name: str, state: Any) -> int:
        """How many rounds are over, by what the client gives back, which has to be ours."""
        if state is None:
            return 0
        for done in range(len(ROUNDS[name])):
            if state == f"{done}:{self._seal(name, done)}":
                return done
        raise Refusal(-32602, "this requestState is none of ours")

    # -- both eras ----------------------------------------------------------------------------------------------------

    def _call(self, params: Message) -> Message:
        name = params.get("name")
        if name in CONTENTS:
            return {"content": CONTENTS[name], "isError": name == "test_error_handling"}
        if name in ROUNDS and self.offer.definition(name):
            if question := self._rounds(name, params):
                return question
            return {"content": [_said(f"state-ok {json.dumps(params['inputResponses'])}")], "isError": False}
        if name == "test_missing_capability":
            _require({"sampling"}, params)
        if name == "test_input_required_result_capabilities":
            return _what_is_declared(params)
        if name in CHANGES:
            self._change(CHANGES[name])
        if self.offer.definition(name) is None:
            raise Refusal(-32602, "there is no such tool", status=200)
        return {"content": [_said("done")], "isError": False}

    def _read(self, params: Message, not_found: int) -> Message:
        uri = params.get("uri")
        if uri == "test://static-binary":
            return {"contents": [{"uri": uri, "mimeType": "image/png", "blob": PIXEL}]}
        if uri in ("test://static-text", "test://watched-resource"):
            words = "This is the content of the static text resource."
            return {"contents": [{"uri": uri, "mimeType": "text/plain", "text": words}]}
        if isinstance(uri, str) and uri.startswith("test://template/") and uri.endswith("/data"):
            number = uri.removeprefix("test://template/").removesuffix("/data")
            filled = json.dumps({"id": number, "templateTest": True, "data": f"Data for ID: {number}"})
            return {"contents": [{"uri": uri, "mimeType": "application/json", "text": filled}]}
        return super()._read(params, not_found)

    def _get(self, params: Message) -> Message:
        name, arguments = str(params.get("name")), params.get("arguments", {})
        if name == "test_prompt_with_arguments":
            pairs = ", ".join(f"{each}='{arguments.get(each)}'" for each in ("arg1", "arg2"))
            return _prompt(_said(f"Prompt with arguments: {pairs}"))
        if name == "test_prompt_with_image":
            image = {"type": "image", "data": PIXEL, "mimeType": "image/png"}
            return _prompt(image, _said("Please analyze the image above."))
        if name == "test_prompt_with_embedded_resource":
            inner = {"uri": arguments.get("resourceUri"), "mimeType": "text/plain"}
            inner["text"] = "Embedded resource content for testing."
            return _prompt(
                {"type": "resource", "resource": inner}, _said("Please process the embedded resource above.")
            )
        if name in ROUNDS and (question := self._rounds(name, params)):
            return question
        if name == "test_simple_prompt" or name in ROUNDS:
            return _prompt(_said("This is a simple prompt for testing."))
        return super()._get(params)


def _prompt(*contents: Message) -> Message:
    return {"messages": [{"role": "user", "content": each} for each in contents]}


def _told(message: Message, *, legacy: bool) -> Iterator[Message]:
    """The notifications that a call sends on its way."""
    params = message["params"]
    token, level = meta(message).get("progressToken"), meta(message).get(META + "logLevel")
    if params.get("name") == "test_tool_with_progress" and token is not None:
        for progress in (0, 50, 100):
            told = {"progressToken": token, "progress": progress, "total": 100}
            yield {"jsonrpc": "2.0", "method": "notifications/progress", "params": told}
    if params.get("name") in LEVELLED and (legacy or level in ("debug", "info")):
        for step in STEPS:
            yield {"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": step}}


def _declared(params: Message) -> set[str]:
    found = params.get("_meta", {}).get(META + "clientCapabilities")
    return set(found) if isinstance(found, dict) else set()


def _require(capabilities: set[str], params: Message) -> None:
    if missing := capabilities - _declared(params):
        data = {"requiredCapabilities": {name: {} for name in sorted(missing)}}
        raise Refusal(-32021, f"this needs {', '.join(sorted(missing))}", data=data)


def _what_is_declared(params: Message) -> Message:
    """Ask only for what the client has."""
    wanted = {"who": _NAME, "what": _CAPITAL, "where": _ROOTS}
    asked = {key: each for key, each in wanted.items() if NEEDS[each["method"]] in _declared(params)}
    if not asked:
        _require(set(NEEDS.values()), params)
    return {"resultType": "input_required", "inputRequests": asked}


def _answers(request: Message, responses: Any, key: str) -> bool:
    """Whether the client's answer is one to this request."""
    found = responses.get(key) if isinstance(responses, dict) else None
    if not isinstance(found, dict):
        return False
    if request["method"] == "roots/list":
        return isinstance(found.get("roots"), list)
    if request["method"] == "sampling/createMessage":
        return "content" in found
    return found.get("action") in ("decline", "cancel") or (
        found.get("action") == "accept" and isinstance(found.get("content"), dict)
    )


def main() -> None:
    """Serve over HTTP until the process is ended."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0, help="of 127.0.0.1; 0 takes a free one and tells it on stderr")
    over_http.serve(Broken(good=Everything()), parser.parse_args().port, streams=False)


if __name__ == "__main__":
    main()
