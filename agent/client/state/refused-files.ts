/** What the chosen model cannot take of the attached files is said before they are sent: it then only learns that they were there. */
import { whyNotTaken } from "../../shared/taken-files";
import type { AttachedFile } from "./attached-files";
import { chosenModel, findModel, type ModelsState } from "./model-list";
import type { OpenSession } from "./open-session";

/** Returns why, as a sentence; undefined for what it takes, and for what is not on the server yet. */
export function createRefusal(
  models: ModelsState["models"],
  open: Pick<OpenSession, "chosen">,
): (file: AttachedFile) => string | undefined {
  return ({ stored }) => {
    const { provider, model } = chosenModel(models(), open.chosen());
    if (stored === undefined || provider === "" || model === "") return undefined;
    const takes = findModel(models(), provider, model)?.takes;
    const why = whyNotTaken(stored, { provider, model, takes });
    return why && `${why[0]!.toUpperCase()}${why.slice(1)}: it is only told the name.`;
  };
}
