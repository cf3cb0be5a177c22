/** Any sequence of file operations between the begin and the end of a run is undone and redone exactly, as root and as an ordinary user. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { findOrdinaryUser } from "./ordinary-user";
import { undoSequences } from "./undo-sequences";

test("sequences of file operations are undone, redone and undone again without a difference", async () => {
  expect(await undoSequences(29, 4)).toEqual([]);
});

const user = findOrdinaryUser();
const lack = user === undefined ? " (needs root, and a user who can run Bun)" : "";
test.skipIf(user === undefined)(
  `the same by an ordinary user, whom directories forbid to change them${lack}`,
  async () => {
    await using _ = user!;
    const program = join(import.meta.dir, "undo-sequences.ts");
    const found = Bun.spawnSync(user!.command(process.execPath, program, "9", "3"), {
      stdin: "ignore",
      stderr: "pipe",
    });
    expect(found.stdout.toString() + found.stderr.toString()).toContain('"faults": []');
  },
);
