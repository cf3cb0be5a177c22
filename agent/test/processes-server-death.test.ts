/** When the server is killed its jobs are killed too; what is left after that is killed when the next server starts. */
import { afterEach, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { createJobs } from "../server/processes/create-jobs";
import type { CapabilityCeiling } from "../server/processes/capabilities";
import { readProcess } from "../server/processes/inspect/process-table";
import type { JobsServerReport } from "./jobs-server";
import { isRunning, openShell, testJobs } from "./processes-bench";
import { startRein } from "./rein";
import { lastingDirectory } from "./temporary-directory";
import { until } from "./within";

const program = join(import.meta.dir, "jobs-server.ts");
const dataDir = lastingDirectory("rein-death-");
const toEnd: number[] = [];
afterEach(() => {
  for (const pid of toEnd.splice(0)) if (isRunning(pid)) process.kill(pid, "SIGKILL");
  for (const name of readdirSync(join(dataDir, "jobs"))) rmSync(join(dataDir, "jobs", name));
});

const { proof } = await testJobs().capabilities();
const lack = proof === "supervisor and cgroup" ? "" : " (no writable cgroup2)";

const levels: [string, CapabilityCeiling][] = [
  ["a compiled supervisor", { cgroup: false }],
  ["a supervisor in TypeScript", { cgroup: false, supervisor: "script" }],
  ["a supervisor and, where there can be one, a cgroup", {}],
];

for (const [name, level] of levels)
  test(`kill -9 of the server ends its jobs, under ${name}`, async () => {
    const { server, near, far, supervisors } = await startServer(level);
    expect([...near, ...far, ...supervisors].filter(isRunning)).toHaveLength(10);
    server.kill("SIGKILL");
    await until(() => ![...near, ...far, ...supervisors].some(isRunning));
  });

for (const [name, level] of levels)
  test(`kill -9 of the server ends jobs that have stopped their supervisors, under ${name}`, async () => {
    const { server, near, far, supervisors } = await startServer(level);
    for (const pid of supervisors) process.kill(pid, "SIGSTOP");
    await until(() => supervisors.every((pid) => readProcess(pid)?.state === "T"));
    server.kill("SIGKILL");
    await until(() => ![...near, ...far, ...supervisors].some(isRunning));
  });

for (const [name, level] of levels)
  test(`kill -9 of a server with unread reports of its supervisors ends its jobs, under ${name}`, async () => {
    const { server, near, far, supervisors } = await startServer(level);
    server.kill("SIGSTOP");
    await until(() => readProcess(server.pid)?.state === "T");
    const shells = near.filter((pid) => supervisors.includes(readProcess(pid)!.parent));
    for (const pid of shells) process.kill(pid, "SIGKILL");
    // A dead process is reaped by its supervisor, which reports its end.
    await until(() => shells.every((pid) => readProcess(pid) === undefined));
    expect([...near, ...far].filter(isRunning)).toHaveLength(6);
    server.kill("SIGKILL");
    await until(() => ![...near, ...far, ...supervisors].some(isRunning));
  });

test.skipIf(lack !== "")(
  `kill -9 of the server ends its frozen jobs, and the next start those whose supervisors were killed too${lack}`,
  async () => {
    const first = await startServer({});
    freezeJobs(first.supervisors);
    first.server.kill("SIGKILL");
    await until(() => ![...first.near, ...first.far, ...first.supervisors].some(isRunning));
    const { near, far } = await killAllAtOnce({}, freezeJobs);
    expect([...near, ...far].filter(isRunning)).toHaveLength(8);
    await createJobs({ dataDir }).capabilities();
    expect([...near, ...far].filter(isRunning)).toEqual([]);
  },
);

function freezeJobs(supervisors: number[]): void {
  for (const path of supervisors.flatMap(cgroupOf)) writeFileSync(join(path, "cgroup.freeze"), "1");
}

test.skipIf(lack !== "")(
  `kill -9 of the server removes the cgroups of its jobs${lack}`,
  async () => {
    for (const supervisor of ["compiled", "script"] as const) {
      const { server, supervisors } = await startServer({ supervisor });
      const cgroups = supervisors.flatMap(cgroupOf);
      expect(cgroups.filter((path) => existsSync(path))).toEqual(cgroups);
      server.kill("SIGKILL");
      await until(() => !supervisors.some(isRunning));
      expect(cgroups.filter((path) => existsSync(path))).toEqual([]);
    }
  },
);

test.skipIf(lack !== "")(
  `the next start removes the empty cgroups of dead servers, and no others${lack}`,
  async () => {
    const { server, supervisors } = await startServer({});
    const [path] = supervisors.flatMap(cgroupOf);
    server.kill("SIGKILL");
    await server.exited;
    const sibling = (of: string) => join(dirname(path!), `${of}-${crypto.randomUUID()}`);
    const deserted = sibling(serverOf(path!));
    mkdirSync(join(deserted, "within"), { recursive: true });
    const shell = await openShell("sleep 300");
    const [ours] = cgroupOf(readProcess(shell.job.pid)!.parent);
    const stillEmpty = sibling(serverOf(ours!));
    mkdirSync(stillEmpty);
    await createJobs({ dataDir }).capabilities();
    expect([deserted, stillEmpty, ours!].map((one) => existsSync(one))).toEqual([
      false,
      true,
      true,
    ]);
    rmdirSync(stillEmpty);
    await shell.job.stop("hard");
  },
);

test.skipIf(lack !== "")(
  `a server that is terminated while it starts leaves no cgroup${lack}`,
  async () => {
    const shell = await openShell("sleep 300");
    const [ours] = cgroupOf(readProcess(shell.job.pid)!.parent);
    await using rein = await startRein();
    rein.signal("SIGTERM");
    await rein.exited;
    const left = readdirSync(dirname(ours!)).filter((name) => name.startsWith(`${rein.pid}-`));
    expect(left).toEqual([]);
    await shell.job.stop("hard");
  },
);

test.skipIf(lack !== "")(
  `the next start also kills processes of such jobs in other sessions, where they have a cgroup${lack}`,
  async () => {
    const { near, far } = await killAllAtOnce({});
    expect([...near, ...far].filter(isRunning)).toHaveLength(8);
    await createJobs({ dataDir }).capabilities();
    expect([...near, ...far].filter(isRunning)).toEqual([]);
  },
);

test("the next start does not kill a process that has reused the pid of a dead one", async () => {
  const bystander = Bun.spawn(["sleep", "50"], { detached: true });
  toEnd.push(bystander.pid);
  const { near } = await killAllAtOnce({ cgroup: false });
  for (const name of readdirSync(join(dataDir, "jobs"))) {
    const path = join(dataDir, "jobs", name);
    const { startedAt } = readProcess(bystander.pid)!;
    const another = { pid: bystander.pid, startedAt: String(Number(startedAt) - 1) };
    const [first = ""] = readFileSync(path, "utf8").split("\n");
    const { mark: _mark, ...opened } = JSON.parse(first) as { mark: string };
    const started = { leader: another, supervisor: another };
    const seen = [another.pid, another.startedAt];
    writeFileSync(path, [opened, started, seen].map((line) => JSON.stringify(line)).join("\n"));
  }
  await createJobs({ dataDir, ceiling: { cgroup: false } }).capabilities();
  expect(isRunning(bystander.pid)).toBe(true);
  expect(near.filter(isRunning)).toEqual(near);
});

test("a start does not kill the jobs of a living server", async () => {
  const shell = await openShell("sleep 300", {}, createJobs({ dataDir }));
  await createJobs({ dataDir }).capabilities();
  expect(isRunning(shell.job.pid)).toBe(true);
  await shell.job.stop("hard");
});

/** The cgroup in a supervisor's arguments; none where there are no cgroups. */
function cgroupOf(supervisor: number): string[] {
  const args = readFileSync(`/proc/${supervisor}/cmdline`, "utf8").split("\0");
  return args.filter((arg) => /^\/.*\/rein\/(?:[0-9]+-){3}[0-9a-f-]{36}$/.test(arg));
}

/** The pid and start time of its server, and their namespace, with which a cgroup's name begins. */
function serverOf(cgroup: string): string {
  return basename(cgroup).split("-").slice(0, 3).join("-");
}

/** Kills the server and its supervisors, so that neither can react to the death of the other. */
async function killAllAtOnce(
  level: CapabilityCeiling,
  before: (supervisors: number[]) => void = () => {},
) {
  const started = await startServer(level);
  const { server, supervisors } = started;
  before(supervisors);
  server.kill("SIGSTOP");
  await until(() => readProcess(server.pid)?.state === "T");
  for (const pid of supervisors) process.kill(pid, "SIGKILL");
  server.kill("SIGKILL");
  await server.exited;
  await until(() => !supervisors.some(isRunning));
  return started;
}

async function startServer(level: CapabilityCeiling) {
  const server = Bun.spawn([process.execPath, program, dataDir, JSON.stringify(level)], {
    stdin: "ignore",
    stderr: "inherit",
  });
  toEnd.push(server.pid);
  const reader = server.stdout.getReader();
  let text = "";
  while (!text.includes("\n")) text += new TextDecoder().decode((await reader.read()).value);
  const report = JSON.parse(text) as JobsServerReport;
  toEnd.push(...report.near, ...report.far, ...report.supervisors);
  return { server, ...report };
}
