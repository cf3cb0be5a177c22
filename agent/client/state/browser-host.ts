/** A page as the place in which the state runs. */
import { originStorage, tabStorage } from "./browser-storage";
import type { Host } from "./host";
import { onShowSession } from "./notified-session";
import { createRoute } from "./route";
import { t } from "../../shared/translation";

/** A hidden tab has no animation frames. */
const hiddenMs = 250;

export const browserHost: Host = {
  client: "web",
  url: "",
  fetch: (url, init) => fetch(url, init),
  sharedStorage: () => originStorage,
  windowStorage: () => tabStorage,
  onStorageChange: (listener) => listen(globalThis, "storage", ({ key }) => listener(key)),
  schedule,
  // A stream that took the last of the browser's connections would keep the page's own files waiting: not before "load".
  isReady: () => document.readyState === "complete",
  isHidden: () => document.hidden,
  onVisibilityChange: (listener) =>
    both(listen(document, "visibilitychange", listener), listen(window, "load", listener)),
  onOnline: (listener) => listen(window, "online", listener),
  isLookedAt: () => !document.hidden && document.hasFocus(),
  onLook: (listener) =>
    both(listen(window, "focus", listener), listen(document, "visibilitychange", listener)),
  notify(words, session, withSound) {
    if (Notification.permission !== "granted") return;
    void import("./notification").then(({ showNotification }) => showNotification(words, session));
    if (withSound) void import("./tone").then(({ playTone }) => playTone());
  },
  onShow: onShowSession,
  showTheme(theme) {
    if (theme === "system") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = theme;
  },
  // All text is measured by the root's, which otherwise has the browser's size. theme.js does the same before the first paint.
  showTextSize(size) {
    document.documentElement.style.fontSize = size === "15" ? "" : `${(Number(size) / 15) * 100}%`;
  },
  createRoute,
  update: {
    get text() {
      return t("Rein was updated. Reload for the new version.");
    },
    // The text of the message field is kept across a reload.
    get action() {
      return { label: t("Reload"), run: () => location.reload() };
    },
  },
};

function schedule(run: () => void): () => void {
  if (document.hidden) {
    const timer = setTimeout(run, hiddenMs);
    return () => clearTimeout(timer);
  }
  const frame = requestAnimationFrame(run);
  return () => cancelAnimationFrame(frame);
}

interface EventsOf {
  storage: StorageEvent;
  load: Event;
  online: Event;
  focus: Event;
  visibilitychange: Event;
}

function listen<Name extends keyof EventsOf>(
  target: EventTarget,
  name: Name,
  listener: (event: EventsOf[Name]) => void,
): () => void {
  const onEvent = (event: Event) => listener(event as EventsOf[Name]);
  target.addEventListener(name, onEvent);
  return () => target.removeEventListener(name, onEvent);
}

function both(first: () => void, second: () => void): () => void {
  return () => {
    first();
    second();
  };
}
