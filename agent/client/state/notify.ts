/** Shows in the title, and in browser notifications if they are on, what happened while the page was not looked at. */
import { type Accessor, createEffect, createSignal, onCleanup, untrack } from "solid-js";
import type { SessionSummary } from "../../shared/protocol";
import { host } from "./host";
import type { Preferences } from "./preferences";
import type { SessionList } from "./session-list";
import { lazyWords, t } from "../../shared/translation";

/**
 * Watches every session. Returns the mark for the title, which stays until the page is looked at: a session asks, or one
 * has ended.
 * A click on a notification shows its session.
 */
export function createNews(
  list: SessionList,
  preferences: Preferences,
  show: (sessionId: string) => void,
): Accessor<string> {
  const before = new Map<string, SessionSummary["state"]>();
  const [mark, setMark] = createSignal("");

  createEffect(() => {
    for (const session of list.sorted()) {
      const { id, state } = session;
      const was = before.get(id);
      before.set(id, state);
      if (was !== undefined && was !== state && !host().isLookedAt()) untrack(() => tell(session));
    }
  });

  function tell({ id, title, state, outcome }: SessionSummary): void {
    const words = wordsOf(state, outcome);
    if (words === undefined) return;
    setMark((shown) => (state === "waiting" || shown === asks ? asks : ended));
    if (preferences.notify() === "on") host().notify(words, { id, title }, () => show(id));
  }

  function look(): void {
    if (host().isLookedAt()) setMark("");
  }

  onCleanup(host().onLook(look));
  return mark;
}

const asks = "? ";
const ended = "✓ ";

/** Asks for permission. Resolves with whether notifications work; if they do, a first one has been shown. */
export async function mayNotify(): Promise<boolean> {
  if (!("Notification" in window)) return false;
  try {
    if ((await Notification.requestPermission()) !== "granted") return false;
    const first = new Notification(t("Rein will notify you here"), { tag: "rein" });
    first.addEventListener("click", () => window.focus());
    return true;
  } catch {
    // Chrome on Android has the constructor, but throws when a page calls it.
    return false;
  }
}

function wordsOf(state: SessionSummary["state"], outcome: SessionSummary["outcome"]) {
  if (state === "waiting") return t("Rein is waiting for your answer");
  if (state === "paused") return t("Rein is paused");
  if (state !== "idle") return undefined;
  return endWords[outcome ?? "done"];
}

const endWords = lazyWords<NonNullable<SessionSummary["outcome"]>>({
  done: () => t("Rein is done"),
  failed: () => t("Rein’s run failed"),
  stopped: () => t("Rein’s run was stopped"),
});
