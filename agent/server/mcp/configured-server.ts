/** A server as the settings, the project or the session name it: what is needed to start it, and whether it may be. */
import type { OAuthClientProvider } from "@modelcontextprotocol/client";
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
  provider: OAuthClientProvider;
  /** Where a person signs in, once the provider was asked to redirect; undefined before that. */
  signInUrl(): string | undefined;
}
