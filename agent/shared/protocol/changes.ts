/** What a run changed in its working directory, and what undoing it says. */

/** What a run changed in its working directory, whoever did it: a tool, a command, a subagent. */
export interface Changes {
  /** pending: it is still being looked at, and a `run-changes` follows. unknown: see `reason`. */
  state: "pending" | "known" | "unknown";
  reason?: string;
  /** The first hundred, by name. */
  files: FileChange[];
  count: number;
  /** What cannot be known, in whole sentences. */
  unseen: string[];
  /** When they were taken back; absent while they stand. */
  undoneAt?: number;
  /** When they were brought back after that. */
  redoneAt?: number;
}

export interface FileChange {
  /** Relative to the working directory. */
  path: string;
  kind: "created" | "changed" | "deleted" | "renamed";
  /** Of a renamed file: what it was called. */
  from?: string;
}

/** What a run changed, file by file, as it stands now: `GET /api/sessions/:id/runs/:runId/changes`. */
export interface ChangesAnswer {
  changes: Changes;
  files: FileView[];
  /** Runs that changed the same directory later, newest first. */
  newer: { sessionId: string; runId: string; at: number }[];
}

export interface FileView extends FileChange {
  /** A unified diff; absent when it is none (binary, or only the mode) or too long to show. */
  diff?: string;
  /** Modes as octal numbers, where they differ. */
  modes?: { before: string; after: string };
  /** as-left: as the run (or its undo) left it. changed-since: by somebody else. as-wanted: nothing is left to do. */
  now: "as-left" | "changed-since" | "as-wanted";
}

/** The answer of an undo or a redo. */
export interface UndoAnswer {
  changes: Changes;
  restored: number;
  /** Files left as somebody else has made them. */
  spared: string[];
}
