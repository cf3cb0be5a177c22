/** What people have begun ends when an admin removes them: it would go on in the name of one who may not even look at it. */
import type { SessionSummary, Stop } from "../../shared/protocol";
import { log } from "../log";
import { dismiss } from "./people/stop-people";
import type { Services } from "./services";
import { stopInSessions } from "./stop-everything";

/**
 * `removals`: by name. What runs on this server has been told to stop when this returns; nothing of their queues is sent, and
 * their schedules are off. What could not be ended is logged.
 */
export function stopRemoved(services: Services, removals: ReadonlyMap<string, Stop>): void {
  stopAll(services, removals).catch((err: unknown) => {
    const people = [...removals.keys()];
    log.error({ err, people }, "Not all that people who were removed have begun could be ended");
  });
}

async function stopAll(services: Services, removals: ReadonlyMap<string, Stop>): Promise<void> {
  if (removals.size === 0) return;
  const own = Map.groupBy(services.sessions.list(), ({ user = "" }) => user);
  const ended = [...removals].map(([name, stop]) => stopOf(services, name, stop, own.get(name)));
  await Promise.all(ended);
}

async function stopOf(
  services: Services,
  name: string,
  stop: Stop,
  sessions: readonly SessionSummary[] = [],
): Promise<void> {
  const { runs, schedules, attachments, unixUsers } = services;
  const scheduled = schedules.list().filter(({ user }) => user === name);
  const ofSchedules = scheduled.flatMap((one) => schedules.running(one)?.sessionId ?? []);
  const ids = new Set([...sessions.map(({ id }) => id), ...ofSchedules]);
  runs.earlyStops.stopComing({ owner: name }, stop);
  await Promise.all([
    stopInSessions(services, [...ids], stop, Infinity),
    attachments.stopUploads({ user: name }),
    unixUsers && dismiss(unixUsers, name, stop),
    // The disk may not take it, and the rest ends all the same.
    (async () => schedules.turnOff(name))(),
  ]);
}
