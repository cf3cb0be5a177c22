/** Commands of an engine's model among the processes of its job: told from the engine's own, and ended alone. */
import { expect, test } from "bun:test";
import { BackgroundJobs } from "../server/background/background-jobs";
import type { Job, Jobs } from "../server/processes/jobs";
import { SessionRegistry } from "../server/session/session-registry";
import { Store } from "../server/store/store";
import type { Stop } from "../shared/protocol";
import { emptySession } from "./long-session";
import { isRunning, openShell, testJobs } from "./processes-bench";
import { temporaryDirectory } from "./temporary-directory";
import { until } from "./within";

/** Has a process of its own, and starts a command for each line that it reads; a daemon of one loses its parent. */
const engine = `
  sleep 311 & echo ready
  while read -r line; do
    case $line in
      plain) bash -c 'sleep 312 & wait' & ;;
      stubborn) bash -c 'trap "" TERM; while :; do sleep 313; done' & ;;
      daemon) (setsid sleep 314 &) ;;
    esac
  done`;

const lack = (await testJobs().capabilities()).sandboxWorks ? "" : " (bwrap does not work)";

async function open(more: object, jobs?: Jobs) {
  const command = ["bash", "--norc", "-c", engine];
  const owner = { sessionId: "session" };
  const shell = await openShell(
    "",
    { command, owner, stdinOpen: true, isEngine: true, ...more },
    jobs,
  );
  await shell.untilOutput(/ready/);
  await until(() => shell.job.processes().length === 2);
  return shell.job;
}

function commandsOf(job: Job): string[] {
  return job.commands().map((processes) => processes.at(-1)!.command);
}

for (const isConfined of lack ? [false] : [false, true])
  test(`a command of an engine is listed apart, and ended without the engine${isConfined ? ", in a sandbox" : lack}`, async () => {
    using directory = temporaryDirectory();
    const confined = { sandbox: { network: false }, cwd: directory.path };
    const job = await open(isConfined ? confined : {});
    const own = job.noteOwn();
    expect(own).toEqual(job.processes().map(({ pid }) => pid));
    expect(job.commands()).toEqual([]);
    for (const line of ["plain", "stubborn", "daemon"]) job.write(`${line}\n`);
    const all = ["sleep 312", "sleep 313", "sleep 314"];
    await until(() => commandsOf(job).toSorted().join() === all.join());

    for (const name of all) {
      const group = job.commands().find((processes) => processes.at(-1)!.command === name)!;
      const end = await job.stopCommand(group[0]!.pid);
      expect(end).toMatchObject({ survivors: [], proof: "seen" });
      const pids = group.map(({ pid }) => pid);
      expect(end!.ended.map(({ pid }) => pid)).toEqual(expect.arrayContaining(pids));
      expect(pids.filter(isRunning)).toEqual([]);
    }
    expect(job.commands()).toEqual([]);
    expect(job.processes().map(({ pid }) => pid)).toEqual(own);
    expect(await job.stopCommand(own[1]!)).toBeUndefined();
    expect(await job.stopCommand(process.pid)).toBeUndefined();
    expect(own.filter(isRunning)).toEqual(own);
    await job.stop("hard");
  });

test("the list of processes has the engine and each command of its model, which can be stopped and not pinned", async () => {
  using directory = temporaryDirectory();
  const sessions = new SessionRegistry(new Store(":memory:"));
  sessions.create({ ...emptySession("/"), id: "session" });
  const jobs = testJobs();
  const background = new BackgroundJobs(sessions, jobs, directory.path);
  const job = await open({}, jobs);
  job.noteOwn();
  job.write("plain\n");
  await until(() => commandsOf(job).join() === "sleep 312");
  const [itself, command] = background.inspect("session");
  expect(itself).toMatchObject({ engine: "itself", pid: job.pid, processes: 2 });
  expect(command).toMatchObject({ engine: "command", command: "sleep 312 & wait", processes: 2 });
  expect(background.inspect("session")).toHaveLength(2);
  const stop: Stop = { by: "user", from: "web", askedAt: Date.now() };
  expect(background.pin("session", command!.id, true)).toBeUndefined();
  const end = await background.stop("session", command!.id, stop);
  expect(end).toMatchObject({ survivors: [], proof: "seen" });
  expect(end!.ended).toHaveLength(2);
  expect(await background.stop("session", command!.id, stop)).toBeUndefined();
  expect(background.inspect("session")).toMatchObject([{ engine: "itself", processes: 2 }]);
  await job.stop("hard");
});

test("a job of no engine has no commands of one", async () => {
  const shell = await openShell("sleep 300 & echo ready; wait");
  await shell.untilOutput(/ready/);
  expect(shell.job.commands()).toEqual([]);
  expect(await shell.job.stopCommand(shell.job.pid)).toBeUndefined();
  await shell.job.stop("hard");
});
