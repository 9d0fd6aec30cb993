"""A bound on everything one HTTP exchange does on the network, however slowly the other side feeds us.

HTTP libraries bound each read; a server that sends a byte of its headers now and then would hold us for hours.
"""

import contextlib
import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any

import httpcore2

_this_thread = threading.local()


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    """Whatever this thread reads or writes over HTTP ends with a timeout when the time is over."""
    _this_thread.deadline = time.perf_counter() + seconds
    try:
        yield
    finally:
        _this_thread.deadline = None


def _left(timeout: float | None, over: type[Exception]) -> float | None:
    deadline: float | None = getattr(_this_thread, "deadline", None)
    if deadline is None:
        return timeout
    left = deadline - time.perf_counter()
    if left <= 0:
        raise over("its time is over")
    return left if timeout is None else min(left, timeout)


class _Bounded(httpcore2.NetworkStream):
    """A stream whose waits end at the deadline of the thread that waits."""

    def __init__(self, inner: httpcore2.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(timeout, httpcore2.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(timeout, httpcore2.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        left = _left(timeout, httpcore2.ConnectTimeout)
        return _Bounded(self._inner.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class BoundedBackend(httpcore2.SyncBackend):
    """Opens streams that know the deadline."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """See httpcore2."""
        left = _left(timeout, httpcore2.ConnectTimeout)
        return _Bounded(super().connect_tcp(host, port, left, local_address, socket_options))
