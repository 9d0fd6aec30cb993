"""A stdio MCP server that does what a file says: ``python -I -S server.py SPEC.json``. Stdlib only, starts in 20 ms.

SPEC: ``tools``, ``resources`` (lists as sent), ``starts`` (file to append a pid to), ``stderr`` (text), ``exit`` (code,
at once), ``hang`` (methods that get no answer; ``*`` for all), ``echo`` (variables whose values it tells all over).
"""

import json
import os
import sys
from pathlib import Path

ECHO = {"name": "echo", "description": "Returns its text.", "inputSchema": {"type": "object"}}


def main() -> None:
    spec = json.loads(Path(sys.argv[1]).read_text())
    if "starts" in spec:
        with Path(spec["starts"]).open("a") as starts:
            starts.write(f"{os.getpid()}\n")
    told = " ".join(os.environ.get(name, "") for name in spec.get("echo", ())) + " ".join(sys.argv[2:])
    print(f"{spec.get('stderr', '')} {told}".strip(), file=sys.stderr, flush=True)
    if "exit" in spec:
        sys.exit(spec["exit"])
    hang = spec.get("hang", ())
    for line in sys.stdin.buffer:
        try:
            request = json.loads(line)
            asked = isinstance(request["method"], str) and "id" in request
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
        if asked and request["method"] not in hang and "*" not in hang:
            answer = {"jsonrpc": "2.0", "id": request["id"], **reply(spec, request, told)}
            print(json.dumps(answer), flush=True)


def reply(spec: dict, request: dict, told: str) -> dict:
    result = results(spec, told).get(request["method"])
    params = request.get("params")
    strange = "cursor" in (params if isinstance(params, dict) else {})
    if request["method"] == "tools/call" and os.environ.get("SAYS"):  # in a box the spec is a planted file
        return {"result": {"content": [{"type": "text", "text": json.dumps(request["params"]["arguments"])}]}}
    if result is not None and not strange:
        return {"result": result}
    codes = {"tools/call": -32602, "resources/read": -32002}
    code = -32602 if strange else codes.get(request["method"], -32601)
    return {"error": {"code": -32000 if told.strip() else code, "message": f"refused {told}"}}


def results(spec: dict, told: str) -> dict:
    """The result of every method this server has."""
    tools = spec.get("tools", [ECHO])
    if told.strip():
        tools = [*tools, {"name": "tell", "description": told, "inputSchema": {"type": told}, "annotations": told}]
    has = {"tools": {}} | ({"resources": {}} if "resources" in spec else {})
    info = {"name": "scripted", "version": told or "1.0"}
    found = {
        "initialize": {"protocolVersion": "2025-11-25", "capabilities": has, "serverInfo": info},
        "ping": {},
        "tools/list": {"tools": tools},
    }
    if "resources" in spec:
        found["resources/list"] = {"resources": spec["resources"]}
        found["resources/templates/list"] = {"resourceTemplates": []}
    return found


if __name__ == "__main__":
    main()
