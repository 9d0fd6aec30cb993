"""A client with a script answers what servers ask, in both eras, as the schema of its revision has it."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from mcp_types.methods import validate_client_result

from pytest_mcp.client.fleet import Fleet
from pytest_mcp.client.relay import BorrowedFleet, Relay
from pytest_mcp.client.script import Script, complete, scripted
from pytest_mcp.errors import ClientError
from pytest_mcp.model.exchange import Ask
from pytest_mcp.model.interface import Era
from pytest_mcp.model.server import Launch, Stdio
from tests.client.conftest import server_of
from tests.servers import asking

SCRIPT = Path(__file__).parents[1] / "servers" / "mcp_server.py"
CALL = Ask(method="tools/call", params={"name": asking.NAME, "arguments": {}})
ROOT = "file:///work/notes"


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    """Starts servers for this test."""
    fleet = Fleet(tmp_path, timeout=20.0)
    yield fleet
    fleet.close()


def asking_server(era: str) -> Any:
    """The good server with a tool that asks."""
    words = ("-S", str(SCRIPT), "--era", era, "--defect", "asks-its-client")
    return server_of(Stdio(launch=Launch(command=sys.executable, args=words)))


def answers(result: Any) -> Any:
    """What the server says it was told."""
    return json.loads(result["content"][0]["text"])


def test_before_2026_07_28_the_connection_answers_by_itself(fleet: Fleet) -> None:
    connection, interface = fleet.open(asking_server("legacy"), purpose="asking", role=scripted())
    assert interface.era is Era.LEGACY
    assert answers(connection.send(CALL).result) == {"action": "accept", "content": {"name": "Ada Lovelace", "age": 18}}


def test_since_then_the_request_is_sent_again_with_the_answers(fleet: Fleet) -> None:
    role = scripted((ROOT,))
    connection, interface = fleet.open(asking_server("modern"), purpose="asking", role=role)
    assert interface.era is Era.MODERN
    told = answers(complete(connection, CALL, role).result)
    assert told["who"]["content"] == {"name": "Ada Lovelace", "age": 18}
    assert told["where"] == {"roots": [{"uri": ROOT, "name": "notes"}]}


def test_a_client_that_declares_nothing_is_refused(fleet: Fleet) -> None:
    connection, _ = fleet.open(asking_server("modern"), purpose="asking")
    assert complete(connection, CALL, scripted()).error_code == -32021


def test_a_worker_opens_such_a_connection_too(fleet: Fleet) -> None:
    relay = Relay(fleet)
    borrowed = BorrowedFleet(relay.address, relay.key)
    role = scripted((ROOT,))
    connection, interface = borrowed.open(asking_server("modern"), purpose="asking", era=Era.MODERN, role=role)
    assert len(interface.elements) == 12
    assert answers(complete(connection, CALL, role).result)["where"]["roots"][0]["uri"] == ROOT
    assert [start.purpose for start in fleet.starts("tested")] == ["asking"]
    assert connection.terminate().exit_code == -15
    with pytest.raises(ClientError, match="error -32601"):
        borrowed.open(asking_server("modern"), purpose="asking", era=Era.LEGACY)
    borrowed.close()
    relay.close()


def test_questions_without_end_are_answered_five_times(fleet: Fleet) -> None:
    class Curious:
        asked = 0

        def send(self, ask: Ask) -> Any:
            self.asked += 1
            return type("Seen", (), {"result": {"resultType": "input_required", "requestState": str(self.asked)}})

    curious = Curious()
    complete(curious, CALL, scripted())  # type: ignore[arg-type]
    assert curious.asked == 6


FIELDS: dict[str, Any] = {
    "text": {"type": "string", "minLength": 20, "maxLength": 25},
    "short": {"type": "string", "maxLength": 3},
    "mail": {"type": "string", "format": "email"},
    "page": {"type": "string", "format": "uri"},
    "day": {"type": "string", "format": "date"},
    "moment": {"type": "string", "format": "date-time"},
    "count": {"type": "integer", "minimum": 5, "maximum": 9},
    "below": {"type": "integer", "maximum": -3},
    "share": {"type": "number"},
    "sure": {"type": "boolean"},
    "size": {"type": "string", "enum": ["s", "m"]},
    "colour": {"type": "string", "oneOf": [{"const": "r", "title": "Red"}]},
    "some": {"type": "array", "minItems": 2, "items": {"type": "string", "enum": ["a", "b", "c"]}},
    "kept": {"type": "string", "default": "as it is"},
}


def test_a_form_is_filled_in_so_that_it_is_valid() -> None:
    schema = {"type": "object", "properties": FIELDS, "required": list(FIELDS)}
    result = Script()("elicitation/create", {"message": "?", "requestedSchema": schema})
    assert result
    jsonschema_rs.validator_for(schema).validate(result["content"])
    assert Script()("elicitation/create", {"mode": "url", "url": "https://example.com/"}) == {"action": "decline"}


@pytest.mark.parametrize("method", ["roots/list", "sampling/createMessage", "elicitation/create"])
@pytest.mark.parametrize("revision", ["2024-11-05", "2025-06-18", "2025-11-25"])
def test_answers_fit_the_schema_of_the_revision(method: str, revision: str) -> None:
    if (method, revision) != ("elicitation/create", "2024-11-05"):
        validate_client_result(method, revision, Script(roots=(ROOT,))(method, {}) or {})


@pytest.mark.parametrize("params", [None, [], {"requestedSchema": 7}, {"requestedSchema": {"properties": {"a": 7}}}])
def test_whatever_is_asked_nothing_raises(params: Any) -> None:
    for method in ("roots/list", "sampling/createMessage", "elicitation/create"):
        assert Script()(method, params) is not None
    assert Script()("tasks/none", params) is None
