"""The fastest possible MCP server: answers every request with an empty result, stdlib only; for measuring clients."""

import json
import sys

out = sys.stdout
for line in sys.stdin.buffer:
    message = json.loads(line)
    if "id" in message:
        result = (
            {"supportedVersions": ["2026-07-28"], "capabilities": {}} if message["method"] == "server/discover" else {}
        )
        out.write(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}) + "\n")
        out.flush()
