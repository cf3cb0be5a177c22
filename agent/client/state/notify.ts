/** Shows in the title, and in browser notifications if they are on, what happened while the page was not looked at. */
import { type Accessor, createEffect, createSignal, onCleanup, untrack } from "solid-js";
import type { SessionSummary } from "../../shared/protocol";
import { type News, newsOf } from "../../shared/news";
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
    if (preferences.notify() === "on")
      host().notify(words, { id, title }, preferences.sound() === "on");
  }

  function look(): void {
    if (host().isLookedAt()) setMark("");
  }

  onCleanup(host().onLook(look));
  onCleanup(host().onShow(show));
  return mark;
}

const asks = "? ";
const ended = "✓ ";

function wordsOf(state: SessionSummary["state"], outcome: SessionSummary["outcome"]) {
  const news = newsOf(state, outcome);
  return news && newsWords[news];
}

/** What is told of a session. The service worker has these words, too: it tells what the server pushes. */
export const newsWords = lazyWords<News>({
  waiting: () => t("Rein is waiting for your answer"),
  paused: () => t("Rein is paused"),
  done: () => t("Rein is done"),
  failed: () => t("Rein’s run failed"),
  stopped: () => t("Rein’s run was stopped"),
});
