"""What a server does on its standard streams is paired, recorded and bounded, and never raised."""

import json
import os
import random
import select
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest.mock import ANY

import pytest

from pytest_mcp.client.connection import Connection
from pytest_mcp.model.exchange import Arrival, Ask, Exchange, Noise, NoiseKind
from tests.client.conftest import Stage, do, wait_for

MB = 1024 * 1024


def kinds(seen: Exchange | tuple[Noise, ...]) -> list[NoiseKind]:
    return [noise.kind for noise in (seen.noise if isinstance(seen, Exchange) else seen)]


def works(connection: Connection) -> bool:
    return connection.request("echo", {"still": "here"}).result == {"still": "here"}


# -- pairing ------------------------------------------------------------------------------------------------------


def test_many_threads_share_a_server_and_each_gets_its_own_replies(stage: Stage) -> None:
    connection = stage.connect()
    chance = random.Random(7)
    delays = [[chance.choice((0.0, 0.0, chance.random() / 200)) for _ in range(200)] for _ in range(16)]

    def calls(thread: int) -> list[tuple[str, object]]:
        wrong = []
        for number, delay in enumerate(delays[thread]):
            mark = f"{thread}-{number}"
            answer = [["reply", {"mark": mark}]]
            seen = do(connection, ["later", delay, answer] if delay else answer[0], timeout=20)
            if seen.result != {"mark": mark} or seen.noise:
                wrong.append((mark, seen))
        return wrong

    with ThreadPoolExecutor(16) as threads:
        assert [wrong for found in threads.map(calls, range(16)) for wrong in found] == []


def test_a_thread_whose_time_is_over_does_not_take_the_lead_with_it(stage: Stage) -> None:
    """The leader hands over to a thread that times out at that very moment: the others must not wait for nothing."""
    connection = stage.connect()
    chance = random.Random(3)

    def call(number: int) -> bool:
        impatient = number % 2
        delay = chance.random() / 100
        seen = do(connection, ["later", delay, [["reply"]]], timeout=0.005 if impatient else 10)
        return seen.arrival is Arrival.REPLY or bool(impatient)

    began = time.monotonic()
    with ThreadPoolExecutor(16) as threads:
        assert all(threads.map(call, range(800)))
    assert time.monotonic() - began < 9, "somebody waited for a wake-up that was lost"


def test_many_at_once_stay_within_the_window_and_keep_their_order(stage: Stage) -> None:
    """The server answers nothing before it has four requests, and would see a fifth."""
    connection = stage.connect()
    hold = [Ask(method="do", params={"steps": []}) for _ in range(3)]
    release = {"steps": [["pause", 0.05], *(["text", _reply_to(number)] for number in (4, 2, 1, 3))]}
    rest = [Ask(method="echo", params={"n": number}) for number in range(20)]
    seen = connection.send_all([*hold, Ask(method="do", params=release), *rest], in_flight=4)
    assert [each.id for each in seen] == list(range(1, 25))
    assert [each.result for each in seen[4:]] == [{"n": number} for number in range(20)]
    assert {each.arrival for each in seen} == {Arrival.REPLY}
    earliest = min(each.first_byte_at or 0 for each in seen[:4])
    assert seen[4].sent_at > earliest, "a fifth was sent before a reply was there"


def _reply_to(number: int) -> str:
    return f'{{"jsonrpc":"2.0","id":{number},"result":{{}}}}\n'


def test_one_silent_request_of_many_costs_its_own_time_only(stage: Stage) -> None:
    connection = stage.connect(timeout=0.3)
    silent = Ask(method="do", params={"steps": []})
    seen = connection.send_all([silent, *(Ask(method="echo", params={"n": n}) for n in range(50))], in_flight=8)
    assert [each.arrival for each in seen] == [Arrival.TIMEOUT, *[Arrival.REPLY] * 50]
    assert works(connection)


def test_threads_and_a_batch_share_one_server(stage: Stage) -> None:
    connection = stage.connect()
    asks = [Ask(method="echo", params={"n": number}) for number in range(300)]
    with ThreadPoolExecutor(5) as threads:
        batch = threads.submit(connection.send_all, asks)
        singles = [threads.submit(connection.request, "echo", {"s": number}) for number in range(100)]
        assert [each.result for each in batch.result()] == [ask.params for ask in asks]
        assert [single.result().result for single in singles] == [{"s": number} for number in range(100)]


# -- what else comes ----------------------------------------------------------------------------------------------


def test_a_late_reply_is_recorded_as_late_and_given_to_nobody(stage: Stage) -> None:
    connection = stage.connect()
    assert do(connection, ["later", 0.15, [["reply", {"late": 1}]]], timeout=0.05).arrival is Arrival.TIMEOUT
    seen = do(connection, ["later", 0.3, [["reply", {"own": 1}]]])
    assert (seen.result, kinds(seen)) == ({"own": 1}, [NoiseKind.LATE_REPLY])
    after = connection.request("echo", {"n": 1})
    assert (after.result, after.noise) == ({"n": 1}, ())


def test_a_second_reply_is_recorded_as_a_duplicate(stage: Stage) -> None:
    connection = stage.connect()
    first = do(connection, ["reply", {"n": 1}], ["reply", {"n": 2}])
    second = connection.request("echo")
    assert (first.result, second.result) == ({"n": 1}, {})
    assert [*first.noise, *second.noise] == [Noise(kind=NoiseKind.DUPLICATE_REPLY, raw=ANY, at=ANY)]


@pytest.mark.parametrize("foreign", ["999", '"1"', "null", "1.5", "[1]", "true"])
def test_a_reply_under_a_foreign_id_is_the_only_request_s(stage: Stage, foreign: str) -> None:
    """The checks judge the id; without this they would only ever see a timeout."""
    connection = stage.connect()
    seen = do(connection, ["text", f'{{"jsonrpc":"2.0","id":{foreign},"result":{{"n":5}}}}\n'])
    assert (seen.arrival, seen.result, seen.message["id"]) == (Arrival.REPLY, {"n": 5}, json.loads(foreign))


def test_a_reply_under_a_foreign_id_is_nobody_s_when_several_wait(stage: Stage) -> None:
    connection = stage.connect(timeout=2)
    steps = {"steps": [["text", '{"jsonrpc":"2.0","id":999,"result":{}}\n'], ["reply", {"n": 1}]]}
    seen = connection.send_all([Ask(method="do", params=steps), Ask(method="echo", params={"n": 2})])
    assert [each.result for each in seen] == [{"n": 1}, {"n": 2}]
    assert [kind for each in seen for kind in kinds(each)] == [NoiseKind.UNKNOWN_REPLY]


def test_noise_before_a_reply_is_recorded_by_its_kind(stage: Stage) -> None:
    connection = stage.connect()
    noise = '\nbanner\n[1]\n7\n{}\n{"jsonrpc":"2.0","method":"notifications/progress"}\n\xff\n'
    seen = do(connection, ["text", noise], ["reply", {"n": 1}])
    invalid = [NoiseKind.INVALID] * 3
    assert seen.result == {"n": 1}
    assert kinds(seen) == [NoiseKind.NOT_JSON, *invalid, NoiseKind.NOTIFICATION, NoiseKind.NOT_JSON]
    assert seen.noise[0].raw == b"banner"
    assert seen.noise[0].at >= seen.sent_at


def test_every_piece_of_noise_is_told_once_however_many_threads_ask(stage: Stage) -> None:
    connection = stage.connect()

    def call(number: int) -> Exchange:
        return do(connection, ["text", f"noise {number}\n"], ["reply"])

    with ThreadPoolExecutor(8) as threads:
        heard = [noise.raw for seen in threads.map(call, range(800)) for noise in seen.noise]
    heard += [noise.raw for noise in connection.listen(0.05)]
    assert sorted(heard) == sorted(b"noise %d" % number for number in range(800))


@pytest.mark.parametrize("text", ["{{{", "[" * 100_000, '{"id":', "NaN", "1" * 5000, "\x00", "\ud800"])
def test_no_line_whatever_is_in_it_raises(stage: Stage, text: str) -> None:
    connection = stage.connect()
    raw = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    assert do(connection, ["text", raw + "\n"], ["reply", {"n": 1}]).result == {"n": 1}


def test_a_reply_may_come_in_pieces_and_its_time_is_that_of_its_first_byte(stage: Stage) -> None:
    connection = stage.connect()
    head, tail = '{"jsonrpc":"2.0","id":{id},', '"result":{"n":1}}\n'
    seen = do(connection, ["text", head], ["pause", 0.2], ["text", tail])
    assert seen.result == {"n": 1}
    assert seen.latency is not None
    assert seen.latency < 0.15


def test_two_replies_and_a_half_in_one_piece(stage: Stage) -> None:
    connection = stage.connect()
    joined = _reply_to(1) + _reply_to(2) + _reply_to(3)[:20]
    rest = {"steps": [["text", joined], ["pause", 0.05], ["text", _reply_to(3)[20:]]]}
    quiet = Ask(method="do", params={"steps": []})
    seen = connection.send_all([quiet, quiet, Ask(method="do", params=rest)])
    assert [each.arrival for each in seen] == [Arrival.REPLY] * 3


# -- size ---------------------------------------------------------------------------------------------------------


def test_a_server_that_writes_megabytes_before_it_reads_megabytes_is_no_deadlock(stage: Stage) -> None:
    connection = stage.connect(timeout=20)
    steps = [["pause", 0.1], ["lines", 8192, "n" * 1023], ["reply"]]
    large = Ask(method="echo", params={"large": "x" * 8 * MB})
    first, second = connection.send_all([Ask(method="do", params={"steps": steps}), large])
    assert (first.arrival, second.result) == (Arrival.REPLY, large.params)


def test_a_line_over_the_limit_fails_its_call_and_the_next_one_works(stage: Stage) -> None:
    connection = stage.connect(timeout=20)
    seen = do(connection, ["bytes", 70 * MB], ["text", "\n"])
    assert (seen.arrival, seen.reason) == (Arrival.FAILED, "a line over the size limit")
    assert len(seen.noise[0].raw) == 64 * 1024
    assert works(connection)


def test_a_line_without_end_does_not_fill_the_memory(stage: Stage) -> None:
    connection = stage.connect(timeout=20, reply_limit=MB)
    before = resident()
    seen = do(connection, ["bytes", 200 * MB], ["text", "\n"])
    assert seen.arrival is Arrival.FAILED
    assert resident() - before < 50 * MB
    assert works(connection)


def test_an_idle_flood_is_drained_and_bounded(stage: Stage) -> None:
    connection = stage.connect(timeout=20)
    before = resident()
    assert do(connection, ["reply"], ["lines", 100_000, "f" * 1023], ["stderr", 10]).arrival is Arrival.REPLY
    assert wait_for(lambda: connection.process and connection.process.stderr.total, 20), "blocked on its flood"
    assert resident() - before < 50 * MB
    seen = connection.request("echo", {"n": 1})
    assert seen.result == {"n": 1}
    assert len(seen.noise) <= 1000


def test_a_flood_on_stderr_keeps_its_two_ends(stage: Stage) -> None:
    connection = stage.connect(["stderr", 1], timeout=20)
    assert do(connection, *[["stderr", MB]] * 20, ["reply"]).arrival is Arrival.REPLY
    assert connection.process
    kept = connection.process.stderr
    assert wait_for(lambda: kept.total == 20 * MB + 1)
    assert len(kept.text()) < 17 * 1024
    assert f"... {20 * MB + 1 - 16 * 1024} bytes left out ..." in kept.text()


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


# -- time ---------------------------------------------------------------------------------------------------------


def test_a_silent_server_costs_the_timeout_and_leaves_nothing_behind(stage: Stage) -> None:
    connection = stage.connect()
    began = time.monotonic()
    seen = do(connection, timeout=0.1)
    assert 0.1 <= time.monotonic() - began < 0.5
    assert (seen.arrival, seen.reason, seen.received, seen.latency) == (Arrival.TIMEOUT, "no reply in time", None, None)
    assert works(connection)
    assert not connection.channel._waiting  # type: ignore[union-attr]


def test_noise_does_not_extend_the_time(stage: Stage) -> None:
    connection = stage.connect()
    chatter = [["lines", 1, "still busy"], ["pause", 0.02]] * 40
    began = time.monotonic()
    assert do(connection, *chatter, timeout=0.2).arrival is Arrival.TIMEOUT
    assert time.monotonic() - began < 0.6


def test_a_request_that_was_not_read_in_time_does_not_spoil_the_next(stage: Stage) -> None:
    """The pipe took a part of the line only: the rest must follow before anything else does."""
    connection = stage.connect()
    assert do(connection, ["later", 0.4, []], ["pause", 0.5], timeout=0.05).arrival is Arrival.TIMEOUT
    half = connection.request("echo", {"large": "x" * MB}, timeout=0.1)
    assert half.arrival is Arrival.TIMEOUT
    seen = connection.request("echo", {"n": 1})
    assert seen.result == {"n": 1}
    assert kinds(seen) == [NoiseKind.LATE_REPLY], "the request whose line was finished later was answered, late"


def test_a_batch_to_a_server_that_reads_nothing_ends_in_time(stage: Stage) -> None:
    connection = stage.connect(["pause", 30], timeout=0.3)
    large = [Ask(method="echo", params={"large": "x" * MB}) for _ in range(4)]
    began = time.monotonic()
    assert {each.arrival for each in connection.send_all(large)} == {Arrival.TIMEOUT}
    assert time.monotonic() - began < 4 * 0.3 + 1


def test_an_interrupted_call_leaves_the_connection_usable(stage: Stage) -> None:
    """pytest-timeout raises in the middle of a wait."""
    connection = stage.connect()

    def expire(number: int, frame: object) -> None:
        raise InterruptedError("time is up")

    before = signal.signal(signal.SIGUSR1, expire)
    try:
        for call in (lambda: do(connection), lambda: connection.send_all([Ask(method="do", params={"steps": []})])):
            main = threading.main_thread().ident
            timer = threading.Timer(0.05, signal.pthread_kill, (main, signal.SIGUSR1))
            timer.start()
            with pytest.raises(InterruptedError):
                call()
            timer.join()
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert works(connection)
    assert not connection.channel._waiting  # type: ignore[union-attr]


# -- the end ------------------------------------------------------------------------------------------------------


def test_a_server_that_exits_in_the_middle_of_a_reply_is_told_with_its_code(stage: Stage) -> None:
    connection = stage.connect()
    seen = do(connection, ["text", '{"jsonrpc":"2.0","id":'], ["exit", 7])
    assert (seen.arrival, seen.reason) == (Arrival.CLOSED, "exited with code 7")
    assert kinds(seen) == [NoiseKind.NOT_JSON]
    assert not connection.alive()
    assert connection.request("echo").arrival is Arrival.CLOSED


def test_a_last_reply_without_its_newline_counts(stage: Stage) -> None:
    connection = stage.connect()
    assert do(connection, ["text", _reply_to(1).rstrip()], ["exit", 0]).arrival is Arrival.REPLY


def test_every_thread_that_waits_is_told_of_the_end(stage: Stage) -> None:
    connection = stage.connect(timeout=20)
    with ThreadPoolExecutor(8) as threads:
        waiting = [threads.submit(do, connection) for _ in range(7)]
        assert wait_for(lambda: len(connection.channel._waiting) == 7)  # type: ignore[union-attr]
        began = time.monotonic()
        ending = do(connection, ["exit", 3])
        seen = [ending, *(each.result() for each in waiting)]
    assert {each.reason for each in seen} == {"exited with code 3"}
    assert time.monotonic() - began < 2


def test_a_server_that_closes_its_stdout_and_lives_is_told_so_at_once(stage: Stage) -> None:
    connection = stage.connect()
    seen = do(connection, ["close"])
    assert (seen.arrival, seen.reason) == (Arrival.CLOSED, "closed its stdout and still runs")
    began = time.monotonic()
    many = connection.send_all([Ask(method="echo")] * 50)
    assert {each.arrival for each in many} == {Arrival.CLOSED}
    assert time.monotonic() - began < 1


def test_a_closed_stdin_is_told_at_once(stage: Stage) -> None:
    connection = stage.connect(words=("stays",))
    assert works(connection)
    assert connection.process
    connection.process._close_stdin()
    began = time.monotonic()
    many = connection.send_all([Ask(method="echo")] * 10, in_flight=2)
    assert {each.arrival for each in many} == {Arrival.CLOSED}
    assert time.monotonic() - began < 1


def test_a_closed_connection_touches_no_descriptor_any_more(stage: Stage) -> None:
    """The numbers of its descriptors may belong to another server by then."""
    connection = stage.connect()
    assert works(connection)
    descriptors = (connection.process.stdin, connection.process.stdout)  # type: ignore[union-attr]
    connection.close()
    others = [stage.connect() for _ in range(3)]
    used = {fd for other in others for fd in (other.process.stdin, other.process.stdout)}  # type: ignore[union-attr]
    assert used & set(descriptors), "the numbers were not used again, nothing is proven"
    assert connection.request("echo").arrival is Arrival.CLOSED
    assert connection.send(Ask(method="notifications/x", notification=True)).arrival is Arrival.CLOSED
    assert connection.send_all([Ask(method="echo")])[0].arrival is Arrival.CLOSED
    assert connection.listen(0) == ()
    for other in others:
        assert do(other, ["lines", 10_000, "f" * 100], ["reply"]).arrival is Arrival.REPLY
        assert do(other, ["reply"], ["lines", 10_000, "f" * 100], ["stderr", 1]).arrival is Arrival.REPLY
        assert wait_for(lambda other=other: other.process.stderr.total), "the pump does not drain it any more"


# -- requests of the server's ---------------------------------------------------------------------------------------


def asks(method: str, request_id: str = '"s1"') -> list[object]:
    return ["text", f'{{"jsonrpc":"2.0","id":{request_id},"method":"{method}"}}\n']


def told(connection: Connection) -> str:
    """What the server got from us that was no request: it copies that to its stderr."""
    assert connection.process
    return connection.process.stderr.text()


def test_ping_and_roots_of_the_server_are_answered_and_the_rest_is_refused(stage: Stage) -> None:
    connection = stage.connect()
    requests = asks("ping"), asks("roots/list", "2"), asks("sampling/createMessage", "3")
    seen = do(connection, *requests, ["reply", {"n": 1}])
    assert (seen.result, kinds(seen)) == ({"n": 1}, [NoiseKind.SERVER_REQUEST] * 3)
    assert wait_for(lambda: told(connection).count("\n") == 3)
    ping, roots, sampling = (json.loads(line) for line in told(connection).splitlines())
    assert ping == {"jsonrpc": "2.0", "id": "s1", "result": {}}
    assert roots == {"jsonrpc": "2.0", "id": 2, "result": {"roots": []}}
    assert sampling["error"]["code"] == -32601


def test_a_request_of_the_server_s_is_answered_while_nobody_waits(stage: Stage) -> None:
    connection = stage.connect()
    assert do(connection, ["reply"], ["later", 0.1, [asks("ping")]]).arrival is Arrival.REPLY
    assert wait_for(lambda: '"result":{}' in told(connection))
    assert kinds(connection.listen(0)) == [NoiseKind.SERVER_REQUEST]


@pytest.mark.parametrize("request_id", ["NaN", "Infinity", "null", "{}", "[" * 900 + "]" * 900, "1e999"])
@pytest.mark.parametrize("idle", [True, False])
def test_a_request_under_an_impossible_id_raises_nothing(stage: Stage, request_id: str, idle: bool) -> None:
    connection = stage.connect()
    strange, reply = asks("ping", request_id), ["reply"]
    assert do(connection, *([reply, strange, ["stderr", 1]] if idle else [strange, reply])).arrival is Arrival.REPLY
    assert not idle or wait_for(lambda: told(connection))
    assert works(connection)


def test_a_request_of_the_server_s_amid_a_large_write_of_ours_is_no_deadlock(stage: Stage) -> None:
    connection = stage.connect(timeout=10)
    steps = [["pause", 0.1], asks("ping"), ["lines", 4096, "n" * 1023], asks("ping", "2"), ["reply"]]
    large = Ask(method="echo", params={"large": "x" * 2 * MB})
    seen = connection.send_all([Ask(method="do", params={"steps": steps}), large])
    assert [each.arrival for each in seen] == [Arrival.REPLY] * 2
    assert wait_for(lambda: told(connection).count('"result":{}') == 2), "both pings are answered once the pipe is free"


def test_a_leader_answers_while_another_thread_writes_a_large_request(stage: Stage) -> None:
    connection = stage.connect(timeout=10)
    steps = [["pause", 0.2], asks("ping"), ["lines", 4096, "n" * 1023], ["reply"]]
    with ThreadPoolExecutor(2) as threads:
        leader = threads.submit(do, connection, *steps)
        assert wait_for(connection.channel._reading.locked)  # type: ignore[union-attr]
        writer = threads.submit(connection.request, "echo", {"large": "x" * 2 * MB})
        assert leader.result().arrival is Arrival.REPLY
        assert writer.result().arrival is Arrival.REPLY
    assert wait_for(lambda: '"result":{}' in told(connection))


def test_answers_to_a_server_that_reads_none_are_bounded(stage: Stage) -> None:
    connection = stage.connect(timeout=20)
    before = resident()
    flood = ["lines", 20_000, json.dumps({"jsonrpc": "2.0", "id": "i" * 1000, "method": "ping"})]
    assert do(connection, flood, ["reply"]).arrival is Arrival.REPLY
    assert resident() - before < 50 * MB
    assert works(connection)


def test_listening_takes_what_came_before_and_meanwhile(stage: Stage) -> None:
    connection = stage.connect()
    note = '{"jsonrpc":"2.0","method":"notifications/x"}\n'
    seen = do(connection, ["reply"], ["text", note], ["later", 0.1, [["text", note]]])
    assert [*kinds(seen), *kinds(connection.listen(0.3))] == [NoiseKind.NOTIFICATION] * 2
    assert connection.listen(0) == ()


def test_an_idle_server_costs_no_cpu(stage: Stage) -> None:
    """A closed stdout is readable for ever: whoever watches it must stop."""
    connection = stage.connect()
    assert do(connection, ["reply"], ["close"]).arrival is Arrival.REPLY
    assert wait_for(lambda: connection.channel.closed)
    before = time.process_time()
    select.select([], [], [], 0.2)
    assert time.process_time() - before < 0.1


ACKNOWLEDGED = ["text", '{"jsonrpc":"2.0","method":"notifications/acknowledged"}\n']


def test_a_request_that_stays_open_is_waited_for_until_it_is_acknowledged_and_then_cancelled(stage: Stage) -> None:
    connection = stage.connect()
    steps = {"steps": [ACKNOWLEDGED, ["reply", {"n": 1}], ["text", "after\n"]]}
    seen = connection.send(Ask(method="do", params=steps, until="notifications/acknowledged"))
    assert (seen.arrival, seen.message) == (Arrival.OPEN, None)
    assert connection.request("echo", {"n": 2}).result == {"n": 2}
    kinds = [noise.kind for noise in connection.heard()]
    assert sorted(kinds) == [NoiseKind.LATE_REPLY, NoiseKind.NOT_JSON, NoiseKind.NOTIFICATION]


def test_a_request_that_is_cancelled_at_once_is_not_waited_for(stage: Stage) -> None:
    connection = stage.connect()
    seen = connection.send(Ask(method="echo", params={"n": 1}, cancelled=True))
    first, second = (json.loads(line) for line in seen.sent.splitlines())
    assert (second["method"], second["params"]["requestId"]) == ("notifications/cancelled", first["id"])
    assert connection.request("echo", {"n": 2}).result == {"n": 2}
