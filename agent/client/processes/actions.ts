/** What a person can do with a process: pin it, stop it, and try again what could not be ended. */
import { createStore } from "solid-js/store";
import { api, requestTimeout, wordsFor } from "../state/api-client";
import { useClient, useOpen } from "../state/client";
import { plural } from "../state/format";

export interface ProcessActions {
  /** Marks it in the same frame; a stop that could not be delivered stays visible. */
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
      notices.toast("The pin was not changed", wordsFor(error));
    });
  }

  return { stop, isStopping: (processId) => marks[processId] === true, pin };
}
