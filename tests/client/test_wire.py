"""What goes out is what the revision demands; what comes in is told for what it is."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mcp.client.wire import MODERN_REVISION, classify, encode, envelope
from pytest_mcp.model.exchange import Ask, NoiseKind

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@given(method=st.text(), params=st.none() | st.dictionaries(st.text() | st.just("_meta"), JSON), modern=st.booleans())
def test_a_message_is_one_line_with_the_envelope_its_revision_demands(
    method: str, params: dict[str, object] | None, modern: bool
) -> None:
    line = encode(Ask(method=method, params=params), 7, MODERN_REVISION if modern else None)
    assert b"\n" not in line
    expected = params
    if modern and not isinstance((params or {}).get("_meta", {}), dict):
        modern = False
    if modern:
        own = (params or {}).get("_meta", {})
        assert isinstance(own, dict)
        expected = {**(params or {}), "_meta": {**envelope(MODERN_REVISION), **own}}
    wanted = {"jsonrpc": "2.0", "id": 7, "method": method, "params": expected}
    assert json.loads(line) == {name: value for name, value in wanted.items() if value is not None}


def test_bare_raw_and_notifications_are_left_as_they_are() -> None:
    assert json.loads(encode(Ask(method="a", bare=True), 1, MODERN_REVISION)) == {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "a",
    }
    assert encode(Ask(method="a", raw=b"{{"), 1, MODERN_REVISION) == b"{{"
    sent = encode(Ask(method="a", notification=True, params={"x": 1}), None, MODERN_REVISION)
    assert json.loads(sent) == {"jsonrpc": "2.0", "method": "a", "params": {"x": 1}}


@given(raw=st.binary(max_size=40))
def test_no_bytes_raise(raw: bytes) -> None:
    classify(raw)


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b'{"id":1,"result":{}}', None),
        (b'{"id":1,"result":null}', None),
        (b'{"id":1,"error":{}}', None),
        (b'\xef\xbb\xbf{"id":1,"result":{}}', None),
        (b'{"id":1,"method":"ping"}', NoiseKind.SERVER_REQUEST),
        (b'{"id":null,"method":"ping"}', NoiseKind.SERVER_REQUEST),
        (b'{"method":"notifications/x"}', NoiseKind.NOTIFICATION),
        (b'{"method":7}', NoiseKind.INVALID),
        (b"[]", NoiseKind.INVALID),
        (b"{}", NoiseKind.INVALID),
        (b"", NoiseKind.NOT_JSON),
        (b"\xff\xfe", NoiseKind.NOT_JSON),
    ],
)
def test_a_message_is_told_for_what_it_is(raw: bytes, kind: NoiseKind | None) -> None:
    assert classify(raw).noise is kind
