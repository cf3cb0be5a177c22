/** What the gate asks of a turn for each request of its engine: to hold it for a pause or a limit, and to count it. */
import type { Session } from "../../shared/protocol";
import type { EngineHolds } from "./engine-holds";
import type { EngineParts } from "./engine-parts";
import type { ClosedCall, EngineLoopRequest, GateHooks } from "./engine-turn-types";

/** `onRequest`: a request is over and counted. `onContext`: the size of the context after one of the conversation itself. */
export function gateHooks(
  { beginRequest, recordCost, waits, setting }: EngineLoopRequest,
  parts: EngineParts,
  holds: EngineHolds,
  onRequest: (closed: ClosedCall) => void,
  onContext: (context: NonNullable<Session["context"]>) => void,
  signal: AbortSignal,
): GateHooks {
  return {
    beforeRequest: async (own) => {
      do await holds.pass(own);
      while (!own.aborted && !signal.aborted && !beginRequest());
      if (signal.aborted) throw new Error("The run was stopped.");
    },
    onUsage: (usage) => {
      const { messageId } = parts;
      if (messageId !== undefined) recordCost(messageId, () => usage);
    },
    openRequest: (again) => {
      const hold = holds.request();
      const wait = waits.request(again);
      return {
        ...wait,
        [Symbol.dispose]: () => {
          wait[Symbol.dispose]();
          hold[Symbol.dispose]();
        },
      };
    },
    onClosed: (closed) => {
      const { model, usage } = closed;
      const { inputTokens, outputTokens } = usage;
      onRequest(closed);
      // Engines ask small models besides, for titles.
      if (model === setting().model && inputTokens > 0)
        onContext({ usedTokens: inputTokens + outputTokens });
    },
  };
}
