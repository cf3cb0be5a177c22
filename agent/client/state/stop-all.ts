/** Stops every run and every background process of the server, and says what that was. */
import { plural } from "../../shared/plural";
import { api, requestTimeout, wordsFor } from "./api-client";
import type { Notices } from "./notice-store";
import type { SessionList } from "./session-list";
import { isGone, type UndeliveredStops } from "./undelivered-stops";

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
      ...(runs > 0 ? [plural(runs, "run")] : []),
      ...(processes > 0 ? [plural(processes, "process", "processes")] : []),
      ...(uploads > 0 ? [plural(uploads, "upload")] : []),
    ];
    notices.toast(
      stopped.length === 0
        ? "Nothing was running"
        : `Stopped ${new Intl.ListFormat("en").format(stopped)}`,
    );
  } catch (error) {
    const runIds = list.sorted().flatMap(({ runId }) => runId ?? []);
    if (runIds.length > 0 && !isGone(error))
      undelivered.add({ id, kind: "everything", runIds, title: "" });
    else notices.toast("Nothing could be stopped", wordsFor(error));
  }
}
