/** The end of a server, in its order: nothing begins, what runs is stopped and saved, and connections close last. */
import type { Stop } from "../shared/protocol";
import type { TurnGate } from "./agent/engine-turn-types";
import type { OpenConversations } from "./engines/open-conversations";
import type { Gate } from "./gate/gate-types";
import type { Services } from "./http/services";
import type { listen } from "./http/listen";

/** A little longer than a run takes to settle at the most: the usual grace and two seconds. */
const shutdownMs = 2300;
/** Work that is given up then has this long to end. */
const lastMs = 400;

interface ConnectionParts {
  conversations: OpenConversations<TurnGate>;
  gate: Gate;
  listener: ReturnType<typeof listen>;
}

/**
 * Settles every run (reason: shutdown) and its changes, saves, and closes every connection, within three seconds. What does
 * not settle in that time is for the next server, which gives the same reason.
 */
export async function closeServer(
  services: Services,
  { conversations, gate, listener }: ConnectionParts,
): Promise<void> {
  const { schedules, runs, attachments, review, background, mcp, unixUsers } = services;
  const { languageServers, jobs, undo, sessions, search, store, shared, push } = services;
  push.close();
  const stop: Stop = { by: "shutdown", from: "server", askedAt: Date.now() };
  const late = AbortSignal.timeout(shutdownMs);
  const atLast = Bun.sleep(shutdownMs + lastMs);
  // First: nothing begins any more.
  const noneBegins = schedules.close();
  const stopped = Promise.all([
    noneBegins,
    runs.close(stop),
    attachments.stopUploads(),
    unixUsers?.close(),
  ]).then(() =>
    Promise.all([
      review.commits.stopAll(),
      background.stopOwned({}, stop, "all"),
      conversations.close(),
      mcp.close(),
      languageServers.close(),
    ]),
  );
  // The probes of the start clean up after themselves, given the time.
  const settled = Promise.all([stopped, jobs.capabilities()]);
  await Promise.race([settled, Bun.sleep(shutdownMs)]);
  await Promise.race([undo.settle(late), atLast]);
  sessions.close();
  await Promise.race([Promise.all([listener.stop(true), gate.close()]), atLast]);
  // Last, when no request can use them any more.
  search.close();
  store.flush();
  await Promise.race([shared?.close(), atLast]);
  store.close();
  undo.close();
}
