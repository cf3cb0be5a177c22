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

/** What can be attached to a message. */
export const mediaTypes = [
  "image/png",
  "image/jpeg",
  "image/webp",
  "image/gif",
  "application/pdf",
] as const;

export type MediaType = (typeof mediaTypes)[number];

export interface ModelInfo {
  provider: string;
  id: string;
  name: string;
  contextTokens?: number;
  /** What it reads besides text, as far as its service says so. */
  takes?: { images?: boolean; pdfs?: boolean };
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
  /** Whether it can be used now; otherwise `reason` says why not and what to do. */
  ready: boolean;
  reason?: string;
  /** Where its key comes from. The key itself never leaves the server. */
  key?: "environment" | "settings" | "none";
  baseUrl?: string;
  models: ModelInfo[];
}
