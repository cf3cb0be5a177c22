/** Stops every run and every background process, on all machines of a cluster, and says what that was and where it did not arrive. */
import type { StopAnswers } from "../../sdk/route-answers";
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
  const askedAt = Date.now();
  try {
    const answer = await api.stopEverything(requestTimeout());
    const nodes = answer.unreached?.map(({ node }) => node) ?? [];
    if (nodes.length === 0) undelivered.remove(id);
    else undelivered.add({ id, kind: "everything", runIds: [], title: "", nodes, askedAt });
    const words = stoppedWords(answer);
    // "Nothing was running" would be a lie: what runs there is not known.
    if (words !== undefined) notices.toast(words);
    else if (nodes.length === 0) notices.toast(t("Nothing was running"));
  } catch (error) {
    const runIds = list.sorted().flatMap(({ runId }) => runId ?? []);
    if (runIds.length > 0 && !isGone(error))
      undelivered.add({ id, kind: "everything", runIds, title: "" });
    else notices.toast(t("Nothing could be stopped"), wordsFor(error));
  }
}

/** Undefined when nothing was. Never "all" while a machine was not reached. */
function stoppedWords({
  answers,
  processes = 0,
  uploads = 0,
  unreached = [],
}: StopAnswers): string | undefined {
  const runs = answers.filter((answer) => answer.stopped).length;
  const stopped = [
    ...(runs > 0 ? [tn(runs, "{count} run", "{count} runs")] : []),
    ...(processes > 0 ? [tn(processes, "{count} process", "{count} processes")] : []),
    ...(uploads > 0 ? [tn(uploads, "{count} upload", "{count} uploads")] : []),
  ];
  if (stopped.length === 0) return undefined;
  const list = new Intl.ListFormat(languageId()).format(stopped);
  return unreached.length === 0
    ? t("Stopped {list}", { list })
    : t("Stopped {list} on the machines that answer", { list });
}
