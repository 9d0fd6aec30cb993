"""A legacy server with 40 tools whose replies take a moment; ``server.py [deaf] [child]``; stdlib only.

``deaf`` ignores the end of its input and TERM, ``child`` starts a process that ignores TERM as well.
"""

import json
import signal
import subprocess
import sys
import time

SCHEMA = {"type": "object", "properties": {}}
TOOLS = [{"name": f"tool_{n}", "description": f"Does {n}.", "inputSchema": SCHEMA} for n in range(40)]
INITIALIZED = {
    "protocolVersion": "2025-06-18",
    "capabilities": {"tools": {}},
    "serverInfo": {"name": "chaos", "version": "1"},
}
RESULTS = {"initialize": INITIALIZED, "tools/list": {"tools": TOOLS}, "ping": {}}
SLEEP = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"


def main():
    words = sys.argv[1:]
    if "deaf" in words:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if "child" in words:
        quiet = subprocess.DEVNULL
        subprocess.Popen([sys.executable, "-c", SLEEP], stdin=quiet, stdout=quiet, stderr=quiet)
    for line in sys.stdin:
        message = json.loads(line)
        method = message["method"]
        if "id" in message:
            time.sleep(0.01)
            known = {"result": RESULTS[method]} if method in RESULTS else {"error": {"code": -32601, "message": method}}
            print(json.dumps({"jsonrpc": "2.0", "id": message["id"], **known}), flush=True)
    while "deaf" in words:
        time.sleep(60)


main()
