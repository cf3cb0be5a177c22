/** What an MCP server can be called. */

/** Engines name its tools `mcp__server__tool`: without two underscores in it, no other server has the same ones. */
export const mcpNamePattern = /^[A-Za-z0-9-]+(?:_[A-Za-z0-9-]+)*$/;
export const mcpNameWords = "letters, digits, - and single _";
export const longestMcpName = 60;
