/** What is typed in a window is of the person who is signed in: the next one to sign in finds nothing of it. */
import { host } from "./host";
import { tabStorage } from "./browser-storage";
import { isOfStops } from "./stored-stops";

/** Of the browser, and of each window: whose it is. Empty where people have no names. */
const personName = "rein.person";
/** What a window needs to sign in, and nobody has typed. */
const kept: ReadonlySet<string> = new Set(["rein.share", "rein.node"]);

/** To be called before the credential is taken: this browser has signed in as somebody of this name. */
export function noteSignedIn(name: string): void {
  const shared = host().sharedStorage();
  const before = shared.getItem(personName);
  if (before !== null && before !== name)
    for (const one of shared.names()) if (isOfStops(one)) shared.removeItem(one);
  shared.setItem(personName, name);
  takeWindow();
}

/** Forgets what another person has typed in this window, if the browser is somebody else's by now. */
export function takeWindow(): void {
  const name = host().sharedStorage().getItem(personName);
  const before = tabStorage.getItem(personName);
  if (name === null || name === before) return;
  if (before !== null)
    for (const one of tabStorage.names()) if (!kept.has(one)) tabStorage.removeItem(one);
  tabStorage.setItem(personName, name);
}
