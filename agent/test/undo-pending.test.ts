/** An undo that comes while it is still being found out what its run has changed waits for that, as long as its request lasts. */
import { expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Jobs } from "../server/processes/jobs";
import { Undo } from "../server/undo/undo";
import { testJobs } from "./processes-bench";
import { rejectionOf } from "./provider-wires";

const never = new AbortController().signal;
const decisions = { overwrite: [], spare: [], evenIfNotNewest: false };

test("an undo right after a stop waits for the comparison, and ends with its request", async () => {
  const [dataDir, cwd] = [directory(), directory()];
  const jobs = testJobs();
  const gate = Promise.withResolvers<void>();
  let isHeld = false;
  const run: Jobs["run"] = async (request, signal) => {
    if (isHeld) await gate.promise;
    return jobs.run(request, signal);
  };
  const undo = new Undo(dataDir, { ...jobs, run });
  const watch = undo.begin({ id: "session", cwd }, "run");
  await watch.ready(never);
  writeFileSync(join(cwd, "made"), "new");
  isHeld = true;
  const ending = watch.end();
  const request = new AbortController();
  const cut = rejectionOf(undo.undo("run", decisions, request.signal));
  request.abort("the reason");
  expect(await cut).toBe("the reason");
  const waiting = undo.undo("run", decisions, never);
  gate.resolve();
  expect(await ending).toMatchObject({ state: "known" });
  expect(await waiting).toMatchObject({ restored: 1 });
  expect(existsSync(join(cwd, "made"))).toBe(false);
  undo.close();
  for (const path of [dataDir, cwd]) rmSync(path, { recursive: true });
});

function directory(): string {
  return mkdtempSync(join(tmpdir(), "rein-pending-"));
}
