/** What the chosen model or engine cannot take of the attached files is said before they are sent: it then only learns that they were there. */
import { crowdedOut } from "../../shared/request-room";
import { whyNotTaken } from "../../shared/taken-files";
import { createMemo } from "solid-js";
import type { AttachedFile } from "./attached-files";
import type { Client } from "./client";
import { fileReader } from "./engine-list";
import type { OpenSession } from "./open-session";

/** Returns why, as a sentence; undefined for what it takes, and for what is not on the server yet. */
export function createRefusal(
  { engines, models }: Pick<Client, "engines" | "models">,
  { attached, chosen, kept }: Pick<OpenSession, "attached" | "chosen" | "kept">,
): (file: AttachedFile) => string | undefined {
  const reader = () => fileReader(models.models(), engines.engines(), chosen());
  const crowded = createMemo(() => {
    const files = [...kept(), ...attached.files().flatMap(({ stored }) => stored ?? [])];
    const model = reader();
    return model && crowdedOut(files, model);
  });
  return ({ stored }) => {
    const model = reader();
    if (stored === undefined || model === undefined) return undefined;
    const why = whyNotTaken(stored, model);
    if (why === undefined) return crowded()?.get(stored.hash);
    return `${why[0]!.toUpperCase()}${why.slice(1)}: it is only told the name.`;
  };
}
