/** The process tool reads each output once, and stops a process by its id. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { exitNote } from "../server/tools/process/process-text";
import { ToolError } from "../server/tools/tool";
import { isAlive } from "./machine-facts";
import { napping, testJobs } from "./processes-bench";
import { Caller, ToolBench } from "./tools-bench";
import { until } from "./within";

const confined = testJobs({ sandbox: { network: true } });

let bench: ToolBench;
beforeEach(() => {
  bench = new ToolBench();
});
afterEach(async () => {
  await bench.background.stopOwned({}, { by: "user", from: "api", askedAt: 0 }, "all");
  bench[Symbol.dispose]();
});

test("a background command shows its first output, its id, and the file with the rest", async () => {
  const text = await background("echo hello; exec sleep 300");
  const { pid } = bench.session.processes![0]!;
  expect(text).toBe(
    `hello\n[process p1 is running (pid ${pid}); all of its output goes to ${bench.dataDir}/processes/session/p1.log]`,
  );
});

test.skipIf(!(await confined.capabilities()).sandboxWorks)(
  "in a sandbox neither a pid nor a path is named that a command there cannot see",
  async () => {
    const caller = new Caller(bench.tools, { ...bench.context, jobs: confined });
    const kept = await caller.call("bash", {
      command: "echo hello; exec sleep 300",
      background: true,
    });
    expect(kept.text).toBe(
      "hello\n[process p1 is running; the process tool reads its output and stops it]",
    );
    const left = await caller.call("bash", { command: napping });
    expect(left.text).toBe("[left running as process p2: sleep 300]");
    const stopped = await caller.call("process", { action: "stop", id: "p1" });
    expect(stopped.text).toBe("[process p1 was stopped: sleep 300]");
  },
);

test("a background command that exits while its first output is awaited is reported with its exit code", async () => {
  expect(await background("echo no; exit 3")).toStartWith(
    "no\n[process p1 has ended: exit code 3;",
  );
  expect(await background("true")).toStartWith("[process p2 has ended: exit code 0;");
  expect(await background("kill -9 $$")).toStartWith("[process p3 has ended: killed by SIGKILL;");
  expect(exitNote({ exitCode: null, signalName: null })).toBe("how it ended is not known");
});

test("a read returns the output since the last read", async () => {
  await background("echo one; until [ -e go ]; do sleep 0.01; done; echo two");
  expect(await call({ action: "read", id: "p1" })).toMatch(/^one\n\[process p1 is running/);
  expect(await call({ action: "read", id: "p1" })).toMatch(/^\[no new output; process p1 is runn/);
  await bench.write("go", "");
  expect(await call({ action: "read", id: "p1", waitSeconds: 60 })).toBe(
    "two\n[process p1 has ended: exit code 0]",
  );
});

test("a read that waits for output ends when the signal aborts", async () => {
  await background("exec sleep 300");
  const caller = bench.beside();
  const failure = caller.failure("process", { action: "read", id: "p1", waitSeconds: 60 });
  caller.controller.abort("the reason");
  expect(await failure).toBe("the reason");
});

test("list names all background processes, and stop ends one of them", async () => {
  expect(await call({ action: "list" })).toBe("[none]");
  await background("exec sleep 300");
  await background("exec sleep 301");
  const [first, second] = bench.session.processes!;
  expect(await call({ action: "list" })).toBe(
    `exec sleep 300\n  process p1 is running (pid ${first!.pid})\n` +
      `exec sleep 301\n  process p2 is running (pid ${second!.pid})`,
  );
  expect(await call({ action: "stop", id: "p1" })).toBe(
    `[process p1 was stopped: sleep 300 (pid ${first!.pid})]`,
  );
  expect([first!.pid, second!.pid].map(isAlive)).toEqual([false, true]);
  expect(await call({ action: "stop", id: "p1" })).toBe("[process p1 was stopped]");
});

test("an unknown id is an error that names the known ids", async () => {
  await background("exec sleep 300");
  const failure = await bench.failure("process", { action: "read", id: "server" });
  expect(failure).toBeInstanceOf(ToolError);
  expect(String(failure)).toContain("There are: p1.");
});

test("the output of a process that a command left running can be read", async () => {
  const { text } = await bench.call("bash", {
    command: "(until [ -e go ]; do sleep 0.01; done; echo later) & echo now",
  });
  expect(text).toMatch(/^now\n\[left running as process p1: .+\]$/);
  await bench.write("go", "");
  expect(await call({ action: "read", id: "p1", waitSeconds: 60 })).toBe(
    "later\n[process p1 has ended: exit code 0]",
  );
});

test("only the last twenty ended processes are listed", async () => {
  for (let i = 0; i < 22; i++) await background("true");
  expect(bench.session.processes).toHaveLength(20 + 1);
  await until(() => bench.session.processes!.every(({ state }) => state === "done"));
  expect(
    bench.background
      .list("session")
      .map(({ record }) => record.id)
      .slice(-2),
  ).toEqual(["p21", "p22"]);
});

async function background(command: string): Promise<string> {
  return (await bench.call("bash", { command, background: true })).text;
}

async function call(input: Record<string, unknown>): Promise<string> {
  return (await bench.call("process", input)).text;
}
