/** A whole server with an engine, and what its processes are: listed, ended alone, and dead after a crash. */
import { expect, test } from "bun:test";
import type { ProcessLook, StopRecord } from "../shared/protocol";
import { childrenOf } from "../server/processes/linux/descendants";
import { play, scriptedAgent } from "./agents/agent-script";
import { apiScene } from "./api-scene";
import { isAlive } from "./machine-facts";
import type { Rein } from "./rein";
import { processesIn } from "./sweep/leak-detector";
import { until, untilAsync } from "./within";

const { start } = apiScene({ starts: false });

/** Its command leaves a server behind, which lives after its turn, and goes on itself. */
const command = "(setsid sleep 321 >/dev/null 2>&1 &); sleep 322";

async function begin() {
  const rein = await start();
  await addAgent(rein);
  const turn = play({ text: "I begin. " }, { tool: { id: "one", command } });
  const chat = rein.chat({ engine: "own-scripted", message: turn, permissions: "all" });
  await chat.until((event) => event.type === "part-delta");
  const isAll = async () => (await looks(rein, chat.sessionId)).length === 3;
  await untilAsync(isAll, "an engine and two commands");
  return { rein, chat };
}

async function addAgent(rein: Rein): Promise<void> {
  const own = { "own-scripted": scriptedAgent() };
  await rein.json("/api/settings", put({ engines: { own } }));
}

function put(body: object): RequestInit {
  return { method: "PUT", body: JSON.stringify(body) };
}

async function looks(rein: Rein, sessionId: string): Promise<ProcessLook[]> {
  const path = `/api/sessions/${sessionId}/processes`;
  return (await rein.json<{ processes: ProcessLook[] }>(path)).processes;
}

test("a command that lives in an engine's job is listed with it, and ended without it", async () => {
  const { rein, chat } = await begin();
  const all = await looks(rein, chat.sessionId);
  expect(all[0]).toMatchObject({ engine: "itself", command: "Scripted" });
  const left = all.find(({ command: one }) => one === "sleep 321")!;
  expect(left).toMatchObject({ engine: "command", processes: 1 });
  const stopped = await rein.json<object>(
    `/api/sessions/${chat.sessionId}/processes/${left.id}/stop`,
    { method: "POST", body: "{}" },
  );
  expect(stopped).toMatchObject({ survivors: [], ended: [{ command: "sleep 321" }] });
  expect(isAlive(left.pid)).toBe(false);
  expect(isAlive(all[0]!.pid)).toBe(true);
  expect(await looks(rein, chat.sessionId)).toHaveLength(2);
  const metrics = await (await rein.fetch("/metrics")).text();
  expect(metrics).toMatch(/^rein_engines 1$/m);
  expect(metrics).toMatch(/^rein_jobs 0$/m);
});

test("what an engine left running when its turn was over ends by “stop everything”, and the engine stays", async () => {
  const rein = await start();
  await addAgent(rein);
  const leaving = "(setsid sleep 323 >/dev/null 2>&1 &)";
  const turn = play({ tool: { id: "one", command: leaving } }, { text: "I leave it running." });
  const chat = rein.chat({ engine: "own-scripted", message: turn, permissions: "all" });
  await chat.ended;
  const [itself, left] = await looks(rein, chat.sessionId);
  expect(left).toMatchObject({ engine: "command", command: "sleep 323" });
  const answer = await rein.json<object>("/api/stop", { method: "POST", body: "{}" });
  expect(isAlive(left!.pid)).toBe(false);
  expect(answer).toMatchObject({ answers: [], processes: 1 });
  expect(isAlive(itself!.pid)).toBe(true);
});

test("an engine that is killed from outside ends its run, and the receipt says what it had left and that it is dead", async () => {
  const { rein, chat } = await begin();
  const all = await looks(rein, chat.sessionId);
  process.kill(all[0]!.pid, "SIGKILL");
  await chat.ended;
  const run = chat.session.runs[0]!;
  expect(run).toMatchObject({ outcome: "failed" });
  expect(all.map(({ pid }) => pid).filter(isAlive)).toEqual([]);
  const ended = run.receipt!.processes.map((one) => one.command);
  expect(ended).toEqual(expect.arrayContaining(["sleep 321", "sleep 322"]));
  expect(run.receipt).toMatchObject({
    survivors: [],
    proof: expect.stringMatching(/^(proven|seen)$/),
  });
  const next = rein.chat({ sessionId: chat.sessionId, message: play({ text: "I am back." }) });
  await next.ended;
  expect(next.session.runs.at(-1)).toMatchObject({ outcome: "done" });
});

test("kill -9 of the server and its supervisors in an engine's turn: the next start ends all of it, says so, and the session goes on", async () => {
  const { rein, chat } = await begin();
  await rein.json("/api/sessions"); // saves
  const pids = (await looks(rein, chat.sessionId)).map(({ pid }) => pid);
  const supervisors = childrenOf(rein.pid);
  for (const pid of [rein.pid, ...supervisors]) process.kill(pid, "SIGSTOP");
  for (const pid of [...supervisors, rein.pid]) process.kill(pid, "SIGKILL");
  await rein.exited;
  expect(pids.filter(isAlive)).not.toEqual([]);
  const second = await start();
  const live = second.follow(chat.sessionId);
  await live.until(() => live.session.runs[0]?.receipt?.proof !== undefined);
  expect(pids.filter(isAlive)).toEqual([]);
  // The new server's own git may still look for changes.
  await until(() => processesIn(rein.cwd).length === 0);
  const { receipt } = live.session.runs[0]!;
  expect(receipt).toMatchObject({ stop: { by: "crash" }, survivors: [] });
  const ended = receipt!.processes.map((one) => one.command);
  expect(ended).toEqual(expect.arrayContaining(["sleep 321", "sleep 322"]));
  const { stops } = await second.json<{ stops: StopRecord[] }>("/api/stops");
  expect(stops[0]).toMatchObject({ processesEnded: ended.length });
  const next = second.chat({ sessionId: chat.sessionId, message: play({ text: "I am back." }) });
  await next.ended;
  expect(next.session.runs.at(-1)).toMatchObject({ outcome: "done" });
});

test("kill -9 of the server in an engine's turn leaves nothing of the engine", async () => {
  const { rein, chat } = await begin();
  const pids = (await looks(rein, chat.sessionId)).map(({ pid }) => pid);
  rein.signal("SIGKILL");
  await rein.exited;
  await until(() => !pids.some(isAlive));
  expect(processesIn(rein.cwd)).toEqual([]);
});
