/** The changes of a run in its working directory, and their undo. */

/** What a run changed in its working directory, by tools, commands and subagents. */
export interface Changes {
  /** pending: not known yet, a `run-changes` follows. unknown: see `reason`. */
  state: "pending" | "known" | "unknown";
  reason?: string;
  /** The first hundred, by name. */
  files: FileChange[];
  count: number;
  /** What cannot be known, in whole sentences. */
  unseen: string[];
  /** When they were undone; absent while they are in place. */
  undoneAt?: number;
  /** When they were redone after that. */
  redoneAt?: number;
}

export interface FileChange {
  /** Relative to the working directory. */
  path: string;
  kind: "created" | "changed" | "deleted" | "renamed";
  /** Of a renamed file: what it was called. */
  from?: string;
}

/** The changes of a run, file by file, and their state now: `GET /api/sessions/:id/runs/:runId/changes`. */
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
  /** as-left: as the run (or its undo) left it. changed-since: by something else. as-wanted: nothing to do. */
  now: "as-left" | "changed-since" | "as-wanted";
}

/** The answer of an undo or a redo. */
export interface UndoAnswer {
  changes: Changes;
  restored: number;
  /** Files that something else had changed, and that were left as they are. */
  spared: string[];
}
