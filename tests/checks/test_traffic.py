"""The rules over all that was exchanged, on values."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_mcp.checks import traffic, utilities
from pytest_mcp.model.exchange import Arrival, Exchange, Noise, NoiseKind
from pytest_mcp.model.finding import Severity
from pytest_mcp.model.interface import Era, Interface
from tests.checks.values import JSON, OBJECTS, exchange
from tests.servers.protocol import MODERN

META = "io.modelcontextprotocol/"


def seen(method: str, message: Any, **more: Any) -> Exchange:
    """A request of this method that was answered with this message."""
    known = {"arrival": Arrival.REPLY, "received": json.dumps(message).encode(), "message": message, **more}
    return Exchange(server="s", method=method, **{"id": 1, "sent": b"{}", "sent_at": 0.0, **known})


def noise(message: Any, kind: NoiseKind = NoiseKind.NOTIFICATION) -> Noise:
    """Something the server sent by itself."""
    return Noise(kind=kind, raw=json.dumps(message).encode(), at=0.0)


def titles(violations: Any) -> list[str]:
    """What was found, in a word each."""
    return [violation.title for violation in violations]


def test_one_mistake_is_told_once_however_often_it_was_made() -> None:
    wrong = seen("ping", {"id": 1, "result": {}})
    assert titles(traffic.envelopes([wrong, wrong, wrong])) == ["ping: reply without jsonrpc 2.0"]


def test_what_http_turned_away_and_what_had_no_id_is_left_aside() -> None:
    refused = seen("ping", {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": ""}}, http_status=400)
    unnumbered = seen("notifications/x", {"id": "server-error", "error": {}}, id=None)
    assert titles(traffic.envelopes([refused, unnumbered])) == []


def test_results_and_what_a_server_sends_by_itself_have_the_shape_of_the_revision() -> None:
    read = seen("resources/read", {"result": {"contents": 7}})
    listed, unknown = seen("tools/list", {"result": 7}), seen("pytest-mcp/none", {"result": 7})
    updated = noise({"jsonrpc": "2.0", "method": "notifications/resources/updated"})
    custom = noise({"jsonrpc": "2.0", "method": "notifications/of-its-own", "params": 7})
    assert titles(traffic.shapes([read, listed, unknown], [updated, custom], "2025-11-25")) == [
        "resources/read: result does not fit revision 2025-11-25",
        "notifications/resources/updated: does not fit revision 2025-11-25",
    ]


@pytest.mark.parametrize(
    ("code", "data", "said"),
    [
        (-32601, None, None),
        (-32001, None, None),
        (-32019, None, None),
        (-32022, None, None),
        (-32020, None, None),
        (-32050, None, "reserves"),
        (-32099, None, "reserves"),
        (-32100, None, None),
        (-32002, None, "retired"),
        (-32042, None, "retired"),
        (-32021, {"requiredCapabilities": {"roots": {}}}, None),
        (-32021, {}, "without requiredCapabilities"),
        (-32021, None, "without requiredCapabilities"),
    ],
)
def test_codes_are_used_as_2026_07_28_defines_them(code: int, data: Any, said: str | None) -> None:
    error = {"code": code, "message": "no", "data": data}
    found = titles(traffic.error_codes([seen("tools/call", {"error": error})]))
    assert (found == []) if said is None else said in found[0]


def test_only_a_ping_may_be_asked_of_a_client_that_declared_nothing_and_since_2026_07_28_not_even_that() -> None:
    asked = [noise({"id": 1, "method": name}, NoiseKind.SERVER_REQUEST) for name in ("ping", "roots/list", "ping")]
    assert titles(traffic.undeclared_requests(asked, Era.LEGACY)) == [
        "asks for roots/list, which this client did not declare"
    ]
    assert len(titles(traffic.undeclared_requests(asked, Era.MODERN))) == 2


def test_questions_come_only_for_what_was_declared_and_where_they_may() -> None:
    asks = {"resultType": "input_required", "inputRequests": {"a": {"method": "roots/list"}}}
    assert titles(traffic.undeclared_inputs([seen("prompts/get", {"result": asks})])) == [
        "prompts/get: asks for roots/list, which was not declared"
    ]
    only_state = {"resultType": "input_required", "requestState": "x"}
    assert titles(traffic.undeclared_inputs([seen("prompts/get", {"result": only_state})])) == []
    assert len(titles(traffic.undeclared_inputs([seen("tools/list", {"result": only_state})]))) == 1


def test_logs_are_for_requests_that_asked_for_them_or_for_servers_that_declared_them() -> None:
    log = noise({"method": "notifications/message", "params": {"level": "info", "data": "x"}})
    unasked, asked = seen("ping", {}, noise=(log,)), seen("ping", {}, noise=(log,), sent=META.encode() + b"logLevel")
    (violation,) = traffic.logs([unasked], Era.MODERN, declared=True)
    assert violation.severity is None
    assert titles(traffic.logs([asked], Era.MODERN, declared=True)) == []
    assert titles(traffic.logs([unasked], Era.LEGACY, declared=True)) == []
    (violation,) = traffic.logs([unasked], Era.LEGACY, declared=False)
    assert violation.severity is Severity.LOW


def test_results_name_their_server() -> None:
    named = seen("tools/list", {"result": {"_meta": {META + "serverInfo": {}}}})
    others = [seen(method, {"result": {}}) for method in ("tools/list", "prompts/list", "server/discover", "x/y")]
    assert titles(traffic.nameless([named], MODERN)) == []
    (violation,) = traffic.nameless([named, *others], MODERN)
    assert violation.got == "tools/list, prompts/list"


@given(message=OBJECTS | JSON, method=st.sampled_from(["ping", "resources/read", "tools/list", "x"]))
@settings(max_examples=150, deadline=None)
def test_whatever_was_exchanged_nothing_raises(message: Any, method: str) -> None:
    one = exchange(message)
    sent = [noise({"method": f"notifications/{method}", "params": 7}), noise(7), noise([])]
    for era in Era:
        for rule in (
            traffic.envelopes([one]),
            traffic.shapes([one], sent, MODERN),
            traffic.error_codes([one]),
            traffic.undeclared_requests(sent, era),
            traffic.undeclared_inputs([one]),
            traffic.logs([one], era, declared=False),
            traffic.nameless([one], MODERN),
            utilities.completed(one),
            utilities.acknowledged(one, {}),
        ):
            for violation in rule:
                (violation.title + violation.got + violation.evidence).encode()


@pytest.mark.parametrize("capabilities", [{}, {"tools": 7}, {"tools": {"listChanged": "yes"}}, {"tools": {}}])
def test_only_declared_changes_are_subscribed_to(capabilities: Any) -> None:
    assert utilities.subscribable(Interface(server="s", connected=True, handshake={"capabilities": capabilities})) == {}
