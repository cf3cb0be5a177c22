/**
 * Thousands of seeded requests, by strangers and by a signed-in caller: each is answered, none with a 5xx, and the server
 * is as it was. REIN_TRIES=full sends 20,000; REIN_SEED repeats a run.
 */
import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { residentMb } from "../../bench/statistics";
import { apiScene } from "../api-scene";
import { everyServerIsNode } from "../given-cluster";
import { SeededRandom } from "../seeded-random";
import { text } from "../upstream/upstream";
import { RawConnection } from "./raw-http";
import {
  createGenerator,
  type GeneratedRequest,
  routesInSources,
  type Targets,
} from "./request-generator";

const count = process.env["REIN_TRIES"] === "full" ? 20_000 : 4_000;
const seed = Number(process.env["REIN_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const connections = 8;
const maxGrowthMb = 250;

const root = join(import.meta.dir, "../../..");
const scene = apiScene();
const { rein, upstream, send } = scene;

test("the generator knows the routes", () => {
  expect(routesInSources().length).toBeGreaterThan(35);
});

test(`no request of a stranger is answered with more than what is public, and none changes anything (REIN_SEED=${seed})`, async () => {
  upstream.script([text("Kept.")]);
  const chat = send();
  await chat.ended;
  // What follows a run in the background has ended with the server.
  await scene.restart();
  await rein.json("/api/health");
  const before = await facts();
  const known = await targets();
  await sendAll(
    count / 2,
    createGenerator(new SeededRandom(seed), known),
    ({ status, body, head }) => {
      if (status !== 0 && status < 400 && !isPublic(head, body))
        throw new Error("a stranger got it");
      if (head.includes("set-cookie")) throw new Error("a cookie was set");
      if (head.includes("x-rein-session") || body.includes("Kept."))
        throw new Error("a stranger got data");
    },
  );
  expect(await facts()).toEqual(before);
});

test(`no request of a signed-in caller is answered with a 5xx, or harms a session that it does not name (REIN_SEED=${seed})`, async () => {
  upstream.route(() => [text("An answer.")]);
  const kept = send();
  await kept.ended;
  const before = await rein.session(kept.sessionId);
  const named = send();
  await named.ended;
  const all = await targets(named.sessionId);
  const next = createGenerator(new SeededRandom(seed + 1), {
    ...all,
    authorization: `Bearer ${rein.token}`,
  });
  await sendAll(200, next, () => undefined);
  const beforeMb = residentMb(rein.pid);
  await sendAll(count / 2, next, () => undefined);
  await rein.json("/api/stop", { method: "POST", body: "{}" });
  expect(residentMb(rein.pid) - beforeMb).toBeLessThan(maxGrowthMb);
  expect(await rein.session(kept.sessionId)).toEqual(before);
});

/** A file of the page, the health, or how people sign in, which is nothing here. */
function isPublic(head: string, body: string): boolean {
  const type = /content-type: ([^;\r]*)/.exec(head)?.[1] ?? "";
  const isFile =
    /^(text\/html|text\/javascript|image\/|application\/(manifest|gzip|octet-stream))/.test(type);
  return (
    isFile ||
    (type === "application/json" && /^(|\{\}|\{"(status":"ok|openapi":"3\.).*)$/s.test(body))
  );
}

interface Answered {
  request: GeneratedRequest;
  status: number;
  head: string;
  body: string;
}

/** Sends that many, over some connections at a time. Rejects with the first request whose answer is not in order. */
async function sendAll(
  total: number,
  next: () => GeneratedRequest,
  check: (answered: Answered) => void,
): Promise<void> {
  const { port } = new URL(rein.url);
  let left = total;
  await Promise.all(
    Array.from({ length: connections }, async () => {
      let connection: RawConnection | undefined;
      while (left-- > 0) {
        const request = next();
        connection ??= new RawConnection(Number(port));
        const isLast = await sendOne(connection, request, check);
        if (isLast) connection = connection.close();
      }
      connection?.close();
    }),
  );
  expect((await fetch(`${rein.url}/api/health`)).status).toBe(200);
  // A stack in the log is a bug, whatever was answered.
  expect(rein.output()).not.toMatch(/"level":"(error|fatal)"|\.ts:\d+/);
}

async function sendOne(
  connection: RawConnection,
  request: GeneratedRequest,
  check: (answered: Answered) => void,
): Promise<boolean> {
  const bytes = Buffer.from(request.text, "latin1");
  // What is not HTTP may wait for more: nothing more comes.
  if (!request.isHttp) {
    connection.finish(bytes);
    const answer = await connection.closed();
    inOrder({ request, ...answer }, check);
    return true;
  }
  const answer = await connection.send(bytes, request);
  inOrder({ request, ...answer }, check);
  return answer.isLast;
}

function inOrder(answered: Answered, check: (answered: Answered) => void): void {
  const { request, status, body } = answered;
  try {
    if (request.isHttp && status === 0) throw new Error("it got no answer");
    // 505: the server does not speak this version of HTTP.
    // 503: on a busy machine a node may lose its database for a moment, and says so.
    const isUnshared = everyServerIsNode && body.includes('{"error":{"code":"unshared"');
    if (status >= 500 && !isUnshared && (request.isHttp || status !== 505))
      throw new Error("it failed");
    if (status >= 400 && (body.includes(root) || /node_modules|\bat .*:\d+:\d+/.test(body)))
      throw new Error("the error shows the installation");
    check(answered);
  } catch (error) {
    const words = `${(error as Error).message}; REIN_SEED=${seed}: ${status} ${body.slice(0, 500)}`;
    throw new Error(`${words}\n${JSON.stringify(request.text.slice(0, 1000))}`, { cause: error });
  }
}

async function targets(sessionId?: string): Promise<Targets> {
  const { sessions } = await rein.json<{ sessions: { id: string }[] }>("/api/sessions");
  const { id, runs, messages } = await rein.session(sessionId ?? sessions[0]!.id);
  const ids = { id, runId: runs[0]!.id, messageId: messages[0]!.id };
  return { host: new URL(rein.url).host, ids, cwd: rein.cwd };
}

/** What a stranger must not change. */
async function facts(): Promise<object> {
  const files = (folder: string) =>
    new Set(readdirSync(folder, { recursive: true, encoding: "utf8" }));
  return {
    sessions: await rein.json("/api/sessions"),
    signIns: await rein.json("/api/sign-ins"),
    limits: await rein.json("/api/limits"),
    data: files(rein.dataDir),
    work: files(rein.cwd),
    children: readFileSync(`/proc/${rein.pid}/task/${rein.pid}/children`, "utf8"),
  };
}
