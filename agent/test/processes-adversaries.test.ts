/** None of the twenty-one adversaries survives a stop, under any supervisor of this machine, as root or as an ordinary user; a job beside them does. */
import { afterAll, expect, test } from "bun:test";
import { join } from "node:path";
import { adversaries } from "./adversaries";
import type { SweepOptions, SweepReport } from "./adversaries-sweep";
import { findOrdinaryUser, isRoot, type OrdinaryUser } from "./ordinary-user";
import { testJobs } from "./processes-bench";

/** Every second stop is a hard one. `REIN_SWEEP=10` makes the long run. */
const repeats = Number(process.env.REIN_SWEEP ?? 2);
const program = join(import.meta.dir, "adversaries-sweep.ts");
const ordinary = findOrdinaryUser();
afterAll(() => ordinary?.[Symbol.asyncDispose]());

type User = "root" | "an ordinary user" | "this user";
const users: User[] = isRoot ? ["root", "an ordinary user"] : ["this user"];
const { sandboxWorks: sandbox } = await testJobs().capabilities();

/** What a configuration needs and this machine may lack: then its tests are skipped, with the reason. */
const lacks = {
  compiler: Bun.which("cc") ? undefined : "no cc",
  cgroup: ordinary?.cgroup ? undefined : "no writable cgroup2",
};

/** bwrap may work for root and not for an ordinary user. */
function lackOf(user: User, wish: SweepOptions): string | undefined {
  if (user !== "an ordinary user")
    return wish.sandbox && !sandbox ? "bwrap does not work" : undefined;
  if (ordinary === undefined) return "an ordinary user cannot read these tests or run this Bun";
  const trial = ["bwrap", "--ro-bind", "/", "/", "--unshare-pid", "--unshare-net", "true"];
  return wish.sandbox && !ordinary.can(...trial)
    ? "bwrap does not work for an ordinary user"
    : undefined;
}

interface Configuration {
  name: string;
  wish: SweepOptions;
  found: Partial<SweepReport["capabilities"]>;
  lack?: string | undefined;
}

const configurations: Configuration[] = [
  {
    name: "a compiled supervisor",
    wish: { ceiling: { cgroup: false } },
    found: { proof: "supervisor", supervisor: "compiled" },
    lack: lacks.compiler,
  },
  {
    name: "a supervisor in TypeScript",
    wish: { ceiling: { cgroup: false, supervisor: "script" } },
    found: { proof: "supervisor", supervisor: "script" },
  },
  {
    name: "a supervisor and a cgroup",
    wish: {},
    found: { proof: "supervisor and cgroup", supervisor: "compiled" },
    lack: lacks.compiler ?? lacks.cgroup,
  },
  {
    name: "a supervisor in TypeScript and a cgroup",
    wish: { ceiling: { supervisor: "script" } },
    found: { proof: "supervisor and cgroup", supervisor: "script" },
    lack: lacks.cgroup,
  },
  {
    name: "a supervisor and a sandbox",
    wish: { ceiling: { cgroup: false }, sandbox: { network: false } },
    found: { proof: "supervisor", sandboxWorks: true },
  },
];

for (const { name, wish, found, lack } of configurations)
  for (const user of users) {
    const missing = lack ?? lackOf(user, wish);
    const title = `no adversary survives under ${name}, run by ${user}`;
    if (missing) test.skip(`${title} (${missing})`, () => {});
    else
      test(
        title,
        async () => {
          const report = await sweep(wish, user === "an ordinary user" ? ordinary : undefined);
          expect(report.faults).toEqual([]);
          expect(report.runs).toBe(repeats * adversaries.length);
          expect(report.capabilities).toMatchObject(found);
        },
        150_000 * repeats,
      );
  }

async function sweep(wish: SweepOptions, user: OrdinaryUser | undefined): Promise<SweepReport> {
  const command = [process.execPath, program, JSON.stringify(wish), String(repeats)];
  const child = Bun.spawn(user ? user.command(...command) : command, {
    ...(user?.cgroup && { cgroup: user.cgroup }),
    stdin: "ignore",
    stderr: "inherit",
  });
  return JSON.parse(await new Response(child.stdout).text()) as SweepReport;
}
