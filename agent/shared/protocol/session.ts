/** The durable conversation, as it is kept, listed and changed. */
import type { Message } from "./message";
import type { BackgroundProcess } from "./process";
import type { Pause, QueuedMessage, Run, RunState } from "./run";
import type { Outcome } from "./stop";
import type { Usage } from "./usage";

export type Permissions = "ask" | "edits" | "all";

export type OnDisconnect = "stop" | "continue";

export interface Session {
  id: string;
  title: string;
  cwd: string;
  provider: string;
  model: string;
  permissions: Permissions;
  /** What the user has allowed "always in this session": keys made by the approvals. */
  allowed: string[];
  createdAt: number;
  updatedAt: number;
  messages: Message[];
  /** Of a long session a page has only the newest messages, and their runs: how many stand before them. */
  earlier?: number;
  runs: Run[];
  /** Those in the background that live, and the last ones that ended. Absent until there has been one. */
  processes?: BackgroundProcess[];
  usage: Usage;
  /** In the order in which they are sent. */
  queue: QueuedMessage[];
  /** Tokens that the last request to the model held, and how many it can hold where that is known. */
  context?: { usedTokens: number; windowTokens?: number };
  /** The id of the last event applied. */
  seq: number;
}

/** A session without its messages: a row of the side bar. */
export interface SessionSummary {
  id: string;
  title: string;
  cwd: string;
  provider: string;
  model: string;
  createdAt: number;
  updatedAt: number;
  state: "idle" | Pause["state"] | Exclude<RunState, "settled">;
  outcome?: Outcome;
  /** How many live in its background; absent when none does. */
  processes?: number;
}

/** The settings of a session that a person may change, and those the server changes for them. */
export type SessionPatch = Partial<
  Pick<Session, "title" | "cwd" | "provider" | "model" | "permissions" | "allowed">
>;

/** `GET /api/sessions/:id/messages?before=`: the messages right before one that a page has, oldest first. */
export interface EarlierMessages {
  before: string;
  messages: Message[];
  runs: Run[];
  /** How many stand before these. */
  earlier: number;
}
