/** Asks for a file to import as a session. */
import type { Client } from "../state/client";
import { importSession } from "../state/session-import";

/** Within a press of a person: browsers open the choice of a file only then. */
export function chooseImport(client: Client): void {
  const field = document.createElement("input");
  field.type = "file";
  field.accept = ".json,.md,application/json,text/markdown";
  field.addEventListener("change", () => {
    for (const file of field.files ?? []) void importSession(client, file);
  });
  field.click();
}
