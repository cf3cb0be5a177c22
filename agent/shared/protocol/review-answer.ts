/** What a person reviews: the files of a directory, and what has changed in it, hunk by hunk. */

/** One level of a directory: `GET /api/tree`. */
export interface TreeAnswer {
  /** Absolute and without links. */
  cwd: string;
  /** Relative to it; "" is the directory itself. */
  path: string;
  /** Directories first, by name. */
  entries: TreeEntry[];
  /** So many more are not listed. */
  left: number;
}

export interface TreeEntry {
  name: string;
  /** A link is shown and not followed. other: a device, a pipe or a socket. */
  kind: "directory" | "file" | "link" | "other";
  /** Of a file. */
  bytes?: number;
  /** The ignore files of the directory exclude it. */
  isIgnored?: true;
}

/** The text of a file: `GET /api/text`. */
export interface TextAnswer {
  path: string;
  bytes: number;
  /** Absent: see `unshown`. */
  text?: string;
  unshown?: "binary" | "too-long";
}

/** session: what the runs of the session have changed that still stands. tree: the working tree against HEAD. */
export const reviewedOf = ["session", "tree"] as const;
export type ReviewOf = (typeof reviewedOf)[number];

/** What has changed: `GET /api/review`. */
export interface ReviewAnswer {
  of: ReviewOf;
  /** Absolute and without links: what the paths are relative to. */
  cwd: string;
  /** By path. */
  files: ReviewFile[];
  /** So many more files have changed and are not shown. */
  left: number;
  /** What cannot be known, in whole sentences. */
  unseen: string[];
  /** Of a git repository; without it nothing can be committed. */
  repository?: ReviewRepository;
}

export interface ReviewRepository {
  /** Absent: no branch is checked out. */
  branch?: string;
  /** The commit that is checked out; absent: there is none yet. */
  head?: string;
  /** What a commit would run if hooks are allowed: hooks by their paths, filters by their names. */
  runs: string[];
}

export interface ReviewFile {
  /** Changes with every byte of it before and now: what a request about the whole file repeats. */
  id: string;
  path: string;
  kind: "created" | "changed" | "deleted";
  /** Why there are no hunks of it. */
  unshown?: "binary" | "too-long" | "link" | "other" | "mode" | "unreadable" | "filter";
  /** Modes as octal numbers, where they differ. */
  modes?: { before: string; after: string };
  added: number;
  removed: number;
  hunks: ReviewHunk[];
  /** It can be put back as it was before. */
  canRevert: boolean;
}

export interface ReviewHunk {
  /** Of the path, the text before and the hunk: what a request about it repeats. */
  id: string;
  /** `@@ -1,4 +1,5 @@`. */
  header: string;
  lines: ReviewLine[];
}

export interface ReviewLine {
  kind: "same" | "added" | "removed";
  /** The number of the line before, from one; absent of an added line. */
  old?: number;
  /** The number of the line now; absent of a removed line. */
  new?: number;
  /** Without its line end; a carriage return before that is part of it. */
  text: string;
  /** It is the last line of its file, and has no line end. */
  isUnended?: true;
}

/** A revert has happened: `POST /api/review/revert`. */
export interface RevertAnswer {
  path: string;
  /** Takes it back, until the server ends: `POST /api/review/undo`. */
  undo: string;
}

/** The last commit that the session has begun here: `GET /api/review/commit`. */
export interface CommitView {
  id: string;
  state: "running" | "stopping" | "done" | "failed" | "stopped";
  message: string;
  paths: string[];
  runHooks: boolean;
  /** What git and the hooks wrote, the last 100,000 characters. */
  output: string;
  startedAt: number;
  endedAt?: number;
  /** Of one that is done. */
  commit?: string;
  /** Why it failed, in a sentence. */
  error?: string;
}

/** What a model proposes as the message of a commit: `POST /api/review/message`. */
export interface DraftAnswer {
  /** Absent: it gave none that can be used. */
  message?: string;
  /** Why not, in a sentence. */
  problem?: string;
}
