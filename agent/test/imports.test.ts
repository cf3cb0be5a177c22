/** The table of rooms refuses what goes the wrong way, however it is written. */
import { expect, test } from "bun:test";
import { faultsOf } from "./imports";

test.each([
  'import { Runs } from "../run/runs";',
  'import type { Runs } from "../run/runs";',
  'export * from "../run/runs";',
  "const runs = await import(`../run/runs`);",
  'const runs = require("../run/runs");',
  "const room = await import(`../${name}/runs`);",
  "const room = await import(name);",
  'import { Job } from "../processes/job";',
  'Bun.spawn(["ls"]);',
  'import { spawn } from "bun";',
  'import { exec } from "node:child_process";',
  'const { exec } = await import("child_process");',
  "process.kill(pid);",
  "const { kill } = process;",
  "process.env.HOME;",
  'process["env"];',
  "const { env } = process;",
  'import { env } from "node:process";',
  "import.meta.env;",
  'join(import.meta.dir, "shell.bash");',
  "Bun.spawn([process.execPath]);",
])("%s", (line) => {
  expect(faultsOf("server/agent/turn.ts", line)).not.toEqual([]);
});

test.each([
  'import type { Jobs } from "../processes/jobs";',
  'import { newId } from "../id";',
  'import { z } from "zod";',
  'const demo = await import("./turn-types");',
])("%s is allowed", (line) => {
  expect(faultsOf("server/agent/turn.ts", line)).toEqual([]);
});

test("the page does not import the schemas of answers", () => {
  const line = 'import { run } from "../../shared/answers/run-shapes";';
  expect(faultsOf("client/state/client.ts", line)).not.toEqual([]);
  expect(faultsOf("server/http/app.ts", line)).toEqual([]);
});
