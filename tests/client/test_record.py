"""What was exchanged is kept, oldest dropped first, within a bound."""

from dataclasses import replace

from pytest_mcp.client.record import Record
from tests.checks.values import exchange
from tests.client.conftest import Stage


def test_the_oldest_make_room_and_what_is_too_large_is_not_kept() -> None:
    record = Record(limit=10_000)
    sized = [replace(exchange({}), received=b"x" * size, sent=b"") for size in (2000, 3000, 4000, 20_000)]
    for each in sized:
        record.add(each)
    assert record.kept() == (sized[1], sized[2])


def test_a_connection_keeps_what_it_sent_and_got(stage: Stage) -> None:
    connection = stage.connect()
    first = connection.request("echo", {"n": 1})
    assert connection.exchanged() == (first,)
