/** MCP servers as people see them: `GET /api/mcp?cwd=&sessionId=`. */
import type { FileRef } from "./message";

/**
 * asked: a person has not answered yet whether it may run. refused: a person has refused it. off: switched off in the
 * settings. not-started: no session has used it, or its connection has ended; it starts at the next use. starting: its start
 * is under way. ready: connected. sign-in: it wants a person to sign in. failed: its last start did not
 * work, as `reason` says; it is tried again at the next use.
 */
export type McpServerState =
  | "asked"
  | "refused"
  | "off"
  | "not-started"
  | "starting"
  | "ready"
  | "sign-in"
  | "failed";

/** settings: of the person. project: of the directory's `.mcp.json`. session: given by the program that began the session. */
export type McpServerOrigin = "settings" | "project" | "session";

export interface McpServerView {
  name: string;
  origin: McpServerOrigin;
  state: McpServerState;
  /**
   * Why, as a sentence: with "failed", of what could not be used of a server that is ready, and with "not-started" in a
   * session with an engine, which starts it itself or takes none.
   */
  reason?: string;
  /** Those that it has named; empty until it is ready. */
  tools: McpToolView[];
  /** How many it offers. */
  prompts: number;
  resources: number;
}

export interface McpToolView {
  /** The server's own name of it. */
  name: string;
  title: string;
  description: string;
  isOn: boolean;
}

/** A prompt that a server offers, to be edited and sent as a message. */
export interface McpPrompt {
  server: string;
  name: string;
  title: string;
  description: string;
  arguments: { name: string; description: string; isRequired: boolean }[];
}

export interface McpResource {
  server: string;
  uri: string;
  name: string;
  description: string;
}

/** Of `GET /api/mcp/prompts`. */
export interface McpPromptsAnswer {
  prompts: McpPrompt[];
}

/** Of `GET /api/mcp/resources`. */
export interface McpResourcesAnswer {
  resources: McpResource[];
}

/** Of `POST /api/mcp/prompts/get`: what a person may edit and send. Control characters are marked. */
export interface McpPromptText {
  text: string;
  /** Kept as attachments of a message that is still to come. */
  files: FileRef[];
}
