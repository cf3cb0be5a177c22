/**
 * Tells pages when a node goes away or comes back, and the log with the reason: all are looked at once when this one has
 * started, and then every two seconds while a page shows the list of sessions.
 */
import type { ClusterAnswer, ClusterNode } from "../../../shared/protocol";
import { askHealth } from "../../cluster/ask-health";
import type { ClusterConfig } from "../../cluster/cluster-types";
import { log } from "../../log";
import type { ClusterServices } from "./cluster-services";

const betweenMs = 2000;

interface Watched {
  own: Pick<ClusterConfig, "node" | "address" | "key">;
  look: ClusterServices["look"];
  /** Whether there is a page to be told. */
  isWatched: () => boolean;
  /** How they are is another than when pages were told last. */
  onChange: () => void;
}

/** Until the signal aborts. What is returned looks for a page: where that is over before the next look here, it is told. */
export function watchNodes(
  { own, look, isWatched, onChange }: Watched,
  signal: AbortSignal,
): ClusterServices["look"] {
  let known: ClusterNode[] | undefined;
  /** Since there is a page. */
  let told: string | undefined;
  /** What pages have read themselves since pages were told. */
  const read = new Set<string>();
  let isLooking = false;

  async function compare(): Promise<void> {
    if (isLooking) return;
    if (!isWatched()) told = undefined;
    if (!isWatched() && known !== undefined) return;
    isLooking = true;
    try {
      if (known === undefined) await checkAddress(own, signal);
      const { nodes } = await look(signal);
      logChanges(known ?? [], nodes);
      known = nodes;
      const now = statesOf(nodes);
      if (!isWatched()) return;
      const isNews = (told !== undefined && told !== now) || [...read].some((one) => one !== now);
      told = now;
      read.clear();
      if (isNews) onChange();
    } catch {
      // Only with the signal, which ends the timer too.
    } finally {
      isLooking = false;
    }
  }

  const timer = setInterval(() => void compare(), betweenMs);
  timer.unref();
  signal.addEventListener("abort", () => clearInterval(timer), { once: true });
  return async (asking) => {
    const answer = await look(asking);
    read.add(statesOf(answer.nodes));
    return answer;
  };
}

/** Other nodes use this address as it is: a wrong one is logged here at the start, and not only when a stop is lost. */
async function checkAddress(own: Watched["own"], signal: AbortSignal): Promise<void> {
  const { node, address, key } = own;
  // A node passes nothing on to itself.
  const asker = { node: `${node} at its start`, key };
  const health = await askHealth(asker, { id: node, address }, signal);
  if (health === "lives" || signal.aborted) return;
  const what = health === "refused" ? "nothing runs there" : "what is there is not this node";
  log.warn(
    `The others reach “${own.node}” at ${own.address}, and as seen from this machine ${what}. Check REIN_NODE_ADDRESS.`,
  );
}

function logChanges(before: ClusterNode[], now: ClusterNode[]): void {
  const away = new Set(before.filter(({ state }) => state === "away").map(({ name }) => name));
  for (const one of now)
    if (one.state === "away" && !away.has(one.name))
      log.warn({ node: one.name }, `Node “${one.name}” is not reached: ${one.reason}`);
    else if (one.state === "alive" && away.has(one.name))
      log.info({ node: one.name }, `Node “${one.name}” is reached again`);
}

/** Without the counts, which the rows of sessions show. */
function statesOf(nodes: ClusterAnswer["nodes"]): string {
  return JSON.stringify(nodes.map(({ name, state, version }) => [name, state, version]));
}
