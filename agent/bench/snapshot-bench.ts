/** The cost of recording a working directory before and after a run, which must not be noticeable. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createJobs } from "../server/processes/create-jobs";
import { Undo } from "../server/undo/undo";
import { printFigures, printValue } from "./statistics";

const sizes = [100, 20_000, 100_000];
const rounds = 15;
const filesInFolder = 50;
const never = new AbortController().signal;

/** Cold: no snapshot of the directory exists yet. Warm: before a run and after one that changed three files. */
export async function benchSnapshot(): Promise<void> {
  for (const count of sizes) {
    const directory = mkdtempSync(join(tmpdir(), "rein-bench-files-"));
    const dataDir = mkdtempSync(join(tmpdir(), "rein-bench-data-"));
    fill(directory, count);
    const undo = new Undo(dataDir, createJobs({ dataDir, sandbox: undefined }));
    const name = `${count.toLocaleString("en")} files`;
    const aim = count === 20_000 ? "under 150 ms warm" : "";

    printValue(`${name}, cold`, `${(await timeRun(undo, directory, "cold")).before.toFixed(0)} ms`);
    const before: number[] = [];
    const after: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const times = await timeRun(undo, directory, `run-${round}`);
      before.push(times.before);
      after.push(times.after);
    }
    printFigures(`${name}, warm, before a run`, before, aim);
    printFigures(`${name}, warm, after it, 3 files changed`, after, aim);
    undo.close();
    for (const path of [directory, dataDir]) rmSync(path, { recursive: true, force: true });
  }
}

async function timeRun(
  undo: Undo,
  cwd: string,
  runId: string,
): Promise<{ before: number; after: number }> {
  const begun = performance.now();
  const watch = undo.begin({ id: "bench", cwd }, runId);
  await watch.ready(never);
  const ready = performance.now();
  for (const name of ["0/0.ts", "1/50.ts", "new.ts"]) writeFileSync(join(cwd, name), `${runId}\n`);
  const ended = performance.now();
  const changes = await watch.end();
  // On a very busy machine the first comparison is abandoned, and the reason says so.
  if (changes.count !== 3)
    throw new Error(`expected 3 changed files, found ${changes.count}: ${changes.reason}`);
  return { before: ready - begun, after: performance.now() - ended };
}

/** Text files of about a kilobyte each, all different. */
function fill(directory: string, count: number): void {
  for (let at = 0; at < count; at++) {
    const folder = join(directory, String(Math.floor(at / filesInFolder)));
    if (at % filesInFolder === 0) mkdirSync(folder);
    writeFileSync(join(folder, `${at}.ts`), `export const value${at} = ${at};\n`.repeat(35));
  }
}
