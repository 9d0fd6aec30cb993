"""A stdio server that does what each request tells it to, on the standard library only.

``params.steps`` is a list of [word, argument ...]; a request without steps gets its params back. ``{id}`` in a text is
the id of the request. The arguments of the command are steps for the start (JSON), and words: ``stays`` at the end of
its input, ``deaf`` to TERM.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time

TURN = threading.Lock()


def write(data):
    view = memoryview(data)
    with TURN:
        while view:
            view = view[os.write(1, view) :]


def reply(request_id, result=None):
    write(json.dumps({"jsonrpc": "2.0", "id": request_id, "result": result or {}}).encode() + b"\n")


def later(request_id, seconds, steps):
    timer = threading.Timer(seconds, perform, (steps, request_id))
    timer.daemon = True
    timer.start()


def read_line(request_id):
    sys.stdin.buffer.readline()


def child(request_id, *words):
    subprocess.Popen(
        [sys.executable, __file__, "[]", "stays", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


STEPS = {
    "reply": reply,
    "text": lambda i, text: write(text.replace("{id}", json.dumps(i)).encode()),
    "bytes": lambda i, count: write(b"x" * count),
    "lines": lambda i, count, text: write((text + "\n").encode() * count),
    "stderr": lambda i, count: os.write(2, b"e" * count),
    "pause": lambda i, seconds: time.sleep(seconds),
    "later": later,
    "read": read_line,
    "child": child,
    "brief": lambda i, seconds: subprocess.Popen(["sleep", str(seconds)], stdin=-3, stdout=-3, stderr=-3),
    "close": lambda i: os.close(1),
    "environment": lambda i: reply(i, dict(os.environ)),
    "exit": lambda i, code: os._exit(code),
}


def perform(steps, request_id=None):
    for word, *rest in steps:
        STEPS[word](request_id, *rest)


def main():
    words = sys.argv[1:] or ["[]"]
    if "deaf" in words:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    perform(json.loads(words[0]))
    for line in sys.stdin.buffer:
        message = json.loads(line)
        params = message.get("params") or {}
        if "method" not in message:
            os.write(2, line)
        elif "steps" in params:
            perform(params["steps"], message.get("id"))
        elif "id" in message:
            reply(message["id"], params)
    while "stays" in words:
        time.sleep(60)


main()
