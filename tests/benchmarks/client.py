"""Our client as its caller sees it against a hand-written one: ``python tests/benchmarks/client.py --count 5000``.

The server is the null server over stdio, for single calls on one core with its client. Beside the bars it prints two
clients that we are not: plain asyncio, and asyncio in a background thread that a synchronous caller waits for.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[2]))

from pytest_mcp.client import Fleet
from pytest_mcp.client.wire import MODERN_REVISION, envelope
from pytest_mcp.model.exchange import Arrival, Ask
from pytest_mcp.model.server import Launch, Server, Source, Stdio
from tests.benchmarks.bars import Bar, report

SERVER = [sys.executable, str(Path(__file__).parents[1] / "servers" / "null.py")]
IN_FLIGHT = 32
Figures = tuple[float, float]
"""Median seconds and CPU seconds of one call."""


def line(number: int) -> bytes:
    """The request everybody sends: the server speaks 2026-07-28, which demands the envelope."""
    params = {"_meta": envelope(MODERN_REVISION)}
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": "ping", "params": params}).encode() + b"\n"


def timed(call: Callable[[int], object], count: int) -> Figures:
    """Call one after the other; the first tenth is warm-up."""
    for number in range(1, count // 10):
        call(number)
    taken, cpu = [], time.process_time()
    for number in range(count, 2 * count):
        began = time.perf_counter()
        call(number)
        taken.append(time.perf_counter() - began)
    return median(taken), (time.process_time() - cpu) / count


def blocking(count: int) -> Figures:
    """The yardstick: write a line, read a line."""
    with subprocess.Popen(SERVER, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        source, sink = process.stdout, process.stdin

        def call(number: int) -> object:
            sink.write(line(number))
            sink.flush()
            return json.loads(source.readline())["id"] == number

        figures = timed(call, count)
        sink.close()
    return figures


@contextmanager
def connected() -> Iterator[Fleet]:
    """A fleet of one: the null server."""
    launch = Launch(command=SERVER[0], args=tuple(SERVER[1:]))
    server = Server(id="null", name="null", source=Source(path="x", line=1), transport=Stdio(launch=launch))
    fleet = Fleet(Path.cwd(), timeout=10)
    assert fleet.connect(server).connected
    try:
        yield fleet
    finally:
        fleet.close()


def ours(count: int) -> Figures:
    """Our client."""
    with connected() as fleet:
        connection = fleet.get("null")
        return timed(lambda _: connection.request("ping").result, count)


async def _asyncio(count: int) -> Figures:
    process = await asyncio.create_subprocess_exec(*SERVER, stdin=-1, stdout=-1)
    assert process.stdin
    assert process.stdout
    taken, cpu = [], 0.0
    for number in range(count + count // 10):
        if number == count // 10:
            taken, cpu = [], time.process_time()
        began = time.perf_counter()
        process.stdin.write(line(number))
        json.loads(await process.stdout.readline())
        taken.append(time.perf_counter() - began)
    figures = median(taken), (time.process_time() - cpu) / count
    process.stdin.close()
    await process.wait()
    return figures


def threaded(count: int) -> Figures:
    """A loop in the background and a caller who waits for it: what our client is not, and why."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def start() -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(*SERVER, stdin=-1, stdout=-1)

    process = asyncio.run_coroutine_threadsafe(start(), loop).result()

    async def call(number: int) -> object:
        assert process.stdin
        assert process.stdout
        process.stdin.write(line(number))
        return json.loads(await process.stdout.readline())

    figures = timed(lambda number: asyncio.run_coroutine_threadsafe(call(number), loop).result(), count)
    process.kill()
    asyncio.run_coroutine_threadsafe(process.wait(), loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()
    return figures


def ours_in_flight(count: int) -> float:
    """Calls a second with 32 unanswered."""
    with connected() as fleet:
        connection = fleet.get("null")
        asks = [Ask(method="ping")] * count
        began = time.perf_counter()
        replies = connection.send_all(asks, in_flight=IN_FLIGHT)
        seconds = time.perf_counter() - began
    assert all(reply.arrival is Arrival.REPLY for reply in replies)
    return count / seconds


async def _asyncio_in_flight(count: int) -> float:
    process = await asyncio.create_subprocess_exec(*SERVER, stdin=-1, stdout=-1)
    waiting: dict[int, asyncio.Future[object]] = {}
    numbers = iter(range(count))

    async def read() -> None:
        assert process.stdout
        for _ in range(count):
            reply = json.loads(await process.stdout.readline())
            waiting.pop(reply["id"]).set_result(reply)

    async def call() -> None:
        assert process.stdin
        for number in numbers:
            waiting[number] = reply = asyncio.get_running_loop().create_future()
            process.stdin.write(line(number))
            await reply

    began = time.perf_counter()
    await asyncio.gather(read(), *(call() for _ in range(IN_FLIGHT)))
    seconds = time.perf_counter() - began
    assert process.stdin
    process.stdin.close()
    await process.wait()
    return count / seconds


def main() -> None:
    """Measure all of them in turns."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    sides: dict[str, Callable[[int], Figures]] = {
        "blocking": blocking,
        "ours": ours,
        "asyncio": lambda count: asyncio.run(_asyncio(count)),
        "asyncio in a thread": threaded,
    }
    taken: dict[str, list[Figures]] = {name: [] for name in sides}
    flights: list[tuple[float, float]] = []
    cores = os.sched_getaffinity(0)
    for _ in range(options.rounds):
        os.sched_setaffinity(0, {min(cores)})  # else waking the other core is most of the time, and differs by its mood
        for name, side in sides.items():
            taken[name].append(side(options.count))
        os.sched_setaffinity(0, cores)
        flights.append((ours_in_flight(options.count), asyncio.run(_asyncio_in_flight(options.count))))
    middle = {name: (median(f[0] for f in each), median(f[1] for f in each)) for name, each in taken.items()}
    for name, (p50, cpu) in middle.items():
        print(f"{name}: p50 {p50 * 1e6:.1f} us, CPU {cpu * 1e6:.1f} us a call")
    us = {name: (p50 * 1e6, cpu * 1e6) for name, (p50, cpu) in middle.items()}
    report(
        Bar(name="p50", ours=us["ours"][0], theirs=us["blocking"][0], unit="us", at_most=1.5),
        Bar(name="CPU a call", ours=us["ours"][1], theirs=us["blocking"][1], unit="us", at_most=2.5),
        Bar(
            name="32 in flight",
            ours=median(each[0] for each in flights),
            theirs=median(each[1] for each in flights),
            unit="calls/s",
            at_least=0.7,
        ),
    )


if __name__ == "__main__":
    main()
