/** A sandboxed command finds no way out, as root and as an ordinary user, with and without network, also in the home itself. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync, chownSync, mkdtempSync, realpathSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { findOrdinaryUser, isRoot } from "../ordinary-user";
import { testJobs } from "../processes-bench";
import type { EscapeOptions } from "./escape-run";
import { tries } from "./escape-tries";

const ordinary = findOrdinaryUser();
/** Not in the temporary directory, which a sandboxed command does not see. */
const folder = realpathSync(mkdtempSync("/var/tmp/rein-escape-"));
const program = join(folder, "escape");
const { sandboxWorks: sandbox } = await testJobs().capabilities();
const lack = sandbox ? (Bun.which("cc") ? "" : " (no cc)") : " (no sandbox)";
const trial = ["bwrap", "--unshare-user", "--unshare-pid", "--ro-bind", "/", "/", "true"];
const users = isRoot && ordinary?.can(...trial) ? ["root", "an ordinary user"] : ["this user"];

beforeAll(() => {
  chmodSync(folder, 0o755);
  if (!lack) Bun.spawnSync(["cc", "-o", program, join(import.meta.dir, "escape.c")]);
});
afterAll(async () => {
  await ordinary?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const escapes = lack ? test.skip : test;

escapes(
  `without a sandbox the tries succeed${lack}`,
  async () => {
    const expected = tries.filter(
      ({ may }) => may === undefined || (may === "need root" && isRoot),
    );
    const found = await escapesOf(users[0]!, {});
    expect(expected.map(({ name }) => name).filter((name) => !found.includes(name))).toEqual([]);
  },
  60_000,
);

for (const user of users)
  for (const network of [true, false])
    escapes(
      `no try succeeds for ${user} with network ${network ? "on" : "off"}${lack}`,
      async () => {
        expect(await escapesOf(user, { sandbox: { network } })).toEqual([]);
      },
      60_000,
    );

escapes(
  `no try succeeds where the job's directory is the home${lack}`,
  async () => {
    const found = await escapesOf(users[0]!, { sandbox: { network: true }, atHome: true });
    const allowed = new Set(tries.filter((one) => one.outsideHome).map(({ name }) => name));
    expect(found.filter((name) => !allowed.has(name))).toEqual([]);
  },
  60_000,
);

/** The names of the tries that succeeded, in a home of their own. */
async function escapesOf(user: string, options: Omit<EscapeOptions, "program">): Promise<string[]> {
  const home = mkdtempSync(join(folder, "home-"));
  const isOrdinary = user === "an ordinary user";
  if (isOrdinary) {
    const { uid, gid } = statSync(ordinary!.home);
    chownSync(home, uid, gid);
  }
  const run = join(import.meta.dir, "escape-run.ts");
  const text = JSON.stringify({ ...options, program } satisfies EscapeOptions);
  const command = ["env", `HOME=${home}`, process.execPath, run, text];
  const child = Bun.spawn(isOrdinary ? ordinary!.command(...command) : command, {
    stdin: "ignore",
    stderr: "inherit",
  });
  return JSON.parse(await new Response(child.stdout).text()) as string[];
}
