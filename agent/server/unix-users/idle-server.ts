/** Whether a person's server has nothing to do: no run, no command, no viewer, and no schedule that waits for its time. */
import { boundedText } from "./bounded-text";
import type { PersonServer } from "./person-server";

const askMs = 5000;
/** Some hundred lines. */
const maxBytes = 1_000_000;
const busy = ["rein_active_runs", "rein_jobs", "rein_engines", "rein_schedules"];

/** False where it does not say so. Never rejects. */
export async function isIdle(
  server: Pick<PersonServer, "fetch" | "frontStreams">,
): Promise<boolean> {
  try {
    const answer = await server.fetch("/metrics", {}, AbortSignal.timeout(askMs));
    const text = await boundedText(answer, maxBytes);
    const is = (name: string, count: number) => new RegExp(`^${name} ${count}$`, "m").test(text);
    return (
      answer.ok && busy.every((name) => is(name, 0)) && is("rein_viewers", server.frontStreams)
    );
  } catch {
    return false; // one that is silent may work
  }
}
