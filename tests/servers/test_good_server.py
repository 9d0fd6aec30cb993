"""The yardstick is straight: the good server answers what each revision demands."""

import http.client
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mcp_types.methods import validate_server_result

from tests.servers.defects import DEFECTS
from tests.servers.offer import Offer
from tests.servers.protocol import LEGACY, META, MODERN, Channel, Protocol

SCRIPT = Path(__file__).with_name("mcp_server.py")
STDIO = Channel(transport="stdio")
CLIENT = {"clientInfo": {"name": "client", "version": "1"}, "capabilities": {}}
META_FIELDS = {META + "protocolVersion": MODERN, META + "clientCapabilities": {}}
REQUESTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("tools/list", {}),
    ("tools/call", {"name": "echo", "arguments": {"text": "hello"}}),
    ("tools/call", {"name": "add", "arguments": {"a": 1, "b": 2}}),
    ("tools/call", {"name": "list_notes"}),
    ("tools/call", {"name": "remove_note", "arguments": {"id": "1"}}),
    ("tools/call", {"name": "add", "arguments": {"a": 1, "b": "2"}}),
    ("resources/list", {}),
    ("resources/templates/list", {}),
    ("resources/read", {"uri": "note:///welcome"}),
    ("resources/read", {"uri": "note:///numbered/2"}),
    ("prompts/list", {}),
    ("prompts/get", {"name": "review", "arguments": {"code": "x = 1"}}),
    ("prompts/get", {"name": "greet"}),
)
REFUSED: tuple[tuple[str, dict[str, Any], int], ...] = (
    ("tools/call", {"name": "none"}, -32602),
    ("tools/call", {"name": 7}, -32602),
    ("tools/list", {"cursor": "none"}, -32602),
    ("prompts/get", {"name": "review"}, -32602),
    ("resources/watch", {"uri": "note:///welcome"}, -32601),
    ("no/such/method", {}, -32601),
)


def asked(server: Protocol, method: str, params: dict[str, Any], channel: Channel = STDIO) -> dict[str, Any]:
    """The reply to a request."""
    request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    return server.answer(request, channel).messages[-1]  # type: ignore[no-any-return]


def opened(revision: str) -> tuple[Protocol, dict[str, Any]]:
    """A server that is spoken to in this revision, and what every request has to carry."""
    if revision == MODERN:
        return Protocol(frozenset({"modern"}), Offer()), {"_meta": META_FIELDS}
    server = Protocol(frozenset({"legacy"}), Offer())
    reply = asked(server, "initialize", {"protocolVersion": revision, **CLIENT})
    assert reply["result"]["protocolVersion"] == revision
    return server, {}


@pytest.mark.parametrize("revision", [*LEGACY, MODERN])
@pytest.mark.parametrize(("method", "params"), REQUESTS)
def test_results_fit_the_schema_of_the_revision(revision: str, method: str, params: dict[str, Any]) -> None:
    server, every = opened(revision)
    validate_server_result(method, revision, asked(server, method, {**params, **every})["result"])


@pytest.mark.parametrize("revision", [*LEGACY, MODERN])
@pytest.mark.parametrize(("method", "params", "code"), REFUSED)
def test_what_cannot_be_done_is_refused(revision: str, method: str, params: dict[str, Any], code: int) -> None:
    server, every = opened(revision)
    assert asked(server, method, {**params, **every})["error"]["code"] == code


def test_a_resource_that_is_not_there_has_the_code_of_its_era() -> None:
    for revision, code in ((LEGACY[0], -32002), (MODERN, -32602)):
        server, every = opened(revision)
        assert asked(server, "resources/read", {"uri": "note:///none", **every})["error"]["code"] == code


def test_a_resource_is_subscribed_to_in_the_way_of_its_era() -> None:
    for revision in (LEGACY[0], MODERN):
        server, every = opened(revision)
        for method in ("resources/subscribe", "resources/unsubscribe"):
            reply = asked(server, method, {"uri": "note:///welcome", **every})
            assert reply.get("result") == {} if revision != MODERN else reply["error"]["code"] == -32601
    wanted = {"toolsListChanged": True, "resourceSubscriptions": ["note:///welcome"]}
    message = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "subscriptions/listen",
        "params": {"notifications": wanted, **every},
    }
    assert server.answer(message, STDIO).messages[0]["params"]["notifications"] == wanted


def test_wrong_arguments_are_told_to_the_model_and_change_nothing() -> None:
    server, _ = opened(LEGACY[0])
    result = asked(server, "tools/call", {"name": "remove_note", "arguments": {"id": "one"}})["result"]
    assert (result["isError"], len(server.notes)) == (True, 3)


def test_pages_make_up_the_whole_list() -> None:
    server, every = opened(MODERN)
    names: list[str] = []
    page: dict[str, Any] = {"nextCursor": None}
    while "nextCursor" in page:
        cursor = {"cursor": page["nextCursor"]} if page["nextCursor"] else {}
        page = asked(server, "tools/list", {**cursor, **every})["result"]
        names += [tool["name"] for tool in page["tools"]]
    assert names == ["echo", "add", "list_notes", "write_note", "show_note", "remove_note"]


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"_meta": {}},
        {"_meta": {META + "protocolVersion": MODERN}},
        {"_meta": {META + "clientCapabilities": {}}},
        {"_meta": 7},
    ],
)
def test_a_modern_request_without_its_fields_is_invalid(params: dict[str, Any]) -> None:
    server, _ = opened(MODERN)
    assert asked(server, "tools/list", params)["error"]["code"] == -32602


def test_a_revision_that_is_not_spoken_is_refused_with_those_that_are() -> None:
    server, _ = opened(MODERN)
    error = asked(server, "tools/list", {"_meta": {**META_FIELDS, META + "protocolVersion": "1900-01-01"}})["error"]
    assert (error["code"], error["data"]) == (-32022, {"supported": [MODERN], "requested": "1900-01-01"})


def test_one_server_serves_both_eras_by_how_it_is_opened() -> None:
    server = Protocol(frozenset({"legacy", "modern"}), Offer())
    assert "resultType" in asked(server, "tools/list", {"_meta": META_FIELDS})["result"]
    assert asked(server, "tools/list", {})["error"]["code"] == -32600
    asked(server, "initialize", {"protocolVersion": LEGACY[0], **CLIENT})
    assert "resultType" not in asked(server, "tools/list", {})["result"]


# -- over HTTP ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Where a server of both eras listens."""
    command = [sys.executable, "-S", SCRIPT, "--transport", "http"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        yield int(process.stderr.readline().rpartition(":")[2].partition("/")[0])
        process.terminate()


def post(port: int, message: Any, verb: str = "POST", **headers: str) -> tuple[int, dict[str, str], Any]:
    """Status, headers and body of one request; underscores in header names stand for hyphens."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    sent = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(verb, "/mcp", body=json.dumps(message), headers=sent)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response.status, dict(response.headers), json.loads(body) if body else None


def modern(method: str, **params: Any) -> dict[str, Any]:
    """A modern request."""
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": {"_meta": META_FIELDS, **params}}


@pytest.mark.parametrize(
    ("message", "headers", "status", "code"),
    [
        (modern("tools/list"), {"Mcp_Protocol_Version": MODERN, "Mcp_Method": "tools/list"}, 200, None),
        (modern("tools/list"), {"Mcp_Protocol_Version": MODERN}, 400, -32020),
        (modern("tools/list"), {"Mcp_Method": "tools/list"}, 400, -32020),
        (modern("tools/list"), {"Mcp_Protocol_Version": MODERN, "Mcp_Method": "prompts/list"}, 400, -32020),
        (modern("tools/list"), {"Mcp_Protocol_Version": "2025-11-25", "Mcp_Method": "tools/list"}, 400, -32020),
        (modern("tools/lost"), {"Mcp_Protocol_Version": MODERN, "Mcp_Method": "tools/lost"}, 404, -32601),
        (
            modern("prompts/get", name="greet"),
            {"Mcp_Protocol_Version": MODERN, "Mcp_Method": "prompts/get", "Mcp_Name": "=?base64?Z3JlZXQ=?="},
            200,
            None,
        ),
        (
            modern("prompts/get", name="greet"),
            {"Mcp_Protocol_Version": MODERN, "Mcp_Method": "prompts/get", "Mcp_Name": "review"},
            400,
            -32020,
        ),
        (
            modern("prompts/get", name="greet"),
            {"Mcp_Protocol_Version": MODERN, "Mcp_Method": "prompts/get"},
            400,
            -32020,
        ),
    ],
)
def test_headers_mirror_the_body(
    port: int, message: Any, headers: dict[str, str], status: int, code: int | None
) -> None:
    seen, _, reply = post(port, message, **headers)
    assert (seen, reply.get("error", {}).get("code")) == (status, code)


def test_a_legacy_session_lives_until_it_is_ended(port: int) -> None:
    hello = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-06-18", **CLIENT}}
    _, headers, _ = post(port, hello)
    session = {"Mcp_Session_Id": headers["Mcp-Session-Id"], "Mcp_Protocol_Version": "2025-06-18"}
    ping = {"jsonrpc": "2.0", "id": 2, "method": "ping"}
    assert post(port, {"jsonrpc": "2.0", "method": "notifications/initialized"}, **session)[0] == 202
    assert post(port, ping, **session)[::2] == (200, {"jsonrpc": "2.0", "id": 2, "result": {}})
    assert post(port, ping)[0] == 400
    assert post(port, None, "DELETE", **session)[0] == 204
    assert post(port, ping, **session)[0] == 404


@pytest.mark.parametrize(
    ("headers", "verb", "status"),
    [
        ({"Origin": "https://elsewhere.invalid"}, "POST", 403),
        ({"Host": "elsewhere.invalid"}, "POST", 403),
        ({"Accept": "text/html"}, "POST", 406),
        ({"Content_Type": "text/plain"}, "POST", 415),
        ({}, "GET", 405),
        ({}, "DELETE", 400),
    ],
)
def test_what_is_no_message_of_a_client_is_turned_away(
    port: int, headers: dict[str, str], verb: str, status: int
) -> None:
    assert post(port, {}, verb, **headers)[0] == status


# -- the script -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("switches", "said"),
    [
        (["--defect", "ttl-negative", "--era", "legacy"], "not in era legacy over stdio: ttl-negative"),
        (["--defect", "replies-twice", "--transport", "http"], "not in era both over http: replies-twice"),
        (["--defect", "none"], "invalid choice"),
    ],
)
def test_a_defect_that_does_not_exist_there_is_refused(switches: list[str], said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-S", SCRIPT, *switches], capture_output=True, text=True, timeout=10, stdin=subprocess.DEVNULL
    )
    assert (done.returncode != 0, said in done.stderr) == (True, True)


def test_every_defect_has_a_place_where_it_exists() -> None:
    for defect in DEFECTS.values():
        assert any(defect.exists(era, way) for era in ("legacy", "modern") for way in ("stdio", "http"))
