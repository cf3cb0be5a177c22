/** The MCP servers of all sessions: one connection for each session and server, started at the first use and ended with the session. */
import type { McpPrompt, McpResource, McpServerView } from "../../shared/protocol";
import type { McpServer } from "../../shared/requests";
import type { Tool } from "../tools/tool";
import type { ConfiguredServer } from "./configured-server";

/** The session that uses them, as it is now. */
export interface McpSession {
  id: string;
  cwd: string;
  /** Given by the program that began the session: they have precedence over configured ones of the same name. */
  servers: readonly McpServer[];
}

/** What a server answers to a prompt: the messages as text and pictures, bounded. */
export interface PromptText {
  /** Marked where it is not the user's words. */
  text: string;
}

/** What a resource holds. */
export interface ResourceContent {
  /** For people and models. */
  name: string;
  content: Uint8Array;
}

export interface McpServersApi {
  /**
   * The tools of the session's servers that are ready, in a stable order. Starts those that are not, and waits up to 5 s for
   * them, all at once; what is not ready comes in a later turn. Throws only the signal's reason.
   */
  tools(session: McpSession, signal: AbortSignal): Promise<Tool[]>;
  /** Every server of a directory, with its state in the session if there is one. Starts nothing. */
  view(cwd: string, session: McpSession | undefined, signal: AbortSignal): Promise<McpServerView[]>;
  /** Of servers that are ready; starts and waits as `tools` does. Throws only the signal's reason. */
  listPrompts(session: McpSession, signal: AbortSignal): Promise<McpPrompt[]>;
  /** Throws McpError with a sentence for people, or the signal's reason. */
  getPrompt(
    session: McpSession,
    server: string,
    name: string,
    values: Record<string, string>,
    signal: AbortSignal,
  ): Promise<PromptText>;
  /** As `listPrompts`. */
  listResources(session: McpSession, signal: AbortSignal): Promise<McpResource[]>;
  /** Throws McpError with a sentence for people, or the signal's reason. */
  readResource(
    session: McpSession,
    server: string,
    uri: string,
    signal: AbortSignal,
  ): Promise<ResourceContent[]>;
  /** Ends all connections of a session; none is opened for it any more. Resolves when their processes are proven dead; never rejects. */
  end(sessionId: string): Promise<void>;
  /** The configuration may have changed: what is no longer wanted as it runs is ended, at once or with its last call. Never throws. */
  outdate(): void;
  /** Ends all, and opens none any more. Never rejects. */
  close(): Promise<void>;
}

export interface McpParts {
  /** All servers of a directory. Throws only the signal's reason. */
  configured(cwd: string, signal: AbortSignal): Promise<ConfiguredServer[]>;
}

/** A failure with a sentence for people and models. */
export class McpError extends Error {
  override readonly name = "McpError";
}
