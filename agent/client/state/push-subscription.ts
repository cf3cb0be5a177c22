/** Has the server notify this browser while none of its pages is in view, by the push service of the browser's maker. */
import { createEffect } from "solid-js";
import { t } from "../../shared/translation";
import { api, requestTimeout } from "./api-client";
import { credential } from "./credential";
import { activeWorker } from "./notification";

/** Older browsers have none, and on an iPhone only an installed app has it. */
export function canPush(): boolean {
  return "serviceWorker" in navigator && "PushManager" in window;
}

/** Resolves when the server has sent a first message. Throws an Error in words for people, or an ApiError; then it is off. */
export async function startPush(): Promise<void> {
  const worker = await activeWorker();
  if (worker === undefined) throw new Error(t("The page is still loading. Try again in a moment."));
  const { publicKey } = await api.push(requestTimeout());
  const subscription = await subscribe(worker.pushManager, publicKey);
  try {
    const { endpoint = "", keys = {} } = subscription.toJSON();
    const { p256dh = "", auth = "" } = keys;
    await api.startPush({ endpoint, keys: { p256dh, auth } }, requestTimeout());
  } catch (error) {
    await subscription.unsubscribe();
    throw error;
  }
}

/** Also where the server cannot be told: it forgets a subscription that is no longer valid with the next message. */
export async function stopPush(): Promise<void> {
  const subscription = await (await activeWorker())?.pushManager.getSubscription();
  await subscription?.unsubscribe();
  await api.stopPush(requestTimeout());
}

async function subscribe(manager: PushManager, publicKey: string): Promise<PushSubscription> {
  try {
    const kept = await manager.getSubscription();
    if (kept !== null && isFor(kept, publicKey)) return kept;
    await kept?.unsubscribe();
    return await manager.subscribe({ userVisibleOnly: true, applicationServerKey: publicKey });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(t("The browser gave no subscription: {reason}", { reason }), { cause: error });
  }
}

/** The server may have another key since, with another data directory. */
function isFor({ options }: PushSubscription, publicKey: string): boolean {
  const bytes = new Uint8Array(options.applicationServerKey ?? new ArrayBuffer());
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "") === publicKey;
}

/** For as long as the page is open: after another sign-in, and with another server, it is switched on anew. `isOn`: it is wanted. */
export function keepPush(isOn: () => boolean): void {
  createEffect(() => {
    if (credential() !== null && isOn() && canPush()) void renew();
  });
}

async function renew(): Promise<void> {
  try {
    const worker = await activeWorker();
    const kept = await worker?.pushManager.getSubscription();
    if (kept && (await api.push(requestTimeout())).isOn) return;
    await startPush();
  } catch (error) {
    console.warn("Push messages could not be switched on again.", error);
  }
}
