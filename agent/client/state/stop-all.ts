/** Stops every run and every background process of the server, and says what that was. */
import { api, requestTimeout, wordsFor } from "./api-client";
import type { Notices } from "./notice-store";
import type { SessionList } from "./session-list";
import { isGone, type UndeliveredStops } from "./undelivered-stops";
import { languageId, t, tn } from "../../shared/translation";

/** Where it cannot be delivered, the runs that the page knows are stopped by their names once that is possible. */
export async function stopEverything(
  list: SessionList,
  notices: Notices,
  undelivered: UndeliveredStops,
): Promise<void> {
  const id = "everything";
  try {
    const { answers, processes, uploads = 0 } = await api.stopEverything(requestTimeout());
    undelivered.remove(id);
    const runs = answers.filter((answer) => answer.stopped).length;
    const stopped = [
      ...(runs > 0 ? [tn(runs, "{count} run", "{count} runs")] : []),
      ...(processes > 0 ? [tn(processes, "{count} process", "{count} processes")] : []),
      ...(uploads > 0 ? [tn(uploads, "{count} upload", "{count} uploads")] : []),
    ];
    notices.toast(
      stopped.length === 0
        ? t("Nothing was running")
        : t("Stopped {list}", { list: new Intl.ListFormat(languageId()).format(stopped) }),
    );
  } catch (error) {
    const runIds = list.sorted().flatMap(({ runId }) => runId ?? []);
    if (runIds.length > 0 && !isGone(error))
      undelivered.add({ id, kind: "everything", runIds, title: "" });
    else notices.toast(t("Nothing could be stopped"), wordsFor(error));
  }
}
