/** How long a keystroke of an `@` word takes among 100,000 files, and for how long a search holds the event loop. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createJobs } from "../server/processes/create-jobs";
import { createProjectPaths } from "../server/tools/search/project-paths";
import { printFigures, printValue } from "./statistics";

const files = 100_000;
const filesInFolder = 100;
const words = ["session", "index", "path", "view", "model", "handler", "Composer", "test", "run"];
const typed = ["sessionview", "ts", "pkg/path", "cmpsr", "handler99", "xyzzy", "modtest7"];

export async function benchMentions(): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), "rein-bench-"));
  const signal = AbortSignal.timeout(300_000);
  try {
    makeFiles(root);
    const paths = createProjectPaths(createJobs({ dataDir: join(root, ".data") }));
    const begun = performance.now();
    await paths.find(root, { query: "", limit: 20 }, signal);
    printValue("first listing", `${Math.round(performance.now() - begun)} ms`);
    const times: number[] = [];
    const holds = watchLoop();
    for (let round = 0; round < 5; round++)
      for (const word of typed)
        for (let length = 1; length <= word.length; length++) {
          const start = performance.now();
          await paths.find(root, { query: word.slice(0, length), limit: 20 }, signal);
          times.push(performance.now() - start);
        }
    printFigures(`a keystroke, ${files.toLocaleString("en")} files`, times, "under 50 ms");
    printValue("longest hold of the event loop", `${holds.end().toFixed(1)} ms`);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function makeFiles(root: string): void {
  const word = (number: number) => words[number % words.length]!;
  for (let folder = 0; folder < files / filesInFolder; folder++) {
    const path = join(root, `pkg-${folder % 40}`, `${word(folder)}${folder}`);
    mkdirSync(path, { recursive: true });
    for (let file = 0; file < filesInFolder; file++)
      writeFileSync(join(path, `${word(file)}-${word(file + folder)}${file}.ts`), "");
  }
}

/** The longest time between two turns of the event loop. */
function watchLoop(): { end: () => number } {
  let [longest, last, isOver] = [0, performance.now(), false];
  const look = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (!isOver) setImmediate(look);
  };
  setImmediate(look);
  return {
    end() {
      isOver = true;
      return longest;
    },
  };
}
