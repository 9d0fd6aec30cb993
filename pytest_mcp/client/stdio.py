"""The stdio transport: one message a line; the calling thread itself writes and reads.

Any number of threads may call at once. The first that waits reads for all (it *leads*); when its own reply is there it
hands over to another that waits, or back to the pump.
"""

import contextlib
import os
import select
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence

from pytest_mcp.client.outlet import Outlet
from pytest_mcp.client.process import Process
from pytest_mcp.client.pump import CHUNK, Pump
from pytest_mcp.client.slots import Guess, Slot, taken
from pytest_mcp.client.wire import NOTHING_DECLARED, Incoming, Role, answer, classify
from pytest_mcp.model.exchange import Arrival, Exchange, Noise, NoiseKind

REPLY_LIMIT = 64 * 1024 * 1024
NOISE_LIMIT = 1000
RAW_LIMIT = 64 * 1024
EXIT_FOLLOWS = 0.2
"""Seconds between the end of stdout and the exit of the process, if both have one cause."""
SLICE = 0.5
"""Seconds after which a wait looks whether the connection was closed meanwhile."""
TURN = 0.002
GRACE = 0.25
"""Seconds that a reply with an id we never sent waits for the one with ours."""
_REASONS = {Arrival.TIMEOUT: "no reply in time", Arrival.FAILED: "a line over the size limit"}


class StdioChannel:
    """Sends messages to one process and pairs what comes back; times are ``time.perf_counter`` seconds."""

    def __init__(
        self,
        server: str,
        process: Process,
        pump: Pump,
        *,
        reply_limit: int = REPLY_LIMIT,
        role: Role = NOTHING_DECLARED,
    ) -> None:
        self.process, self._role = process, role
        self._server, self._pump, self._reply_limit = server, pump, reply_limit
        self._out, self._outlet = process.stdout, Outlet(process.stdin)
        self._poll = select.poll()
        self._poll.register(self._out, select.POLLIN)
        self._reading = threading.Lock()
        self._waiting: dict[int, Slot] = {}
        self._expired: set[int] = set()
        self._highest = 0
        self._buffer = bytearray()
        self._line_began = 0.0
        self._discarding = False
        self._noise: deque[Noise] = deque(maxlen=NOISE_LIMIT)
        self.closed = False
        self._closed_at = 0.0
        pump.watch(self._out, self._idle)

    def exchange(self, request_id: int, method: str, message: bytes, timeout: float, until: str = "") -> Exchange:
        """Send one request and wait for its reply, or the notification ``until``, at most ``timeout`` seconds."""
        slot = Slot(request_id, method, message, until)
        deadline = time.perf_counter() + timeout
        self._open(slot)
        leading = self._lead()
        try:
            self._write(slot, deadline, leading)
            while slot.arrival is None:
                if leading:
                    self._read_for(slot, deadline)
                else:
                    leading = self._follow(slot, deadline)
        finally:
            if leading:
                self._hand_over()
            self._done(slot)
        return self._exchange(slot)

    def exchange_all(
        self, asks: Sequence[tuple[int, str, bytes]], timeout: float, in_flight: int
    ) -> tuple[Exchange, ...]:
        """Send many requests with at most ``in_flight`` unanswered; each has ``timeout`` seconds of its own."""
        slots = [Slot(*ask) for ask in asks]
        upcoming, open_slots = deque(slots), list[tuple[Slot, float]]()
        try:
            with self._reading_alone():
                while upcoming or open_slots:
                    while upcoming and len(open_slots) < in_flight:
                        slot, deadline = upcoming.popleft(), time.perf_counter() + timeout
                        self._open(slot)
                        self._write(slot, deadline, True)
                        open_slots.append((slot, deadline))
                    open_slots = [pair for pair in open_slots if pair[0].arrival is None]
                    if open_slots:
                        self._read_for(*open_slots[0])
                        self._expire(open_slots)
        finally:
            for slot in slots:
                self._done(slot)
        return tuple(self._exchange(slot) for slot in slots)

    def notify(self, method: str, message: bytes, timeout: float) -> Exchange:
        """Send a message that has no reply."""
        slot = Slot(0, method, message)
        leading = self._lead()
        try:
            self._write(slot, time.perf_counter() + timeout, leading)
        finally:
            if leading:
                self._hand_over()
        slot.arrival = slot.arrival or Arrival.SENT
        return self._exchange(slot, numbered=False)

    def listen(self, seconds: float) -> tuple[Noise, ...]:
        """Wait without asking anything, and take what came meanwhile and before."""
        deadline = time.perf_counter() + seconds
        with self._reading_alone():
            while not self.closed and (left := deadline - time.perf_counter()) > 0:
                self._read(min(left, SLICE))
        return taken(self._noise)

    def hush(self) -> None:
        """Send nothing any more: the end of the server's input is next."""
        self._outlet.close(SLICE)

    def close(self) -> None:
        """Give up reading and the descriptor; whoever waits is told. After the process has ended."""
        self.closed = True
        if self._reading.acquire(timeout=4 * SLICE):
            self._pump.forget(self._out)
            self.process.close_stdout()
            self._end_of_stream()
            self._reading.release()

    # -- one request ------------------------------------------------------------------------------------------------

    def _open(self, slot: Slot) -> None:
        self._highest = max(self._highest, slot.id)
        self._waiting[slot.id] = slot

    def _done(self, slot: Slot) -> None:
        """Forget a request; what still comes for it is late."""
        self._waiting.pop(slot.id, None)
        if slot.arrival is None:
            self._expired.add(slot.id)

    def _write(self, slot: Slot, deadline: float, leading: bool) -> None:
        if not self._take_turn(deadline, leading):
            self._time_out(slot)
            return
        line = slot.sent + b"\n"
        try:
            slot.sent_at = time.perf_counter()
            if not self._outlet.send(line):
                self._write_rest(slot, deadline, leading)
        except (OSError, ValueError):
            self._closed_at = self._closed_at or time.perf_counter()
            slot.arrival = slot.arrival or Arrival.CLOSED
        finally:
            if slot.arrival is not None:
                self._outlet.withdraw(line)
            self._outlet.release()

    def _take_turn(self, deadline: float, leading: bool) -> bool:
        """Wait while another writes; whoever leads goes on reading, or a server that writes first never reads."""
        while not self._outlet.turn.acquire(timeout=TURN):
            if leading and not self.closed:
                self._read(0)
            if time.perf_counter() > deadline:
                return False
        return True

    def _write_rest(self, slot: Slot, deadline: float, leading: bool) -> None:
        """A full pipe: go on as the server reads, and read what it writes meanwhile, else both would wait for ever."""
        poll = select.poll()
        poll.register(self._outlet.fd, select.POLLOUT)
        reads = leading and not self.closed
        if reads:
            poll.register(self._out, select.POLLIN)
        while slot.arrival is None and not self._outlet.flush():
            left = deadline - time.perf_counter()
            if left <= 0:
                self._time_out(slot)
            ready = dict(poll.poll(max(0.0, min(left, SLICE)) * 1000))
            if reads and self._out in ready:
                self._read(0)
                if self.closed:
                    poll.unregister(self._out)
                    reads = False

    def _time_out(self, slot: Slot) -> None:
        if slot.arrival is None:
            slot.settle_without(Arrival.TIMEOUT)
        if slot.arrival is Arrival.TIMEOUT:
            self._expired.add(slot.id)

    def _read_for(self, slot: Slot, deadline: float) -> None:
        """Read once; settles the slot when its time is over or the server is gone."""
        left = min(deadline, slot.guess.at + GRACE if slot.guess else deadline) - time.perf_counter()
        if self.closed:
            slot.arrival = slot.arrival or Arrival.CLOSED
        elif left <= 0:
            self._time_out(slot)
        else:
            self._read(min(left, SLICE))

    def _expire(self, open_slots: list[tuple[Slot, float]]) -> None:
        now = time.perf_counter()
        for slot, deadline in open_slots:
            if deadline <= now:
                self._time_out(slot)

    def _exchange(self, slot: Slot, numbered: bool = True) -> Exchange:
        return Exchange(
            server=self._server,
            method=slot.method,
            id=slot.id if numbered else None,
            sent=slot.sent,
            sent_at=slot.sent_at,
            arrival=slot.arrival or Arrival.FAILED,
            received=slot.raw,
            message=slot.message,
            first_byte_at=slot.first_byte_at,
            reason=self._reason(slot.arrival or Arrival.FAILED),
            noise=taken(self._noise) if self._noise else (),
        )

    def _reason(self, arrival: Arrival) -> str:
        if arrival is not Arrival.CLOSED:
            return _REASONS.get(arrival, "")
        self.process.wait(self._closed_at + EXIT_FOLLOWS - time.perf_counter())
        code = self.process.exit_code
        return "closed its stdout and still runs" if code is None else f"exited with code {code}"

    # -- who reads --------------------------------------------------------------------------------------------------

    def _lead(self) -> bool:
        if not self._reading.acquire(blocking=False):
            return False
        if not self.closed:
            self._pump.pause(self._out)
        return True

    def _follow(self, slot: Slot, deadline: float) -> bool:
        """Wait for the reply or the lead; the second attempt closes the gap to a leader just leaving."""
        slot.event = slot.event or threading.Event()
        if self._lead():
            return True
        if not slot.event.wait(max(0.0, deadline - time.perf_counter())):
            self._time_out(slot)
        slot.event.clear()
        return slot.arrival is None and self._lead()

    def _hand_over(self) -> None:
        if not self.closed:
            self._pump.resume(self._out)
        self._reading.release()
        if len(self._waiting) > 1:
            for waiting in list(self._waiting.values()):
                if waiting.arrival is None and waiting.event:
                    waiting.event.set()
                    break

    @contextlib.contextmanager
    def _reading_alone(self) -> Iterator[None]:
        self._reading.acquire()
        if not self.closed:
            self._pump.pause(self._out)
        try:
            yield
        finally:
            self._hand_over()

    def _idle(self) -> None:
        """Called by the pump when something arrived and nobody waits."""
        if not self._reading.acquire(blocking=False):
            return
        try:
            if not self.closed:
                self._read(0)
        finally:
            self._reading.release()
            for waiting in list(self._waiting.values()):
                if waiting.event:
                    waiting.event.set()

    # -- reading ----------------------------------------------------------------------------------------------------

    def _read(self, seconds: float) -> None:
        """Read what is there, after waiting at most ``seconds`` for it, and hand every whole line on."""
        if not self._poll.poll(seconds * 1000):
            return
        try:
            chunk = os.read(self._out, CHUNK)
        except (OSError, ValueError):
            chunk = b""
        now = time.perf_counter()
        if not chunk:
            self._end_of_stream()
            return
        if not self._buffer:
            self._line_began = now
        if not self._buffer and chunk.find(b"\n") == len(chunk) - 1 and not self._discarding:
            self._line(chunk[:-1], now)
            return
        self._split(chunk, now)

    def _split(self, chunk: bytes, now: float) -> None:
        *lines, rest = chunk.split(b"\n")
        for line in lines:
            if self._discarding:
                self._discarding = False
            else:
                self._buffer += line
                whole, self._buffer = bytes(self._buffer), bytearray()
                self._line(whole, self._line_began)
            self._line_began = now
        if not self._discarding:
            self._buffer += rest
            if len(self._buffer) > self._reply_limit:
                self._give_up_on_line(now)

    def _give_up_on_line(self, now: float) -> None:
        head = bytes(self._buffer[:RAW_LIMIT])
        self._buffer, self._discarding = bytearray(), True
        self._noise.append(Noise(kind=NoiseKind.NOT_JSON, raw=head, at=now))
        if len(self._waiting) == 1:
            (slot,) = self._waiting.values()
            slot.settle(Arrival.FAILED)

    def _line(self, raw: bytes, began: float) -> None:
        incoming = classify(raw)
        if incoming.noise is None:
            self._reply(raw, incoming, began)
            return
        if raw.strip():
            self._noise.append(Noise(kind=incoming.noise, raw=raw[:RAW_LIMIT], at=began))
        if incoming.noise is NoiseKind.SERVER_REQUEST and (reply := answer(incoming.message, self._role)):
            self._outlet.owe(reply + b"\n")
        elif incoming.noise is NoiseKind.NOTIFICATION:
            self._acknowledge(incoming.message["method"])

    def _acknowledge(self, method: str) -> None:
        """Settle the request that waits for this notification only."""
        for slot in list(self._waiting.values()):
            if slot.until == method and slot.arrival is None:
                self._expired.add(slot.id)
                slot.settle(Arrival.OPEN)
                return

    def _reply(self, raw: bytes, incoming: Incoming, began: float) -> None:
        request_id = incoming.id
        slot = self._waiting.get(request_id) if type(request_id) is int else None
        if slot is None and len(self._waiting) == 1 and not self._is_ours(request_id):
            (only,) = self._waiting.values()
            if only.guess is None and only.arrival is None:
                only.guess = Guess(raw, incoming.message, began)
                return
        if slot is None or slot.arrival is not None:
            self._noise.append(Noise(kind=self._stray(request_id), raw=raw[:RAW_LIMIT], at=began))
            return
        if slot.guess:
            self._noise.append(Noise(kind=NoiseKind.UNKNOWN_REPLY, raw=slot.guess.raw[:RAW_LIMIT], at=slot.guess.at))
        slot.raw, slot.message, slot.first_byte_at = raw, incoming.message, began
        slot.settle(Arrival.REPLY)

    def _is_ours(self, request_id: object) -> bool:
        return type(request_id) is int and 0 < request_id <= self._highest

    def _stray(self, request_id: object) -> NoiseKind:
        if not self._is_ours(request_id):
            return NoiseKind.UNKNOWN_REPLY
        return NoiseKind.LATE_REPLY if request_id in self._expired else NoiseKind.DUPLICATE_REPLY

    def _end_of_stream(self) -> None:
        self.closed = True
        self._closed_at = self._closed_at or time.perf_counter()
        self._pump.forget(self._out)
        if self._buffer:
            rest, self._buffer = bytes(self._buffer), bytearray()
            self._line(rest, self._line_began)
        for slot in list(self._waiting.values()):
            if slot.arrival is None:
                slot.settle_without(Arrival.CLOSED)
