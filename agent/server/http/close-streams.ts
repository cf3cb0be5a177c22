/** The end of the streams of a credential that has ended, or gives something else than before: after the stops of a removal. */
import { neverAborts, within } from "../abort";
import { askOthers } from "./cluster/ask-others";
import type { Services } from "./services";

/** One that does not say so by then may note that the client has gone. Of a node that is known to be silent none is waited for so long. */
const toldMs = 5000;

/**
 * Those that this server passes on end when the others know by when they end: a run of a person who was removed would say else
 * that it was stopped because its client had gone. `told` resolves when they do, and is not called where nothing is open.
 */
export function closeStreams(
  { isOpen, close }: { isOpen: boolean; close: () => void },
  told: () => Promise<unknown>,
): void {
  if (!isOpen) return;
  within(toldMs, told(), neverAborts).then(close, close);
}

/** Resolves when this node, and then each other one that answers, has read who was removed. */
export async function tellNodes({ access, cluster }: Services): Promise<void> {
  if (cluster === undefined) return;
  await access.people?.catchUp();
  // Its answer has what all others have written by then.
  const request = { method: "GET", path: "/api/people", withinMs: toldMs };
  await askOthers(cluster, request, neverAborts);
}
