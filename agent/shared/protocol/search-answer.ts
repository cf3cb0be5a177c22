/** What a search finds: `GET /api/search`. */
import type { UnreachedNode } from "./cluster";
import type { SessionSummary } from "./session";

/** A message in which the words are. */
export interface FoundMessage {
  sessionId: string;
  /** Of its session. */
  title: string;
  cwd: string;
  archivedAt?: number;
  messageId: string;
  runId: string;
  /** The subagent whose message it is: the id of its tool call. */
  agentId?: string;
  role: "user" | "assistant";
  createdAt: number;
  /** The text around the first of the words, in one line. */
  text: string;
  /** From where to where the words stand in it, in characters. */
  marks: [from: number, to: number][];
}

export interface SearchAnswer {
  /** The sessions with the words in their titles; only on the first page of an answer. */
  sessions: SessionSummary[];
  /** The newest first. */
  messages: FoundMessage[];
  /** For `before`: there may be older ones. In a cluster a text: where each node goes on. */
  next?: number | string;
  /** So many messages are not in the index yet. */
  left?: number;
  /** Why no messages are looked for. */
  problem?: string;
  /** Nodes of the cluster that did not answer: their sessions were not looked through. */
  unreached?: UnreachedNode[];
}
