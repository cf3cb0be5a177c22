/** Tells pages when a node goes away or comes back: all are looked at every two seconds, while a page shows the list of sessions. */
import type { ClusterAnswer } from "../../../shared/protocol";
import type { ClusterServices } from "./cluster-services";

const betweenMs = 2000;

interface Watched {
  look: ClusterServices["look"];
  /** Whether there is a page to be told. */
  isWatched: () => boolean;
  /** How they are is another than when pages were told last. */
  onChange: () => void;
}

/** Until the signal aborts. */
export function watchNodes({ look, isWatched, onChange }: Watched, signal: AbortSignal): void {
  let known: string | undefined;
  let isLooking = false;

  async function compare(): Promise<void> {
    if (isLooking || !isWatched()) return;
    isLooking = true;
    try {
      const now = statesOf(await look(signal));
      if (known !== undefined && now !== known) onChange();
      known = now;
    } catch {
      // Only with the signal, which ends the timer too.
    } finally {
      isLooking = false;
    }
  }

  const timer = setInterval(() => void compare(), betweenMs);
  timer.unref();
  signal.addEventListener("abort", () => clearInterval(timer), { once: true });
}

/** Without the counts, which the rows of sessions show. */
function statesOf({ nodes }: ClusterAnswer): string {
  return JSON.stringify(nodes.map(({ name, state, version }) => [name, state, version]));
}
