"""Steps sent ahead of the tests: the same requests in the same order, and nobody waits for ever."""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from pytest_mcp.client.fleet import Fleet
from pytest_mcp.exercise import ahead
from pytest_mcp.exercise.ahead import Ahead, Planned
from pytest_mcp.model.exchange import Arrival, Ask, Exchange, Silence, Together
from pytest_mcp.model.server import Stdio
from tests.client.conftest import launch_of, server_of, wait_for


def do(word: str, *steps: list[object]) -> Ask:
    return Ask(method="do", params={"steps": list(steps) or [["reply", {"word": word}]]})


class Watched:
    """The live connection, with what was sent on it in order."""

    def __init__(self, connection: Any) -> None:
        self.connection, self.sent = connection, []  # type: ignore[var-annotated]

    def send(self, ask: Ask) -> Exchange:
        self.sent.append(ask)
        return self.connection.send(ask)  # type: ignore[no-any-return]

    def send_all(self, asks: Sequence[Ask], in_flight: int = 32) -> tuple[Exchange, ...]:
        self.sent.append(Together(asks=tuple(asks)))
        return self.connection.send_all(asks, in_flight)  # type: ignore[no-any-return]

    def listen(self, seconds: float) -> Any:
        self.sent.append(Silence(seconds=seconds))
        return self.connection.listen(seconds)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.connection, name)


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    fleet = Fleet(tmp_path, timeout=10.0)
    assert fleet.connect(server_of(Stdio(launch=launch_of("obedient.py")))).connected
    yield Watched(fleet.get("tested"))
    fleet.close()


@pytest.fixture
def begin(watched: Watched) -> Iterator[Any]:
    begun: list[Ahead] = []

    def start(**plans: Sequence[Any]) -> Ahead:
        planned = [Planned(key=key, steps=tuple(steps)) for key, steps in plans.items()]
        begun.append(Ahead(lambda _: watched, {"tested": planned}))
        return begun[-1]

    yield start
    for each in begun:
        each.stop()


def word(seen: Exchange) -> str:
    return seen.result["word"]  # type: ignore[no-any-return]


def test_a_test_gets_the_replies_to_its_own_steps(begin: Any, watched: Watched) -> None:
    one, two, three = (do(name) for name in ("one", "two", "three"))
    sent = begin(a=[one, two], b=[Together(asks=(two, three)), Silence(seconds=0.01)])
    client = sent.client("tested", "a")
    assert (word(client.send(one)), word(client.send(two))) == ("one", "two")
    client = sent.client("tested", "b")
    assert [word(each) for each in client.send_all([two, three])] == ["two", "three"]
    assert client.listen(0.01) == ()
    assert watched.sent == [one, two, Together(asks=(two, three)), Silence(seconds=0.01)]


def test_everything_is_sent_before_any_test_asks(begin: Any, watched: Watched) -> None:
    begin(a=[do("one")], b=[do("two")])
    assert wait_for(lambda: len(watched.sent) == 2)


def test_what_was_not_declared_is_sent_live_and_between_the_steps_of_no_other_test(
    begin: Any, watched: Watched
) -> None:
    slow = do("", ["pause", 0.2], ["reply", {"word": "slow"}])
    sent = begin(a=[slow, slow, slow])
    assert wait_for(lambda: watched.sent == [slow])
    client = sent.client("tested", "other")
    assert word(client.send(do("live"))) == "live"
    assert watched.sent == [slow, slow, slow, do("live")]


def test_a_test_that_goes_live_has_the_server_for_itself_until_it_is_over(begin: Any, watched: Watched) -> None:
    first, later = do("", ["pause", 0.2], ["reply", {"word": "first"}]), do("later")
    sent = begin(a=[first], b=[later])
    live = sent.client("tested", "a")
    assert word(live.send(do("surprise"))) in ("surprise",)
    before = list(watched.sent)
    assert word(live.send(do("again"))) == "again"
    assert [each for each in watched.sent if each not in before] == [do("again")]
    sent.forget("a")
    assert word(sent.client("tested", "b").send(later)) == "later"


def test_a_test_that_takes_nothing_holds_up_nobody(
    begin: Any, watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ahead, "AHEAD_BYTES", 1)
    sent = begin(a=[do("one")], b=[do("two")], c=[do("three")])
    assert wait_for(lambda: len(watched.sent) == 1)
    sent.forget("a")
    sent.forget("b")
    assert word(sent.client("tested", "c").send(do("three"))) == "three"


def test_replies_that_nobody_took_are_bounded(begin: Any, watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "AHEAD_BYTES", 1)
    sent = begin(a=[do("one")], b=[do("two")])
    taken = sent.client("tested", "a")
    assert wait_for(lambda: len(watched.sent) == 1)
    threading.Event().wait(0.1)
    assert len(watched.sent) == 1
    taken.send(do("one"))
    assert wait_for(lambda: len(watched.sent) == 2)


def test_each_test_is_told_whether_the_server_lived_before_it(begin: Any) -> None:
    sent = begin(a=[do("", ["exit", 3])], b=[do("two")])
    assert sent.client("tested", "a").alive() is True
    assert sent.client("tested", "a").send(do("", ["exit", 3])).arrival is Arrival.CLOSED
    assert sent.client("tested", "b").alive() is False


def test_nothing_more_is_begun_after_a_stop(begin: Any, watched: Watched) -> None:
    slow = do("", ["pause", 0.3], ["reply", {"word": "slow"}])
    sent = begin(a=[slow], b=[do("two")])
    assert wait_for(lambda: watched.sent == [slow])
    sent.stop("tested")
    assert watched.sent == [slow]
    assert sent.client("tested", "b").alive() is True
