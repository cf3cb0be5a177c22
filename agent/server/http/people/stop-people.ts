/** “Stop everything”, and the stop of a run by its id alone, in servers of people: each server answers for itself, and one that does not is ended with all of its processes. */
import type { Context } from "hono";
import { z } from "zod";
import type { Stop } from "../../../shared/protocol";
import { type StopRequest, stopRequest } from "../../../shared/requests";
import { boundedText } from "../../unix-users/bounded-text";
import type { PersonServer } from "../../unix-users/person-server";
import type { PersonServers } from "../../unix-users/person-servers";
import { body } from "../body";
import { httpError } from "../http-error";
import { guestHeader, personHeader } from "../who-asks";
import { askedHeaders } from "./person-answer";
import { readRows } from "./read-rows";

/** Longer than the processes of a run may take to end. */
export const stopMs = 10_000;
const maxBytes = 10_000_000;

/** In characters: what a stop ended may be many processes. Of its fields only one is looked at, so it costs little. */
const longestAnswer = 300_000;

const answers = { row: z.looseObject({ stopped: z.boolean() }), most: 10_000 };
const besides = z.looseObject({
  processes: z.number().int().nonnegative().default(0),
  schedules: z.number().int().nonnegative().default(0),
  uploads: z.number().int().nonnegative().default(0),
});

type Stopped = z.infer<typeof besides> & { answers: z.infer<typeof answers.row>[] };

/** Answers `POST /api/stop` of an admin, who may have a name. Throws where processes of somebody still run. */
export async function stopOfPeople(
  c: Context,
  people: PersonServers,
  by: string | undefined,
): Promise<Response> {
  const asked = stopRequest.parse(await body(c));
  const request = requestOf(c, asked, by);
  const all = await people.each((server) => stopIn(server, request, asked.runId));
  if (asked.runId !== undefined) return c.json(ofRun(all));
  const sum = (name: "processes" | "schedules" | "uploads") =>
    all.reduce((total, one) => total + (one?.[name] ?? 0), 0);
  const [schedules, uploads] = [sum("schedules"), sum("uploads")];
  return c.json({
    answers: all.flatMap((one) => one?.answers ?? []),
    processes: sum("processes"),
    ...(schedules > 0 && { schedules }),
    ...(uploads > 0 && { uploads }),
  });
}

/**
 * The same of a person: what runs in their own server, and, of one run, what they may see in those of people who share with
 * them. None is started for it.
 */
export async function stopOfPerson(
  c: Context,
  people: PersonServers,
  person: string,
): Promise<Response> {
  const asked = stopRequest.parse(await body(c));
  const { runId } = asked;
  const own = await people.running(person)?.catch(() => undefined);
  const ownRequest = requestOf(c, asked, person);
  const first = own === undefined ? nothing : await stopIn(own, ownRequest, runId);
  if (runId === undefined || (first && hasStopped(first))) return c.json(first ?? nothing);
  const asGuest = requestOf(c, asked, person, true);
  const others = await people.each(
    (server) => stopIn(server, asGuest, runId),
    (owner) => owner !== person && people.shared.isOwner(owner),
  );
  return c.json(ofRun([first, ...others]));
}

/** A person was removed: what runs in their server is stopped, and says by whom; then the server ends. */
export async function dismiss(
  people: PersonServers,
  person: string,
  { user, from }: Stop,
): Promise<void> {
  const server = await people.running(person)?.catch(() => undefined);
  if (server === undefined) return;
  const headers = new Headers({ "X-Rein-Client": from });
  if (user !== undefined) headers.set(personHeader, encodeURIComponent(user));
  try {
    await stopIn(server, { method: "POST", headers, body: "{}" }, undefined);
  } finally {
    await people.end(person);
  }
}

const nothing: Stopped = { answers: [], processes: 0, schedules: 0, uploads: 0 };

function hasStopped({ answers }: Stopped): boolean {
  return answers.some((one) => one.stopped);
}

/** What the one has answered that had the run. Throws where it may be in a server that was silent. */
function ofRun(all: (Stopped | undefined)[]): Stopped {
  const answers = all.flatMap((one) => one ?? []);
  const found = answers.find(hasStopped);
  if (found !== undefined) return found;
  if (answers.length < all.length) throw httpError(503, "server", unacknowledged);
  return answers[0] ?? nothing;
}

export const unacknowledged =
  "The server in which this runs has not acknowledged the stop, so it may go on. Try again; “Stop everything” of the person whose server it is ends all that it runs.";

function requestOf(
  c: Context,
  asked: StopRequest,
  by: string | undefined,
  isGuest = false,
): RequestInit {
  const headers = askedHeaders(c);
  headers.delete("content-length");
  if (by !== undefined) headers.set(personHeader, encodeURIComponent(by));
  if (isGuest) headers.set(guestHeader, "1");
  return { method: "POST", headers, body: JSON.stringify(asked) };
}

/**
 * One that does not say that it has stopped is stopped, unless only one run is meant, which may be another's: then undefined.
 */
async function stopIn(
  server: PersonServer,
  init: RequestInit,
  runId: string | undefined,
): Promise<Stopped | undefined> {
  try {
    const answer = await server.fetch("/api/stop", init, AbortSignal.timeout(stopMs));
    const text = await boundedText(answer, maxBytes);
    const stopped = await readRows(text, { answers }, besides, longestAnswer);
    if (answer.ok && stopped !== undefined) return stopped;
  } catch {
    // Frozen, or ended, or what answers is no Rein any more.
  }
  if (runId !== undefined) return server.hasEnded ? nothing : undefined;
  const { ended, survivors } = await server.kill();
  if (survivors.length > 0)
    throw httpError(
      503,
      "server",
      `Processes of ${server.account.name} could not be ended: ${survivors.map(({ pid }) => pid).join(", ")}.`,
    );
  return { ...nothing, processes: ended.length };
}
