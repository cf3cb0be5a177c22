/** The server as the state calls it, and a failure in words for a person. */
import { untrack } from "solid-js";
import { ApiError, createRein } from "../../sdk/create-rein";
import { isCredentialRefused } from "../../sdk/transport";
import { askedNode, noteAnswer } from "./asked-node";
import { credential, forgetCredential } from "./credential";
import { host } from "./host";
import { noteWireVersion } from "./page-version";
import { t } from "../../shared/translation";

export { ApiError };

export const api = createRein({
  get url() {
    return host().url;
  },
  get client() {
    return host().client;
  },
  get credential() {
    return untrack(credential);
  },
  get node() {
    return untrack(askedNode);
  },
  fetch: (url, init) => host().fetch(url, init),
  onAnswer({ path, response, shown }) {
    noteWireVersion(response.headers);
    noteAnswer(path, response);
    if (isCredentialRefused(response) && shown !== null && path !== "/api/sign-in")
      forgetCredential(shown);
  },
});

/** For calls that nothing else aborts: gives up on a server that does not answer. */
export function requestTimeout(timeoutMs = 30_000): AbortSignal {
  return AbortSignal.timeout(timeoutMs);
}

/** For a failure that the person need not be told. The caller says why. */
export function logFailure(what: string, error: unknown): void {
  console.warn(`${what}:`, error);
}

/** A failure as the page shows it. */
export function wordsFor(error: unknown): string {
  if (error instanceof ApiError) return error.message;
  if (error instanceof DOMException && error.name === "TimeoutError")
    return t("The server did not answer in time.");
  return error instanceof Error ? error.message : String(error);
}
