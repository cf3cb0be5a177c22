/** How this browser signs in at a service: it goes there and comes back, and only the tab that went is let in. */
import { type JoinAnswer, oidcReturnPath } from "../../shared/protocol";
import { api, ApiError, requestTimeout } from "./api-client";
import { host } from "./host";

const secretName = "rein.oidc";
const returnName = "rein.oidc-return";

/** Leaves the page for the service. Throws what the call does. */
export async function goToService(): Promise<void> {
  const { url, secret } = await api.beginOidc(requestTimeout());
  const storage = host().windowStorage();
  storage.setItem(secretName, secret);
  storage.setItem(returnName, location.pathname + location.hash);
  location.assign(url);
}

/** What the service has sent this browser back with; takes it out of the address, and shows what was shown before. */
export function takeServiceAnswer(): { answer: string; secret: string } | undefined {
  if (location.pathname !== oidcReturnPath) return undefined;
  const answer = location.search.slice(1);
  const storage = host().windowStorage();
  const secret = storage.getItem(secretName) ?? "";
  const back = storage.getItem(returnName) ?? "/";
  storage.removeItem(secretName);
  storage.removeItem(returnName);
  // At once: an answer is used once, and is nobody else's to see. A path of this origin alone.
  history.replaceState(null, "", /^\/(?![/\\])/.test(back) ? back : "/");
  return { answer, secret };
}

const shareName = "rein.share";

interface Shared {
  sessionId: string;
  token: string;
}

/** Takes the token of a shared session out of the address; it is kept for this window until somebody is signed in. */
export function takeShareToken(): void {
  const token = /[#&]share=([\w-]+)/.exec(location.hash)?.[1];
  const sessionId = /^\/s\/([\w-]+)/.exec(location.pathname)?.[1];
  if (token === undefined || sessionId === undefined) return;
  host()
    .windowStorage()
    .setItem(shareName, JSON.stringify({ sessionId, token } satisfies Shared));
  history.replaceState(history.state, "", location.pathname + location.search);
}

export function hasShared(): boolean {
  return host().windowStorage().getItem(shareName) !== null;
}

/** Opens what `takeShareToken` has kept; undefined where there is nothing. Throws what the call does. */
export async function joinShared(): Promise<JoinAnswer | undefined> {
  const storage = host().windowStorage();
  const text = storage.getItem(shareName);
  if (text === null) return undefined;
  const { sessionId, token } = JSON.parse(text) as Shared;
  try {
    const joined = await api.join(sessionId, token, requestTimeout());
    storage.removeItem(shareName);
    return joined;
  } catch (error) {
    // What was refused will be again; where nothing answered, a reload tries it again.
    if (error instanceof ApiError && error.status >= 400 && error.status < 500)
      storage.removeItem(shareName);
    throw error;
  }
}
