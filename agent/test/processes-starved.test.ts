/** A job that lowers the limits of the server itself (prlimit) hides nothing from it. */
import { afterAll, afterEach, expect, test } from "bun:test";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { listProc, readProc } from "../server/processes/inspect/procfs";
import { cgroupAt } from "../server/processes/linux/cgroup";
import { restoreLimits, setLimit } from "../server/processes/linux/libc";
import { pidsWith } from "./machine-facts";
import { findOrdinaryUser } from "./ordinary-user";
import { openShell, testJobs } from "./processes-bench";
import { rejectionOf } from "./provider-wires";
import { temporaryDirectory } from "./temporary-directory";
import { until } from "./within";

const ordinary = findOrdinaryUser();
afterAll(() => ordinary?.[Symbol.asyncDispose]());
afterEach(restoreLimits);
const canLimit = process.platform === "linux" && Bun.which("prlimit") !== null;
/** The server has started the job by then: a start without descriptors fails. */
const untilGo = "until [ -e go ]; do sleep 0.01; done";
const lack = canLimit ? "" : " (no prlimit)";
const lackOfUser = lack || (ordinary ? "" : " (there is no ordinary user to run as)");

test.skipIf(!canLimit)(
  `a server without descriptors still sees and kills a job${lack}`,
  async () => {
    const cookie = String(Date.now());
    // Without a cgroup only a look finds the daemon.
    const jobs = testJobs({ ceiling: { cgroup: false } });
    const starve = `prlimit --pid ${process.pid} --nofile=4:`;
    using folder = temporaryDirectory();
    const script = `${untilGo}; (setsid sleep 30.${cookie} &); ${starve}; kill -9 $PPID; sleep 300`;
    const { job } = await openShell(script, { cwd: folder.path }, jobs);
    writeFileSync(join(folder.path, "go"), "");
    try {
      expect(await job.ended).toMatchObject({ proof: "seen", survivors: [] });
      expect(listProc("self/fd").length).toBeGreaterThan(4);
      expect(pidsWith(cookie)).toEqual([]);
    } finally {
      restoreLimits();
    }
  },
);

test.skipIf(!canLimit)(`a server without descriptors still sees what is in a cgroup${lack}`, () => {
  using folder = temporaryDirectory();
  writeFileSync(join(folder.path, "cgroup.procs"), "7\n8\n");
  // In this process: one that prlimit starts would leave Bun without the descriptors to wait for it.
  setLimit(openFiles, 4n, openFilesLimits()[1]!);
  const pids = cgroupAt(folder.path).pids();
  restoreLimits();
  expect(pids).toEqual([7, 8]);
});

test.skipIf(!canLimit)(
  `the server gets its descriptors back while the job runs${lack}`,
  async () => {
    const limit = `prlimit --pid ${process.pid} --nofile`;
    const isLow = `[ "$(${limit} --output SOFT --noheadings)" -le 4 ]`;
    const script = `${untilGo}; ${limit}=4:; while ${isLow}; do sleep 0.01; done; echo restored; exec sleep 30`;
    using folder = temporaryDirectory();
    const shell = await openShell(script, { cwd: folder.path });
    writeFileSync(join(folder.path, "go"), "");
    await shell.untilOutput(/restored/);
    const { job } = shell;
    expect(await job.stop("hard")).toMatchObject({ survivors: [] });
  },
);

test.skipIf(!canLimit)(`the server gets its limits back after the job${lack}`, async () => {
  const limit = () => readProc("self/limits").match(/^Max msgqueue size +(\d+)/m)?.[1];
  const before = limit();
  const lower = `prlimit --pid ${process.pid} --msgqueue=1:`;
  const jobs = testJobs();
  const shell = await openShell(
    `trap '${lower}; exit' TERM; echo ready; sleep 300 & wait`,
    {},
    jobs,
  );
  await shell.untilOutput(/ready/);
  await shell.job.stop("polite");
  await until(() => jobs.list().length === 0);
  await until(() => limit() === before);
});

test.skipIf(process.platform !== "linux")(
  "a start that fails for want of descriptors gets them back, and leaves the job to the next server",
  async () => {
    using folder = temporaryDirectory();
    const jobs = testJobs({ dataDir: folder.path, ceiling: { supervisor: "none" } });
    await jobs.capabilities();
    const before = openFilesLimits();
    // Enough for the ledger, too few for the pipes of a job.
    setLimit(openFiles, limitLeaving(2), before[1]!);
    const refusal = await rejectionOf(openShell("exit 3", {}, jobs));
    expect(refusal).toMatchObject({ code: "EMFILE" });
    expect(openFilesLimits()).toEqual(before);
    expect(readdirSync(join(folder.path, "jobs"))).toHaveLength(1);
  },
);

test.skipIf(lackOfUser !== "")(
  `a server that can look no more claims nothing, and leaves the job to the next one${lackOfUser}`,
  async () => {
    const cookie = String(Date.now());
    const program = join(import.meta.dir, "starved-server.ts");
    const command = ordinary!.command(process.execPath, program, ordinary!.home, cookie);
    const server = Bun.spawn(command, { stderr: "inherit" });
    expect(await new Response(server.stdout).json()).toMatchObject({ proof: "unseen" });
    expect(pidsWith(cookie)).not.toEqual([]);
    expect(readdirSync(join(ordinary!.home, "jobs"))).toHaveLength(1);
    for (const pid of pidsWith(cookie)) process.kill(pid, "SIGKILL");
  },
);

const openFiles = 7; // RLIMIT_NOFILE

/** Those of this process: soft and hard. */
function openFilesLimits(): bigint[] {
  const found = /^Max open files +(\d+) +(\d+)/m.exec(readProc("self/limits"))!;
  return found.slice(1).map(BigInt);
}

/** The limit with which only so many descriptors more can be opened. */
function limitLeaving(count: number): bigint {
  const taken = new Set(listProc("self/fd").map(Number));
  let descriptor = 0;
  for (let free = 0; free < count; descriptor++) if (!taken.has(descriptor)) free++;
  return BigInt(descriptor);
}
