"""Speaks MCP to one server: thin, lenient, never raises for what a server does.

Reads are driven by the calling thread: an event loop in another thread was measured at 2.3 to 2.8 times the latency and
four to five times the CPU of a blocking client, a caller that writes and reads by itself at 1.0 (docs/benchmarks.md).
While nobody waits, one background thread (``pump``) drains what servers emit, so that they never block on a full pipe.
"""

from pytest_mcp.client.connection import Connection
from pytest_mcp.client.fleet import Fleet

__all__ = ["Connection", "Fleet"]
