/** What a run waits for while nothing is written. */
import { isOutcome, type Message, type Run } from "../../shared/protocol";
import { t } from "../../shared/translation";

export interface BeginningWait {
  id: "starting" | "connecting";
  words: string;
  /** Milliseconds since the epoch. */
  since: number;
}

/** Before its first request; undefined when that has been sent. `engine`: its name. */
export function beginningWait(
  run: Run | undefined,
  engine: string | undefined,
): BeginningWait | undefined {
  const { starting, connecting }: Partial<Run> = run ?? {};
  if (starting)
    return { id: "starting", words: t("Starting {engine}", { engine: engine ?? "" }), ...starting };
  return (
    connecting && { id: "connecting", words: t("Waiting for a free connection"), ...connecting }
  );
}

/** Since when nothing is written and nothing runs, in milliseconds since the epoch; undefined when that is not so. */
export function silentSince(last: Message | undefined): number | undefined {
  if (last === undefined) return Date.now();
  const newest = last.parts.at(-1);
  if (last.role === "user" || last.outcome !== undefined || newest === undefined)
    return last.createdAt;
  const isRunning = last.parts.some((one) => one.type === "tool-call" && !isOutcome(one.state));
  // An engine's message goes on after its calls.
  return newest.type === "tool-call" && !isRunning ? newest.endedAt : undefined;
}

/** While nothing is written. `asker`: an engine that asks its model by its own log-in. */
export function silenceWords(isStopping: boolean, asker: string | undefined): string {
  if (isStopping) return t("Stopping");
  return asker === undefined ? t("Waiting for the model") : t("Waiting for {asker}", { asker });
}

/** Said of such an engine after a while: nothing more is known. */
export function unseenWords(): string {
  return t("It uses its own log-in: Rein does not see what it waits for.");
}

export const unseenAfterMs = 5_000;
