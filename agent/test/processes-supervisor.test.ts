/** Whatever a job does to its supervisor, a stop ends the job, and other jobs continue. The compiled one and the script do the same. */
import { afterAll, expect, test } from "bun:test";
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { childrenOf } from "../server/processes/linux/descendants";
import type { CapabilityCeiling } from "../server/processes/capabilities";
import { compiles, compileSupervisor } from "../server/processes/linux/supervisor/compile";
import { readProcess } from "../server/processes/inspect/process-table";
import { errorCode } from "../shared/error-code";
import { isRunning, openShell, printedPids, testJobs } from "./processes-bench";
import { isRoot } from "./ordinary-user";
import { until, within } from "./within";

const levels: [string, CapabilityCeiling][] = [
  ["a compiled supervisor", { cgroup: false }],
  ["a supervisor in TypeScript", { cgroup: false, supervisor: "script" }],
  ["a supervisor and, where there can be one, a cgroup", {}],
];

/** Delays the attack until the supervisor has reported the command's pid. */
const untilGo = "until [ -e go ]; do sleep .01; done;";

class Folder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "rein-supervisor-"));

  go(): void {
    writeFileSync(join(this.path, "go"), "");
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true });
  }
}

for (const [name, level] of levels) {
  test(`a job that kills its supervisor ends with all of its processes, under ${name}`, async () => {
    using folder = new Folder();
    const jobs = testJobs({ ceiling: level });
    const neighbour = await openShell("(setsid sleep 300 &); sleep 300; :", {}, jobs);
    // A shell that has not become its command yet is counted too.
    const sleeps = () =>
      neighbour.job.processes().filter(({ command }) => command.startsWith("sleep 300"));
    await until(() => sleeps().length === 2);
    const shell = await openShell(
      `setsid sleep 300 & one=$!; echo pids: $$ $one $(setsid sleep 300 >/dev/null & echo $!); ${untilGo} kill -KILL $PPID; sleep 300; :`,
      { cwd: folder.path },
      jobs,
    );
    const pids = await printedPids(shell, 3);
    const later = await openShell("sleep 300", {}, jobs);
    folder.go();
    const { proof: kind } = await jobs.capabilities();
    const proof = kind === "supervisor" ? "seen" : "proven"; // an empty cgroup is a proof without the last word
    expect(await shell.job.ended).toMatchObject({ survivors: [], proof });
    expect(pids.filter(isRunning)).toEqual([]);
    expect(sleeps()).toHaveLength(2);
    expect(isRunning(later.job.pid)).toBe(true);
    await Promise.all([neighbour.job.stop("hard"), later.job.stop("hard")]);
  });

  test(`a job that stops its supervisor (SIGSTOP) ends with a stop, under ${name}`, async () => {
    const jobs = testJobs({ ceiling: level });
    const script = `echo pids: $$; ${untilGo} kill -STOP $PPID; sleep 300; :`;
    using folder = new Folder();
    const shell = await openShell(script, { cwd: folder.path }, jobs);
    const [pid] = await printedPids(shell, 1);
    folder.go();
    const supervisor = readProcess(pid!)!.parent;
    await until(() => readProcess(supervisor)?.state === "T");
    expect(await shell.job.stop("polite")).toMatchObject({ survivors: [], proof: "proven" });
    expect(isRunning(pid!)).toBe(false);
  });

  test(`a stop on a machine that stands still for a while is proven like any other, under ${name}`, async () => {
    for (const afterMs of [1, 2, 4]) {
      const shell = await openShell(
        "echo pids: $$; sleep 300; :",
        {},
        testJobs({ ceiling: level }),
      );
      const [pid] = await printedPids(shell, 1);
      const supervisor = readProcess(pid!)!.parent;
      const end = shell.job.stop("hard");
      setTimeout(() => standStill([supervisor, pid!].filter(isRunning)), afterMs);
      expect(await end).toMatchObject({ survivors: [], proof: "proven" });
    }
  });

  test(`an orphaned process is reaped, under ${name}`, async () => {
    const shell = await openShell(
      "(true &); echo pids: $$; sleep 300; :",
      {},
      testJobs({ ceiling: level }),
    );
    const [pid] = await printedPids(shell, 1);
    await until(() => shell.job.processes().length === 2);
    const supervisor = readProcess(pid!)!.parent;
    await until(() => childrenOf(supervisor).length === 1);
    await shell.job.stop("hard");
  });
}

/** Of these processes and this one nothing is done for longer than a stop waits. */
function standStill(pids: number[]): void {
  for (const pid of pids) sendSignal(pid, "SIGSTOP");
  Bun.sleepSync(1700);
  for (const pid of pids) sendSignal(pid, "SIGCONT");
}

/** What was killed ends when it likes. */
function sendSignal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (errorCode(error) !== "ESRCH") throw error;
  }
}

const compiler = Bun.which("cc");
const compiledIn = mkdtempSync(join(tmpdir(), "rein-compiled-"));
const compiled = compiler === null ? undefined : await compileSupervisor(compiledIn);
afterAll(() => rmSync(compiledIn, { recursive: true }));
const script = join(import.meta.dir, "../server/processes/linux/supervisor/supervise.ts");
const programs = [
  ...(compiled ? [["the compiled supervisor", [compiled]] as const] : []),
  ["the supervisor in TypeScript", [process.execPath, "--no-env-file", script]] as const,
];

for (const [name, program] of programs) {
  test(`${name} that can open nothing ends its job when its server is dead`, async () => {
    const { child, untilReport, close } = supervise(program, "setsid sleep 300 & setsid sleep 300");
    const pid = Number((await untilReport(/pid (\d+)\n/))[1]);
    await until(() => childrenOf(pid).length === 2);
    const pids = [pid, ...childrenOf(pid)];
    expect(Bun.spawnSync(["prlimit", "--pid", `${child.pid}`, "--nofile=0:0"]).exitCode).toBe(0);
    await close();
    expect(await child.exited).toBe(0);
    expect(pids.filter(isRunning)).toEqual([]);
  });

  test(`${name} whose limits were lowered still halts all processes before it kills one`, async () => {
    using folder = new Folder();
    const [ready, reacted] = ["ready", "reacted"].map((file) => join(folder.path, file));
    // The last process of a chain waits for the end of the first.
    const wait = `echo >${ready}; while kill -0 $$ 2>/dev/null; do :; done; echo >${reacted}`;
    const chain = `chain() { if [ $1 = 0 ]; then ${wait}; else (chain $(($1 - 1))); :; fi; }; chain 30; :`;
    const { child, close } = supervise(program, chain);
    await until(() => existsSync(ready!));
    expect(
      Bun.spawnSync(["prlimit", "--pid", `${child.pid}`, "--nofile=0:", "--as=4096:"]).exitCode,
    ).toBe(0);
    await close();
    expect(await child.exited).toBe(0);
    expect(existsSync(reacted!)).toBe(false);
  });

  test(`${name} says its last word after the exit of its last process`, async () => {
    const { child, untilReport, close } = supervise(program, "sleep 0.1 & exit 3");
    await untilReport(/^pid \d+\nexit 3\ndone\n$/);
    expect(await child.exited).toBe(0);
    await close();
  });

  test(`${name} does not keep the job's output open`, async () => {
    const { child, untilReport, close } = supervise(program, "exec >/dev/null 2>&1; sleep 300");
    expect(await new Response(child.stdout).text()).toBe("");
    await untilReport(/pid/);
    await close();
    expect(await child.exited).toBe(0);
  });
}

test.skipIf(compiled === undefined)(
  "a process of the same user cannot reach the control pipe of a compiled supervisor",
  async () => {
    for (const path of [compiledIn, dirname(compiled!)]) chmodSync(path, 0o755);
    const become = isRoot ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : [];
    const { child, close } = supervise(
      [...become, compiled!],
      "id -u; readlink /proc/$PPID/fd/3 || echo refused",
    );
    const user = isRoot ? 65_534 : process.getuid!();
    expect(await new Response(child.stdout).text()).toBe(`${user}\nrefused\n`);
    await close();
  },
);

/** The supervisor alone, with its control pipe as descriptor 3. */
function supervise(program: readonly string[], command: string) {
  const args = ["guarded", "pipes", "", "", "/", "bash", "-c", command];
  const child = Bun.spawn([...program, ...args], { stdio: ["ignore", "pipe", "ignore", "pipe"] });
  const reports = Bun.file(child.stdio[3] as number)
    .stream()
    .getReader();
  let text = "";
  async function untilReport(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(text);
      if (match) return match;
      const { done, value } = await within(`${pattern} in ${text}`, reports.read());
      if (done) throw new Error(`the reports ended without ${pattern}: ${text}`);
      text += new TextDecoder().decode(value);
    }
  }
  async function close(): Promise<void> {
    await reports.cancel();
    closeSync(child.stdio[3] as number);
  }
  return { child, untilReport, close };
}

test.skipIf(compiler === null)(
  `a supervisor compiled by several servers at once is complete${compiler ? "" : " (no cc)"}`,
  async () => {
    using folder = new Folder();
    const all = await Promise.all([1, 2, 3].map(() => compileSupervisor(folder.path)));
    expect(new Set(all).size).toBe(1);
    expect(readdirSync(join(folder.path, "supervisor"))).toEqual([basename(all[0]!)]);
    expect(Bun.spawnSync([all[0]!]).exitCode).toBe(2); // it lacks its arguments
  },
);

test("a compiler that does not finish is killed with all its processes", async () => {
  using folder = new Folder();
  const file = join(folder.path, "pids");
  const script = `sleep 300 & echo $$ $! > ${file}; wait`;
  expect(await compiles(["sh", "-c", script], 500)).toBe(false);
  const pids = readFileSync(file, "utf8").trim().split(" ").map(Number);
  expect(pids).toHaveLength(2);
  await until(() => !pids.some(isRunning));
});
