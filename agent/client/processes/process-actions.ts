/** The user's actions on a background process: pin it, stop it, try a failed stop again. */
import { createStore } from "solid-js/store";
import { plural } from "../../shared/plural";
import { api, requestTimeout, wordsFor } from "../state/api-client";
import { useClient, useOpen } from "../state/client";

export interface ProcessActions {
  /** Marks the process as stopping at once; a stop that could not be delivered stays visible as a notice. */
  stop(processId: string): Promise<void>;
  isStopping(processId: string): boolean;
  pin(processId: string, pinned: boolean): void;
}

export function createProcessActions(): ProcessActions {
  const { notices } = useClient();
  const open = useOpen();
  const [marks, setMarks] = createStore<Record<string, boolean>>({});

  async function stop(processId: string): Promise<void> {
    const id = `process-${processId}`;
    setMarks(processId, true);
    notices.dismiss(id);
    try {
      const { survivors } = await api.stopProcess(open.id() ?? "", processId, requestTimeout());
      if (survivors.length > 0)
        notices.toast(`${plural(survivors.length, "process", "processes")} could not be ended`);
    } catch (error) {
      notices.keep({
        id,
        text: "The stop could not be delivered",
        detail: wordsFor(error),
        action: { label: "Try again", run: () => void stop(processId) },
      });
    } finally {
      setMarks(processId, false);
    }
  }

  function pin(processId: string, pinned: boolean): void {
    api.pinProcess(open.id() ?? "", processId, pinned, requestTimeout()).catch((error: unknown) => {
      notices.toast("Could not change the pin", wordsFor(error));
    });
  }

  return { stop, isStopping: (processId) => marks[processId] === true, pin };
}
