/** An undo that comes while it is still being found out what its run has changed waits for that, as long as its request lasts. */
import { expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rejectionOf } from "./provider-wires";
import { beginRun, decisions, jobsAfter, never, undoBench } from "./undo-bench";

const bench = undoBench();

test("an undo right after a stop waits for the comparison, and ends with its request", async () => {
  const [dataDir, cwd] = [bench.directory(), bench.directory()];
  const gate = Promise.withResolvers<void>();
  let isHeld = false;
  const undo = bench.open(
    dataDir,
    jobsAfter(() => (isHeld ? gate.promise : undefined)),
  );
  const watch = await beginRun(undo, cwd, () => writeFileSync(join(cwd, "made"), "new"));
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
});
