"""Rules about messages, on values."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_mcp.checks import messages
from pytest_mcp.model.exchange import Arrival, Exchange, Noise, NoiseKind
from pytest_mcp.model.finding import Severity
from pytest_mcp.model.interface import ElementKind, Interface
from tests.checks.values import JSON, OBJECTS, element, exchange
from tests.servers.offer import Offer
from tests.servers.protocol import LEGACY, MODERN, Channel, Protocol

REVISIONS = (*LEGACY, MODERN)
MESSAGES = st.fixed_dictionaries(
    {}, optional={"jsonrpc": JSON, "id": JSON, "result": JSON | OBJECTS, "error": JSON | OBJECTS, "method": JSON}
)


def titles(violations: Any) -> list[str]:
    """What a rule found, in a word each."""
    return [violation.title for violation in violations]


def unanswered(arrival: Arrival) -> Exchange:
    """A request that got no reply."""
    return exchange(None, arrival=arrival, received=None, reason="gone")


# -- the envelope ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "message",
    [
        {"jsonrpc": "2.0", "id": 1, "result": {}},
        {"jsonrpc": "2.0", "id": 1, "error": {"code": -32601, "message": "no"}},
        {"jsonrpc": "2.0", "id": 1, "error": {"code": 1, "message": "", "data": [1]}, "extra": 1},
    ],
)
def test_a_correct_reply_is_no_violation(message: Any) -> None:
    assert list(messages.envelope(exchange(message))) == []


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ({"id": 1, "result": {}}, "without jsonrpc 2.0"),
        ({"jsonrpc": 2.0, "id": 1, "result": {}}, "without jsonrpc 2.0"),
        ({"jsonrpc": "2.0", "id": 2, "result": {}}, "another id"),
        ({"jsonrpc": "2.0", "id": "1", "result": {}}, "another id"),
        ({"jsonrpc": "2.0", "id": None, "result": {}}, "another id"),
        ({"jsonrpc": "2.0", "id": True, "result": {}}, "another id"),
        ({"jsonrpc": "2.0", "result": {}}, "another id"),
        ({"jsonrpc": "2.0", "id": 1}, "either result or error"),
        ({"jsonrpc": "2.0", "id": 1, "result": {}, "error": {"code": 1, "message": "m"}}, "either result or error"),
        ({"jsonrpc": "2.0", "id": 1, "error": {"message": "m"}}, "integer code"),
        ({"jsonrpc": "2.0", "id": 1, "error": {"code": "1", "message": "m"}}, "integer code"),
        ({"jsonrpc": "2.0", "id": 1, "error": {"code": 1.0, "message": "m"}}, "integer code"),
        ({"jsonrpc": "2.0", "id": 1, "error": {"code": True, "message": "m"}}, "integer code"),
        ({"jsonrpc": "2.0", "id": 1, "error": {"code": 1}}, "integer code"),
        ({"jsonrpc": "2.0", "id": 1, "error": "m"}, "integer code"),
        ({"jsonrpc": "2.0", "id": 1, "error": None}, "integer code"),
    ],
)
def test_what_is_wrong_with_a_reply_is_said_once(message: Any, said: str) -> None:
    (title,) = titles(messages.envelope(exchange(message)))
    assert said in title


@pytest.mark.parametrize("arrival", [Arrival.TIMEOUT, Arrival.CLOSED, Arrival.FAILED, Arrival.SENT])
def test_where_no_reply_came_there_is_no_envelope_to_judge(arrival: Arrival) -> None:
    assert list(messages.envelope(unanswered(arrival))) == []


# -- refusals -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "said", "severity"),
    [
        ({"result": {}}, "answered with a result", None),
        ({"result": None}, "answered with a result", None),
        ({"error": {"code": -32603, "message": "m"}}, "wrong error code", Severity.LOW),
        ({"error": {"message": "m"}}, "wrong error code", Severity.LOW),
        ({"error": "no"}, "wrong error code", Severity.LOW),
        ({"error": None}, "wrong error code", Severity.LOW),
    ],
)
def test_what_is_not_refused_as_it_must_be_is_told_apart(message: Any, said: str, severity: Severity | None) -> None:
    (violation,) = messages.refused(exchange(message), [-32601, -32600], "it")
    assert violation.title.startswith("it: ")
    assert said in violation.title
    assert (violation.severity, violation.expected) == (severity, "error -32601 or -32600")


def test_one_of_the_right_codes_is_no_violation() -> None:
    assert list(messages.refused(exchange({"error": {"code": -32600, "message": ""}}), [-32601, -32600], "it")) == []


@pytest.mark.parametrize("arrival", [Arrival.TIMEOUT, Arrival.CLOSED, Arrival.FAILED])
def test_silence_is_no_refusal(arrival: Arrival) -> None:
    assert titles(messages.refused(unanswered(arrival), [-32601], "it")) == ["it: no reply"]


@pytest.mark.parametrize(("status", "count"), [(None, 0), (404, 0), (200, 1)])
def test_a_status_is_judged_only_where_there_is_one(status: int | None, count: int) -> None:
    assert len(titles(messages.http_status(exchange({}, http_status=status), 404, "it"))) == count


# -- what 2026-07-28 adds -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ttl", [0, 1, 10**12])
@pytest.mark.parametrize("scope", ["public", "private"])
def test_allowed_caching_hints_are_no_violation(ttl: int, scope: str) -> None:
    assert list(messages.cache_hints("tools/list", {"ttlMs": ttl, "cacheScope": scope})) == []


@pytest.mark.parametrize("ttl", [-1, 1.5, True, "1", None, float("nan"), []])
def test_any_other_time_to_live_is_a_violation(ttl: Any) -> None:
    (title,) = titles(messages.cache_hints("tools/list", {"ttlMs": ttl, "cacheScope": "public"}))
    assert "ttlMs" in title


@pytest.mark.parametrize("scope", ["shared", "", "Public", None, [], {}, 1])
def test_any_other_scope_is_a_violation(scope: Any) -> None:
    (title,) = titles(messages.cache_hints("tools/list", {"ttlMs": 0, "cacheScope": scope}))
    assert "cacheScope" in title


def test_pages_share_one_scope() -> None:
    public, private = {"cacheScope": "public"}, {"cacheScope": "private"}
    assert titles(messages.one_scope("tools/list", [public, private])) == [
        "tools/list: pages with different cacheScope"
    ]
    assert list(messages.one_scope("tools/list", [public, public, None])) == []
    assert list(messages.one_scope("tools/list", [])) == []


@pytest.mark.parametrize(("result", "count"), [({"resultType": "complete"}, 0), ({"resultType": ""}, 1), ({}, 1)])
def test_a_result_says_its_type(result: Any, count: int) -> None:
    assert len(titles(messages.result_type("tools/list", result))) == count


# -- shapes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("revision", REVISIONS)
def test_what_the_good_server_answers_has_the_shape_of_every_revision(revision: str) -> None:
    era = "modern" if revision == MODERN else "legacy"
    server, channel = Protocol(frozenset({era}), Offer()), Channel(transport="stdio")
    meta = {
        "io.modelcontextprotocol/protocolVersion": revision,
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    about: dict[str, Any] = {"clientInfo": {"name": "c", "version": "1"}, "protocolVersion": revision, "_meta": meta}
    hello = "server/discover" if era == "modern" else "initialize"
    for method in (hello, "tools/list", "resources/list", "resources/templates/list", "prompts/list"):
        (reply,) = server.answer({"jsonrpc": "2.0", "id": 1, "method": method, "params": about}, channel).messages
        assert list(messages.result_shape(method, revision, reply["result"])) == []


@pytest.mark.parametrize("revision", [*REVISIONS, "2099-01-01", None])
def test_elements_are_judged_by_the_revision_or_the_newest_legacy_one(revision: str | None) -> None:
    assert list(messages.element_shape(element({"name": "a", "inputSchema": {"type": "object"}}), revision)) == []
    (violation,) = messages.element_shape(element({"name": "a"}), revision)
    assert violation.evidence == "inputSchema: Field required"


def test_a_page_is_judged_without_its_elements() -> None:
    assert list(messages.page_shape("tools/list", "2025-11-25", {"tools": [None, 7]})) == []
    assert len(titles(messages.page_shape("tools/list", "2025-11-25", {"tools": {}}))) == 1
    assert len(titles(messages.page_shape("tools/list", "2025-11-25", []))) == 1


def test_a_method_that_a_revision_lacks_is_said_and_not_raised() -> None:
    (violation,) = messages.result_shape("initialize", MODERN, {})
    assert violation.evidence == "initialize is no method of revision 2026-07-28"


def test_of_many_problems_the_first_are_told() -> None:
    (violation,) = messages.element_shape(
        element(
            {"name": 1, "title": 1, "description": 1, "inputSchema": 1, "icons": 1, "annotations": 1, "outputSchema": 1}
        ),
        "2025-11-25",
    )
    assert violation.evidence.splitlines()[-1] == "and 2 more"


# -- noise, capabilities --------------------------------------------------------------------------------------------


def test_noise_is_counted_by_its_kind_and_made_inert() -> None:
    raw = b"\x1b[31mred\x1b]0;title\x07 \xff"
    noise = [Noise(kind=NoiseKind.NOT_JSON, raw=raw, at=0.0)] * 7 + [Noise(kind=NoiseKind.NOTIFICATION, raw=b"", at=0)]
    (violation,) = messages.stray(noise, {NoiseKind.NOT_JSON: "line", NoiseKind.INVALID: "other"})
    assert violation.title == "line"
    assert violation.evidence.splitlines()[5:] == ["and 2 more"]
    assert "\x1b" not in violation.evidence


def test_what_is_undeclared_is_asked_for_by_its_list() -> None:
    interface = Interface(server="s", connected=True, handshake={"capabilities": {"tools": {}}})
    assert messages.undeclared(interface) == (("resources", "resources/list"), ("prompts", "prompts/list"))


# -- nothing raises -------------------------------------------------------------------------------------------------


@given(message=MESSAGES | JSON)
@settings(max_examples=200, deadline=None)
def test_no_rule_about_replies_raises(message: Any) -> None:
    seen = exchange(message)
    for violation in messages.envelope(seen):
        assert violation.title
    if isinstance(message, dict) and ("result" in message or "error" in message):
        assert list(messages.refused(seen, [-32601], "it")) or seen.error_code == -32601


@pytest.mark.parametrize("revision", [*REVISIONS, None])
@given(page=JSON | OBJECTS)
@settings(max_examples=60, deadline=None)
def test_no_rule_about_pages_raises(revision: str | None, page: Any) -> None:
    for method in ("tools/list", "resources/list", "resources/templates/list", "prompts/list"):
        rules = (
            messages.page_shape(method, revision, page),
            messages.cache_hints(method, page),
            messages.one_scope(method, [page, {}]),
            messages.result_type(method, page),
        )
        for violation in (each for rule in rules for each in rule):
            (violation.title + violation.got + violation.evidence).encode()


@pytest.mark.parametrize("kind", ElementKind)
@given(definition=JSON | OBJECTS)
@settings(max_examples=60, deadline=None)
def test_no_element_makes_its_shape_raise(kind: ElementKind, definition: Any) -> None:
    for revision in (REVISIONS[0], MODERN):
        for violation in messages.element_shape(element(definition, kind), revision):
            violation.evidence.encode()


def test_half_a_surrogate_pair_and_depth_make_no_shape_raise() -> None:
    deep: Any = {}
    for _ in range(400):
        deep = {"properties": {"in": deep}}
    for schema in (deep, {"type": "object", **deep}, {"type": "\ud800"}):
        for violation in messages.element_shape(element({"name": "\ud800", "inputSchema": schema}), MODERN):
            violation.evidence.encode()


@pytest.mark.parametrize(
    "raw",
    [
        b'\xef\xbb\xbf{"jsonrpc": "2.0", "id": 7, "result": {}}',
        b'{"jsonrpc": "2.0", "id": 7, "result": {"default": NaN}}',
        b'{"jsonrpc": "2.0", "id": 7, "result": {"text": "\xff"}}',
    ],
)
def test_a_reply_that_only_lenient_parsers_read_is_a_violation(raw: bytes) -> None:
    seen = exchange({"jsonrpc": "2.0", "id": 7, "result": {}}, received=raw)
    assert "strict JSON parser" in next(messages.envelope(seen)).title
