"""More than anybody asked for: noise without end, replies without measure, bytes that come one at a time.

``FLOOD_MIB`` in the environment is how much; the long runs of ``tox -qe hostile`` set it to 1024.
"""

import os
from typing import Any

from tests.servers.defects.registry import HTTP, MODERN, STDIO, Declarations, Point, Scene
from tests.servers.protocol import Protocol

DEFECTS = Declarations()
UNREAD = frozenset({"stdout-purity"})
"""A line that no client reads is no message to it."""
MIB = int(os.environ.get("FLOOD_MIB", "4"))
CHUNK = b"x" * (1 << 20)
HUGE = 66
"""MiB of one reply: more than a client takes."""
_HANDSHAKE = ("initialize", "server/discover")


def _written(descriptor: int, piece: bytes) -> None:
    while piece:
        piece = piece[os.write(descriptor, piece) :]


@DEFECTS.at(Point.START, "noise-without-a-newline", "stdout-purity", "that is no JSON", transports=STDIO)
def _(server: Protocol) -> None:
    for _ in range(MIB):
        _written(1, CHUNK)
    _written(1, b"\n")


@DEFECTS.at(Point.START, "noise-in-lines", "stdout-purity", "that is no JSON", transports=STDIO)
def _(server: Protocol) -> None:
    for _ in range(MIB):
        _written(1, (b"y" * 1023 + b"\n") * 1024)


@DEFECTS.at(Point.START, "floods-stderr", "stderr-quiet", "writes to stderr", transports=STDIO)
def _(server: Protocol) -> None:
    for _ in range(MIB):
        _written(2, (b"z" * 1023 + b"\n") * 1024)


@DEFECTS.at(Point.ANSWER, "floods-notifications", "log-unasked", "log message", eras=MODERN, transports=STDIO)
def _(scene: Scene) -> None:
    if scene.method == "tools/list":
        note = {"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": "x" * 900}}
        scene.answer.messages = [*[note] * (MIB * 1000 // 4), *scene.answer.messages]


@DEFECTS.at(
    Point.ANSWER, "a-reply-of-66-mib", "declared-lists-answer", "is declared but fails", transports=STDIO, also=UNREAD
)
def _(scene: Scene) -> None:
    if scene.method == "resources/list" and "result" in scene.reply:
        scene.result["_meta"] = {**scene.result.get("_meta", {}), "example.com/much": "m" * (HUGE << 20)}


@DEFECTS.at(Point.ANSWER, "numbers-that-are-none", "reply-envelope", "a strict JSON parser refuses", transports=STDIO)
def _(scene: Scene) -> None:
    if scene.method == "prompts/list" and "result" in scene.reply:
        scene.result["_meta"] = {**scene.result.get("_meta", {}), "example.com/number": float("nan")}


@DEFECTS.at(
    Point.ANSWER, "a-reply-nested-deep", "declared-lists-answer", "is declared but fails", transports=STDIO, also=UNREAD
)
def _(scene: Scene) -> None:
    if scene.method == "prompts/list":
        levels = b"[" * 100_000 + b"]" * 100_000
        number = str(scene.message["id"]).encode()
        scene.answer.messages = [b'{"jsonrpc":"2.0","id":' + number + b',"result":{"prompts":' + levels + b"}}"]


@DEFECTS.at(Point.ANSWER, "hangs-in-a-list", "declared-lists-answer", "is declared but fails", waits=True)
def _(scene: Scene) -> None:
    if scene.method == "prompts/list":
        scene.answer.silent = True


def _way(name: str, way: str, says: str, **more: Any) -> None:
    """A way of HTTP in which every reply comes."""

    @DEFECTS.at(Point.ANSWER, name, "connects", says, transports=HTTP, **more)
    def _(scene: Scene) -> None:
        scene.answer.way = way


_way("bytes-one-at-a-time", "trickle", "no reply in time", waits=True)
_way("redirects-for-ever", "redirect", "does not connect")
_way("cuts-its-replies", "cut", "does not connect")
_way("a-stream-without-end", "endless", "no reply in time", waits=True)
