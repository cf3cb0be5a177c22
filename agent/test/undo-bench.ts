/** Shared by the tests of the undo without a server: directories and undos that do not outlast a test, and runs that a test makes by itself. */
import { afterEach, beforeEach } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Jobs } from "../server/processes/jobs";
import { type RunWatch, Undo } from "../server/undo/undo";
import { testJobs } from "./processes-bench";

export const never = new AbortController().signal;
export const decisions = { overwrite: [], spare: [], evenIfNotNewest: false };

export interface UndoBench {
  /** A new one, which is removed when the test is over. */
  directory(): string;
  /** An undo that is closed when the test is over. */
  open(dataDir: string, jobs?: Jobs): Undo;
  /** To be done when the test is over, last first. */
  defer(act: () => unknown): void;
}

/** To be called at the top level of the file. */
export function undoBench(): UndoBench {
  let cleanUp: AsyncDisposableStack;
  beforeEach(() => {
    cleanUp = new AsyncDisposableStack();
  });
  afterEach(() => cleanUp.disposeAsync());
  const defer = (act: () => unknown): void => cleanUp.defer(async () => void (await act()));
  return {
    defer,
    directory() {
      const path = mkdtempSync(join(tmpdir(), "rein-undo-"));
      defer(() => rmSync(path, { recursive: true, force: true }));
      return path;
    },
    open(dataDir, jobs = testJobs()) {
      const undo = new Undo(dataDir, jobs);
      defer(() => undo.close());
      return undo;
    },
  };
}

/** The begin of the run "run", in which `act` changes the directory. */
export async function beginRun(undo: Undo, cwd: string, act: () => void): Promise<RunWatch> {
  const watch = undo.begin({ id: "session", cwd }, "run");
  await watch.ready(never);
  act();
  return watch;
}

/** Real jobs; `before` is awaited before each, with its command. */
export function jobsAfter(before: (command: string[]) => unknown): Jobs {
  const jobs = testJobs();
  return {
    ...jobs,
    async run(request, signal) {
      await before(request.command);
      return jobs.run(request, signal);
    },
  };
}
