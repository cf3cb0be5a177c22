/** What MCP servers are configured, as people see it before any of them runs. */
import type { McpServerOrigin, McpServerView } from "./mcp";

/** Exactly what is started or called. A value that is `null` is set, and stays on the server; `${NAME}` is expanded at the start. */
export type McpServerShown =
  | { type: "stdio"; command: string; args: string[]; env: Record<string, string | null> }
  | { type: "http"; url: string; headers: Record<string, string | null> };

export interface McpEntry {
  name: string;
  origin: Exclude<McpServerOrigin, "session">;
  /** Of all that is shown. */
  digest: string;
  server: McpServerShown;
  /** Of a project's: nothing of it runs unless a person has allowed this very entry. */
  standing: "on" | "asked" | "refused" | "off";
  /** The server's own names of tools that are switched off. */
  offTools: string[];
  timeoutSeconds?: number;
  /** What the entry alone does not say, in sentences. */
  warnings: string[];
  /** What was allowed before it changed. */
  before?: McpServerShown;
}

/** Of `GET /api/mcp`. */
export interface McpConfigurationAnswer {
  cwd: string;
  /** With their states in the session. */
  servers: McpServerView[];
  /** Of the settings and the project. */
  entries: McpEntry[];
  /** What cannot be used of the project's file, in sentences. */
  problems: string[];
}
