/** A server removes the cgroups of servers that were killed, and does nothing to those of one whose life it cannot see. */
import { afterAll, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { findOrdinaryUser } from "./ordinary-user";

const user = findOrdinaryUser();
const own = user?.cgroup;
afterAll(() => user?.[Symbol.asyncDispose]());
const lack =
  own === undefined || Bun.which("unshare") === null
    ? " (skipped: it needs root, a cgroup to hand over, and unshare)"
    : "";

/** Where the process ids of others are not seen. */
const apart = ["unshare", "--pid", "--fork", "--mount-proc"];
const module = join(import.meta.dir, "../server/processes/linux/find-cgroups.ts");

/** Runs as a server whose cgroup has been divided: `found` is what it finds. */
function server(script: string, before: string[] = []) {
  const find = `const { findCgroups } = await import(${JSON.stringify(module)});
    const found = await findCgroups();`;
  return Bun.spawn([...before, process.execPath, "-e", find + script], {
    cgroup: join(own!, "server"),
    stdin: "pipe",
    stdout: "pipe",
    stderr: "inherit",
  });
}

/** What one finds when it starts: nothing that it lacks. */
async function look(before: string[] = []): Promise<void> {
  const { stdout } = server('console.log(typeof found === "string" ? found : "found")', before);
  expect(await new Response(stdout).text()).toBe("found\n");
}

(lack === "" ? test : test.skip)(
  `the living job of a server in another container may make cgroups, and what a killed one has left is removed${lack}`,
  async () => {
    mkdirSync(join(own!, "server"));
    const living = server(`
      const job = found.create("job", {});
      Bun.spawn(["sleep", "300"], { cgroup: job.path });
      console.log(job.path);
      for await (const _ of Bun.stdin.stream());
      await job.remove();`);
    const { value } = await living.stdout.getReader().read();
    const job = new TextDecoder().decode(value).trim();
    const [pid, , namespace] = basename(job).split("-");
    // The pid of one that lives, and another start time.
    const killed = join(own!, "rein", `${pid}-1-${namespace}-job`);
    mkdirSync(killed);
    const mayMake = () => readFileSync(join(job, "cgroup.max.descendants"), "utf8");

    await look(apart);
    expect([mayMake(), existsSync(killed)]).toEqual(["max\n", true]);
    await look();
    expect([mayMake(), existsSync(killed)]).toEqual(["max\n", false]);
    await living.stdin.end();
    expect(await living.exited).toBe(0);
    expect(existsSync(job)).toBe(false);
  },
);
