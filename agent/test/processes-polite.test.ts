/** A polite stop sends SIGTERM first, waits only for processes that handle it, and no further command starts. */
import { expect, test } from "bun:test";
import { existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { childrenOf } from "../server/processes/linux/descendants";
import { readProcess } from "../server/processes/inspect/process-table";
import { readProc } from "../server/processes/inspect/procfs";
import { pidsWith, untilFile } from "./machine-facts";
import { openShell, testJobs } from "./processes-bench";
import { until } from "./within";

/** A grace period longer than any test: a job that ends has not waited for it. */
const endless = 3_600_000;

const careful = (handler: string, last = ""): string =>
  `exec perl -e 'use POSIX; $| = 1; $SIG{TERM} = sub { ${handler} }; print "ready\\n"; ${last}; sleep 300 while 1'`;

test("a stopped git leaves no lock behind", async () => {
  using folder = new Folder();
  const { cwd } = folder;
  // So large that git add takes minutes; the file is sparse and takes no space.
  const add = "truncate -s 50G large && git -c core.bigFileThreshold=1m add large";
  const shell = await openShell(`git init -q . && ${add}`, { cwd }, testJobs({ graceMs: endless }));
  const unfinished = new Bun.Glob(".git/objects/pack/tmp_pack*");
  await until(() => unfinished.scanSync({ cwd, dot: true }).next().done === false);
  expect(existsSync(join(cwd, ".git/index.lock"))).toBe(true);
  expect(await shell.job.stop("polite")).toMatchObject({ stopped: true, survivors: [] });
  expect(existsSync(join(cwd, ".git/index.lock"))).toBe(false);
});

test("a stopped make leaves no incomplete target behind", async () => {
  using folder = new Folder();
  const { cwd } = folder;
  writeFileSync(
    join(cwd, "Makefile"),
    "target:\n\techo half >target; sleep 300; echo whole >target\n",
  );
  const named = `started=${Date.now()}`;
  const shell = await openShell(`make ${named}`, { cwd }, testJobs({ graceMs: endless }));
  await untilFile(join(cwd, "target"));
  // make knows the target to be unfinished a moment after its command has begun: once it waits for it.
  const isWaiting = (pid: number) => /\) S /.test(readProc(`${pid}/stat`));
  await until(() => pidsWith(named).every(isWaiting));
  await shell.job.stop("polite");
  expect(existsSync(join(cwd, "target"))).toBe(false);
});

test("a process that cleans up is waited for, and counts as stopped even if it exits with 0", async () => {
  const jobs = testJobs({ graceMs: endless });
  const script = careful(`select undef, undef, undef, 0.05; print "cleaned\\n"; exit 0`);
  const shell = await openShell(script, {}, jobs);
  await shell.untilOutput(/ready/);
  expect(await shell.job.stop("polite")).toMatchObject({ exitCode: 0, stopped: true });
  expect(shell.text()).toContain("cleaned");
});

test("a process that is stopped by SIGSTOP still gets SIGTERM", async () => {
  const jobs = testJobs({ graceMs: endless });
  const script = careful(`print "cleaned\\n"; exit 0`, "kill STOP => $$");
  const shell = await openShell(script, {}, jobs);
  await until(() => readProcess(shell.job.pid)?.state === "T");
  await shell.job.stop("polite");
  expect(shell.text()).toContain("cleaned");
});

test("a process that handles SIGTERM and does not exit is killed when the grace period is over", async () => {
  const jobs = testJobs({ graceMs: 1000 });
  const shell = await openShell(careful(`print "no\\n"`), {}, jobs);
  await shell.untilOutput(/ready/);
  const end = await shell.job.stop("polite");
  expect(end).toMatchObject({ signalName: "SIGKILL", stopped: true, survivors: [] });
  expect(shell.text()).toContain("no\n");
});

test("a process that ignores SIGTERM is not waited for", async () => {
  const jobs = testJobs({ graceMs: endless });
  const shell = await openShell("trap '' TERM; echo ready; while :; do sleep 300; done", {}, jobs);
  await shell.untilOutput(/ready/);
  expect(await shell.job.stop("polite")).toMatchObject({ signalName: "SIGKILL" });
});

test("a process that blocks SIGTERM is not waited for", async () => {
  const jobs = testJobs({ graceMs: endless });
  const block = "sigprocmask(SIG_BLOCK, POSIX::SigSet->new(SIGTERM))";
  const script = careful("exit 0", `${block}; print "blocked\\n"`);
  const shell = await openShell(script, {}, jobs);
  await shell.untilOutput(/blocked/);
  expect(await shell.job.stop("polite")).toMatchObject({ signalName: "SIGKILL" });
});

test("a hard stop cuts the grace period short", async () => {
  const jobs = testJobs({ graceMs: endless });
  const shell = await openShell(careful(`print "cleaning\\n"`), {}, jobs);
  await shell.untilOutput(/ready/);
  const polite = shell.job.stop("polite");
  await shell.untilOutput(/cleaning/);
  const hard = shell.job.stop("hard");
  expect(await hard).toMatchObject({ signalName: "SIGKILL", stopped: true });
  expect(await polite).toBe(await hard);
});

test("a hard stop sends no SIGTERM", async () => {
  const shell = await openShell(careful(`print "asked\\n"; exit 0`));
  await shell.untilOutput(/ready/);
  await shell.job.stop("hard");
  expect(shell.text()).not.toContain("asked");
});

test("concurrent stops of a job resolve with the same end", async () => {
  const shell = await openShell("echo ready; sleep 300");
  await shell.untilOutput(/ready/);
  const ends = await Promise.all([
    shell.job.stop("polite"),
    shell.job.stop("polite"),
    shell.job.ended,
  ]);
  expect(new Set([...ends, await shell.job.stop("hard")]).size).toBe(1);
});

test("a stop starts no further command of the script", async () => {
  using folder = new Folder();
  const { cwd } = folder;
  const leaves = `perl -e '$SIG{TERM} = $SIG{INT} = sub { exit 0 }; print STDERR "ready\\n"; sleep 300'`;
  for (const command of ["echo ready; sleep 300", leaves, `${leaves} | cat`, `(${leaves})`])
    for (let round = 0; round < 5; round++) {
      const shell = await openShell(`${command}; touch next; ${command} && touch next`, { cwd });
      await shell.untilOutput(/ready/);
      await shell.job.stop(round % 2 === 0 ? "polite" : "hard");
      expect(existsSync(join(cwd, "next"))).toBe(false);
    }
});

test("a stop starts no further command of the script, though hundreds of its children get SIGTERM", async () => {
  using folder = new Folder();
  const { cwd } = folder;
  const many = "for i in {1..200}; do sleep 300 & done; echo ready";
  const shell = await openShell(`${many}; sleep 300; : >next`, { cwd });
  await until(() => childrenOf(shell.job.pid).length === 201);
  await shell.job.stop("polite");
  expect(existsSync(join(cwd, "next"))).toBe(false);
});

test("a stop ends a loop of short commands", async () => {
  for (let round = 0; round < 10; round++) {
    const shell = await openShell("echo ready; while :; do sleep .05; done");
    await shell.untilOutput(/ready/);
    expect(await shell.job.stop("polite")).toMatchObject({ stopped: true, survivors: [] });
  }
});

test("the port of a stopped server process is free at once", async () => {
  const serve =
    "const { port } = Bun.serve({ port: 0, fetch: () => new Response() }); console.log(`port ${port}.`)";
  const shell = await openShell('exec $BUN -e "$SERVE"', {
    env: { BUN: process.execPath, SERVE: serve },
  });
  const port = Number((await shell.untilOutput(/port (\d+)\./))[1]);
  expect(shell.job.processes()).toMatchObject([{ pid: shell.job.pid, ports: [port] }]);
  await shell.job.stop("polite");
  using listener = Bun.serve({ port, fetch: () => new Response() });
  expect(listener.port).toBe(port);
});

class Folder implements Disposable {
  readonly cwd = realpathSync(mkdtempSync(join(tmpdir(), "rein-polite-")));

  [Symbol.dispose](): void {
    rmSync(this.cwd, { recursive: true, force: true });
  }
}
