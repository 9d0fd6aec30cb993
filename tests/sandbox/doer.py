"""A server that runs the Python it is sent: ``do`` with ``code``; what the code leaves in ``out`` is the result.

Over stdio, or with a port over HTTP. Standard library only.
"""

import json
import sys


def answer(message):
    method, params = message.get("method"), message.get("params") or {}
    if method == "initialize":
        info = {"name": "doer", "version": "1"}
        return {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": info}
    if method == "tools/list":
        return {"tools": []}
    if method != "do":
        return None
    names = {"out": None}
    try:
        exec(params["code"], names)
    except BaseException as error:  # noqa: BLE001 - whatever the test wanted
        return {"raised": f"{type(error).__name__}: {error}"}
    return {"out": names["out"]}


def reply_to(line):
    message = json.loads(line)
    if "id" not in message:
        return b""
    result = answer(message)
    outcome = {"error": {"code": -32601, "message": "no"}} if result is None else {"result": result}
    return json.dumps({"jsonrpc": "2.0", "id": message["id"], **outcome}).encode()


def over_http(port):
    from http.server import BaseHTTPRequestHandler, HTTPServer

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = reply_to(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200 if body else 202)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    HTTPServer(("127.0.0.1", port), Handler).serve_forever()


if len(sys.argv) > 2 and sys.argv[1] == "--port":
    over_http(int(sys.argv[2]))
for line in sys.stdin.buffer:
    sys.stdout.buffer.write(reply_to(line) + b"\n")
    sys.stdout.buffer.flush()
