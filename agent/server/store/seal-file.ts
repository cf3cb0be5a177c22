/** The seal beside the database: what was surely saved, so that a start notices when the database has become older. */
import { readFileSync } from "node:fs";
import { z } from "zod";
import { replaceFile } from "../durable-file";

const count = z.number().int().min(0);
const time = z.number().min(0).max(8.64e15);
const title = z.string().max(500);

/** What a start found to be missing; it is told until a person has confirmed it. */
const missing = z.object({
  cause: z.enum(["database", "wal", "older"]),
  /** When the missing data was last known to be there (milliseconds since the epoch). */
  sealedAt: time,
  sessions: count,
  titles: z.array(title).max(20),
  messages: count,
  /** The directory that holds the files as they were found. */
  copy: z.string(),
});
export type Missing = z.infer<typeof missing>;

const seal = z.object({
  /** Of the newest commit of which it is known that it is on the disk. */
  number: count,
  at: time,
  sessions: count,
  lastMessage: count,
  newest: z.array(z.object({ id: z.string(), title })).max(20),
  missing: z.array(missing).max(10),
});
export type SealFile = z.infer<typeof seal>;

export function sealPath(database: string): string {
  return `${database}.seal`;
}

/** Undefined when there is none, or none that can be read: then nothing is known of an earlier state. */
export function readSeal(database: string): SealFile | undefined {
  try {
    return seal.safeParse(JSON.parse(readFileSync(sealPath(database), "utf8"))).data;
  } catch {
    return undefined; // missing, unreadable or no JSON
  }
}

/**
 * Replaces the seal (mode 0600), without waiting for the disk: after a power cut an older one may be there, which
 * promises less. Throws what the file system throws, and then changes nothing.
 */
export function writeSeal(database: string, next: SealFile): void {
  replaceFile(sealPath(database), JSON.stringify(next));
}
