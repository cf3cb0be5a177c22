/** The files that a message names are found where they were stored, before anything else happens. */
import type { FileRef } from "../../shared/protocol";
import { httpError } from "./http-error";
import type { Services } from "./services";

/** Of a data directory on a disk that hangs. */
const maxMs = 10_000;

/** Throws the HTTP error of one that is not there (any more). */
export async function findFiles(
  { attachments }: Pick<Services, "attachments">,
  named: Pick<FileRef, "hash" | "name">[],
): Promise<FileRef[]> {
  // A caller that hangs up can have its message sent nevertheless.
  const signal = AbortSignal.timeout(maxMs);
  return Promise.all(
    named.map(async ({ hash, name }) => {
      const found = await attachments.find(hash, signal);
      if (found === undefined) throw missing(name);
      return { name, ...found };
    }),
  );
}

/** In the tick that accepts the message: they are there still. Throws the HTTP error of one that is gone. */
export function requireFiles({ attachments }: Services, files: FileRef[] = []): void {
  const gone = files.find(({ hash }) => !attachments.has(hash));
  if (gone !== undefined) throw missing(gone.name);
}

function missing(name: string) {
  return httpError(400, "file", `The file “${name}” is not here (any more). Attach it again.`);
}
