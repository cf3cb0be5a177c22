/** Says through the browser when a run of any session is done or needs an answer, while nobody looks at the page. */
import { createEffect, on } from "solid-js";
import type { SessionSummary } from "../../shared/protocol";
import type { SessionList } from "./list";
import type { Preferences } from "./preferences";

export function notifyWhenHidden(list: SessionList, preferences: Preferences): void {
  const before = new Map<string, SessionSummary["state"]>();
  createEffect(
    on(list.sorted, (sessions) => {
      for (const { id, title, state, outcome } of sessions) {
        const was = before.get(id);
        before.set(id, state);
        if (was === undefined || was === state || !document.hidden) continue;
        const words = wordsOf(state, outcome);
        if (words === undefined || preferences.notify() === "off") continue;
        if (Notification.permission !== "granted") continue;
        const shown = new Notification(words, { body: title, tag: `rein-${id}` });
        shown.addEventListener("click", () => window.focus());
      }
    }),
  );
}

/** Asks the browser; resolves with whether it is allowed. */
export async function mayNotify(): Promise<boolean> {
  return (await Notification.requestPermission()) === "granted";
}

function wordsOf(state: SessionSummary["state"], outcome: SessionSummary["outcome"]) {
  if (state === "waiting") return "Rein waits for your answer";
  if (state === "paused") return "Rein is paused";
  if (state !== "idle") return undefined;
  return outcome === "failed" ? "A run of Rein has failed" : "Rein is done";
}
