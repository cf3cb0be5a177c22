/** What the sandbox, the default, adds to a command's start and to its stop: all kinds in turn, so that load meets them alike. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createJobs } from "../server/processes/create-jobs";
import type { Jobs, Sandbox } from "../server/processes/jobs";
import { openObedient } from "./jobs-bench";
import { printFigures, printValue } from "./statistics";

const samples = 40;

const kinds: { name: string; sandbox: Sandbox | undefined }[] = [
  { name: "no sandbox", sandbox: undefined },
  { name: "sandbox", sandbox: { network: true } },
  { name: "sandbox, no network", sandbox: { network: false } },
  { name: "sandbox, domains", sandbox: { network: ["example.org"] } },
];

export async function benchSandbox(): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), "rein-bench-"));
  const all = kinds.map((kind) => ({ ...kind, jobs: createJobs({ dataDir, ...kind }) }));
  const { sandboxWorks: sandbox, noSandbox = "" } = await all[0]!.jobs.capabilities();
  const measured = sandbox ? all.map((kind) => ({ ...kind, times: new Times() })) : [];
  if (!sandbox) printValue("sandbox", noSandbox);
  for (let sample = 0; sample < samples; sample++)
    for (const { jobs, times } of measured) await times.take(jobs);
  for (const { name, times } of measured) {
    printFigures(`${name}: start to first output`, times.start);
    printFigures(`${name}: stop to the proof`, times.stop);
    printFigures(`${name}: hard stop to the proof`, times.hardStop);
  }
  rmSync(dataDir, { recursive: true, force: true });
}

class Times {
  readonly start: number[] = [];
  readonly stop: number[] = [];
  readonly hardStop: number[] = [];

  async take(jobs: Jobs): Promise<void> {
    for (const how of ["polite", "hard"] as const) {
      const begun = performance.now();
      const job = await openObedient(jobs);
      const opened = performance.now();
      await job.stop(how);
      this.start.push(opened - begun);
      (how === "polite" ? this.stop : this.hardStop).push(performance.now() - opened);
    }
  }
}
