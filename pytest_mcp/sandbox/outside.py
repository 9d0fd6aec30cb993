"""Runs outside the box of an HTTP server: a program of its own, standard library only.

    python -I -S outside.py SOCKET PORT COMMAND...

It starts the box, and once the server inside takes connections it listens on PORT of 127.0.0.1 and hands every
connection on to the box's Unix socket. It ends when the box does.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading

CHUNK = 65536


def pour(source: socket.socket, sink: socket.socket) -> None:
    """Bytes of one direction, and its end."""
    with contextlib.suppress(OSError):
        while chunk := source.recv(CHUNK):
            sink.sendall(chunk)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def reached(path: str) -> socket.socket | None:
    """A connection into the box to its server, None while that does not take one."""
    near = socket.socket(socket.AF_UNIX)
    try:
        near.settimeout(30)
        near.connect(path)
        there = near.recv(1) == b"+"
        near.settimeout(None)
    except OSError:
        there = False
    if not there:
        near.close()
    return near if there else None


def serve(path: str, port: int) -> None:
    """Listen once there is somebody to hand on to."""
    while (first := reached(path)) is None:
        threading.Event().wait(0.02)
    first.close()
    listener = socket.create_server(("127.0.0.1", port), backlog=128)
    while True:
        near, _ = listener.accept()
        far = reached(path)
        if far is None:
            near.close()
            continue
        for one, other in ((near, far), (far, near)):
            threading.Thread(target=pour, args=(one, other), daemon=True).start()


def main() -> None:
    """Start the box and serve beside it."""
    path, port, command = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    box = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    signal.signal(signal.SIGTERM, lambda *_: box.terminate())
    threading.Thread(target=serve, args=(path, port), daemon=True).start()
    code = box.wait()
    os._exit(code if code >= 0 else 128 - code)


if __name__ == "__main__":
    main()
