/** The next start ends what a server left that was killed together with its supervisors, and says how each job ended. */
import { afterAll, afterEach, beforeEach, expect, spyOn, test } from "bun:test";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { log } from "../server/log";
import { createJobs } from "../server/processes/create-jobs";
import { identityOf } from "../server/processes/inspect/process-identity";
import * as procfs from "../server/processes/inspect/procfs";
import { readProcessTable } from "../server/processes/inspect/process-table";
import { JobLedger } from "../server/processes/job-ledger";
import type { JobsServerReport } from "./jobs-server";
import { findOrdinaryUser, isRoot } from "./ordinary-user";
import { isRunning } from "./processes-bench";
import { until } from "./within";

const ordinary = findOrdinaryUser();
afterAll(() => ordinary?.[Symbol.asyncDispose]());
const user = ordinary ? " of an ordinary user" : "";

let dataDir: string;
/** In the arguments of every process of the test's jobs, whatever it does to its environment. */
let token: string;
/** The same for the job of another server. */
let neighbourToken: string;
const toEnd: number[] = [];
beforeEach(() => {
  dataDir = mkdtempSync(join(ordinary?.home ?? tmpdir(), "rein-ledger-"));
  chmodSync(dataDir, 0o777);
  token = `299.${crypto.getRandomValues(new Uint32Array(1))[0]}7`;
  neighbourToken = token.replace("299.", "298.");
});
afterEach(() => {
  for (const pid of [...toEnd.splice(0), ...left(), ...left("", neighbourToken)])
    if (isRunning(pid)) process.kill(pid, "SIGKILL");
  rmSync(dataDir, { recursive: true, force: true });
});

/** Each starts the next one in a session of its own and without an environment, 400 times. */
const chain = () => {
  const link = `[ $1 -gt 0 ] || exit; sleep .05; setsid env -i PATH=$PATH sh -c "$0" "$0" $(($1 - 1)) ${token} >/dev/null 2>&1 &`;
  return `link='${link}'; sh -c "$link" "$link" 400 ${token} & sleep 300; : ${token}`;
};

test(`kill -9 of a server${user} and its supervisors at once leaves nothing to run after the next start`, async () => {
  const scripts = [
    `setsid sleep ${token} & sleep 300; : ${token}`,
    `(setsid sh -c 'sleep ${token} & sleep ${token}' >/dev/null 2>&1 &); sleep 300; : ${token}`,
    `env -i setsid sleep ${token} >/dev/null 2>&1 & sleep 300; : ${token}`,
    chain(),
  ];
  const script = `setsid sleep ${neighbourToken} & sleep ${neighbourToken}`;
  const neighbour = await startServer([script], join(dataDir, "other"));
  const server = await startServer(scripts);
  await until(() => left().length >= 10);
  killAtOnce(server);
  await until(() => !isRunning(server.pid));
  expect(left().length).toBeGreaterThanOrEqual(9); // a link may be about to start the next one
  const next = await startServer([]);
  expect(left()).toEqual([]);
  const ends = next.swept.toSorted((a, b) => (a.owner!.runId! < b.owner!.runId! ? -1 : 1));
  expect(ends.map(({ owner, survivors, proof }) => [owner?.runId, survivors, proof])).toEqual(
    scripts.map((_, index) => [`run ${index}`, [], "seen"]),
  );
  expect(ends.map(({ ended }) => ended.length >= 3)).toEqual([true, true, true, true]);
  expect(ends[0]!.ended.map(({ command }) => command)).toContain(`sleep ${token}`);
  expect(readdirSync(join(dataDir, "jobs"))).toEqual([]);
  expect(neighbour.supervisors.filter(isRunning)).toHaveLength(1);
  expect(left("", neighbourToken)).toHaveLength(3);
});

test("a job that kills its server and its supervisor as its first act is ended by the next start", async () => {
  const kill =
    "read -r _ _ _ server _ < /proc/$PPID/stat; kill -STOP $server; kill -9 $PPID $server";
  const script = `setsid env -i sleep ${token} >/dev/null 2>&1 & ${kill}; exec sleep ${token}`;
  const server = serve([script], dataDir);
  await server.exited;
  await until(() => left("sleep").length === 2);
  const { swept } = await startServer([]);
  expect(left()).toEqual([]);
  expect(swept).toMatchObject([{ owner: { runId: "run 0" }, survivors: [], proof: "seen" }]);
});

test(`a process${user} that has removed its mark is in the ledger once it was seen`, async () => {
  const hidden = `ulimit -x 5; env -i setsid sleep ${token} >/dev/null 2>&1 & sleep 300`;
  const server = await startServer([hidden]);
  const [entry = ""] = readdirSync(join(dataDir, "jobs"));
  await until(() => left("sleep").length === 1);
  const [pid] = left("sleep");
  await until(() => readFileSync(join(dataDir, "jobs", entry), "utf8").includes(`[${pid},`));
  killAtOnce(server);
  await startServer([]);
  expect(left()).toEqual([]);
});

test.skipIf(isRoot && !ordinary)(
  "a job cannot read its server's memory, environment and descriptors",
  async () => {
    const file = join(dataDir, "refused");
    const tryAll = "for path in environ mem fd; do (exec 9<$path) || echo $path; done";
    const script = `read -r _ _ _ server _ < /proc/$PPID/stat; cd /proc/$server; ${tryAll} >${file}; cat limits >>${file}; exec sleep ${token}`;
    const server = await startServer([script]);
    await until(() => left("sleep").length === 1);
    const [refused] = readFileSync(file, "utf8").split("Limit ");
    expect(refused).toBe("environ\nmem\nfd\n");
    killAtOnce(server);
  },
);

test("what the ledger says of another boot is gone, and what cannot be read is not known", async () => {
  const folder = join(dataDir, "jobs");
  mkdirSync(folder);
  const file = (name = `${crypto.randomUUID()}.jsonl`) => join(folder, name);
  const bystander = Bun.spawn(["sleep", "50"], { detached: true });
  toEnd.push(bystander.pid);
  const own = identityOf(bystander.pid);
  const before = { boot: "another", server: own, owner: { sessionId: "s" }, leader: own };
  writeFileSync(file(), JSON.stringify(before));
  writeFileSync(file(`${crypto.randomUUID()}.json`), JSON.stringify(before));
  writeFileSync(file(), "");
  writeFileSync(file(), JSON.stringify(before).slice(0, 40));
  writeFileSync(file(), crypto.getRandomValues(new Uint8Array(5000)));
  writeFileSync(file(), JSON.stringify({ ...before, server: { pid: -1, startedAt: "1" } }));
  const huge = file();
  writeFileSync(huge, "");
  truncateSync(huge, 10_000_000_000);
  Bun.spawnSync(["mkfifo", file()]);
  using warned = spyOn(log, "warn").mockImplementation(() => {});
  const ceiling = { supervisor: "none", cgroup: false, sandbox: false } as const;
  const { swept: ends } = createJobs({ dataDir, ceiling });
  const swept = await ends;
  expect(swept.map(({ proof }) => proof).toSorted()).toEqual([
    "proven",
    "proven",
    ...Array.from({ length: 6 }, () => "unseen" as const),
  ]);
  expect(warned).toHaveBeenCalledTimes(6);
  expect(readdirSync(folder)).toEqual([]);
  expect(isRunning(bystander.pid)).toBe(true);
});

test("an entry of the ledger stays short, and goes on naming what lives", async () => {
  const ledger = new JobLedger(join(dataDir, "jobs"));
  let turn = 0;
  const known = () => {
    const startedAt = String(turn++);
    return Array.from({ length: 9000 }, (_, index) => ({ pid: index + 2, startedAt }));
  };
  ledger.open("one", { owner: { sessionId: "s" } });
  ledger.add("one", { pid: process.pid, known } as never);
  const path = join(dataDir, "jobs", "one.jsonl");
  await until(() => turn > 1 && readFileSync(path, "utf8").includes(`[2,"${turn - 1}"]`));
  expect(statSync(path).size).toBeLessThan(100_000);
  ledger.remove("one");
  expect(readdirSync(join(dataDir, "jobs"))).toEqual([]);
});

test("a program of Rein's own that the next start has ended is no process of a run", async () => {
  const { folder, pid } = leaveProcess({ isHelper: true });
  expect(await new JobLedger(folder).sweep()).toEqual([]);
  expect(isRunning(pid)).toBe(false);
  expect(readdirSync(folder)).toEqual([]);
});

test("the next start ends what was left where the system hides which process is the newest", async () => {
  const { readProc } = procfs;
  using _ = spyOn(procfs, "readProc").mockImplementation((path) =>
    path === "loadavg" ? "" : readProc(path),
  );
  const { folder, pid } = leaveProcess({});
  expect(await new JobLedger(folder).sweep()).toMatchObject([{ ended: [{ pid }], survivors: [] }]);
  expect(isRunning(pid)).toBe(false);
});

/** The entry of a server that is dead, and the process of it that lives. */
function leaveProcess(more: { isHelper?: true }) {
  const folder = join(dataDir, "jobs");
  mkdirSync(folder);
  const { pid } = Bun.spawn(["sleep", token], { detached: true });
  const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  const leader = identityOf(pid);
  const server = { ...leader, startedAt: "1" };
  const opened = { boot, server, owner: { sessionId: "s", runId: "r" }, ...more };
  const lines = [opened, { leader }].map((line) => JSON.stringify(line));
  writeFileSync(join(folder, `${crypto.randomUUID()}.jsonl`), lines.join("\n"));
  return { folder, pid };
}

/** The living processes of the test's jobs, of which the first argument begins so. */
function left(name = "", mark = token): number[] {
  return [...readProcessTable().keys()].filter((pid) => {
    try {
      const args = readFileSync(`/proc/${pid}/cmdline`, "utf8");
      const isOwn = args.includes("jobs-server") || args.includes("/supervisor/");
      return args.startsWith(name) && args.includes(mark) && !isOwn;
    } catch {
      return false; // gone
    }
  });
}

/** So that neither can react to the death of the other. */
function killAtOnce({ pid, supervisors }: { pid: number; supervisors: number[] }): void {
  process.kill(pid, "SIGSTOP");
  for (const one of [...supervisors, pid]) process.kill(one, "SIGKILL");
}

async function startServer(scripts: string[], directory = dataDir) {
  const server = serve(scripts, directory);
  let text = "";
  for await (const bytes of server.stdout) {
    text += new TextDecoder().decode(bytes);
    if (text.endsWith("\n")) break;
  }
  const report = JSON.parse(text) as JobsServerReport;
  toEnd.push(...report.supervisors);
  return { pid: server.pid, ...report };
}

function serve(scripts: string[], directory: string) {
  const program = join(import.meta.dir, "jobs-server.ts");
  const level = JSON.stringify({ cgroup: false, sandbox: false });
  mkdirSync(directory, { recursive: true, mode: 0o777 });
  chmodSync(directory, 0o777);
  const command = [process.execPath, program, directory, level, JSON.stringify(scripts)];
  const io = { stdin: "ignore", stdout: "pipe", stderr: "ignore" } as const;
  const server = Bun.spawn(ordinary?.command(...command) ?? command, io);
  toEnd.push(server.pid);
  return server;
}
