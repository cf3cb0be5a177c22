/** The record of what one run has changed: its shape, and how it is packed for the disk and read back. */
import { z } from "zod";
import { defined } from "../../shared/defined";
import type { Step } from "./file-state";
import type { Name } from "./git/git-path";
import type { Coverage } from "./git/rule-side";
import type { Snapshot } from "./git/snapshot";
import type { Change } from "./git/tree-diff";

export interface RunRecord {
  runId: string;
  sessionId: string;
  /** Absolute and real. */
  directory: string;
  /** When the run ended (milliseconds since the epoch). */
  at: number;
  before: KeptSnapshot;
  /** Absent while the run works, and after a crash until the directory has been recorded again. */
  after?: KeptSnapshot;
  changes: Change[];
  /** What undoes the changes, or redoes them once they are undone. */
  steps: Step[];
  undoneAt?: number;
  redoneAt?: number;
  unseen: string[];
}

export interface KeptSnapshot {
  tree: string;
  modes: [Name, number][];
  leftOut: Name[];
  /** These two until the changes are known. */
  nodes?: [Name, number][];
  coverage?: Omit<Coverage, "rules"> & { rules: [Name, string][] };
}

/** As it is stored until the changes are known. */
export function pack({ tree, modes, leftOut, nodes, coverage }: Snapshot): KeptSnapshot {
  return defined({
    tree,
    modes: [...modes],
    leftOut,
    nodes: nodes && [...nodes],
    coverage: coverage && { ...coverage, rules: [...coverage.rules] },
  });
}

/** As it is stored once the changes are known. */
export function packFiles({ tree, modes, leftOut }: Snapshot): KeptSnapshot {
  return pack({ tree, modes, leftOut });
}

export function unpack({ tree, modes, leftOut, nodes, coverage }: KeptSnapshot): Snapshot {
  return {
    tree,
    modes: new Map(modes),
    leftOut,
    nodes: nodes && new Map(nodes),
    coverage: coverage && { ...coverage, rules: new Map(coverage.rules) },
  };
}

const snapshot = z.looseObject({
  tree: z.string(),
  modes: z.array(z.tuple([z.string(), z.number()])),
  leftOut: z.array(z.string()),
  nodes: z.array(z.tuple([z.string(), z.number()])).optional(),
  coverage: z
    .object({
      root: z.string(),
      rules: z.array(z.tuple([z.string(), z.string()])),
      tracked: z.array(z.string()),
    })
    .optional(),
});

/** What the undo needs of a record before it reads the directory. */
const storedRecord = z.looseObject({
  runId: z.string(),
  sessionId: z.string(),
  directory: z.string(),
  at: z.number(),
  before: snapshot,
  after: snapshot.optional(),
  changes: z.array(z.looseObject({})),
  steps: z.array(z.looseObject({})),
  unseen: z.array(z.string()),
});

/** Undefined when it is damaged. */
export function parseRecord(data: string): RunRecord | undefined {
  try {
    return storedRecord.safeParse(JSON.parse(data)).data as RunRecord | undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
