"""Processes that do not start, do not stay, or do not leave as they should."""

import os
import signal
import subprocess
import sys
import threading
import time

from tests.servers.defects.registry import HTTP, LEGACY, STDIO, Declarations, Point, Scene
from tests.servers.protocol import Protocol

DEFECTS = Declarations()
_FOREVER = 3600
_HANDSHAKE = ("initialize", "server/discover")


@DEFECTS.at(Point.START, "exits-at-once", "connects", "exited with code 3", transports=STDIO)
def _(server: Protocol) -> None:
    sys.exit(3)


@DEFECTS.at(Point.START, "exits-at-once-over-http", "connects", "exited", transports=frozenset({"http"}))
def _(server: Protocol) -> None:
    print("no such database", file=sys.stderr)
    sys.exit(3)


@DEFECTS.at(Point.START, "closes-stdout-and-stays", "connects", "closed its stdout", transports=STDIO, waits=True)
def _(server: Protocol) -> None:
    os.close(1)
    time.sleep(_FOREVER)


@DEFECTS.at(Point.START, "banner-on-stdout", "stdout-purity", "that is no JSON", transports=STDIO)
def _(server: Protocol) -> None:
    os.write(1, b"good-server 1.2.3 is listening on stdin\n")


@DEFECTS.at(Point.START, "bytes-on-stdout", "stdout-purity", "that is no JSON", transports=STDIO)
def _(server: Protocol) -> None:
    os.write(1, bytes(range(11, 256)) + b"\n")


@DEFECTS.at(Point.ANSWER, "hangs-in-the-handshake", "connects", "no reply in time", waits=True)
def _(scene: Scene) -> None:
    scene.answer.silent = scene.method in _HANDSHAKE


@DEFECTS.at(Point.ANSWER, "dies-in-the-handshake", "connects", "exited with code 4", eras=LEGACY, transports=STDIO)
def _(scene: Scene) -> None:
    if scene.method in _HANDSHAKE:
        print("cannot read the configuration", file=sys.stderr, flush=True)
        os._exit(4)


@DEFECTS.at(
    Point.ANSWER,
    "dies-of-an-unknown-method",
    "stays-alive",
    "ended while it was tested",
    also=frozenset({"unknown-method"}),
    sometimes=frozenset({"malformed-params"}),  # asked next, maybe while the process is still ending
)
def _(scene: Scene) -> None:
    if scene.method.startswith("pytest-mcp/"):
        os._exit(6)


@DEFECTS.at(Point.END, "ignores-the-end-of-input", "exits-on-eof", "does not exit", transports=STDIO, waits=True)
def _(server: Protocol) -> None:
    time.sleep(_FOREVER)


@DEFECTS.at(Point.END, "ignores-the-end-and-term", "exits-on-eof", "does not exit", transports=STDIO, waits=True)
def _(server: Protocol) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(_FOREVER)


@DEFECTS.at(Point.START, "ignores-term", "exits-on-term", "does not exit on SIGTERM", deep=True)
def _(server: Protocol) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def _child(server: Protocol) -> None:
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the child inherits it
    subprocess.Popen([sys.executable, "-S", "-c", f"import time; time.sleep({_FOREVER})"], **streams)  # type: ignore[call-overload]
    signal.signal(signal.SIGTERM, before)


DEFECTS.at(Point.START, "leaves-a-child-behind", "exits-on-eof", "leaves 1 processes behind", transports=STDIO)(_child)
DEFECTS.at(
    Point.START,
    "leaves-a-child-behind-after-term",
    "exits-on-term",
    "leaves 1 processes behind after SIGTERM",
    also=frozenset({"exits-on-eof"}),
    deep=True,
)(_child)


# -- oddities -------------------------------------------------------------------------------------------------------


@DEFECTS.at(Point.ANSWER, "dies-of-the-probe", None, eras=LEGACY, transports=STDIO)
def _(scene: Scene) -> None:
    if scene.method == "server/discover":
        print("Received request before initialization was complete", file=sys.stderr, flush=True)
        os._exit(1)


@DEFECTS.at(Point.START, "starts-slowly", None)
def _(server: Protocol) -> None:
    time.sleep(0.5)


def _chatter(server: Protocol) -> None:
    def chatter() -> None:
        for number in range(2000):
            print(f"DEBUG line {number} \x1b[31mred\x1b[0m", file=sys.stderr)

    threading.Thread(target=chatter, daemon=True).start()


DEFECTS.at(Point.START, "chatters-on-stderr", "stderr-quiet", "writes to stderr", transports=STDIO)(_chatter)
DEFECTS.at(Point.START, "chatters-on-stderr-over-http", None, transports=HTTP)(_chatter)


@DEFECTS.at(Point.END, "takes-a-second-to-leave", None, transports=STDIO)
def _(server: Protocol) -> None:
    time.sleep(1)
