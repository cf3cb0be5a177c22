/** Stops everything: on the whole server, or in some sessions, as in those that the one who asks may see. */
import type { Context } from "hono";
import { findRun } from "../../shared/session-lookup";
import type { Stop } from "../../shared/protocol";
import { askerOf, visibleTo } from "./check-role";
import { stopBy } from "./request";
import type { Services } from "./services";

/** `before`: what has begun since goes on. Resolves with the answers of the runs, and how many other things ended, once all of it has. */
export async function stopEverything(c: Context, services: Services, before: number | undefined) {
  const { runs, review, background, attachments, sessions } = services;
  const by = stopBy(c);
  if (askerOf(c).role !== "admin") return stopSeen(c, services, before);
  sessions.tellUploadsStopped();
  const isInTurn = (id: string) => runs.active.ofSession(id) !== undefined;
  const [answers, commits, own, left, uploads] = await Promise.all([
    runs.stops.stopAll(by, before),
    review.commits.stopAll(),
    background.stopOwned({}, by, "all", before),
    background.stopLeft(isInTurn),
    attachments.stopUploads(),
  ]);
  return { answers, processes: commits + own + left, uploads };
}

/** The same, and nothing of other people's. */
async function stopSeen(c: Context, services: Services, before = Infinity) {
  const { runs, attachments, sessions } = services;
  const by = stopBy(c);
  const asker = askerOf(c);
  const isMeant = (id: string) => {
    const active = runs.active.ofSession(id);
    const run = active && findRun(active.live.session, active.id);
    return run === undefined || run.startedAt < before;
  };
  const all = visibleTo(c, sessions.list()).map(({ id }) => id);
  const ids = all.filter(isMeant);
  if (before === Infinity) runs.earlyStops.stopComing({}, by, asker);
  const [{ uploads, ...stopped }, coming] = await Promise.all([
    stopInSessions(services, ids, by, before),
    attachments.stopUploads({ user: asker.name }),
  ]);
  return { ...stopped, uploads: uploads + coming };
}

/** What runs in these sessions, and what is uploaded for them. */
export async function stopInSessions(
  { runs, review, background, attachments, sessions }: Services,
  ids: readonly string[],
  by: Stop,
  before: number,
) {
  const seen = new Set(ids);
  const isActive = new Set(ids.filter((id) => runs.active.ofSession(id) !== undefined));
  for (const id of ids) sessions.tellUploadsStopped(id);
  const [answers, commits, own, left, uploads] = await Promise.all([
    Promise.all(ids.map((id) => runs.stops.stop(id, {}, by))),
    Promise.all(ids.map((id) => review.commits.stop(id))),
    Promise.all(ids.map((id) => background.stopOwned({ sessionId: id }, by, "all", before))),
    background.stopLeft((id) => !seen.has(id) || isActive.has(id)),
    Promise.all(ids.map((sessionId) => attachments.stopUploads({ sessionId }))),
  ]);
  return {
    answers: answers.filter((_, index) => isActive.has(ids[index]!)),
    processes: commits.filter((one) => one !== undefined).length + sum(own) + left,
    uploads: sum(uploads),
  };
}

function sum(counts: number[]): number {
  return counts.reduce((all, one) => all + one, 0);
}
