/** What this browser shows the server to be let in: kept for this origin alone, and sent as a header. */
import { createSignal } from "solid-js";
import { originStorage } from "./browser-storage";

const name = "rein.credential";
const [credential, setCredential] = createSignal(originStorage.getItem(name));

/** Null while this browser is not signed in. */
export { credential };

export function keepCredential(next: string): void {
  originStorage.setItem(name, next);
  setCredential(next);
}

/** The server no longer takes `refused`. Another tab may have signed in since: then that credential stays. */
export function forgetCredential(refused: string): void {
  if (originStorage.getItem(name) === refused) originStorage.removeItem(name);
  setCredential(originStorage.getItem(name));
}

/** From now on this tab signs in and out with the others. */
export function shareCredential(): void {
  window.addEventListener("storage", ({ key }) => {
    if (key === name || key === null) setCredential(originStorage.getItem(name));
  });
}
