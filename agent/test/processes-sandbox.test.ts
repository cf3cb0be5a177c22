/** A job that is shut in writes only in its own place, sees no other processes, and still cleans up when it is stopped. */
import { expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { createJobs } from "../server/processes/create-jobs";
import { openShell, startShell, testJobs } from "./processes-bench";

const lack = (await testJobs().capabilities()).sandbox ? "" : " (no bwrap that works)";
const shutIn = lack ? test.skip : test;

/** A place that everybody may write in, and that is not below the temporary files, though a home may be. */
const lasting = tmpdir() === "/var/tmp" ? homedir() : "/var/tmp";

shutIn(
  `it writes in its directory and among the temporary files, and nowhere else${lack}`,
  async () => {
    // Not below the temporary files, which may be written anyway.
    const cwd = realpathSync(mkdtempSync(join(lasting, ".rein-sandbox-")));
    const temporary = join(tmpdir(), `rein-sandbox-${crypto.randomUUID()}`);
    const outside = join(lasting, `.rein-sandbox-${crypto.randomUUID()}`);
    try {
      const shell = startShell(`touch here ${temporary} ${outside}; pwd`, {
        cwd,
        sandbox: { network: true },
      });
      await shell.end;
      expect(shell.text()).toContain(cwd);
      expect([join(cwd, "here"), temporary, outside].map(existsSync)).toEqual([true, true, false]);
    } finally {
      for (const path of [cwd, temporary, outside]) rmSync(path, { recursive: true, force: true });
    }
  },
);

shutIn(
  `it sees nothing of what the server keeps, but for what it is given of it${lack}`,
  async () => {
    // Once where temporary files are open to it, and once in the middle of its own directory.
    for (const place of [tmpdir(), lasting]) {
      const cwd = realpathSync(mkdtempSync(join(place, ".rein-sandbox-")));
      const dataDir = join(cwd, "data");
      const given = join(dataDir, "shells/one");
      mkdirSync(given, { recursive: true });
      writeFileSync(join(dataDir, "token"), "a secret");
      writeFileSync(join(dataDir, "shells/secret"), "a secret");
      const jobs = createJobs({ dataDir, sandbox: { network: true } });
      const script = `cat $(find . -name '*secret*' -o -name token); find . -type d; touch data/new given; touch ${given}/mine`;
      const shell = startShell(script, { cwd, writable: [given], env: { LC_ALL: "C" } }, jobs);
      await shell.end;
      expect(shell.text()).not.toContain("a secret");
      expect(shell.text()).toContain("data/new': Read-only file system");
      expect(shell.text()).toMatch(/^\.\n\.\/data\n\.\/data\/shells\n\.\/data\/shells\/one$/m);
      expect(existsSync(join(given, "mine"))).toBe(true);
      rmSync(cwd, { recursive: true });
    }
  },
);

shutIn(`it sees and ends only its own processes${lack}`, async () => {
  const script = `kill -0 ${process.pid} && echo seen; ls /proc | grep -c '^[0-9]'`;
  const shell = startShell(script, { sandbox: { network: true } });
  await shell.end;
  expect(shell.text()).not.toContain("seen");
  expect(Number(shell.text().trim().split("\n").at(-1))).toBeLessThan(8);
});

shutIn(`the network is on or off, as it was asked for${lack}`, async () => {
  using server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("hello") });
  const script = `exec 3<>/dev/tcp/127.0.0.1/${server.port} && echo reached`;
  const reach = async (network: boolean): Promise<string> => {
    const shell = startShell(script, { sandbox: { network } });
    await shell.end;
    return shell.text();
  };
  expect(await reach(true)).toContain("reached");
  expect(await reach(false)).not.toContain("reached");
});

shutIn(`a polite stop reaches the command within${lack}`, async () => {
  const jobs = testJobs({ graceMs: 3_600_000, sandbox: { network: true } });
  const handler = 'select undef, undef, undef, 0.05; print "cleaned\\n"; exit 0';
  const script = `perl -e '$| = 1; $SIG{TERM} = sub { ${handler} }; print "ready\\n"; sleep 50 while 1'`;
  const shell = await openShell(script, {}, jobs);
  await shell.said(/ready/);
  expect(await shell.job.stop("polite")).toMatchObject({
    stopped: true,
    survivors: [],
    proven: true,
  });
  expect(shell.text()).toContain("cleaned");
});

test("where there is no bwrap that works, a job that asks for a sandbox does not start", async () => {
  const jobs = testJobs({ ceiling: { sandbox: false } });
  const shell = startShell("echo started", { sandbox: { network: true } }, jobs);
  const failure = await shell.end.catch((error: unknown) => String(error));
  expect(failure).toContain("install the package bubblewrap");
  expect(shell.text()).toBe("");
});
