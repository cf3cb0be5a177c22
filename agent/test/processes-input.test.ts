/** A standard input that stays open, at every level: written while the command runs, bounded, and harmless after its end. */
import { afterEach, expect, spyOn, test } from "bun:test";
import { log } from "../server/log";
import type { Job, JobRequest, Jobs } from "../server/processes/jobs";
import type { CapabilityCeiling } from "../server/processes/capabilities";
import { openShell, type OpenShell, testJobs } from "./processes-bench";
import { temporaryDirectory } from "./temporary-directory";
import { until } from "./within";

/** Bash takes an open input, which is a socket, for a remote shell's, and would read ~/.bashrc. */
function open(script: string, options: Partial<JobRequest> = {}, jobs?: Jobs): Promise<OpenShell> {
  const command = ["bash", "--norc", "-c", script];
  return openShell(script, { command, stdinOpen: true, ...options }, jobs);
}

const levels: Record<string, { ceiling: CapabilityCeiling; sandbox?: { network: false } }> = {
  "a compiled supervisor": { ceiling: { cgroup: false } },
  "a supervisor script": { ceiling: { supervisor: "script", cgroup: false } },
  "a cgroup": { ceiling: {} },
  "no supervisor": { ceiling: { supervisor: "none" } },
  "a sandbox": { ceiling: {}, sandbox: { network: false } },
};

const unhandled: unknown[] = [];
process.on("unhandledRejection", (error) => unhandled.push(error));
const logged = [spyOn(log, "warn"), spyOn(log, "error")];

afterEach(() => {
  expect(unhandled).toEqual([]);
  for (const spy of logged) expect(spy).not.toHaveBeenCalled();
});

for (const [level, { ceiling, sandbox }] of Object.entries(levels))
  test(`a command reads what is written to it while it runs, and then the end: ${level}`, async () => {
    const jobs = testJobs({ ceiling });
    const confined = sandbox && { sandbox, cwd: temporaryDirectory().path };
    const shell = await open("cat; echo over", confined ?? {}, jobs);
    shell.job.write("one\n");
    await shell.untilOutput(/one\n/);
    shell.job.write("two\n");
    await shell.untilOutput(/two\n/);
    // More than any pipe holds: it is all read before the end is.
    const long = `${"x".repeat(3_000_000)}\n`;
    shell.job.write(long);
    shell.job.write("three\n");
    shell.job.closeInput();
    expect(await shell.job.ended).toMatchObject({ exitCode: 0, stopped: false });
    expect(shell.text().replace(long, "long\n")).toBe("one\ntwo\nlong\nthree\nover\n");
  });

test("what is written in small pieces arrives whole and in order", async () => {
  const shell = await open("md5sum");
  const hash = new Bun.CryptoHasher("md5");
  for (let n = 0; n < 20_000; n++) {
    const piece = `${n} ünïcödé ${"é".repeat(n % 50)}\n`;
    hash.update(piece);
    expect(shell.job.write(piece)).toBe(true);
  }
  shell.job.closeInput();
  await shell.job.ended;
  expect(shell.text()).toContain(hash.digest("hex"));
});

test("what a command does not read is held up to a bound, refused above it, and dropped with the job", async () => {
  const shell = await open("sleep 300");
  const megabyte = "x".repeat(1_000_000);
  let taken = 0;
  while (taken < 100 && shell.job.write(megabyte)) taken++;
  expect(taken).toBeGreaterThanOrEqual(31);
  expect(taken).toBeLessThanOrEqual(33);
  expect(shell.job.write(megabyte)).toBe(false);
  expect(await shell.job.stop("hard")).toMatchObject({ survivors: [], proof: "proven" });
  expect(shell.job.write(megabyte)).toBe(true); // without effect
});

test("what is written to a command that has closed its input, or is dead, is without effect", async () => {
  const jobs = testJobs();
  for (const ceiling of Object.values(levels).map((one) => one.ceiling)) {
    const closed = await open("exec 0<&-; echo closed; sleep 300", {}, testJobs({ ceiling }));
    await closed.untilOutput(/closed/);
    writeOften(closed.job);
    await closed.job.stop("hard");
    writeOften(closed.job);
    const dead = await open("exit 3", {}, jobs);
    writeOften(dead.job);
    expect(await dead.job.ended).toMatchObject({ exitCode: 3 });
    writeOften(dead.job);
    dead.job.closeInput();
    dead.job.closeInput();
  }
  expect(jobs.list()).toEqual([]);
});

test("jobs with an open input leave no descriptor behind", async () => {
  const jobs = testJobs();
  await many(jobs, 5); // what Bun opens once
  const before = descriptors();
  await many(jobs, 20);
  await until(() => descriptors() <= before);
});

function writeOften(job: Job): void {
  for (let n = 0; n < 10; n++) expect(job.write(`${"x".repeat(100_000)}\n`)).toBe(true);
}

async function many(jobs: Jobs, count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    const script = n % 2 === 0 ? "cat" : "sleep 300";
    const shell = await open(script, {}, jobs);
    shell.job.write("x".repeat(300_000));
    await shell.job.stop("hard");
  }
}

function descriptors(): number {
  return [...new Bun.Glob("*").scanSync({ cwd: "/proc/self/fd", onlyFiles: false })].length;
}
