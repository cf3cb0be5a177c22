/** Notifications of the browser: by the service worker where there is one, else by the page itself. */
import { visibleString } from "../../shared/visible-text";
import { showSession } from "./notified-session";
import { t } from "../../shared/translation";

/** To be called once: the worker shows notifications, also when the page that asked for them is gone. */
export function listenToWorker(container: ServiceWorkerContainer): void {
  container.addEventListener("message", ({ data }: MessageEvent<{ show?: unknown } | null>) => {
    if (typeof data?.show === "string") showSession(data.show);
  });
  container.startMessages();
}

/** Asks for permission. Resolves with whether notifications work; if they do, a first one has been shown. */
export async function mayNotify(): Promise<boolean> {
  if (!("Notification" in window)) return false;
  if ((await Notification.requestPermission()) !== "granted") return false;
  return showNotification(t("Rein will notify you here"));
}

/** One of the same session is replaced. Resolves with whether the browser has taken it; never rejects. */
export async function showNotification(
  words: string,
  session?: { id: string; title: string },
): Promise<boolean> {
  const id = session?.id;
  const tag = id === undefined ? "rein" : `rein-${id}`;
  // One that takes the place of another is news, too.
  const options = { tag, renotify: true, ...(session && { body: visibleString(session.title) }) };
  try {
    const worker = await activeWorker();
    if (worker) await worker.showNotification(words, { ...options, data: { id } });
    else showByPage(words, options, id);
    return true;
  } catch (error) {
    // Chrome on Android has the constructor, but throws when a page calls it: there the worker is needed.
    console.warn("A notification could not be shown.", error);
    return false;
  }
}

/** Only a secure origin has one, and not before its first page has loaded. */
export async function activeWorker(): Promise<ServiceWorkerRegistration | undefined> {
  if (!("serviceWorker" in navigator)) return undefined;
  const registration = await navigator.serviceWorker.getRegistration();
  return registration?.active ? registration : undefined;
}

function showByPage(words: string, options: NotificationOptions, sessionId?: string): void {
  const shown = new Notification(words, options);
  shown.addEventListener("click", () => {
    window.focus();
    if (sessionId !== undefined) showSession(sessionId);
  });
}
