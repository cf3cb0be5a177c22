/** What a backup says of itself, in its first file, and who can read it. */
import { z } from "zod";
import { newestVersion } from "../store/migrations";

/** Raised when an older Rein could not restore what a newer one has written. */
export const format = 1;

const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

const head = z.object({
  format: count,
  /** The version of the Rein that made it. */
  rein: z.string().max(100),
  /** The version of the database's schema. */
  schema: count,
  /** Of the moment that it shows (ISO 8601, UTC). */
  at: z.iso.datetime(),
  /** Of the machine: told, so that a person knows which one it was. */
  host: z.string().max(300),
  sessions: count,
  runs: count,
  messages: count,
  /** Files that sessions name, and that were not there. */
  missing: count,
  /** Of all files together at most. */
  bytes: count,
});
export type BackupHead = z.infer<typeof head>;

/** What is expected was not found in the file: it is damaged, cut, or no backup. */
export class BackupRefused extends Error {
  override readonly name = "BackupRefused";
}

/** Throws BackupRefused for what is none, and for one of a newer Rein. */
export function parseHead(text: string): BackupHead {
  const parsed = head.safeParse(jsonOf(text));
  const found = parsed.data ?? versionsOf(text);
  if (found !== undefined && found.format > format)
    throw new BackupRefused(
      `It was made by a newer Rein (${found.rein}): its format is ${found.format}, and this Rein reads up to ${format}. Restore it with that Rein.`,
    );
  if (parsed.data === undefined)
    throw new BackupRefused("Its first file is not what Rein writes there.");
  if (parsed.data.schema > newestVersion)
    throw new BackupRefused(
      `It was made by a newer Rein (${parsed.data.rein}): the version of its database is ${parsed.data.schema}, and this Rein reads up to ${newestVersion}. Restore it with that Rein.`,
    );
  return parsed.data;
}

function versionsOf(text: string) {
  return z.object({ format: count, rein: z.string().max(100) }).safeParse(jsonOf(text)).data;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // no JSON
  }
}
