/** Whether a stop is asked about first: never, always, or when it would cost something. */
import { type Accessor, createSignal, onCleanup } from "solid-js";
import { activeRun } from "../../shared/apply";
import type { Session } from "../../shared/protocol";
import type { Preferences } from "./preferences";

export interface Confirmation {
  /** The next stop within a few seconds is meant. */
  isAsking: Accessor<boolean>;
  /** True when the stop may go out: nothing is to be asked, or it was asked and this is the answer. */
  isMeant(): boolean;
  dismiss(): void;
}

const askingMs = 5000;

export function createConfirmation(session: Session, preferences: Preferences): Confirmation {
  const [isAsking, setAsking] = createSignal(false);
  let timer: ReturnType<typeof setTimeout> | undefined;

  function isMeant(): boolean {
    if (isAsking() || !isNeeded()) {
      dismiss();
      return true;
    }
    setAsking(true);
    timer = setTimeout(dismiss, askingMs);
    return false;
  }

  function isNeeded(): boolean {
    const choice = preferences.confirmStop();
    return choice === "always" || (choice === "costly" && isCostly());
  }

  function isCostly(): boolean {
    const run = activeRun(session);
    if (run === undefined) return false;
    const isToolRunning = session.messages
      .at(-1)
      ?.parts.some((part) => part.type === "tool-call" && part.state === "running");
    const { tokens, minutes } = preferences.costly();
    return (
      isToolRunning === true ||
      run.usage.inputTokens + run.usage.outputTokens > tokens ||
      Date.now() - run.startedAt > minutes * 60_000
    );
  }

  function dismiss(): void {
    clearTimeout(timer);
    setAsking(false);
  }

  onCleanup(dismiss);
  return { isAsking, isMeant, dismiss };
}
