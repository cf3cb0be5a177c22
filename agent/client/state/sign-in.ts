/** How this browser signs in: by the one-time token in the address it was opened at, or by what a person pastes. */
import { createSignal } from "solid-js";
import { updatedMark } from "../../shared/protocol";
import type { SignInRequest } from "../../shared/requests";
import { api, ApiError, requestTimeout, wordsFor } from "./api-client";
import { forgetCredential, keepCredential } from "./credential";
import { goToService, takeServiceAnswer, takeShareToken } from "./oidc";
import { t } from "../../shared/translation";
import { noteSignedIn } from "./window-person";

const [isSigningIn, setSigningIn] = createSignal(false);
/** Why the last attempt failed; empty when none did. */
const [problem, setProblem] = createSignal("");
const [hasSignedOut, setSignedOut] = createSignal(false);
export { isSigningIn, problem, hasSignedOut };

/** Whether this browser was signed in until the server was updated. Some browsers tell a page only on a secure origin. */
export function wasUpdated(): boolean {
  const [navigation] = performance.getEntriesByType("navigation");
  const { serverTiming = [] } = (navigation ?? {}) as Partial<PerformanceNavigationTiming>;
  return serverTiming.some(({ name }) => name === updatedMark);
}

/** Takes the token out of the address, of this one and of those that are pasted into this tab later, and signs in with it. */
export function signInByAddress(): void {
  const oidc = takeServiceAnswer();
  if (oidc !== undefined) void signInWith({ oidc });
  takeShareToken();
  window.addEventListener("hashchange", takeToken);
  takeToken();
}

function takeToken(): void {
  const token = tokenIn(location.hash);
  if (token === undefined) return;
  // At once: neither the history nor a look at the screen may give it away.
  history.replaceState(history.state, "", location.pathname + location.search);
  void signIn(token);
}

/** Resolves when it is done; `isSigningIn` and `problem` tell how. */
export async function signIn(pasted: string): Promise<void> {
  await signInWith({ token: tokenIn(pasted) ?? pasted.trim() });
}

/** The same, as the one whom the proxy in front of the server names. */
export async function signInByProxy(): Promise<void> {
  await signInWith({ proxy: true });
}

/** Leaves the page; `problem` says why not. */
export async function signInByService(): Promise<void> {
  setSigningIn(true);
  setProblem("");
  try {
    await goToService();
  } catch (error) {
    setProblem(wordsFor(error));
    setSigningIn(false);
  }
}

async function signInWith(request: SignInRequest): Promise<void> {
  setSigningIn(true);
  setProblem("");
  setSignedOut(false);
  try {
    const { credential, name = "" } = await api.signIn(request, requestTimeout());
    noteSignedIn(name);
    keepCredential(credential);
  } catch (error) {
    setProblem(wordsOf(error));
  } finally {
    setSigningIn(false);
  }
}

/** This browser has signed itself out at the server. `own`: with what it was signed in. */
export function signedOut(own: string): void {
  setSignedOut(true);
  setProblem("");
  forgetCredential(own);
}

/** The token in an address, or in its fragment. */
function tokenIn(text: string): string | undefined {
  return /#token=([^&\s]+)/.exec(text)?.[1];
}

function wordsOf(error: unknown): string {
  if (!(error instanceof ApiError)) return String(error);
  return error.status === 401
    ? t("This token is wrong, was used before, or is older than an hour.")
    : error.message;
}
