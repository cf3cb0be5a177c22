/** Asks for confirmation before a stop: never, always, or when the stop would be costly. */
import { type Accessor, createSignal, onCleanup } from "solid-js";
import type { Session } from "../../shared/protocol";
import { activeRun } from "../../shared/session-lookup";
import type { Preferences } from "./preferences";

export interface Confirmation {
  /** The person is being asked: a second stop within a few seconds confirms the first. */
  isAsking: Accessor<boolean>;
  /** Whether the stop may be sent: no confirmation is needed, or this is the confirmation. Else it begins to ask. */
  confirm(): boolean;
  dismiss(): void;
}

const askingMs = 5000;

export function createConfirmation(session: Session, preferences: Preferences): Confirmation {
  const [isAsking, setAsking] = createSignal(false);
  let timer: ReturnType<typeof setTimeout> | undefined;

  function confirm(): boolean {
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
  return { isAsking, confirm, dismiss };
}
