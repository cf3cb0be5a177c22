/** What people have begun ends when an admin removes them: it would go on in the name of one who may not even look at it. */
import type { SessionSummary, Stop } from "../../shared/protocol";
import { findRun } from "../../shared/session-lookup";
import { log } from "../log";
import { keepQueue } from "../session/message-queue";
import { dismiss } from "./people/stop-people";
import { revokeLinks } from "./revoke-links";
import type { Services } from "./services";
import { stopInSessions } from "./stop-everything";

/**
 * `removals`: by name. What runs on this server has been told to stop when this returns; nothing of their queues is sent,
 * nor what they have queued elsewhere, and their schedules are off; who came into a session by a link of theirs has no role in it any more. What could not be ended is logged.
 */
export function stopRemoved(services: Services, removals: ReadonlyMap<string, Stop>): void {
  stopAll(services, removals).catch((err: unknown) => {
    const people = [...removals.keys()];
    log.error({ err, people }, "Not all that people who were removed have begun could be ended");
  });
}

/** Of a server whose front says each time of all whom it knows to be removed. */
export function hearRemovals(services: Services): (all: { name: string; stop: Stop }[]) => void {
  const heard = new Map<string, number>();
  return (all) => {
    const news = all.filter(({ name, stop }) => heard.get(name) !== stop.askedAt);
    for (const { name, stop } of news) heard.set(name, stop.askedAt);
    stopRemoved(services, new Map(news.map(({ name, stop }) => [name, stop])));
  };
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
  endLinks(services, name);
  const scheduled = schedules.list().filter(({ user }) => user === name);
  const ofSchedules = scheduled.flatMap((one) => schedules.running(one)?.sessionId ?? []);
  const ids = new Set([...sessions.map(({ id }) => id), ...ofSchedules]);
  runs.earlyStops.stopComing({ person: name }, stop);
  await Promise.all([
    stopInSessions(services, [...ids], stop, Infinity),
    stopSent(services, name, stop),
    attachments.stopUploads({ user: name }),
    unixUsers && dismiss(unixUsers, name, stop),
    // The disk may not take it, and the rest ends all the same.
    (async () => schedules.turnOff(name))(),
  ]);
}

/** In sessions of others: what they have sent there, and what its runs have left in the background. What waits is sent only by another person. */
async function stopSent(
  { runs, jobs, sessions, background }: Services,
  name: string,
  stop: Stop,
): Promise<void> {
  const isTheirs = ({ user }: { user?: string }) => user === name;
  const sent = runs.active.all.flatMap(({ live, id, waiting }) => {
    keepQueue(live, isTheirs);
    const ids = waiting.filter(isTheirs).map(({ runId }) => runId);
    if (isTheirs(findRun(live.session, id) ?? {})) ids.push(id);
    return ids.map((runId) => runs.stops.stop(live.session.id, { runId }, stop));
  });
  const left = jobs.list({}).flatMap(({ owner: { sessionId, runId } }) => {
    const session = runId === undefined ? undefined : sessions.get(sessionId)?.session;
    return session && isTheirs(findRun(session, runId!) ?? {}) ? [runId!] : [];
  });
  const ended = [...new Set(left)].map((runId) => background.stopOwned({ runId }, stop, "all"));
  await Promise.all([...sent, ...ended]);
}

/** Those that nobody has opened are refused. */
function endLinks({ sessions }: Services, name: string): void {
  const isTheirs = ({ user, people = [] }: SessionSummary) =>
    people.length > 0 && (user === name || people.some((one) => one.name === name));
  for (const { id } of sessions.list().filter(isTheirs)) {
    const live = sessions.get(id);
    if (live) revokeLinks(live, sessions, ({ createdBy }) => createdBy === name);
  }
}
