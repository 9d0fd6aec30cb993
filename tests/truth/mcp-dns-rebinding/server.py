"""The smallest server of the SDK, over HTTP."""

import sys

from mcp.server.fastmcp import FastMCP

server = FastMCP("adder", host="127.0.0.1", port=int(sys.argv[1]))


@server.tool()
def add(a: int, b: int) -> int:
    """Add two whole numbers."""
    return a + b


server.run(transport="streamable-http")
