"""The plugin beside other people's pytest plugins for MCP, and beside each kind of the SDK."""
