/** What the parts of a cluster know of each other: nodes, the shared database, and calls from node to node. */
import type { Run, Session, SessionSummary } from "../../shared/protocol";
import type { Reason } from "../../shared/sentences";
import type { Claim } from "./session-claims";

export type { ClusterConfig } from "../config/cluster-options";

/** A node as the shared database has it. */
export interface NodeRow {
  id: string;
  address: string;
  /** Of its process: new at each start. */
  boot: string;
  /** Grows by one whenever others have settled what this node left. */
  epoch: number;
  version: string;
}

/** A node whose lock no process holds, with what it left unfinished: runs that are not settled, and background processes listed as running. */
export interface LeftWork {
  node: NodeRow;
  sessionIds: string[];
}

/** A row of the side bar, of a session that another node owns. */
export type RemoteSummary = SessionSummary & { node: string };

/** `joined`: this node holds its lock, and may write. `gone`: what happens is on this machine's disk alone. */
export type SharedState = { name: "joined" } | ({ name: "gone"; since: number } & Reason);

/** What other nodes and users of the database are told by NOTIFY: names only, never content. */
export type Notice =
  | { type: "session"; id: string; node: string }
  | { type: "session-removed"; id: string; node: string }
  /** Runs of a dead node were settled. */
  | { type: "settled"; node: string }
  | { type: "node"; id: string }
  /** An entry that all nodes share has changed, or many ("" as id): see SharedEntries. */
  | { type: "entry"; kind: string; id: string };

/** The one connection that holds the node's lock and writes, and the rows that it has of all nodes. */
export interface SharedDatabase {
  readonly node: string;
  /** Of this process: new at each start. */
  readonly boot: string;
  readonly state: SharedState;
  /** Names the database as it was when the lock was taken last: see `identityOf`. "" before. */
  readonly identity: string;
  /** Of this node, as it was when the lock was taken last. */
  readonly epoch: number;
  /** Calls `listener` whenever `state` has changed; returns what ends that. */
  onState(listener: (state: SharedState) => void): () => void;
  /** Calls `listener` for each notice, own ones left out; with undefined after a gap, in which some may have been lost. */
  onNotice(listener: (notice: Notice | undefined) => void): () => void;
  /** Sent with the next commit, or in one of its own. */
  notify(notice: Notice): void;
  /** Runs `work` in a transaction of the connection that holds the lock. Rejects when that is not there. */
  write<Result>(
    work: (sql: Bun.TransactionSQL) => Promise<Result>,
    signal: AbortSignal,
  ): Promise<Result>;
  /** Before a session begins by an id that its caller has chosen: see `SessionClaims`. */
  claim(sessionId: string, signal: AbortSignal): Promise<Claim>;
  /** Told of sessions that another node has, which cannot be shared. */
  onForeign: (sessionIds: string[]) => void;
  readonly reader: SharedReader;
  close(): Promise<void>;
}

export interface EntryRow {
  id: string;
  data: string;
}

/** Questions to the shared database, each on a connection of the pool. All reject with what PostgreSQL or the network says. */
export interface SharedReader {
  nodes(signal: AbortSignal): Promise<NodeRow[]>;
  /** Of all other nodes that have left some; paused runs wait for their node. */
  left(signal: AbortSignal): Promise<LeftWork[]>;
  /** All sessions that other nodes own, or those of them that are named. */
  summaries(named: { ids?: string[] }, signal: AbortSignal): Promise<RemoteSummary[]>;
  /** Which of them have changed last, and when: as many as a page shows at once. */
  newest(signal: AbortSignal): Promise<{ id: string; updatedAt: number }[]>;
  /** Entries that all nodes share, of one kind: all, or those of an id or a hash. */
  entries(
    kind: string,
    name: { id?: string; hash?: string },
    signal: AbortSignal,
  ): Promise<EntryRow[]>;
  /** The node that owns a session. */
  nodeOf(sessionId: string, signal: AbortSignal): Promise<string | undefined>;
  /** Where runs of this id are: it is chosen by callers, and they may have used it on several nodes. */
  placesOfRun(runId: string, signal: AbortSignal): Promise<{ node: string; sessionId: string }[]>;
  /** Whether the node holds its lock: it lives, or has died a moment ago. */
  isJoined(node: string, signal: AbortSignal): Promise<boolean>;
  /** The whole session as it is in the database, with `seq` 0. */
  session(id: string, signal: AbortSignal): Promise<Session | undefined>;
  /** The latest stopped runs of the sessions of other nodes, newest first. */
  stopped(
    signal: AbortSignal,
  ): Promise<{ sessionId: string; node: string; title: string; run: Run }[]>;
}
