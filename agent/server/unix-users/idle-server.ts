/** Whether a person's server has nothing to do: no run, no command, no viewer, and no schedule that waits for its time. */
import type { PersonServer } from "./person-server";

const askMs = 5000;
const busy = ["rein_active_runs", "rein_viewers", "rein_jobs", "rein_engines", "rein_schedules"];

/** False where it does not say so. Never rejects. */
export async function isIdle(server: Pick<PersonServer, "fetch">): Promise<boolean> {
  try {
    const answer = await server.fetch("/metrics", {}, AbortSignal.timeout(askMs));
    const text = await answer.text();
    return answer.ok && busy.every((name) => new RegExp(`^${name} 0$`, "m").test(text));
  } catch {
    return false; // one that is silent may work
  }
}
