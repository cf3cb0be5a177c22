/** The files that a message names are found where they were stored, before anything else happens. */
import type { FileRef } from "../../shared/protocol";
import { httpError } from "./http-error";
import type { Services } from "./services";

/** Throws the HTTP error of one that is not there (any more). */
export async function findFiles(
  { attachments }: Pick<Services, "attachments">,
  named: Pick<FileRef, "hash" | "name">[],
): Promise<FileRef[]> {
  return Promise.all(
    named.map(async ({ hash, name }) => {
      const found = await attachments.find(hash);
      if (found === undefined)
        throw httpError(400, "file", `The file “${name}” is not here (any more). Attach it again.`);
      return { name, ...found };
    }),
  );
}
