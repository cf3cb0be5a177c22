/** Which machine of a cluster answers what names no session: that of the session on screen, else the one with which this window began. */
import { createSignal } from "solid-js";
import { nodeHeader } from "../../shared/protocol";
import { host } from "./host";
import { storeInWindow } from "./window-storage";

const storedName = "rein.node";
const [ofWindow, setOfWindow] = createSignal<string>();
const [undelivered, setUndelivered] = createSignal(0);
let ofSession: () => string | undefined = () => undefined;

/** The one that a new session of this window is on. Undefined without a cluster. */
export { ofWindow as windowNode };

/** Grows whenever a machine was not reached: how they are should be asked anew. */
export { undelivered as undeliveredCount };

export function askedNode(): string | undefined {
  return ofSession() ?? ofWindow();
}

/** Before anything is asked. `shown`: the machine of the session on screen, where that is known. */
export function followNode(shown: () => string | undefined): void {
  setOfWindow(host().windowStorage().getItem(storedName) ?? host().node);
  ofSession = shown;
}

/** What this window asks goes there from now on. */
export function chooseNode(name: string): void {
  storeInWindow(storedName, name);
  setOfWindow(name);
}

/** The first that answers keeps answering: behind a balancer each request may reach another one. */
export function noteAnswer(path: string, { status, headers }: Response): void {
  const name = headers.get(nodeHeader);
  if (name === null) return;
  if (status === 503) setUndelivered((count) => count + 1);
  if (ofWindow() === undefined && !namesSession(path)) chooseNode(name);
}

/** Then the machine of that session may have answered. */
function namesSession(path: string): boolean {
  return /^\/api\/(sessions\/|chat|approvals\/|stop)/.test(path);
}
