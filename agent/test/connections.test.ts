/** A request that waits for a free connection is told in its run, can be stopped, and goes on as soon as another is closed. */
import { afterEach, expect, test } from "bun:test";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { neverAborts } from "../server/abort";
import { jobEnvironment } from "../server/processes/job-environment";
import { limitConnections, takeConnection } from "../server/providers/connections";
import { fetchFromService } from "../server/providers/service-fetch";
import { apiScene } from "./api-scene";
import { untilSession } from "./control-api";
import { temporaryDirectory } from "./temporary-directory";
import { hang, text } from "./upstream/upstream";

const scene = apiScene({ starts: false, request: { provider: "anthropic" } });
afterEach(() => limitConnections(256));

test("with all connections open a run says that it waits for one, and gets the first that is closed", async () => {
  await scene.start({ environment: { BUN_CONFIG_MAX_HTTP_REQUESTS: "2" } });
  scene.upstream.script([hang], [hang], [text("Here.")]);
  const first = scene.send();
  await scene.upstream.request(0);
  scene.send();
  await scene.upstream.request(1);
  const stopped = scene.send();
  const waiting = scene.send();
  for (const chat of [stopped, waiting])
    await untilSession(chat, ({ runs }) => runs[0]?.connecting !== undefined);
  expect(scene.upstream.requests).toHaveLength(2);

  expect(await scene.stop(stopped)).toMatchObject({ stopped: true, outcome: "stopped" });
  await stopped.ended;
  expect(stopped.session.runs[0]!.connecting).toBeUndefined();
  expect(scene.upstream.requests).toHaveLength(2);

  await scene.stop(first);
  await waiting.ended;
  expect(waiting.session.runs[0]).toMatchObject({ outcome: "done" });
  expect(waiting.session.runs[0]).not.toHaveProperty("connecting");
  expect(waiting.events.filter(({ type }) => type === "run-connecting")).toHaveLength(2);
});

test("a connection is given back however its answer ends", async () => {
  limitConnections(1);
  let answer = (): Response => new Response("whole");
  using server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => answer() });
  const open = (signal: AbortSignal) => fetchFromService(server.url, { method: "POST", signal });
  await (await open(neverAborts)).text();
  await (await open(neverAborts)).body!.cancel();
  answer = () => new Response(null, { status: 302, headers: { location: "http://other.test" } });
  expect(await failureOf(open(neverAborts))).toContain("redirects");
  answer = () => new Response("x", { headers: { "content-encoding": "unheard-of" } });
  expect(await failureOf(open(neverAborts))).toContain("compressed");
  answer = () => new Response(null, { status: 204 });
  await open(neverAborts);
  const endless = new ReadableStream({ start: (own) => own.enqueue("x") });
  answer = () => new Response(endless);
  const controller = new AbortController();
  await open(controller.signal);
  controller.abort();
  const release = await takeConnection(() => expect.unreachable("none is open"), undefined);
  const ended = new AbortController();
  const late = takeConnection(undefined, ended.signal);
  ended.abort(new Error("enough"));
  expect(await failureOf(late)).toContain("enough");
  // Twice gives back one.
  release();
  release();
  const releaseLast = await takeConnection(undefined, undefined);
  let isWaiting = false;
  const last = takeConnection((waits) => (isWaiting = waits), undefined);
  expect(isWaiting).toBe(true);
  releaseLast();
  (await last)();
});

test("`bun start` lets Bun open more connections than its 256, and no command gets the variable for it", () => {
  using directory = temporaryDirectory();
  const root = join(import.meta.dir, "../..");
  cpSync(join(root, "package.json"), join(directory.path, "package.json"));
  mkdirSync(join(directory.path, "agent"));
  const name = "BUN_CONFIG_MAX_HTTP_REQUESTS";
  writeFileSync(join(directory.path, "agent/start.ts"), `console.log(process.env.${name})`);
  const started = Bun.spawnSync([process.execPath, "start"], { cwd: directory.path, env: {} });
  const [count] = started.stdout.toString().match(/\d+/)!;
  expect(Number(count)).toBeGreaterThan(10_000);
  expect(jobEnvironment({ [name]: count }, [], {})).not.toHaveProperty(name);
});

async function failureOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(() => "it did not fail", String);
}
