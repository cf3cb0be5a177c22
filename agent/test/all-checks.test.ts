/** The test suite includes `bun run check`: it takes long, so its name lets it begin early. */
import { expect, test } from "bun:test";
import { join } from "node:path";

test("types, lint, format, import directions and the lock file are in order", () => {
  const result = Bun.spawnSync([process.execPath, join(import.meta.dir, "../check.ts")]);
  expect(result.stdout.toString() + result.stderr.toString()).not.toContain("FAILED");
  expect(result.exitCode).toBe(0);
  // Some 90 seconds on two cores, and more on a busy machine.
}, 1_800_000);
