"""A stdio server that shakes hands as its first argument says and lists as its second does; stdlib only.

Every start appends a line to the file ``STARTS`` names.
"""

import json
import os
import sys
import time
from pathlib import Path

how, lists = [*sys.argv[1:], "plain"][:2]
OFFERED = {"tools": {}, "prompts": {}}
INITIALIZED = {"protocolVersion": "2025-06-18", "capabilities": OFFERED, "serverInfo": {"name": how}}
DISCOVERED = {"supportedVersions": ["2026-07-28"], "capabilities": {"tools": {}}}
OTHERS = {"supportedVersions": ["2031-01-01"], "capabilities": {}}
UNSUPPORTED = {"code": -32022, "message": "unsupported", "data": {"supported": ["2031-01-01"]}}
UNKNOWN = {"code": -32601, "message": "unknown method"}


def say(request_id, **member):
    print(json.dumps({"jsonrpc": "2.0", "id": request_id, **member}), flush=True)


def discover(request_id):
    if how in ("modern", "late-modern"):
        time.sleep(0.5 if how == "late-modern" else 0)
        say(request_id, result=DISCOVERED)
    elif how == "dies":
        sys.exit(3)
    elif how == "disjoint":
        say(request_id, error=UNSUPPORTED)
    elif how == "older":
        say(request_id, error={**UNSUPPORTED, "data": {"supported": ["2031-01-01", "2025-06-18"]}})
    elif how == "disjoint-result":
        say(request_id, result=OTHERS)
    elif how == "invalid-params":
        say(request_id, error={"code": -32602, "message": "before initialize"})
    elif how not in ("silent", "hangs"):
        say(request_id, error=UNKNOWN)


def initialize(request_id):
    if how in ("late-modern", "disjoint-result"):
        say(request_id, error=UNSUPPORTED)
    elif how == "refuses":
        say(request_id, error={"code": -32000, "message": "no license"})
    elif how == "odd":
        say(request_id, result=[1])
    elif how != "hangs":
        say(request_id, result=INITIALIZED)


def tools(request_id, cursor):
    page = {"tools": [{"name": f"after-{cursor}"}]}
    if lists == "same":
        page = {"tools": [{"name": "again"}]}
    if lists in ("huge", "10000"):
        page = {"tools": [{"name": f"{cursor}{n}"} for n in range(20_000 if lists == "huge" else 5_000)]}
    following = {
        "plain": None,
        "same": f"{cursor}x",
        "huge": f"{cursor}x",
        "10000": None if cursor else "x",
        "three": {"": "a", "a": "b", "b": None}.get(cursor),
        "repeats": "same",
        "endless": f"{cursor}x",
        "slow": f"{cursor}x",
        "half": "bad",
        "number": 7,
    }[lists]
    if lists == "slow":
        time.sleep(0.1)
    if lists == "half" and cursor == "bad":
        say(request_id, error={"code": -32603, "message": "no second page"})
    else:
        say(request_id, result=page if following is None else {**page, "nextCursor": following})


def main():
    if "STARTS" in os.environ:
        with Path(os.environ["STARTS"]).open("a") as starts:
            starts.write(f"{os.getpid()}\n")
    if how == "exits":
        sys.stderr.write("x" * 3000 + "\nTraceback: no module named that\n")
        sys.exit(9)
    for line in sys.stdin:
        message = json.loads(line)
        method, request_id = message["method"], message.get("id")
        if method == "server/discover":
            discover(request_id)
        elif method == "initialize":
            initialize(request_id)
        elif method == "tools/list":
            tools(request_id, (message.get("params") or {}).get("cursor", ""))
        elif request_id is not None:
            say(request_id, result={"prompts": [{"name": "p"}]} if method == "prompts/list" else {})


main()
