/** Notes about a project, which models are told in later sessions: a person keeps each of them. */

export const memoryStates = ["proposed", "kept"] as const;

export interface MemoryLine {
  id: string;
  /** One line. */
  text: string;
  /** proposed: no model is told of it before a person has kept it. */
  state: (typeof memoryStates)[number];
  by: "model" | "person";
  /** Where a model has proposed it. */
  sessionId?: string;
  runId?: string;
  /** Milliseconds since the epoch. */
  createdAt: number;
  /** Of a proposal: the id of the line in whose place it would be kept, or that would be removed. */
  replaces?: string;
  removes?: string;
}

/** `GET /api/memory?cwd=`: the notes about the project with this root, in their order. */
export interface MemoryAnswer {
  root: string;
  lines: MemoryLine[];
}
