/** An undo checks each file once more right before it replaces it: a file that was changed meanwhile is not overwritten. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Jobs } from "../server/processes/jobs";
import { Undo } from "../server/undo/undo";
import { testJobs } from "./processes-bench";
import { rejectionOf } from "./provider-wires";
import { filesIn } from "./undo-scene";

const never = new AbortController().signal;
const decisions = { overwrite: [], spare: [], evenIfNotNewest: false };

let cleanUp: DisposableStack;
beforeEach(() => {
  cleanUp = new DisposableStack();
});
afterEach(() => cleanUp.dispose());

test.each([
  ["changed", "changed"],
  ["made", "made"],
  ["deleted", "deleted"],
])(
  "an undo does not overwrite a file that the run %s and that was changed in the last moment",
  async (_name, name) => {
    const { undo, cwd, beforeTheMoves } = await recordRun();
    beforeTheMoves(() => writeFileSync(join(cwd, name), "by a person\n"));
    const expected = { ...filesIn(cwd) };
    const refusal = await rejectionOf(undo.undo("run", decisions, never));
    expect(refusal).toMatchObject({ code: "failed", status: 500 });
    expect(String(refusal)).toContain(`${name} has changed in this very moment`);
    const found = filesIn(cwd);
    writeFileSync(join(cwd, name), "by a person\n");
    expected[name] = filesIn(cwd)[name]!;
    expect(found).toEqual(expected);
    undo.close();
  },
);

/** Records a run that has changed one file, made one and deleted one. */
async function recordRun() {
  const [dataDir, cwd] = [directory(), directory()];
  for (const name of ["changed", "deleted"]) writeFileSync(join(cwd, name), "before\n");
  const jobs = testJobs();
  let act = () => {};
  const run: Jobs["run"] = (request, signal) => {
    // The conflict check is done, and the files are about to be moved into place.
    if (request.command.includes("checkout-index")) act();
    return jobs.run(request, signal);
  };
  const undo = new Undo(dataDir, { ...jobs, run });
  const watch = undo.begin({ id: "session", cwd }, "run");
  await watch.ready(never);
  for (const name of ["changed", "made"]) writeFileSync(join(cwd, name), "by the run\n");
  rmSync(join(cwd, "deleted"));
  await watch.end();
  return { undo, cwd, beforeTheMoves: (work: () => void) => void (act = work) };
}

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), "rein-moment-"));
  cleanUp.defer(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
