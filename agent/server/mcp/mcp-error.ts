/** A failure of an MCP server, with a sentence for people and models. */
export class McpError extends Error {
  override readonly name: string = "McpError";
}

/** The server knows its session no more, and has done nothing: what was asked can be asked again of a new connection. */
export class SessionLostError extends McpError {
  override readonly name = "SessionLostError";
}
