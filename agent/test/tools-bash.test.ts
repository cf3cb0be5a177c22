/** The bash tool runs a command in the session's directory, reports how it ended, and keeps its output whatever ended it. */
import { expect, test } from "bun:test";
import { ToolError } from "../server/tools/tool";
import { isAlive } from "./machine-facts";
import { napping } from "./processes-bench";
import { ToolBench } from "./tools-bench";
import { until } from "./within";

test("a command runs in the session's directory, and both its streams are shown", async () => {
  using bench = new ToolBench();
  const { text } = await bench.call("bash", { command: "pwd; echo trouble >&2" });
  expect(text.split("\n").toSorted()).toEqual(["", bench.cwd, "trouble"].toSorted());
});

test("an exit code that is not 0 is shown on a line of its own", async () => {
  using bench = new ToolBench();
  expect((await bench.call("bash", { command: "printf half; exit 7" })).text).toBe(
    "half\n[exit code 7]",
  );
});

test("a command without output is shown as such", async () => {
  using bench = new ToolBench();
  expect((await bench.call("bash", { command: "true" })).text).toBe("[no output]");
});

test("output is shown while the command runs, and kept when a stop ends it", async () => {
  using bench = new ToolBench();
  const failure = bench.failure("bash", { command: "echo so far; sleep 300" });
  await until(() => bench.shown.includes("so far"));
  bench.controller.abort("the reason");
  expect(await failure).toBe("the reason");
  expect(bench.shown).toBe("so far\n");
  expect(bench.context.jobs.list()).toEqual([]);
});

test("the end of a long output is kept when a stop ends the command", async () => {
  using bench = new ToolBench();
  const command = "seq 1 50000; touch written; sleep 300";
  const failure = bench.failure("bash", { command });
  await until(() => bench.shown.length >= 20_000);
  await until(() => new Bun.Glob("written").scanSync(bench.cwd).next().done !== true);
  bench.controller.abort("the reason");
  await failure;
  expect(bench.shown).toMatch(/^1\n2\n/);
  expect(bench.shown).toMatch(
    /\n\[… [\d,]+ characters left out: read output:call from line \d+ …\]\n/,
  );
  expect(bench.shown).toEndWith("\n49999\n50000\n");
  expect(bench.shown.length).toBeLessThan(31_000);
});

test("the time limit ends the command with an error for the model", async () => {
  using bench = new ToolBench();
  const failure = await bench.failure("bash", { command: "sleep 300", timeoutSeconds: 0.1 });
  expect(failure).toBeInstanceOf(ToolError);
  expect(String(failure)).toContain("time limit of 0.1 s");
});

test("a process that a command leaves in the background continues, and the result names it", async () => {
  using bench = new ToolBench();
  const { text } = await bench.call("bash", { command: `exec >/dev/null 2>&1; ${napping}` });
  const [, pid] = text.match(/^\[left running as process p1: sleep 300 \(pid (\d+)\)\]$/)!;
  expect(isAlive(Number(pid))).toBe(true);
  await bench.call("process", { action: "stop", id: "p1" });
  expect(isAlive(Number(pid))).toBe(false);
});

test("every command asks for permission, and allowing one for the session allows no other", async () => {
  using bench = new ToolBench();
  const permission = await bench.permission("bash", { command: "ls\nrm -rf build" });
  expect(permission).toMatchObject({ kind: "command", subject: "ls\nrm -rf build" });
  const other = await bench.permission("bash", { command: "edit" });
  const edit = await bench.permission("write", { path: "a", content: "" });
  const narrowest = [permission, other, edit].map((need) => JSON.stringify(need!.always[0]));
  expect(new Set(narrowest).size).toBe(3);
});

test("a missing directory is an error for the model", async () => {
  using bench = new ToolBench();
  bench[Symbol.dispose]();
  const failure = await bench.failure("bash", { command: "true" });
  expect(failure).toBeInstanceOf(ToolError);
  expect(String(failure)).toContain("no such directory");
});
