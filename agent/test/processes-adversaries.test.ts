/** None of the twenty-one adversaries survives a stop, at any level of this machine, as root and as an ordinary user; neighbours do. */
import { afterAll, expect, test } from "bun:test";
import { join } from "node:path";
import { adversaries } from "./adversaries";
import type { SweepLevel, SweepReport } from "./adversaries-sweep";
import { findOrdinaryUser, isRoot, type OrdinaryUser } from "./ordinary-user";
import { testJobs } from "./processes-bench";

/** Every second stop is a hard one. `REIN_SWEEP=10` makes the long run. */
const repeats = Number(process.env.REIN_SWEEP ?? 2);
const program = join(import.meta.dir, "adversaries-sweep.ts");
const ordinary = findOrdinaryUser();
afterAll(() => ordinary?.[Symbol.asyncDispose]());

type Who = "root" | "an ordinary user" | "this user";
const everybody: Who[] = isRoot ? ["root", "an ordinary user"] : ["this user"];
const { sandbox } = await testJobs().capabilities();

/** What a place needs that this machine may not have: then its tests are shown as skipped, with the reason. */
const lacks = {
  compiler: Bun.which("cc") ? undefined : "no cc",
  cgroup: ordinary?.cgroup ? undefined : "no cgroup2 that is ours to write in",
};

/** He may have no bwrap that works, though root has. */
function lackOf(who: Who, wish: SweepLevel): string | undefined {
  if (who !== "an ordinary user")
    return wish.sandbox && !sandbox ? "no bwrap that works" : undefined;
  if (ordinary === undefined) return "nobody else can read these tests and run this Bun";
  const shutIn = ["bwrap", "--ro-bind", "/", "/", "--unshare-pid", "--unshare-net", "true"];
  return wish.sandbox && !ordinary.can(...shutIn) ? "no bwrap that works for him" : undefined;
}

interface Place {
  name: string;
  wish: SweepLevel;
  found: Partial<SweepReport["level"]>;
  lack?: string | undefined;
}

const places: Place[] = [
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
    found: { proof: "supervisor", sandbox: true },
  },
];

for (const { name, wish, found, lack } of places)
  for (const who of everybody) {
    const missing = lack ?? lackOf(who, wish);
    const title = `no adversary survives under ${name}, run by ${who}`;
    if (missing) test.skip(`${title} (${missing})`, () => {});
    else
      test(
        title,
        async () => {
          const report = await sweep(wish, who === "an ordinary user" ? ordinary : undefined);
          expect(report.faults).toEqual([]);
          expect(report.runs).toBe(repeats * adversaries.length);
          expect(report.level).toMatchObject(found);
        },
        150_000 * repeats,
      );
  }

async function sweep(wish: SweepLevel, user: OrdinaryUser | undefined): Promise<SweepReport> {
  const command = [process.execPath, program, JSON.stringify(wish), String(repeats)];
  const child = Bun.spawn(user ? user.command(...command) : command, {
    ...(user?.cgroup && { cgroup: user.cgroup }),
    stdin: "ignore",
    stderr: "inherit",
  });
  return JSON.parse(await new Response(child.stdout).text()) as SweepReport;
}
