/** “Stop everything” for all people: each server answers for itself, and one that does not is ended with all of its processes. */
import type { Context } from "hono";
import { z } from "zod";
import { stopRequest } from "../../../shared/requests";
import type { PersonServer } from "../../unix-users/person-server";
import type { PersonServers } from "../../unix-users/person-servers";
import { body } from "../body";
import { httpError } from "../http-error";
import { personHeader } from "../who-asks";
import { askedHeaders, boundedText } from "./person-answer";

/** Longer than the processes of a run may take to end. */
const stopMs = 10_000;
const maxBytes = 10_000_000;

const stopped = z.looseObject({
  answers: z.array(z.looseObject({ stopped: z.boolean() })),
  processes: z.number().int().nonnegative().default(0),
  schedules: z.number().int().nonnegative().default(0),
  uploads: z.number().int().nonnegative().default(0),
});

type Stopped = z.infer<typeof stopped>;

/** Answers `POST /api/stop` of an admin, who may have a name. Throws where processes of somebody still run. */
export async function stopOfPeople(
  c: Context,
  people: PersonServers,
  by: string | undefined,
): Promise<Response> {
  const asked = stopRequest.parse(await body(c));
  const headers = askedHeaders(c);
  headers.delete("content-length");
  if (by !== undefined) headers.set(personHeader, encodeURIComponent(by));
  const init = { method: "POST", headers, body: JSON.stringify(asked) };
  const servers = await people.all();
  const all = await Promise.all(servers.map((server) => stopIn(server, init, asked.runId)));
  if (asked.runId !== undefined) {
    const found = all.find(({ answers }) => answers.some((one) => one.stopped)) ?? all[0];
    return c.json(found ?? { answers: [] });
  }
  const sum = (name: "processes" | "schedules" | "uploads") =>
    all.reduce((total, one) => total + one[name], 0);
  const [schedules, uploads] = [sum("schedules"), sum("uploads")];
  return c.json({
    answers: all.flatMap(({ answers }) => answers),
    processes: sum("processes"),
    ...(schedules > 0 && { schedules }),
    ...(uploads > 0 && { uploads }),
  });
}

/** One that does not say that it has stopped is stopped, unless only one run is meant, which may be another's. */
async function stopIn(
  server: PersonServer,
  init: RequestInit,
  runId: string | undefined,
): Promise<Stopped> {
  try {
    const answer = await server.fetch("/api/stop", init, AbortSignal.timeout(stopMs));
    const text = await boundedText(answer, maxBytes);
    if (answer.ok) return stopped.parse(JSON.parse(text));
  } catch {
    // Frozen, or ended, or what answers is no Rein any more.
  }
  if (runId !== undefined) return { answers: [], processes: 0, schedules: 0, uploads: 0 };
  const { ended, survivors } = await server.kill();
  if (survivors.length > 0)
    throw httpError(
      503,
      "server",
      `Processes of ${server.account.name} could not be ended: ${survivors.map(({ pid }) => pid).join(", ")}.`,
    );
  return { answers: [], processes: ended.length, schedules: 0, uploads: 0 };
}
