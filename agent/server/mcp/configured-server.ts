/** A server as the settings, the project or the session name it: what is needed to start it, and whether it may be. */
import type { AuthProvider } from "@modelcontextprotocol/client";
import type { McpServerOrigin } from "../../shared/protocol";
import type { McpServer } from "../../shared/requests";

export interface ConfiguredServer {
  name: string;
  origin: McpServerOrigin;
  server: McpServer;
  /** Of all that its start depends on: with another one, a running one is ended and started anew. */
  digest: string;
  /** "on": it may be started. Of the others nothing runs, and they are only shown. */
  standing: "on" | "asked" | "refused" | "off";
  /** The server's own names of tools that are switched off. */
  offTools: ReadonlySet<string>;
  /** Ends a call after so long; absent: only a stop does, or ten minutes without progress. */
  callTimeoutMs?: number;
  /** Of a server over HTTP that people sign in to. */
  auth?: ServerAuth;
}

export interface ServerAuth {
  /** What its requests carry. Asks for a newer token where one is due, and never for a person. */
  provider: AuthProvider;
  /** When the person signed in, in milliseconds since 1970. */
  since: number | undefined;
  /** What the service must not have shown when it says it again. */
  secrets(): string[];
  /**
   * Begins a sign-in, whose answer comes to `redirectUrl`: where a person goes on. Throws McpError with a sentence for people,
   * or the signal's reason.
   */
  signIn(redirectUrl: string, signal: AbortSignal): Promise<string>;
  /** Forgets what the sign-in has brought. Throws what the file system throws. */
  signOut(): void;
}
