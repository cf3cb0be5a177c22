/** The journal of restores: the moves that a later server has to take back, as they are stored and read back. */
import { z } from "zod";
import { log } from "../log";

/** What a later server has to take back, on disk before it happens. */
export interface Journal {
  /** Before the work folder is made. */
  begin(folder: string, moves: Move[]): void;
  /** Before the first move. */
  plan(folder: string, moves: Move[]): void;
  /** After the last move: from here on the restore has happened, but for these. */
  commit(folder: string, moves: Move[]): void;
  /** All moves are taken back, but for these. */
  takenBack(folder: string, moves: Move[]): void;
  /** The work folder is gone, or holds only what is not of the undo. */
  end(folder: string): void;
}

/** A name in the work folder, used once. */
const inFolder = z.string().regex(/^(new|old)-\d+$/);
/** `version` is as the conflict check found it. */
const move = z.discriminatedUnion("do", [
  /** What is there goes into the work folder. */
  z.object({ do: z.literal("aside"), name: z.string(), old: inFolder, version: z.string() }),
  /** A new file, whose version is `made`, takes the place of an old one, or of nothing. Earlier servers wrote no `made`. */
  z.object({
    do: z.literal("place"),
    name: z.string(),
    new: inFolder,
    old: inFolder,
    version: z.string(),
    made: z.string().optional(),
  }),
  /** A directory is removed. One that is not empty stays, unless it has to make room. */
  z.object({
    do: z.literal("remove"),
    name: z.string(),
    mode: z.number(),
    isNeeded: z.boolean(),
  }),
  z.object({ do: z.literal("make"), name: z.string() }),
  /** Of a file or directory, in place. One that was opened for the moves may be gone by then. */
  z.object({
    do: z.literal("mode"),
    name: z.string(),
    of: z.enum(["file", "directory"]),
    from: z.number(),
    to: z.number(),
    isClosing: z.boolean().optional(),
  }),
]);

/** One move of a restore; its name is a `Name`. */
export type Move = z.infer<typeof move>;

/** The new name of an old file that stays in the work folder, because its place is taken: nothing removes it. */
export function keptName(old: string): string {
  return old.replace("old", "kept");
}

const storedRestore = z.object({
  directory: z.string(),
  folder: z.string().regex(/^\.rein-undo-[\w-]+$/),
  moves: z.preprocess((text) => JSON.parse(String(text)) as unknown, z.array(move)),
});

/** A restore whose work folder may still be there. */
export interface OpenRestore {
  /** Absolute and real. */
  directory: string;
  /** The name of its work folder in it. */
  folder: string;
  /** What is to be taken back; none before the first move, and when it has happened. */
  moves: Move[];
}

export type RestoreRow = { [column in keyof OpenRestore]: string };

/** Undefined when it is damaged: then that is logged. */
export function parseRestore(row: RestoreRow): OpenRestore | undefined {
  try {
    return storedRestore.parse(row);
  } catch (err) {
    log.error({ err }, "A damaged journal of an undo was left out");
    return undefined;
  }
}
