/** Asks for a file to import as a session. */
import type { Client } from "../state/client";
import { importSession } from "../state/session-import";

/** Within a press of a person: browsers open the choice of a file only then. */
export function chooseImport(client: Client): void {
  const field = document.createElement("input");
  field.type = "file";
  field.hidden = true;
  field.accept = ".json,.md,application/json,text/markdown";
  field.addEventListener("change", () => {
    for (const file of field.files ?? []) void importSession(client, file);
    field.remove();
  });
  field.addEventListener("cancel", () => field.remove());
  // Outside the document it may be collected as garbage while its choice is open, and what is chosen is lost.
  document.body.append(field);
  field.click();
}
