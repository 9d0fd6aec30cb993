"""Names of server packages that many people know, for which another one may be meant to be mistaken."""

from pytest_mcp.model.package import Ecosystem

WELL_KNOWN: dict[Ecosystem, frozenset[str]] = {
    Ecosystem.NPM: frozenset(
        {
            "@modelcontextprotocol/inspector",
            "@modelcontextprotocol/sdk",
            "@modelcontextprotocol/server-brave-search",
            "@modelcontextprotocol/server-everything",
            "@modelcontextprotocol/server-filesystem",
            "@modelcontextprotocol/server-github",
            "@modelcontextprotocol/server-gitlab",
            "@modelcontextprotocol/server-google-maps",
            "@modelcontextprotocol/server-memory",
            "@modelcontextprotocol/server-postgres",
            "@modelcontextprotocol/server-puppeteer",
            "@modelcontextprotocol/server-sequential-thinking",
            "@modelcontextprotocol/server-slack",
            "@notionhq/notion-mcp-server",
            "@playwright/mcp",
            "@supabase/mcp-server-supabase",
            "@upstash/context7-mcp",
            "chrome-devtools-mcp",
            "figma-developer-mcp",
            "firecrawl-mcp",
            "mcp-remote",
            "tavily-mcp",
        }
    ),
    Ecosystem.PYPI: frozenset(
        {
            "duckduckgo-mcp-server",
            "fastmcp",
            "mcp",
            "mcp-atlassian",
            "mcp-proxy",
            "mcp-server-fetch",
            "mcp-server-git",
            "mcp-server-qdrant",
            "mcp-server-sqlite",
            "mcp-server-time",
            "postgres-mcp",
        }
    ),
}
"""Lower case; those of PyPI in canonical form. Shorter names than these would make every other name a neighbour."""
