/** Providers and models that can be chosen, and what can be chosen for a model. */

/** How much a model thinks before it answers. */
export const efforts = ["off", "low", "medium", "high"] as const;

export type Effort = (typeof efforts)[number];

/** What a person may choose for the requests of a session or of a subagent's role. Absent: the service's own default. */
export interface ModelOptions {
  effort?: Effort;
  /** From 0 to 2. */
  temperature?: number;
  maxOutputTokens?: number;
  /** The service's own name of it, such as `flex` or `priority`. */
  serviceTier?: string;
}

export interface ModelInfo {
  provider: string;
  id: string;
  name: string;
  contextTokens?: number;
  /** US dollars for a million tokens. */
  price?: { input: number; output: number };
}

/** What can be chosen: `GET /api/models`. */
export interface Models {
  providers: ProviderInfo[];
  default: { provider: string; model: string };
  /** The default working directory of a new session. */
  cwd: string;
}

export interface ProviderInfo {
  id: string;
  name: string;
  /** Whether it has the key and the address that it needs: its models can be used, also one whose name was typed. */
  ready: boolean;
  /** Why it is not ready, or why its list of models failed, and what to do. */
  reason?: string;
  /** A server on this machine that was not found: it is not offered, but its address can be entered. */
  absent?: boolean;
  /** Where its key comes from. The key itself never leaves the server. */
  key?: "environment" | "settings" | "none";
  baseUrl?: string;
  models: ModelInfo[];
}
