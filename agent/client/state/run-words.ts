/** What is said of the open session's run, below the input and to screen readers. */
import { activeRun } from "../../shared/session-lookup";
import type { OpenSession } from "./open-session";

export function isAsking({ session, stage }: OpenSession): boolean {
  return stage() === "running" && activeRun(session)?.state === "waiting";
}

export const pauseWords = {
  pausing: "Pausing at the next safe point. A running tool keeps running; its result waits.",
  paused: "Paused. Nothing runs until you resume.",
};

export const undeliveredWords = "The stop is sent as soon as it can be.";
