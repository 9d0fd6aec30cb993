"""A worker's calls through the relay are the same as direct ones."""

import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from multiprocessing import AuthenticationError
from pathlib import Path

import pytest

from pytest_mcp.client.fleet import Fleet
from pytest_mcp.client.relay import BorrowedFleet, Relay
from pytest_mcp.errors import ClientError
from pytest_mcp.model.exchange import Arrival, Ask, Exchange, NoiseKind
from pytest_mcp.model.server import Launch, Stdio
from tests.client.conftest import launch_of, server_of

NAMES = ("one", "two")


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    """Two live servers that do what they are told."""
    fleet = Fleet(tmp_path, timeout=10.0)
    for name in NAMES:
        assert fleet.connect(server_of(Stdio(launch=launch_of("obedient.py")), name=name)).connected
    yield fleet
    fleet.close()


@pytest.fixture
def borrowed(fleet: Fleet) -> Iterator[BorrowedFleet]:
    """A worker's end."""
    relay = Relay(fleet)
    borrowed = BorrowedFleet(relay.address, relay.key)
    yield borrowed
    borrowed.close()
    relay.close()


def same(exchange: Exchange) -> Exchange:
    """Without what differs between two calls of the same."""
    noise = tuple(replace(each, at=0.0) for each in exchange.noise)
    plain = replace(exchange, id=None, sent=b"", sent_at=0.0, first_byte_at=None, noise=noise)
    message = {**plain.message, "id": 0} if isinstance(plain.message, dict) else plain.message
    return replace(plain, message=message, received=None)


DEEP = "[" * 900 + "]" * 900


@pytest.mark.parametrize(
    "steps",
    [
        [["reply", {"n": 1}]],
        [["text", "noise\n"], ["reply"]],
        [["text", '{"jsonrpc":"2.0","id":{id},"error":{"code":-32000,"message":"\\ud800"}}\n']],
        [["text", '{"jsonrpc":"2.0","id":{id},"result":' + DEEP + "}\n"]],
        [["text", '{"jsonrpc":"2.0","id":{id},"result":NaN,"result":[1e999]}\n']],
        [],
    ],
)
def test_a_relayed_call_tells_the_same_as_a_direct_one(
    fleet: Fleet, borrowed: BorrowedFleet, steps: list[object]
) -> None:
    timeout = 10.0 if steps else 0.1
    relayed = borrowed.get("one").request("do", {"steps": steps}, timeout=timeout)
    direct = fleet.get("one").request("do", {"steps": steps}, timeout=timeout)
    assert same(relayed) == same(direct)
    assert (relayed.latency is None) == (direct.latency is None)


def test_batches_notifications_and_silence_are_relayed(borrowed: BorrowedFleet) -> None:
    client = borrowed.get("two")
    seen = client.send_all([Ask(method="echo", params={"n": n}) for n in range(100)], 8)
    assert [each.result for each in seen] == [{"n": n} for n in range(100)]
    steps = {"steps": [["text", "heard\n"]]}
    assert client.send(Ask(method="do", params=steps, notification=True)).arrival is Arrival.SENT
    assert [noise.kind for noise in client.listen(0.2)] == [NoiseKind.NOT_JSON]


def test_workers_share_a_server_without_mixing(fleet: Fleet) -> None:
    relay = Relay(fleet)
    workers = [BorrowedFleet(relay.address, relay.key) for _ in range(6)]

    def work(number: int) -> list[object]:
        client = workers[number].get(NAMES[number % 2])
        return [client.request("echo", {"n": [number, call]}).result for call in range(50)]

    with ThreadPoolExecutor(6) as threads:
        assert list(threads.map(work, range(6))) == [[{"n": [w, call]} for call in range(50)] for w in range(6)]
    for worker in workers:
        worker.close()
    relay.close()


def test_a_call_whose_test_ran_out_of_time_does_not_answer_the_next_one(borrowed: BorrowedFleet) -> None:
    client = borrowed.get("one")
    assert client.request("echo", {"n": 0}).result == {"n": 0}

    def expire(number: int, frame: object) -> None:
        raise InterruptedError("time is up")

    before = signal.signal(signal.SIGUSR1, expire)
    timer = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGUSR1))
    try:
        timer.start()
        with pytest.raises(InterruptedError):
            client.request("do", {"steps": [["pause", 0.3], ["reply", {"n": "stale"}]]})
    finally:
        timer.join()
        signal.signal(signal.SIGUSR1, before)
    assert client.request("echo", {"n": 1}).result == {"n": 1}


def test_what_fails_in_the_controller_is_told_and_the_next_call_works(borrowed: BorrowedFleet) -> None:
    with pytest.raises(RuntimeError, match="KeyError: 'nobody'"):
        borrowed.get("nobody").request("ping")
    with pytest.raises(RuntimeError, match="AssertionError"):
        borrowed.call("one", "_close")
    assert borrowed.get("one").request("echo", {"n": 1}).result == {"n": 1}


def test_a_stranger_without_the_key_gets_nothing_and_disturbs_nobody(fleet: Fleet, borrowed: BorrowedFleet) -> None:
    stranger = BorrowedFleet(borrowed._address, "guessed")
    with pytest.raises(AuthenticationError):
        stranger.get("one").request("ping")
    assert borrowed.get("one").request("echo", {"n": 1}).result == {"n": 1}


def test_a_worker_ends_a_server_for_all(fleet: Fleet, borrowed: BorrowedFleet) -> None:
    borrowed.call("one", "begin_close")
    assert borrowed.get("one").close() == fleet.get("one").close()
    assert borrowed.get("one").request("ping").arrival is Arrival.CLOSED
    assert borrowed.get("two").request("echo", {"n": 1}).result == {"n": 1}


def test_a_relay_leaves_no_file_and_takes_nobody_once_it_is_closed(
    fleet: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    relay = Relay(fleet)
    worker = BorrowedFleet(relay.address, relay.key)
    assert worker.get("one").request("echo", {"n": 1}).result == {"n": 1}
    assert list(tmp_path.iterdir()) == []
    worker.close()
    relay.close()
    relay.close()
    with pytest.raises(ConnectionRefusedError):
        BorrowedFleet(relay.address, relay.key).get("one").request("ping")


def test_something_said_first_on_a_connection_of_its_own_is_a_counted_start(
    fleet: Fleet, borrowed: BorrowedFleet
) -> None:
    server = server_of(Stdio(launch=launch_of("obedient.py")), name="one")
    ask = Ask(method="do", params={"steps": [["reply", {"n": 1}]]})
    assert borrowed.ask_first(server, ask, purpose="first").result == {"n": 1}
    assert [start.purpose for start in fleet.starts("one")] == ["shared", "first"]
    gone = server_of(Stdio(launch=Launch(command="./none")), name="one")
    with pytest.raises(ClientError, match=r"\./none"):
        borrowed.ask_first(gone, ask, purpose="first")
    assert len(fleet.starts("one")) == 3
