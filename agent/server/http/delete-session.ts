/** The end of a session: all that runs in it is stopped, and what is stored of it is removed, at once or some minutes later. */
import type { Stop } from "../../shared/protocol";
import { log } from "../log";
import type { Services } from "./services";

/** So long it can be brought back. */
export const restorableMs = 10 * 60_000;
/** A timer cannot be longer than some days, and the clock may be set. */
const lookMs = 60_000;

/** Stops all of it. Resolves when nothing of it runs. */
export async function stopSession(services: Services, id: string, stop: Stop): Promise<void> {
  const { runs, attachments, background, conversations, mcp, languageServers, runHooks, review } =
    services;
  await Promise.all([runs.stops.stop(id, {}, stop), attachments.stopUploads({ sessionId: id })]);
  await Promise.all([
    background.stopOwned({ sessionId: id }, stop, "all"),
    review.commits.stop(id),
    conversations.endSession(id),
    mcp.end(id),
    languageServers.end(id),
    runHooks.stop({ sessionId: id }, stop, true),
  ]);
}

/** After `stopSession`, of one that is there again: its engine and its MCP servers may be started. */
export function reopenSession({ conversations, mcp }: Services, id: string): void {
  conversations.restoreSession(id);
  mcp.restore(id);
}

/** Nothing of it is left when this resolves. All of it must have been stopped. Throws what SQLite throws. */
export async function removeSession(services: Services, id: string): Promise<void> {
  const { sessions, store, search, attachments, background, undo, sessionDirectories, jobs } =
    services;
  const all = () => [...sessions.list(), ...sessions.deleted()];
  const directory = all().find((one) => one.id === id)?.cwd;
  const files = store.files.ofSession(id);
  sessions.remove(id);
  search.forget(id);
  attachments.release(files);
  background.remove(id);
  services.review.commits.forget(id);
  const isLeft = all().every((one) => one.cwd !== directory);
  await undo.forget(id, isLeft ? directory : undefined);
  await sessionDirectories.remove(id);
  if (directory && isLeft) await jobs.removeCaches(directory);
}

/** A server that was killed while it stopped the session may have left a run that is paused. */
async function endDeleted(services: Services, id: string): Promise<void> {
  await stopSession(services, id, { by: "user", from: "server", askedAt: Date.now() });
  // It may have been brought back meanwhile.
  const isBack = services.sessions.list().some((one) => one.id === id);
  if (isBack) return reopenSession(services, id);
  await removeSession(services, id);
}

/** Removes, from now on, those that were deleted and whose time is over. Returns what ends that. */
export function removeDeleted(services: Services, now: () => number = Date.now): Disposable {
  const ending = new Set<string>();
  const look = () => {
    for (const { id, deletedAt } of services.sessions.deleted()) {
      if (ending.has(id) || deletedAt === undefined || deletedAt + restorableMs > now()) continue;
      ending.add(id);
      endDeleted(services, id)
        .catch((err: unknown) =>
          log.error({ err, sessionId: id }, "A deleted session could not be removed"),
        )
        .finally(() => ending.delete(id));
    }
  };
  const timer = setInterval(look, lookMs);
  timer.unref();
  queueMicrotask(look);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
