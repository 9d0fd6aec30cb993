"""An MCP server with one tool, from the standard library alone."""

import json
import sys

TOOL = {
    "name": "echo",
    "title": "Echo",
    "description": "Returns the text that it is given.",
    "inputSchema": {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]},
    "annotations": {"readOnlyHint": True},
}
HELLO = {
    "protocolVersion": "2025-11-25",
    "capabilities": {"tools": {}},
    "serverInfo": {"name": "tiny", "version": "1.0"},
}


def call(params: object) -> dict:
    """The result of a call, or an error when there is no such tool or the arguments do not fit."""
    match params:
        case {"name": "echo", "arguments": {"text": str(text)}}:
            return {"result": {"content": [{"type": "text", "text": text}]}}
        case {"name": "echo"}:
            return {"result": {"content": [{"type": "text", "text": "text must be a string"}], "isError": True}}
    return {"error": {"code": -32602, "message": "unknown tool or malformed params"}}


def answer(message: dict) -> dict:
    """The result or the error of one request."""
    match message.get("method"):
        case "initialize":
            return {"result": HELLO}
        case "ping":
            return {"result": {}}
        case "tools/list":
            return {"result": {"tools": [TOOL]}}
        case "tools/call":
            return call(message.get("params"))
    return {"error": {"code": -32601, "message": "method not found"}}


for line in sys.stdin:
    request = json.loads(line)
    if "id" in request:
        print(json.dumps({"jsonrpc": "2.0", "id": request["id"], **answer(request)}), flush=True)
