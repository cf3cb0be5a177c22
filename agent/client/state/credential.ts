/** What this browser shows the server to be let in: kept for this origin alone, and sent as a header. */
import { createSignal } from "solid-js";
import { host } from "./host";

export const credentialName = "rein.credential";
const [credential, setCredential] = createSignal<string | null>(null);

/** Null while this browser is not signed in. */
export { credential };

export function keepCredential(next: string): void {
  host().sharedStorage().setItem(credentialName, next);
  setCredential(next);
}

/** The server no longer takes `refused`. Another tab may have signed in since: then that credential stays. */
export function forgetCredential(refused: string): void {
  if (host().sharedStorage().getItem(credentialName) === refused)
    host().sharedStorage().removeItem(credentialName);
  setCredential(host().sharedStorage().getItem(credentialName));
}

/**
 * Before anything of the state is created: takes what is kept. From now on this tab signs in and out with the others.
 * `onOther`: is called before it takes what another tab has signed in with.
 */
export function shareCredential(onOther: () => void): void {
  setCredential(host().sharedStorage().getItem(credentialName));
  host().onStorageChange((changed) => {
    if (changed !== credentialName && changed !== null) return;
    onOther();
    setCredential(host().sharedStorage().getItem(credentialName));
  });
}
