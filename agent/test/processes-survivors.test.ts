/** A process that cannot be killed is reported with the reason, and a stop can be tried again; a cgroup kills even such a process. */
import { afterAll, expect, test } from "bun:test";
import { chmodSync, copyFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { CapabilityCeiling } from "../server/processes/capabilities";
import { findOrdinaryUser } from "./ordinary-user";
import { readProcess } from "../server/processes/inspect/process-table";
import { isRunning } from "./processes-bench";
import type { SurvivorReport } from "./survivor-jobs";
import { until } from "./within";

const ordinary = findOrdinaryUser();
afterAll(() => ordinary?.[Symbol.asyncDispose]());
const lack = ordinary ? "" : " (not root, or an ordinary user cannot run this Bun)";
const noCgroup = ordinary?.cgroup ? "" : " (no writable cgroup2)";

test.skipIf(lack !== "")(
  `a child that runs as another user is reported, stays listed, and its stop can be tried again${lack}`,
  async () => {
    await using server = await startServer({ cgroup: false });
    const { end, listed, strays } = await server.report();
    expect(end).toMatchObject({ stopped: true, proof: "seen" });
    const [survivor] = end.survivors;
    expect(end.survivors).toEqual([
      {
        pid: expect.any(Number),
        command: "sleep 301",
        reason: expect.stringContaining("another user"),
        startedAt: expect.any(String),
        boot: expect.any(String),
      },
    ]);
    // By its identity alone, as a later server does it.
    expect(strays).toEqual(end.survivors);
    expect(isRunning(survivor!.pid)).toBe(true);
    expect(listed).toBe(1);
    process.kill(survivor!.pid, "SIGKILL");
    while (isRunning(survivor!.pid)) await Bun.sleep(5);
    server.goOn();
    const again = await server.report();
    expect([again.end.survivors, again.strays]).toEqual([[], []]);
    expect(again).toMatchObject({
      listed: 0,
      end: { proof: "proven", signalName: end.signalName },
    });
  },
);

test.skipIf(lack !== "")(
  `a survivor is reported again though its supervisor was killed, and until it is dead${lack}`,
  async () => {
    await using server = await startServer({ cgroup: false });
    const { end } = await server.report();
    const { pid } = end.survivors[0]!;
    process.kill(readProcess(pid)!.parent, "SIGKILL");
    server.goOn();
    expect(await server.report()).toMatchObject({
      end: { survivors: [{ pid, reason: expect.stringContaining("another user") }] },
      listed: 1,
    });
    process.kill(pid, "SIGKILL");
    await until(() => !isRunning(pid));
    server.goOn();
    expect(await server.report()).toMatchObject({
      end: { survivors: [], proof: "seen" },
      listed: 0,
    });
  },
);

test.skipIf(noCgroup !== "")(
  `in a cgroup a child that runs as another user is killed too${lack || noCgroup}`,
  async () => {
    await using server = await startServer({});
    const { end, listed } = await server.report();
    expect(end).toMatchObject({ survivors: [], proof: "proven" });
    expect(end.ended.map(({ command }) => command)).toContain("sleep 301");
    expect(end.ended.filter(({ pid }) => isRunning(pid))).toEqual([]);
    expect(listed).toBe(0);
  },
);

/** A server of an ordinary user, in a cgroup of its own if possible, with a program that runs its arguments as root. */
async function startServer(level: CapabilityCeiling) {
  const user = ordinary!;
  const setuid = join(user.home, "setuid");
  copyFileSync(Bun.which("setpriv")!, setuid);
  chmodSync(setuid, 0o4755);
  expect(statSync(setuid).uid).toBe(0);
  const program = join(import.meta.dir, "survivor-jobs.ts");
  const ceiling = JSON.stringify(level);
  const asRoot = `${setuid} --reuid=0 --regid=0 --clear-groups`;
  const server = Bun.spawn(user.command(process.execPath, program, user.home, ceiling, asRoot), {
    ...(user.cgroup && { cgroup: user.cgroup }),
    stdin: "pipe",
    stderr: "inherit",
  });
  const reader = server.stdout.getReader();
  return {
    async report(): Promise<SurvivorReport> {
      let text = "";
      while (!text.includes("\n")) text += new TextDecoder().decode((await reader.read()).value);
      return JSON.parse(text) as SurvivorReport;
    },
    goOn(): void {
      void server.stdin.write("\n");
      void server.stdin.flush();
    },
    async [Symbol.asyncDispose](): Promise<void> {
      server.kill("SIGKILL");
      await server.exited;
    },
  };
}
