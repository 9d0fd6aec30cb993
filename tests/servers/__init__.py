"""MCP servers for own tests, stdlib only: one that does everything right, and switches that each break one thing."""
