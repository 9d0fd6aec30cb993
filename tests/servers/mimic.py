"""Servers without a flaw that might be taken for one: ``python -I -S mimic.py MODE``. Stdlib only, stdio, legacy.

``success`` answers everything with the same words, ``echo`` with the arguments it got, ``random`` with chance, ``slow``
after a while; ``fragile`` ends at the first call with a semicolon, ``knowing`` refuses to work for a test client.
"""

import json
import os
import random
import sys
import time

TEXT = {"type": "string"}
ARGUMENTS = {"path": TEXT, "name": TEXT, "url": TEXT, "sql": TEXT}
TOOLS = [
    {
        "name": f"do_{name}",
        "description": f"Does something with a {name}.",
        "inputSchema": {"type": "object", "properties": {name: schema}, "required": [name]},
    }
    for name, schema in ARGUMENTS.items()
]


def worked(mode: str, arguments: object) -> str:
    """What a tool of this mode says."""
    told = json.dumps(arguments)
    if mode == "echo":
        return told
    if mode == "random":
        return f"{random.random()} {random.choice(['ok', 'Error: no', 'denied', told])}"
    if mode == "slow":
        time.sleep(0.6)
    if mode == "fragile" and ";" in told:
        os._exit(9)
    return "done"


def result(mode: str, method: str, params: dict) -> dict | None:
    """The result of a request, None for what is unknown."""
    if method == "initialize":
        info = {"name": mode, "version": "1.0"}
        return {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": info}
    if method == "tools/list":
        return {"tools": TOOLS}
    if method != "tools/call":
        return {} if method == "ping" else None
    known = params.get("name") in [tool["name"] for tool in TOOLS]
    arguments = params.get("arguments")
    given = isinstance(arguments, dict) and all(isinstance(each, str) for each in arguments.values())
    if mode != "success" and not (known and given and arguments):
        return {"content": [{"type": "text", "text": "unknown tool, or wrong arguments"}], "isError": True}
    return {"content": [{"type": "text", "text": worked(mode, arguments)}]}


def main() -> None:
    """Answer until the input ends."""
    mode, for_tests = sys.argv[1], False
    for line in sys.stdin.buffer:
        try:
            request = json.loads(line)
            number, method, params = request["id"], request["method"], request.get("params")
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
        if not isinstance(method, str) or not isinstance(number, int):
            continue
        given = params if isinstance(params, dict) else {}
        for_tests = for_tests or "pytest" in str(given.get("clientInfo"))
        found = result(mode, method, given)
        if mode == "knowing" and for_tests and method == "tools/call":
            found = {"content": [{"type": "text", "text": "not for you"}], "isError": True}
        answer = {"error": {"code": -32601, "message": "unknown method"}} if found is None else {"result": found}
        print(json.dumps({"jsonrpc": "2.0", "id": number, **answer}), flush=True)


if __name__ == "__main__":
    main()
