/** The twenty tasks with a model that solves them: real tools, sandbox, runs and checks; and the checks, which see what was not done. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { compiledCode } from "./rein";
import { runAll } from "./task-runner/run-all";
import { scriptTasks } from "./task-runner/scripted-model";
import { startTaskServer, type TaskServer } from "./task-runner/task-server";
import { allTasks } from "./tasks/all-tasks";
import { temporaryDirectory } from "./temporary-directory";
import { failure, startUpstream, text, toolCall, type Upstream } from "./upstream/upstream";
import { until } from "./within";

const choice = { provider: "openai-chat", model: "scripted", together: 2 };
const live = new AbortController().signal;
let upstream: Upstream;
let server: TaskServer;

beforeAll(async () => {
  upstream = startUpstream();
  const providers = { OPENAI_COMPATIBLE_BASE_URL: upstream.baseUrls["openai-chat"] };
  server = await startTaskServer({ providers, settings: {} }, live);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await upstream.close();
});

test("there are twenty, each with a name of its own", () => {
  expect(new Set(allTasks.map(({ name }) => name)).size).toBe(20);
});

test("a model that does what is asked passes every one", async () => {
  scriptTasks(upstream, allTasks);
  const results = await runAll(server, allTasks, choice, live);
  expect(results.filter(({ passed }) => !passed)).toEqual([]);
});

test("a model that only says that it has done it passes none", async () => {
  upstream.route(() => [text("Done.")]);
  const results = await runAll(server, allTasks, choice, live);
  expect(results.filter(({ passed }) => passed)).toEqual([]);
  for (const { fault } of results) expect(fault).toBeString();
});

test("a stop ends the runs that are under way, with their commands", async () => {
  upstream.route(() => [toolCall("bash", { command: "sleep 600" })]);
  const commands = () => server.jobs.list().filter(({ isHelper }) => !isHelper);
  const controller = new AbortController();
  const running = runAll(server, allTasks, choice, controller.signal);
  await until(() => commands().length === choice.together);
  controller.abort(new Error("stopped by the test"));
  expect(running).rejects.toThrow("stopped by the test");
  await running.catch(() => {});
  expect(commands()).toEqual([]);
});

test("the command says what a provider without a key needs", async () => {
  using directory = temporaryDirectory();
  const { exited, stderr } = startCommand(
    ["--provider", "anthropic", "--model", "m"],
    directory.path,
    {},
  );
  expect(await exited).toBe(2);
  expect(await new Response(stderr).text()).toContain("set ANTHROPIC_API_KEY");
});

test.each(["authentication", "model-not-found"] as const)(
  "the command says once what the service refuses, and asks no further: %s",
  async (kind) => {
    using directory = temporaryDirectory();
    upstream.route(() => [failure(kind)]);
    const before = upstream.requests.length;
    const { exited, stderr } = startCommand(
      ["--provider", "openai-chat", "--model", "m", "--together", "1"],
      directory.path,
      { OPENAI_COMPATIBLE_BASE_URL: upstream.baseUrls["openai-chat"] },
    );
    expect(await exited).toBe(2);
    expect((await new Response(stderr).text()).trim().split("\n")).toHaveLength(1);
    expect(upstream.requests.length - before).toBe(1);
  },
);

test("Ctrl+C ends the command with every process, and leaves nothing on the disk", async () => {
  using directory = temporaryDirectory();
  const marker = 700_000 + Math.floor(Math.random() * 99_999);
  upstream.route(() => [toolCall("bash", { command: `sleep ${marker}` })]);
  const command = startCommand(["--provider", "openai-chat", "--model", "m"], directory.path, {
    OPENAI_COMPATIBLE_BASE_URL: upstream.baseUrls["openai-chat"],
  });
  await until(() => sleepers(marker) === 4);
  command.kill("SIGINT");
  expect(await command.exited).toBe(130);
  expect(await new Response(command.stderr).text()).toContain("Stopped after 0 of 20 tasks.");
  expect(sleepers(marker)).toBe(0);
  expect(readdirSync(directory.path)).toEqual([]);
});

function startCommand(args: string[], home: string, environment: Record<string, string>) {
  const program = join(import.meta.dir, "task-runner/run-tasks.ts");
  return Bun.spawn([process.execPath, program, ...args], {
    env: {
      PATH: process.env["PATH"] ?? "",
      HOME: home,
      TMPDIR: home,
      BUN_RUNTIME_TRANSPILER_CACHE_PATH: compiledCode,
      ...environment,
    },
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
}

/** How many processes of the machine sleep for this time. */
function sleepers(seconds: number): number {
  const command = `sleep\0${seconds}\0`;
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8") === command;
      } catch {
        return false; // it has ended meanwhile
      }
    }).length;
}
