// The smallest server of the SDK that has a template with an exploded variable.
import { McpServer, ResourceTemplate } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";

const server = new McpServer({ name: "tags", version: "1.0.0" });
server.registerResource(
  "tagged",
  new ResourceTemplate("tags:///{items*}/info", { list: undefined }),
  { description: "What is known of some tags." },
  async (uri, { items }) => ({ contents: [{ uri: uri.href, text: `tags: ${items}` }] }),
);
await server.connect(new StdioServerTransport());
