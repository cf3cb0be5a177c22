/** Who cannot be ended is named with the reason, and can be tried again; a cgroup reaches even him. */
import { afterAll, expect, test } from "bun:test";
import { chmodSync, copyFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { CapabilityCeiling } from "../server/processes/capabilities";
import { findOrdinaryUser } from "./ordinary-user";
import { lives } from "./processes-bench";
import type { SurvivorReport } from "./survivor-jobs";

const ordinary = findOrdinaryUser();
afterAll(() => ordinary?.[Symbol.asyncDispose]());
const lack = ordinary ? "" : " (this is not root, or nobody else can run this Bun)";
const noCgroup = ordinary?.cgroup ? "" : " (no cgroup2 that is ours to write in)";

test.skipIf(lack !== "")(
  `a child of another user is named, stays listed, and is tried again${lack}`,
  async () => {
    await using server = await startServer({ cgroup: false });
    const { end, listed } = await server.report();
    expect(end).toMatchObject({ stopped: true, proven: false });
    const [survivor] = end.survivors;
    expect(end.survivors).toEqual([
      {
        pid: expect.any(Number),
        command: "sleep 51",
        reason: expect.stringContaining("another user"),
      },
    ]);
    expect(lives(survivor!.pid)).toBe(true);
    expect(listed).toBe(1);
    process.kill(survivor!.pid, "SIGKILL");
    server.goOn();
    const again = await server.report();
    expect(again.end.survivors).toEqual([]);
    expect(again).toMatchObject({ listed: 0, end: { proven: true, signalName: end.signalName } });
  },
);

test.skipIf(noCgroup !== "")(`in a cgroup he is ended as well${lack || noCgroup}`, async () => {
  await using server = await startServer({});
  const { end, listed } = await server.report();
  expect(end).toMatchObject({ survivors: [], proven: true });
  expect(end.ended.map(({ command }) => command)).toContain("sleep 51");
  expect(end.ended.filter(({ pid }) => lives(pid))).toEqual([]);
  expect(listed).toBe(0);
});

/** A server without rights, in a cgroup of its own, on a machine where a program lets everybody be root. */
async function startServer(level: CapabilityCeiling) {
  const user = ordinary!;
  const rise = join(user.home, "rise");
  copyFileSync(Bun.which("setpriv")!, rise);
  chmodSync(rise, 0o4755);
  expect(statSync(rise).uid).toBe(0);
  const program = join(import.meta.dir, "survivor-jobs.ts");
  const wish = JSON.stringify(level);
  const asRoot = `${rise} --reuid=0 --regid=0 --clear-groups`;
  const server = Bun.spawn(user.command(process.execPath, program, user.home, wish, asRoot), {
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
