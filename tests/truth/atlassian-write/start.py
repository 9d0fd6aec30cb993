"""Starts a stand-in for Confluence on loopback, then becomes the server: every attachment has one content."""

import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT = 8971
CONTENT = b"an attachment\n"


class Confluence(BaseHTTPRequestHandler):
    """Metadata below /rest/api/content, the content itself below /download."""

    def do_GET(self) -> None:
        """Answer whatever is asked for."""
        path = self.path.partition("?")[0]
        if path.startswith("/rest/") or path.startswith("/wiki/rest/"):
            name = path.rstrip("/").rpartition("/")[2]
            link = {"download": f"/download/{name}", "webui": f"/{name}"}
            body = {
                "id": name,
                "type": "attachment",
                "title": "notes.txt",
                "status": "current",
                "_links": link,
                "extensions": {"mediaType": "text/plain", "fileSize": len(CONTENT)},
                "version": {"number": 1},
                "results": [],
                "space": {"key": "PLANTED", "name": "Planted"},
            }
            self.answer(json.dumps(body).encode(), "application/json")
        else:
            self.answer(CONTENT, "text/plain")

    def answer(self, body: bytes, kind: str) -> None:
        """200 with this body."""
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


if os.fork() == 0:
    os.close(0)
    os.close(1)
    threading.Thread(target=ThreadingHTTPServer(("127.0.0.1", PORT), Confluence).serve_forever, daemon=True).start()
    parent = os.getppid()
    while os.getppid() == parent:
        threading.Event().wait(0.5)
    os._exit(0)
os.execv(sys.argv[1], sys.argv[1:])
