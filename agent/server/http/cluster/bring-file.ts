/** A file that a message names and that was uploaded to another node: it is copied here. */
import type { NodeAnswer } from "../../cluster/node-calls";
import type { FileUse } from "../file-use";
import type { Services } from "../services";
import { firstOf } from "./ask-others";

const bringMs = 60_000;

/** Whether it is here when this resolves. Rejects with what `Attachments.upload` does, and with the signal's reason. */
export async function bringFile(
  { cluster, attachments }: Pick<Services, "cluster" | "attachments">,
  hash: string,
  { headers, user }: Pick<FileUse, "headers" | "user">,
  signal: AbortSignal,
): Promise<boolean> {
  if (cluster === undefined) return false;
  const path = `/api/files/${hash}`;
  const has = ({ status }: NodeAnswer) => status === 200;
  const request = { method: "GET", path, headers, withinMs: bringMs };
  const { first, closing } = await firstOf(cluster, request, has, signal);
  try {
    const body = first?.body ?? null;
    if (body === null) return false;
    const pieces = typeof body === "string" ? [new TextEncoder().encode(body)] : body;
    const stored = await attachments.upload(() => pieces, { user }, signal);
    if (stored.hash !== hash) attachments.discard(stored.hash);
    return stored.hash === hash;
  } finally {
    // Where it was refused, nothing of it is read any more.
    closing.abort();
  }
}
