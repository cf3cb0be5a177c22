/** What the chosen model or engine cannot take of the attached files is said before they are sent: it then only learns that they were there. */
import { capitalized } from "../../shared/capitalized";
import type { EngineInfo, FileRef, Models } from "../../shared/protocol";
import { crowdedOut } from "../../shared/request-room";
import { isPicture, whyNotTaken } from "../../shared/taken-files";
import { createMemo } from "solid-js";
import type { AttachedFile } from "./attached-files";
import type { Client } from "./client";
import { type ChosenEngine, fileReader, findEngine } from "./engine-list";
import type { OpenSession } from "./open-session";
import { t } from "../../shared/translation";

/** Why what is chosen is not given the file, or may not be; undefined when it is. Begins in lower case, and ends with a period. */
export function refusalWords(
  file: FileRef,
  models: Models | undefined,
  engines: EngineInfo[] | undefined,
  chosen: ChosenEngine,
): string | undefined {
  const reader = fileReader(models, engines, chosen);
  const why = reader && whyNotTaken(file, reader);
  if (why !== undefined) return t("{why}: it is only told the name.", { why });
  // An agent of the settings that has not started in this session.
  const saysLater = findEngine(engines, chosen.engine?.id) && reader && !reader.takes;
  return saysLater && isPicture(file)
    ? t(
        "this agent says whether it takes pictures when it starts: if not, it is only told the name.",
      )
    : undefined;
}

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
    if (stored === undefined) return undefined;
    const words = refusalWords(stored, models.models(), engines.engines(), chosen());
    return words === undefined ? crowded()?.get(stored.hash) : capitalized(words);
  };
}
