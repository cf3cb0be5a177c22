/** The user's actions on a background process: pin it, stop it, try a failed stop again. */
import { createStore } from "solid-js/store";
import { api, requestTimeout, wordsFor } from "./api-client";
import { useClient, useOpen } from "./client";
import { isGone } from "./undelivered-stops";
import { t, tn } from "../../shared/translation";

export interface ProcessActions {
  /** Marks the process as stopping at once; a stop that fails waits for the server. */
  stop(processId: string): Promise<void>;
  isStopping(processId: string): boolean;
  pin(processId: string, pinned: boolean): void;
}

export function createProcessActions(): ProcessActions {
  const { notices, undelivered } = useClient();
  const open = useOpen();
  const [marks, setMarks] = createStore<Record<string, boolean>>({});

  async function stop(processId: string): Promise<void> {
    const sessionId = open.id() ?? "";
    const id = `process-${sessionId}-${processId}`;
    setMarks(processId, true);
    try {
      const { survivors } = await api.stopProcess(sessionId, processId, requestTimeout());
      undelivered.remove(id);
      if (survivors.length > 0)
        notices.toast(
          tn(
            survivors.length,
            "{count} process could not be stopped",
            "{count} processes could not be stopped",
          ),
        );
    } catch (error) {
      const { title } = open.session;
      if (!isGone(error))
        undelivered.add(
          { id, kind: "process", runIds: [], partId: processId, sessionId, title },
          error,
        );
    } finally {
      setMarks(processId, false);
    }
  }

  function pin(processId: string, pinned: boolean): void {
    api.pinProcess(open.id() ?? "", processId, pinned, requestTimeout()).catch((error: unknown) => {
      notices.toast(t("Could not change the pin"), wordsFor(error));
    });
  }

  return { stop, isStopping: (processId) => marks[processId] === true, pin };
}
