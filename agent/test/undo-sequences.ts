/**
 * Seeded sequences of file operations between the begin and the end of a run, then undo and redo, each compared with the tree
 * as it was. Also a program of its own, so that it can be run as any user: `bun undo-sequences.ts <first seed> <count>` prints
 * what differs as JSON.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createJobs } from "../server/processes/create-jobs";
import { Undo } from "../server/undo/undo";
import { giveSupervisor } from "./given-supervisor";
import { SeededRandom } from "./seeded-random";
import { changeTree, differences, makeTree, treeIn } from "./undo-trees";

const never = new AbortController().signal;
const decisions = { overwrite: [], spare: [], evenIfNotNewest: false };

/** What differs, each with its seed. Empty when every undo and redo was exact. */
export async function undoSequences(first: number, count: number): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "rein-sequences-"));
  mkdirSync(join(folder, "data"));
  const dataDir = join(folder, "data");
  // An ordinary user cannot write where the tests keep their supervisor.
  if (!import.meta.main) await giveSupervisor(dataDir);
  const jobs = createJobs({ dataDir });
  const undo = new Undo(dataDir, jobs);
  const faults: string[] = [];
  for (let seed = first; seed < first + count; seed++) {
    const cwd = join(folder, `work-${seed}`);
    const found = await undoSequence(undo, cwd, seed).catch((error: unknown) => [String(error)]);
    faults.push(...found.map((fault) => `seed ${seed}: ${fault}`));
    clear(cwd);
  }
  undo.close();
  clear(folder);
  return faults;
}

async function undoSequence(undo: Undo, cwd: string, seed: number): Promise<string[]> {
  const random = new SeededRandom(seed);
  mkdirSync(cwd);
  makeTree(cwd, random);
  const before = treeIn(cwd);
  const watch = undo.begin({ id: `session-${seed}`, cwd }, `run-${seed}`);
  await watch.ready(never);
  changeTree(cwd, random);
  const changes = await watch.end();
  if (changes.state !== "known") return [`the changes are ${changes.state}: ${changes.reason}`];
  const after = treeIn(cwd);
  const isChanged = differences(cwd, before).length > 0;
  if (changes.count === 0) return isChanged ? ["no change was recorded"] : [];
  const faults: string[] = [];
  for (const [way, expected] of [
    ["undo", before],
    ["redo", after],
    ["undo", before],
  ] as const) {
    const refusal = await undo[way](`run-${seed}`, decisions, never).catch(String);
    // Where a file was, there is a directory with ignored files now, or with a repository: nothing may have changed.
    if (
      way === "undo" &&
      faults.length === 0 &&
      typeof refusal === "string" &&
      refusal.includes("and holds what is not recorded")
    )
      return differences(cwd, after).map((one) => `refused undo: ${one}`);
    if (typeof refusal === "string") return [`${way}: ${refusal}`];
    faults.push(...differences(cwd, expected).map((one) => `${way}: ${one}`));
  }
  return faults;
}

/** A tree in which modes forbid that. */
function clear(directory: string): void {
  Bun.spawnSync(["chmod", "-R", "u+rwx", directory]);
  rmSync(directory, { recursive: true, force: true });
}

if (import.meta.main) {
  const [first = 1, count = 200] = process.argv.slice(2).map(Number);
  const faults = await undoSequences(first, count);
  console.log(JSON.stringify({ sequences: count, faults }, null, 1));
  process.exit(faults.length === 0 ? 0 : 1);
}
