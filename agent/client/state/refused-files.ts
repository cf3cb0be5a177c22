/** What the chosen model or engine cannot take of the attached files is said before they are sent: it then only learns that they were there. */
import { whyNotTaken } from "../../shared/taken-files";
import type { AttachedFile } from "./attached-files";
import type { Client } from "./client";
import { fileReader } from "./engine-list";
import type { OpenSession } from "./open-session";

/** Returns why, as a sentence; undefined for what it takes, and for what is not on the server yet. */
export function createRefusal(
  { engines, models }: Pick<Client, "engines" | "models">,
  open: Pick<OpenSession, "chosen">,
): (file: AttachedFile) => string | undefined {
  return ({ stored }) => {
    const reader = fileReader(models.models(), engines.engines(), open.chosen());
    if (stored === undefined || reader === undefined) return undefined;
    const why = whyNotTaken(stored, reader);
    return why && `${why[0]!.toUpperCase()}${why.slice(1)}: it is only told the name.`;
  };
}
