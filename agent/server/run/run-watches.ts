/** What is watched while a run works: what it uses, against its limits, and how long its model is waited for. */
import type { LimitReached } from "../../shared/protocol";
import { findRun } from "../../shared/session-lookup";
import { ModelWaits } from "../agent/model-waits";
import type { LiveSession } from "../session/live-session";
import { LimitWatch } from "./limit-watch";
import type { RunParts } from "./run-types";
import { currentTotals, lastUsage, totalsOfOthers } from "./usage-totals";

/** How near a limit it is becomes an event; at one, `onReached` is called. */
export function watchLimits(
  { limits, sessions }: Pick<RunParts, "limits" | "sessions">,
  live: LiveSession,
  runId: string,
  onReached: (reached: LimitReached) => void,
): LimitWatch {
  return new LimitWatch({
    limits,
    run: () => findRun(live.session, runId)!,
    used: (open, others) => {
      const used = currentTotals(live.session, runId, open, others);
      // A message of an engine is any number of requests, which are counted as they are sent.
      if (live.session.engine) used.run.turns = 0;
      return used;
    },
    usedByOthers: () => totalsOfOthers(sessions, runId),
    last: () => lastUsage(live.session, runId),
    onReached,
    onNear: (near) => live.emit({ type: "run-near", runId, ...(near && { near }) }),
  });
}

/** Each wait becomes an event; `needsConnection` is called when a request waits for a free connection. */
export function watchWaits(
  { limits }: Pick<RunParts, "limits">,
  live: LiveSession,
  runId: string,
  needsConnection: () => void,
): ModelWaits {
  return new ModelWaits({
    stallMs: () => {
      const { stallMinutes } = limits();
      return stallMinutes === "never" ? undefined : stallMinutes * 60_000;
    },
    onStall: (since) =>
      live.emit({ type: "run-stall", runId, ...(since !== undefined && { stall: { since } }) }),
    onConnecting: (since) => {
      if (since !== undefined) needsConnection();
      const connecting = since !== undefined && { connecting: { since } };
      live.emit({ type: "run-connecting", runId, ...connecting });
    },
  });
}
