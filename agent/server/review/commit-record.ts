/** What a commit is about, on the disk before it may happen: the next server knows by it whether it has. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { errorCode } from "../../shared/error-code";
import { writeDurably } from "../durable-file";

const recordShape = z.strictObject({
  sessionId: z.string(),
  cwd: z.string(),
  names: z.array(z.string()),
  message: z.string(),
  paths: z.array(z.string()),
  runHooks: z.boolean(),
  startedAt: z.number(),
  repository: z.strictObject({
    head: z.string().optional(),
    tree: z.string(),
    gitDirectory: z.string(),
    prefix: z.string(),
  }),
});

export type CommitRecord = z.infer<typeof recordShape>;

/** `folder` is that of the commit. Throws what the file system throws. */
export function writeRecord(folder: string, record: CommitRecord): void {
  writeDurably(join(folder, "record.json"), JSON.stringify(record));
}

/** Undefined: it had not come so far. Throws when it cannot be read. */
export async function readRecord(folder: string): Promise<CommitRecord | undefined> {
  try {
    return recordShape.parse(JSON.parse(await readFile(join(folder, "record.json"), "utf8")));
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}
