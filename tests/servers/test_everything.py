"""What the server for the conformance suite answers fits the schema of each era."""

from typing import Any

import pytest
from mcp_types.methods import validate_server_result

from tests.servers.everything import REQUESTS, ROUNDS, Everything
from tests.servers.protocol import META, MODERN, Channel

ABLE = {"elicitation": {}, "sampling": {}, "roots": {}}
ARGUMENTS = {"json_schema_2020_12_tool": {"email": "a@b.test"}, "test_custom_header": {"region": "here"}}


def asked(server: Everything, method: str, params: dict[str, Any], **headers: str) -> Any:
    """All that comes of a request, live messages included."""
    mirrored = {"mcp-protocol-version": MODERN, "mcp-method": method} if "_meta" in params else {}
    if mirrored and "name" in params:
        mirrored["mcp-name"] = params["name"]
    message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    answer = server.answer(message, Channel(transport="http", headers={**mirrored, **headers}))
    return [*answer.messages, *(answer.live or ())], answer


def opened(server: Everything) -> dict[str, str]:
    params = {"protocolVersion": "2025-11-25", "capabilities": ABLE, "clientInfo": {"name": "c", "version": "1"}}
    _, answer = asked(server, "initialize", params)
    return {"mcp-session-id": answer.headers["Mcp-Session-Id"], "mcp-protocol-version": "2025-11-25"}


TOOLS = [tool["name"] for tool in Everything().offer.tools]
META_FIELDS = {META + "protocolVersion": MODERN, META + "clientCapabilities": ABLE}


@pytest.mark.parametrize("name", TOOLS)
def test_a_call_fits_the_schema_in_2026(name: str) -> None:
    params = {"name": name, "arguments": ARGUMENTS.get(name, {}), "_meta": {**META_FIELDS, "progressToken": 1}}
    messages, _ = asked(Everything(), "tools/call", params, **{"mcp-param-region": "here"})
    result = messages[-1]["result"]
    validate_server_result("tools/call", MODERN, result)
    assert (result["resultType"] == "input_required") == (name in ROUNDS or name.endswith("_capabilities"))


MODERN_ONLY = {*ROUNDS, "test_missing_capability", "test_input_required_result_capabilities"}


@pytest.mark.parametrize("name", [name for name in TOOLS if name not in MODERN_ONLY and name not in REQUESTS])
def test_a_call_fits_the_schema_before(name: str) -> None:
    server = Everything()
    messages, _ = asked(server, "tools/call", {"name": name, "arguments": ARGUMENTS.get(name, {})}, **opened(server))
    validate_server_result("tools/call", "2025-11-25", messages[-1]["result"])


def test_a_tool_that_asks_its_client_waits_for_the_answer() -> None:
    server = Everything()
    session = opened(server)
    message = {"jsonrpc": "2.0", "id": 7, "method": "tools/call"}
    params = {"name": "test_elicitation", "arguments": {"message": "Who?"}}
    channel = Channel(transport="http", headers=session)
    live = server.answer({**message, "params": params}, channel).live
    assert live
    request = next(live)
    assert (request["method"], request["params"]["message"]) == ("elicitation/create", "Who?")
    told = {"jsonrpc": "2.0", "id": request["id"], "result": {"action": "accept", "content": {"username": "ada"}}}
    assert server.answer(told, channel).status == 202
    reply = next(live)
    assert (reply["id"], "ada" in reply["result"]["content"][0]["text"]) == (7, True)


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"mcp-param-region": "here"}, None),
        ({"mcp-param-region": "=?base64?aGVyZQ==?="}, None),
        ({"mcp-param-region": "there"}, -32020),
        ({"mcp-param-region": "=?base64?aGVyZQ?="}, -32020),
        ({}, -32020),
    ],
)
def test_a_header_of_an_argument_is_compared_with_it(headers: dict[str, str], code: int | None) -> None:
    params = {"name": "test_custom_header", "arguments": {"region": "here"}, "_meta": META_FIELDS}
    (reply,), _ = asked(Everything(), "tools/call", params, **headers)
    assert reply.get("error", {}).get("code") == code
