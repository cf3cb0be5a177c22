/**
 * `bun run check`: types, lint, format, the direction of imports, globals that tests would change, words that are in each
 * catalogue, guards that are still found, and no registry's address in the lock file.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { globalPatchFaults } from "./test/global-patches";
import { importFaults } from "./test/imports";
import { wordFaults } from "./test/words-check";

const root = join(import.meta.dir, "..");
const bin = (name: string) => join(root, "node_modules/.bin", name);

// One thread each: the checkers of several threads each work out the same types anew.
const compiler = [bin("tsc"), "--singleThreaded"];

const checks: [string, () => string[]][] = [
  ["types", () => output([...compiler, "-p", "agent"])],
  ["library of old browsers", () => output([...compiler, "-p", "agent/client"])],
  ["types of the service worker", () => output([...compiler, "-p", "agent/client/worker"])],
  [
    "lint",
    () => output([bin("oxlint"), "-c", "agent/.oxlintrc.json", "--type-aware", "--quiet", "agent"]),
  ],
  [
    "format",
    () => output([bin("oxfmt"), "-c", "agent/.oxfmtrc.json", "--list-different", "agent"]),
  ],
  ["imports", importFaults],
  ["globals in tests", globalPatchFaults],
  ["words", wordFaults],
  [
    "mutations",
    () => output([process.execPath, "agent/test/mutations/run-mutations.ts", "--list"]),
  ],
  ["lock file", lockFaults],
];

let failed = 0;
for (const [name, check] of checks) {
  const faults = check();
  console.log(`${faults.length === 0 ? "ok    " : "FAILED"} ${name}`);
  for (const fault of faults) console.log(`  ${fault}`);
  if (faults.length > 0) failed++;
}
process.exit(failed === 0 ? 0 : 1);

/** What a command said, if it failed. */
function output(command: string[]): string[] {
  // The compiler and the linter are written in Go, and end soon: they spend less on collecting garbage.
  const env = { GOGC: "400", ...process.env };
  const result = Bun.spawnSync(command, { cwd: root, stdin: "ignore", env });
  if (result.success) return [];
  return `${result.stdout.toString()}${result.stderr.toString()}`.trim().split("\n");
}

/** The lock must install wherever it is taken: it names packages, never where one machine got them. */
function lockFaults(): string[] {
  const lock = readFileSync(join(root, "bun.lock"), "utf8");
  return lock.split("\n").filter((line) => /https?:\/\//.test(line));
}
