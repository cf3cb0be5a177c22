/** A failure of an MCP server, with a sentence for people and models. */
export class McpError extends Error {
  override readonly name = "McpError";
}
