/** Ends again what outlived the stop of a run. A request that does not arrive waits for the server, as a stop does. */
import { type Accessor, createSignal } from "solid-js";
import { api, requestTimeout, wordsFor } from "./api-client";
import type { Client } from "./client";
import type { OpenSession } from "./open-session";
import { isGone } from "./undelivered-stops";
import { t } from "../../shared/translation";

export interface SurvivorEnding {
  isTrying: Accessor<boolean>;
  tryAgain: (runId: string) => void;
}

export function createSurvivorEnding(
  { notices, undelivered }: Pick<Client, "notices" | "undelivered">,
  open: OpenSession,
): SurvivorEnding {
  const [isTrying, setTrying] = createSignal(false);

  async function end(runId: string): Promise<void> {
    setTrying(true);
    const sessionId = open.id() ?? "";
    const id = `survivors-${runId}`;
    try {
      await api.endSurvivors(sessionId, runId, requestTimeout());
      undelivered.remove(id);
    } catch (error) {
      const { title } = open.session;
      if (isGone(error)) notices.toast(t("The processes could not be stopped"), wordsFor(error));
      else undelivered.add({ id, kind: "survivors", runIds: [runId], sessionId, title }, error);
    } finally {
      setTrying(false);
    }
  }

  return { isTrying, tryAgain: (runId) => void end(runId) };
}
