/** The session: the durable conversation, its row in the list, and its settings. */
import type { AllowedRule } from "./approval";
import type { SessionEngine } from "./session-engine";
import type { Message } from "./message";
import type { ModelOptions } from "./models";
import type { SessionPerson, ShareLink } from "./accounts";
import type { BackgroundProcess } from "./process";
import type { Pause, QueuedMessage, Run, RunState } from "./run";
import type { Outcome } from "./stop";
import type { TodoList } from "./todo";
import type { Usage } from "./usage";

/** From the least to the most. plan: it reads, changes nothing, and ends with a plan that a person approves. */
export const permissionIds = ["plan", "ask", "edits", "all"] as const;

export type Permissions = (typeof permissionIds)[number];

export type OnDisconnect = "stop" | "continue";

export interface Session {
  id: string;
  /** The first words of its first message, until `titledBy` has given another. */
  title: string;
  titledBy?: "person" | "model";
  /** Who began it; absent where the server had no names for people, or was asked with its script token. */
  user?: string;
  /** With whom it is shared, and by which links. */
  people?: SessionPerson[];
  links?: ShareLink[];
  cwd: string;
  /** Absent: Rein's own loop. */
  engine?: SessionEngine;
  /** With an engine that uses its own log-in: the engine's id. */
  provider: string;
  model: string;
  /** Absent: all of them are left to the service. A model is asked with those that it takes. */
  options?: ModelOptions;
  permissions: Permissions;
  /** What the user allowed "always in this session". */
  allowed: AllowedRule[];
  /** The schedule that began it. */
  schedule?: { id: string; name: string };
  /** The session of which it began as a copy, up to this run. */
  forkedFrom?: { sessionId: string; runId?: string };
  importedAt?: number;
  /** The hunks and files that a person has marked as seen in a review, the last 2,000. */
  reviewed?: string[];
  /** It stands above the others in the list. */
  pinnedAt?: number;
  /** It is out of the list, until a message is sent to it. */
  archivedAt?: number;
  /** It is in no list, and can be brought back for some minutes. */
  deletedAt?: number;
  createdAt: number;
  updatedAt: number;
  messages: Message[];
  /** A page has only the newest messages of a long session, and their runs: the number of messages before these. */
  earlier?: number;
  runs: Run[];
  /** The last run of the branch that is shown; absent: the last of all. */
  tip?: string;
  /** For a page, which has not all runs: those that stand in one place, where several do. */
  forks?: string[][];
  /** Background processes that run, and the last ones that ended. Absent until there has been one. */
  processes?: BackgroundProcess[];
  usage: Usage;
  /** Absent until there is one. */
  todo?: TodoList;
  /** In the order in which they are sent. */
  queue: QueuedMessage[];
  /** Tokens of the last request to the model, and the size of its window where that is known. */
  context?: { usedTokens: number; windowTokens?: number };
  /** The number of its messages, parts and runs that are damaged on the disk, and left out. */
  unreadable?: number;
  /** The id of the last event applied. */
  seq: number;
}

/** Where a message is. */
export interface MessageLocation {
  /** The session's own message: of a subagent's, the one in which that works. */
  messageId: string;
  agentId?: string;
  runId: string;
  /** Whether it is in the branch that is shown. */
  isShown: boolean;
}

/** What the runs of a session's branches have changed in files. */
export interface BranchFiles {
  /** Of runs that are in the branch that is shown no more, and whose changes stand: newest first. */
  left: RunFiles[];
  /** Of runs that are in it, and whose changes were undone: oldest first. */
  undone: RunFiles[];
}

export interface RunFiles {
  runId: string;
  count: number;
}

/** A session without its messages: a row of the side bar. */
export interface SessionSummary {
  id: string;
  title: string;
  /** As in the session. */
  user?: string;
  people?: SessionPerson[];
  cwd: string;
  /** The id of its engine; absent: Rein's own loop. */
  engine?: string;
  /** The schedule that began it. */
  schedule?: Session["schedule"] & {};
  provider: string;
  model: string;
  pinnedAt?: number;
  archivedAt?: number;
  deletedAt?: number;
  createdAt: number;
  updatedAt: number;
  state: "idle" | Pause["state"] | Exclude<RunState, "settled">;
  outcome?: Outcome;
  /** The number of processes that outlived the stop of its last run; absent when there is none. */
  survivors?: number;
  /** The run that has not settled; absent when there is none. */
  runId?: string;
  /** The number of its background processes; absent when there is none. */
  processes?: number;
  /** The machine of a cluster that it is on. Absent without one. */
  node?: string;
}

/** The settings of a session that a person or the server may change. */
export type SessionPatch = Partial<
  Pick<
    Session,
    | "title"
    | "titledBy"
    | "cwd"
    | "engine"
    | "provider"
    | "model"
    | "options"
    | "permissions"
    | "allowed"
    | "reviewed"
    | "people"
    | "links"
  >
> & {
  /** null: no longer. */
  [Key in "pinnedAt" | "archivedAt" | "deletedAt"]?: number | null;
};

/** `GET /api/sessions/:id/messages?before=`: the messages right before one that the page has, oldest first. */
export interface EarlierMessages {
  before: string;
  messages: Message[];
  runs: Run[];
  /** As in the session. */
  forks?: string[][];
  /** The number of messages before these. */
  earlier: number;
}
