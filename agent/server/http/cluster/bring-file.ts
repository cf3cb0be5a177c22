/** A file that a message names and that was uploaded to another node: it is copied here. */
import type { NodeAnswer } from "../../cluster/node-calls";
import type { FileUse } from "../file-use";
import type { Services } from "../services";
import { undelivered } from "../http-error";
import { firstOf } from "./ask-others";

const bringMs = 60_000;

/**
 * Whether it is here when this resolves. Throws `undelivered` where a node that may have it does not answer, or is too slow;
 * rejects with what `Attachments.upload` does.
 */
export async function bringFile(
  { cluster, attachments }: Pick<Services, "cluster" | "attachments">,
  hash: string,
  { headers, user }: Pick<FileUse, "headers" | "user">,
): Promise<boolean> {
  if (cluster === undefined) return false;
  // A caller that hangs up can have its message sent nevertheless.
  const signal = AbortSignal.timeout(bringMs);
  const path = `/api/files/${hash}`;
  const has = ({ status }: NodeAnswer) => status === 200;
  const request = { method: "GET", path, headers, withinMs: bringMs };
  const { first, unreached, closing } = await firstOf(cluster, request, has, signal);
  const [missing] = unreached;
  if (missing !== undefined) throw notBrought(missing.node, missing.reason);
  if (first === undefined) return false;
  try {
    const stored = await attachments.upload(() => piecesOf(first.body), { user }, signal);
    if (stored.hash !== hash) attachments.discard(stored.hash);
    return stored.hash === hash;
  } catch (error) {
    if (!signal.aborted) throw error;
    throw notBrought(first.node, `It did not come within ${bringMs / 1000} s.`);
  } finally {
    // Where it was refused, nothing of it is read any more.
    closing.abort();
  }
}

function piecesOf(body: NodeAnswer["body"]) {
  return body instanceof ReadableStream ? body : [new TextEncoder().encode(body ?? "")];
}

function notBrought(node: string, reason: string) {
  const words = `An attached file has not come from “${node}”, so the message was not sent. ${reason} Try again, or attach the file again.`;
  return undelivered(node, words);
}
