/** Stops every run and every background process of the server, and says what that was. */
import { plural } from "../../shared/plural";
import { api, requestTimeout, wordsFor } from "./api-client";
import type { Notices } from "./notice-store";

export async function stopEverything(notices: Notices): Promise<void> {
  try {
    const { answers, processes } = await api.stopEverything(requestTimeout());
    const runs = answers.filter((answer) => answer.stopped).length;
    const stopped = [
      ...(runs > 0 ? [plural(runs, "run")] : []),
      ...(processes > 0 ? [plural(processes, "process", "processes")] : []),
    ];
    notices.toast(
      stopped.length === 0 ? "Nothing was running" : `Stopped ${stopped.join(" and ")}`,
    );
  } catch (error) {
    notices.keep({
      id: "stop-everything",
      text: "The stop could not be delivered",
      detail: wordsFor(error),
      action: { label: "Try again", run: () => void stopEverything(notices) },
    });
  }
}
