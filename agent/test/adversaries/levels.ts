/** The levels at which every adversary is stopped: what each asks of the machine, and which of them it can give. */
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Capabilities } from "../../server/processes/jobs";
import type { OrdinaryUser } from "../ordinary-user";
import { isRoot } from "../ordinary-user";
import { testJobs } from "../processes-bench";
import type { SweepRequest } from "./stop-adversaries";
import type { SweepReport } from "./sweep-report";

export interface Level {
  name: string;
  options: SweepRequest["options"];
  found: Partial<Capabilities>;
  /** Why this machine cannot. */
  lack?: string | undefined;
  user: OrdinaryUser | undefined;
}

/** Each as root and as an ordinary user, or, where the tests do not run as root, as this user. */
export async function findLevels(ordinary: OrdinaryUser | undefined): Promise<Level[]> {
  const { sandboxWorks } = await testJobs().capabilities();
  const users = isRoot ? (["root", "an ordinary user"] as const) : (["this user"] as const);
  return configurationsFor(ordinary).flatMap(({ name, lack, ...rest }) =>
    users.map((user) => ({
      ...rest,
      name: `${name}, run by ${user}`,
      lack: lack ?? lackOf(user, rest.options, { ordinary, sandboxWorks }),
      user: user === "an ordinary user" ? ordinary : undefined,
    })),
  );
}

/** What the adversaries of `names` did at this level. */
export async function sweepLevel(
  { options, user }: Level,
  request: Omit<SweepRequest, "options" | "tricks">,
): Promise<SweepReport> {
  const program = join(import.meta.dir, "stop-adversaries.ts");
  const command = [
    process.execPath,
    program,
    JSON.stringify({ ...request, options, tricks: tricks() }),
  ];
  const child = Bun.spawn(user ? user.command(...command) : command, {
    ...(user?.cgroup && { cgroup: user.cgroup }),
    stdin: "ignore",
    stderr: "inherit",
  });
  return JSON.parse(await new Response(child.stdout).text()) as SweepReport;
}

/** Where every user can read it. */
function compileTricks(): string | undefined {
  const compiler = Bun.which("cc");
  if (compiler === null) return undefined;
  const folder = mkdtempSync(join(tmpdir(), "rein-tricks-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  chmodSync(folder, 0o755);
  const program = join(folder, "tricks");
  const command = [compiler, "-w", "-pthread", "-o", program, join(import.meta.dir, "tricks.c")];
  return Bun.spawnSync(command).success ? program : undefined;
}

let compiled: { program: string | undefined } | undefined;
const tricks = (): string | undefined => (compiled ??= { program: compileTricks() }).program;

function configurationsFor(ordinary: OrdinaryUser | undefined): Omit<Level, "user">[] {
  const compiler = Bun.which("cc") ? undefined : "no cc";
  const cgroup = ordinary?.cgroup ? undefined : "no writable cgroup2";
  return [
    {
      name: "a compiled supervisor",
      options: { ceiling: { cgroup: false } },
      found: { proof: "supervisor", supervisor: "compiled" },
      lack: compiler,
    },
    {
      name: "a supervisor in TypeScript",
      options: { ceiling: { cgroup: false, supervisor: "script" } },
      found: { proof: "supervisor", supervisor: "script" },
    },
    {
      name: "a supervisor and a cgroup",
      options: {},
      found: { proof: "supervisor and cgroup", supervisor: "compiled" },
      lack: compiler ?? cgroup,
    },
    {
      name: "a supervisor in TypeScript and a cgroup",
      options: { ceiling: { supervisor: "script" } },
      found: { proof: "supervisor and cgroup", supervisor: "script" },
      lack: cgroup,
    },
    {
      name: "a supervisor and a sandbox",
      options: { ceiling: { cgroup: false }, sandbox: { network: false } },
      found: { proof: "supervisor", sandboxWorks: true },
    },
  ];
}

/** bwrap may work for root and not for an ordinary user. */
function lackOf(
  user: string,
  { sandbox }: SweepRequest["options"],
  { ordinary, sandboxWorks }: { ordinary: OrdinaryUser | undefined; sandboxWorks: boolean },
): string | undefined {
  if (user !== "an ordinary user")
    return sandbox && !sandboxWorks ? "bwrap does not work" : undefined;
  if (ordinary === undefined) return "an ordinary user cannot read these tests or run this Bun";
  const trial = ["bwrap", "--ro-bind", "/", "/", "--unshare-pid", "--unshare-net", "true"];
  return sandbox && !ordinary.can(...trial)
    ? "bwrap does not work for an ordinary user"
    : undefined;
}
