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
  "text/plain",
] as const;

export type MediaType = (typeof mediaTypes)[number];

/** US dollars for a million tokens. Without a rate for the cache, its tokens cost what input costs. */
export interface Rates {
  input: number;
  cacheRead?: number;
  cacheWrite?: number;
  output: number;
}

/** A model's rates; the last of the `tiers` whose `above` the input of a request exceeds, in tokens, holds for all of that request. */
export interface ModelPrice extends Rates {
  /** US dollars for each request, besides its tokens (Perplexity). */
  request?: number;
  tiers?: (Rates & { above: number })[];
}

/** How a model changes files: by passages and their replacements, or by the patches that it was trained on. */
export const editForms = ["passages", "patch"] as const;

export type EditForm = (typeof editForms)[number];

/** What the user knows of a model; it comes before what a service or Rein's own list says. */
export interface OwnModelFacts {
  price?: Rates;
  contextTokens?: number;
  edits?: EditForm;
}

/** By provider, then by model. */
export type OwnModels = Record<string, Record<string, OwnModelFacts>>;

/** What of ModelOptions a model takes. */
export interface AllowedOptions {
  /** Empty: its effort cannot be chosen. With `off` where its thinking can be turned off. */
  efforts: Effort[];
  /** The highest temperature; absent: none can be chosen. */
  maxTemperature?: number;
  /** A temperature is taken only while the effort is `off`. */
  temperatureNeedsOff?: boolean;
  /** The most output that can be asked for, where that is known. */
  maxOutputTokens?: number;
  serviceTiers: string[];
}

/** What subagents of a role use instead of what their session uses. */
export interface RoleChoice {
  /** An engine's id; without a provider it uses its own log-in. */
  engine?: string;
  provider?: string;
  model?: string;
  options?: ModelOptions;
}

/** By the name of the role. */
export type RoleChoices = Record<string, RoleChoice>;

/** How sessions get their titles: from a small model of their provider, from this model, or from their first words alone. */
export type TitleChoice = "auto" | "off" | { provider: string; model: string };

export interface ModelInfo {
  provider: string;
  id: string;
  name: string;
  contextTokens?: number;
  /** What it reads besides text, as far as its service says so. */
  takes?: { images?: boolean; pdfs?: boolean };
  /** Absent: by passages. */
  edits?: EditForm;
  /** Absent: nothing is known, and what is chosen is sent as it is. */
  allows?: AllowedOptions;
  /** Absent when it is not known. */
  price?: ModelPrice;
}

/** What can be chosen: `GET /api/models`. */
export interface Models {
  providers: ProviderInfo[];
  default: { provider: string; model: string };
  /** What the user has entered about models. */
  own: OwnModels;
  /** What new sessions begin with. */
  options: ModelOptions;
  roles: RoleChoices;
  titles: TitleChoice;
  web: WebView;
  /** The default working directory of a new session. */
  cwd: string;
}

/** The settings of the web tools, without the key. */
export interface WebView {
  /** Hosts and addresses of private networks that fetch may reach. */
  allowedPrivate: string[];
  /** Absent: models have no search. */
  search?: { service: "provider" | "brave" | "tavily" } | { service: "searxng"; url: string };
}

/** `POST /api/search/test`: what the service found for a word, or why nothing. */
export interface SearchTest {
  results: number;
  reason?: string;
}

/**
 * How a provider does, for people; `reason` has the sentence. Not set up: it needs a key or an address. Absent: a server on
 * this machine that was not found. Empty: it answers, and lists no model. The others are about its list of models, which may have failed while it is `ready`.
 */
export type ProviderState =
  | "ready"
  | "not-set-up"
  | "absent"
  | "wrong-address"
  | "wrong-key"
  | "key-refused"
  | "access-refused"
  | "unreachable"
  | "silent"
  | "no-api"
  | "no-list"
  | "empty"
  | "failed";

export interface ProviderInfo {
  id: string;
  name: string;
  /** Whether it has the key and the address that it needs: its models can be used, also one whose name was typed. */
  ready: boolean;
  state: ProviderState;
  /** Why it is not ready, or why its list of models failed, and what to do. */
  reason?: string;
  /** Where its key comes from. The key itself never leaves the server. */
  key?: "environment" | "settings" | "none";
  /** Its key or its address was entered in the settings, and can be removed. */
  isStored?: true;
  /** Where people get a key, to be read. */
  keyPage?: string;
  /** On this machine, or wherever its address says; absent for a service, which has an address of its own. */
  runs?: "here" | "anywhere";
  baseUrl?: string;
  /** It states what an answer has cost, once it is finished. */
  statesCost?: true;
  models: ModelInfo[];
}

/** What a service said to a key and an address before they are saved: `POST /api/providers/:id/test`. */
export interface ProviderTest {
  /** `ready`: they work. */
  state: ProviderState;
  /** What is wrong, and what to do. */
  reason?: string;
  /** How many it lists. */
  models: number;
  /** The names of the first. */
  examples: string[];
}
