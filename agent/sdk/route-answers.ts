/** What routes take and answer that no other room names. */
import type {
  CommandsAnswer,
  JobLimitFacts,
  JobLimitKinds,
  QueuedMessage,
  Sentence,
  SessionSummary,
  StopAnswer,
  UnreachedNode,
} from "../shared/protocol";
import type { OnProgress } from "./upload-fetch";

/** `next`: for `before`, there are older ones. `archived`: so many are, on the first page of those that are not. */
export interface SessionsAnswer {
  sessions: SessionSummary[];
  next?: string;
  archived?: number;
  /** For admins, where people have servers of their own: those that did not answer. */
  unreached?: UnreachedNode[];
}

/** What waits, and why it cannot be saved now. */
export interface QueueAnswer {
  queue: QueuedMessage[];
  unsaved?: string;
}

/** `processes`: background processes that were ended, when everything was stopped. */
export interface StopAnswers {
  answers: StopAnswer[];
  processes?: number;
  /** Schedules that stay on, when everything was stopped. */
  schedules?: number;
  /** Unfinished uploads that were cancelled, when everything was stopped. */
  uploads?: number;
  /** Machines of a cluster that have not answered, when everything was stopped: what runs there goes on. */
  unreached?: UnreachedNode[];
}

/** The server, and what its machine allows. */
export interface Health {
  status: "ok";
  version: string;
  /** Of a node of a cluster. `boot`: of its process. `gone`: what happens is on its machine's disk alone. */
  cluster?: { node: string; boot: string; database: "joined" | "gone" };
  processes: {
    proof: CommandsAnswer["proof"];
    supervisor: "compiled" | "script" | "none";
    /** Why it is a lesser one than this system can run, for people. */
    fallen?: string;
    /** The same, to be translated. */
    fallenSaid?: Sentence;
    /** Which limits of jobs are enforced. */
    limits: JobLimitKinds;
    /** Why not all, and what to do about it, for people. */
    noLimits?: string;
    limitsAdvice?: string;
    /** Both, to be translated. */
    limitsSaid?: JobLimitFacts["said"] & {};
    /** What all jobs together, and each, may use unless a person chose. */
    machine?: Record<"all" | "each", { memoryBytes: number; processes: number }>;
    sandboxWorks: boolean;
    /** Why not, for people. */
    noSandbox?: string;
    /** The same, to be translated. */
    noSandboxSaid?: Sentence;
  };
  /** Whether commands are confined now. */
  sandboxed: boolean;
}

export interface UploadOptions {
  /** The session that it is for, also one that is still to be made (`newSessionId`): a stop of that cancels the upload. */
  sessionId?: string | undefined;
  /** Called with the bytes that were given to the network so far. */
  onProgress?: OnProgress;
}
