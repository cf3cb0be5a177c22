/** Makes a session of a file that an export has written: shown when it is there, and cancelled at any moment. */
import { visibleString } from "../../shared/visible-text";
import { t } from "../../shared/translation";
import { api, wordsFor } from "./api-client";
import type { Client } from "./client";
import { newId } from "./random-id";

/** The server's own bound: a longer file is not sent. */
const mostBytes = 32_000_000;

/** Resolves when the session is shown, or the person was told why there is none. */
export async function importSession({ notices, route }: Client, file: File): Promise<void> {
  const name = visibleString(file.name);
  if (file.size > mostBytes)
    return notices.toast(
      t("{name} was not imported", { name }),
      t("It is longer than 32 MB: an export of Rein is not."),
    );
  const id = `import-${newId()}`;
  const cancelling = new AbortController();
  notices.keep({
    id,
    text: t("Importing {name}…", { name }),
    action: { label: t("Cancel"), run: () => cancelling.abort() },
    holds: true,
  });
  try {
    const { session } = await api.importSession(file, cancelling.signal);
    route.go(session.id);
  } catch (error) {
    if (!cancelling.signal.aborted)
      notices.toast(t("{name} was not imported", { name }), wordsFor(error));
  } finally {
    notices.dismiss(id);
  }
}
