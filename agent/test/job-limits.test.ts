/** Limits of commands end to end: chosen by options and settings, and told in the card of the call and to the model. */
import { expect, test } from "bun:test";
import type { CommandsAnswer, ToolCallPart } from "../shared/protocol";
import { toolCallsOf } from "../shared/message-parts";
import { apiScene, chatCompletionsOnly } from "./api-scene";
import { startCommand } from "./command-line";
import { testJobs } from "./processes-bench";
import type { Chat } from "./rein";
import { text, toolCall } from "./upstream/upstream";
import { until, untilAsync } from "./within";

const { upstream, rein, send, stop, restart } = apiScene({
  environment: chatCompletionsOnly,
  request: { permissions: "all" },
  shares: false,
});

const { limits, noLimits } = await testJobs().capabilities();
const why = (name: keyof typeof limits) => (limits[name] ? "" : ` (skipped: ${noLimits})`);
const megabyte = 1024 ** 2;

const answer = () => rein.json<CommandsAnswer>("/api/commands");

function change(request: object): Promise<CommandsAnswer> {
  return rein.json("/api/commands", { method: "PUT", body: JSON.stringify(request) });
}

function callOf({ session }: Chat): ToolCallPart {
  return session.messages.flatMap(toolCallsOf)[0]!;
}

test("a limit of the settings holds from the next command on, in the place of the option's, and stays", async () => {
  await restart({ environment: { REIN_JOB_MEMORY: "2G", REIN_JOB_CPUS: "2" } });
  expect(await answer()).toMatchObject({ jobMemory: 2 * 1024 ** 3, jobCpus: 2 });
  const changed = await change({ jobMemory: 256 * megabyte, jobProcesses: 100 });
  expect(changed).toMatchObject({ jobMemory: 256 * megabyte, jobProcesses: 100, jobCpus: 2 });
  expect(changed.limits.each.memoryBytes).toBe(limits.memory ? 256 * megabyte : undefined);
  expect((await change({ jobMemory: "auto" })).jobMemory).toBe("auto");
  await restart();
  expect(await answer()).toMatchObject({
    jobMemory: "auto",
    jobProcesses: 100,
    jobCpus: "auto",
  });
});

test.each([{ jobMemory: 1000 }, { jobProcesses: 1 }, { jobProcesses: 20.5 }, { jobCpus: "many" }])(
  "%j is refused, and changes nothing",
  async (request) => {
    const before = await answer();
    const response = await rein.fetch("/api/commands", {
      method: "PUT",
      body: JSON.stringify(request),
    });
    expect(response.status).toBe(400);
    expect(await answer()).toEqual(before);
  },
);

test("where a machine enforces no limit, it says why and what to do", async () => {
  const { limits: facts } = await answer();
  expect(facts.enforced).toEqual(limits);
  if (Object.values(limits).includes(false)) {
    expect(facts.lack).toBeString();
    expect(facts.advice).toBeString();
  } else expect(facts.each.memoryBytes).toBeGreaterThan(64 * megabyte);
});

const eat = "head -c 300M /dev/zero | tail | wc -c";

test.skipIf(!limits.memory)(
  `a command over its memory ends alone: its card, the model and the lines say so${why("memory")}`,
  async () => {
    await change({ jobMemory: 64 * megabyte });
    upstream.script([toolCall("bash", { command: eat })], [text("Then otherwise.")]);
    const chat = send();
    await chat.ended;
    const call = callOf(chat);
    expect(call).toMatchObject({
      state: "failed",
      limitHit: { limit: "memory", of: "job", most: 64 * megabyte, ended: true },
    });
    expect(call.error).toStartWith("Ended: it needed more than 64 MB of memory.");
    expect(JSON.stringify(upstream.requests.at(-1)?.body)).toContain(
      "it needed more than 64 MB of memory",
    );
    upstream.script([toolCall("bash", { command: eat })], [text("So be it.")]);
    const args = ["--provider", "openai-chat", "--model", "local-model", "--permissions", "all"];
    const lines = startCommand(rein, ["-p", "--verbose", ...args, "Again"]);
    await lines.exited;
    expect((await lines.stderr) + (await lines.stdout)).toContain(
      "failed: Ended: it needed more than 64 MB of memory.",
    );
  },
);

test.skipIf(!limits.memory)(
  `a background process over its memory says so in its row${why("memory")}`,
  async () => {
    await change({ jobMemory: 64 * megabyte });
    upstream.script(
      [toolCall("bash", { command: `sleep 1; ${eat}`, background: true })],
      [text("It runs.")],
    );
    const chat = send();
    await chat.ended;
    const process = async () => (await rein.session(chat.session.id)).processes?.[0];
    await untilAsync(async () => (await process())?.state === "failed", "its end");
    expect((await process())?.limitHit).toMatchObject({ limit: "memory", ended: true });
  },
);

test.skipIf(!limits.processes)(
  `a fork bomb stays within its limit, and Stop proves all of it dead${why("processes")}`,
  async () => {
    await change({ jobProcesses: 64 });
    const bomb = "bomb() { bomb | bomb & }; bomb; sleep 300";
    upstream.script([toolCall("bash", { command: bomb })]);
    const chat = send();
    const processes = () =>
      rein.json<{ processes: { processes: number }[] }>(
        `/api/sessions/${chat.session.id}/processes`,
      );
    await until(() => chat.session.messages.flatMap(toolCallsOf)[0]?.state === "running");
    for (;;) {
      const [look] = (await processes()).processes;
      if ((look?.processes ?? 0) > 40) break;
    }
    await stop(chat);
    await chat.ended;
    expect(chat.session.runs.at(-1)?.receipt).toMatchObject({ proof: "proven", survivors: [] });
    expect(callOf(chat).limitHit).toEqual({ limit: "processes", of: "job", most: 64 });
  },
);

test.skipIf(!limits.memory || !limits.cpu)(
  `many commands that take all they get at once leave the server answering${why("memory")}`,
  async () => {
    await change({ jobMemory: 128 * megabyte });
    const hog = `while :; do :; done & sleep 2; ${eat}`;
    for (let i = 0; i < 4; i++) upstream.script([toolCall("bash", { command: hog })]);
    for (let i = 0; i < 4; i++) upstream.script([text("Done.")]);
    const chats = Array.from({ length: 4 }, () => send());
    const ended = Promise.all(chats.map((chat) => chat.ended));
    let slowest = 0;
    for (let isOver = false; !isOver;) {
      const started = performance.now();
      await answer();
      slowest = Math.max(slowest, performance.now() - started);
      isOver = await Promise.race([ended.then(() => true), Bun.sleep(100).then(() => false)]);
    }
    expect(slowest).toBeLessThan(5000);
    for (const chat of chats) expect(callOf(chat).limitHit).toMatchObject({ limit: "memory" });
  },
);
