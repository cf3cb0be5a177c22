/** An undo checks each file once more right before it replaces it: a file that was changed meanwhile is not overwritten. */
import { expect, test } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rejectionOf } from "./provider-wires";
import { beginRun, decisions, jobsAfter, never, undoBench } from "./undo-bench";
import { filesIn } from "./undo-scene";

const bench = undoBench();

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
  },
);

/** Records a run that has changed one file, made one and deleted one. */
async function recordRun() {
  const [dataDir, cwd] = [bench.directory(), bench.directory()];
  for (const name of ["changed", "deleted"]) writeFileSync(join(cwd, name), "before\n");
  let act = () => {};
  const jobs = jobsAfter((command) => {
    // The conflict check is done, and the files are about to be moved into place.
    if (command.includes("checkout-index")) act();
  });
  const undo = bench.open(dataDir, jobs);
  const watch = await beginRun(undo, cwd, () => {
    for (const name of ["changed", "made"]) writeFileSync(join(cwd, name), "by the run\n");
    rmSync(join(cwd, "deleted"));
  });
  await watch.end();
  return { undo, cwd, beforeTheMoves: (work: () => void) => void (act = work) };
}
