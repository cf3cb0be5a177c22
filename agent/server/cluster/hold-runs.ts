/** Tells viewers while the shared database is gone, and pauses runs when that lasts: they might not be stoppable from another node. */
import { defined } from "../../shared/defined";
import type { Unshared } from "../../shared/protocol";
import type { Reason } from "../../shared/sentences";
import { log } from "../log";
import type { SharedDatabase, SharedState } from "./cluster-types";

interface HoldParts {
  database: Pick<SharedDatabase, "state" | "onState">;
  /** Whether runs are to pause, until the next call. */
  hold: (holds: boolean) => void;
  /** What to tell every viewer; undefined: nothing any more. */
  tell: (unshared: Unshared | undefined) => void;
}

/** A restart of PostgreSQL, and most fail-overs, are over by then. Only tests change it. */
export const holdTimes = { afterMs: 30_000 };

/** Until the signal aborts. */
export function holdRuns({ database, hold, tell }: HoldParts, signal: AbortSignal): void {
  let timer: Timer | undefined;
  let isHeld = false;
  const tellGone = (why: Reason) => {
    tell({ ...why, ...(isHeld && { holds: true }) });
    if (isHeld) return;
    // Not by the clock, which may be set meanwhile.
    timer ??= setTimeout(() => {
      isHeld = true;
      log.warn(
        "The shared database does not answer: runs pause until it does, and then continue by themselves",
      );
      hold(true);
      const { state } = database;
      if (state.name === "gone") tell({ ...whyOf(state), holds: true });
    }, holdTimes.afterMs);
  };
  const look = (state: SharedState) => {
    if (state.name === "gone") return tellGone(whyOf(state));
    clearTimeout(timer);
    timer = undefined;
    if (isHeld) log.info("The shared database answers again: runs continue");
    isHeld = false;
    // Also those that an earlier server has left held.
    hold(false);
    tell(undefined);
  };
  const end = database.onState(look);
  look(database.state);
  const close = () => {
    end();
    clearTimeout(timer);
  };
  signal.addEventListener("abort", close, { once: true });
}

function whyOf({ reason, said }: Reason): Reason {
  return { reason, ...defined({ said }) };
}
