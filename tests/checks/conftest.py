"""No rule may ever reach for the network."""

import socket
import threading
from collections.abc import Iterator

import pytest


class Listener:
    """A server on 127.0.0.1 that counts who comes, and never answers."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.visits = 0
        self._thread = threading.Thread(target=self._count, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def close(self) -> None:
        """Stop counting."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(timeout=5)
        self._socket.close()

    def _count(self) -> None:
        while True:
            try:
                visitor, _ = self._socket.accept()
            except OSError:
                return
            self.visits += 1
            visitor.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    """A listener that sees connections from any code, also from a library that is not written in Python."""
    one = Listener()
    yield one
    one.close()


@pytest.fixture(autouse=True)
def _no_sockets(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "listener" not in request.fixturenames:
        monkeypatch.setattr(socket.socket, "connect", _refuse)


def _refuse(*_: object) -> None:
    raise AssertionError("a rule tried to connect to somewhere")
