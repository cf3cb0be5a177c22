/** Rein's own programs, its searches and its snapshots, are never among a person's processes: not listed, not counted, not in a receipt. */
import { afterAll, beforeAll, expect, spyOn, test } from "bun:test";
import type { JobRequest } from "../server/processes/jobs";
import type { ProcessLook } from "../shared/protocol";
import { openServerFixture, type ServerFixture } from "./sweep/server-fixture";
import { hang, text, toolCall } from "./upstream/upstream";

let world: ServerFixture;
beforeAll(async () => {
  world = await openServerFixture();
});
afterAll(() => world[Symbol.asyncDispose]());

test("searches and snapshots are marked as Rein's own, and a run of theirs has no proof to tell", async () => {
  const { jobs } = world.server;
  const spies = [spyOn(jobs, "open"), spyOn(jobs, "run")];
  world.upstream.script(
    [toolCall("glob", { pattern: "*" }), toolCall("write", { path: "new", content: "x" })],
    [text("Done. "), hang],
  );
  const chat = send();
  await world.upstream.request(1);
  await world.post("tick", `/api/sessions/${chat.sessionId}/stop`, {});
  await chat.ended;
  const requests = spies.flatMap(({ mock }) => mock.calls.map(([request]) => request));
  const programs = requests.map(({ command }) => command.find((word) => /(git|rg)$/.test(word)));
  expect(new Set(programs.map((path) => path?.split("/").at(-1)))).toEqual(new Set(["git", "rg"]));
  expect(requests.filter(({ isHelper }) => !isHelper)).toEqual([]);
  const { receipt } = chat.session.runs[0]!;
  expect(receipt).toMatchObject({ processes: [], survivors: [] });
  expect(receipt).not.toHaveProperty("proof");
});

test("the panel of processes, the metrics and the end of a stop count only what commands have started", async () => {
  world.upstream.script([text("Yes.")]);
  const chat = send();
  await chat.ended;
  const path = `/api/sessions/${chat.sessionId}/processes`;
  const owner = { sessionId: chat.sessionId };
  const start = (more: Partial<JobRequest>) =>
    world.server.jobs.open(
      { command: ["sleep", "300"], cwd: "/", owner, onOutput: () => {}, ...more },
      new AbortController().signal,
    );
  const [helper, command] = [await start({ isHelper: true }), await start({})];
  const { processes } = await json<{ processes: ProcessLook[] }>(path);
  expect(processes.map(({ pid, processes }) => [pid, processes])).toEqual([[command.pid, 1]]);
  expect(await (await world.call("tick", "/metrics")).text()).toContain("\nrein_jobs 1\n");
  expect((await helper.stop("polite")).ended).toEqual([]);
  expect((await command.stop("polite")).ended).toMatchObject([{ pid: command.pid }]);
});

function send() {
  const request = { message: "Go", provider: "anthropic", model: "m", permissions: "all" } as const;
  return world.chat("wire", { ...request, cwd: world.cwd }, new AbortController().signal);
}

async function json<T>(path: string): Promise<T> {
  return (await (await world.call("tick", path)).json()) as T;
}
