"""A legacy server over Streamable HTTP: ``web.py PORT [child] [deaf]``; stdlib only."""

import json
import signal
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

INITIALIZED = {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": {"name": "web"}}
RESULTS = {"initialize": INITIALIZED, "tools/list": {"tools": [{"name": "t"}]}, "ping": {}}


class Requests(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if "id" not in message:
            self.answer(202, b"")
            return
        method = message["method"]
        known = {"result": RESULTS[method]} if method in RESULTS else {"error": {"code": -32601, "message": method}}
        self.answer(200, json.dumps({"jsonrpc": "2.0", "id": message["id"], **known}).encode())

    def do_DELETE(self):
        print("left", self.headers["Mcp-Session-Id"], flush=True)
        self.answer(200, b"")

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Mcp-Session-Id", "s-1")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass


if "child" in sys.argv:
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], stdin=subprocess.DEVNULL)
if "deaf" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Requests).serve_forever()
