"""The page and the sink of the box: a program of its own, standard library only.

    python -I -S stub.py PORT LOG

Answers every path of 127.0.0.1:PORT with a small page, JSON where that is asked for, and appends each request to LOG as
one line of JSON.
"""

import base64
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = b"""<!doctype html><html lang="en"><head><title>Planted page</title></head><body>
<h1>Planted page</h1><p>Every path of this address answers with this page.</p><a href="/other">other</a></body></html>
"""
RECORD = b'{"id": 1, "name": "planted", "status": "ok", "items": [{"id": 1, "title": "first"}]}\n'
BODY_KEPT = 65536


class Page(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        """Write it down, then answer."""
        length = self.headers.get("Content-Length", "0")
        body = self.rfile.read(min(int(length), 1 << 20)) if length.isdigit() else b""
        seen = {
            "method": self.command,
            "url": f"http://{self.headers.get('Host', '')}{self.path}",
            "headers": list(self.headers.items()),
            "body": base64.b64encode(body[:BODY_KEPT]).decode(),
        }
        with open(sys.argv[2], "a") as log:
            log.write(json.dumps(seen) + "\n")
        wants_json = "json" in self.headers.get("Accept", "") or self.path.partition("?")[0].endswith(".json")
        content, kind = (RECORD, "application/json") if wants_json else (PAGE, "text/html; charset=utf-8")
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer  # noqa: N815 - names of http.server

    def log_message(self, *_: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Page).serve_forever()
