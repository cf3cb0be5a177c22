/** A sandboxed job writes only where it may, sees no other processes, and still cleans up when it is stopped. */
import { expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { createJobs } from "../server/processes/create-jobs";
import type { Sandbox } from "../server/processes/jobs";
import { isRunning, napping, openShell, startShell, testJobs } from "./processes-bench";
import { Caller, ToolBench } from "./tools-bench";
import { until } from "./within";

const lack = (await testJobs().capabilities()).sandboxWorks ? "" : " (bwrap does not work)";
const sandboxed = lack ? test.skip : test;

/** A directory that every user can write in and that is not within the temporary directory. */
const outsideTmp = tmpdir() === "/var/tmp" ? homedir() : "/var/tmp";

sandboxed(
  `a sandboxed job writes in its directory and in a /tmp of its own, and nowhere else${lack}`,
  async () => {
    const cwd = realpathSync(mkdtempSync(join(outsideTmp, ".rein-sandbox-")));
    const name = `.rein-sandbox-${crypto.randomUUID()}`;
    const outside = [join(outsideTmp, name), join("/tmp", name)];
    try {
      const script = `touch here ${outside.join(" ")}; pwd; ls -d /tmp/${name}`;
      const shell = startShell(script, { cwd, sandbox: { network: true } });
      await shell.end;
      expect(shell.text()).toContain(`${cwd}\n/tmp/${name}\n`);
      expect([join(cwd, "here"), ...outside].map((at) => existsSync(at))).toEqual([
        true,
        false,
        false,
      ]);
    } finally {
      for (const path of [cwd, ...outside]) rmSync(path, { recursive: true, force: true });
    }
  },
);

const shared = lack || (import.meta.dir.startsWith("/tmp/") ? " (these tests are in /tmp)" : "");
(shared ? test.skip : test)(
  `the next job of a session finds its temporary files${shared}`,
  async () => {
    const folder = realpathSync(mkdtempSync(join(outsideTmp, ".rein-sandbox-")));
    const temporary = join(folder, "temporary");
    mkdirSync(temporary);
    const jobs = createJobs({ dataDir: folder, sandbox: { network: true } });
    await startShell("touch /tmp/one $TMPDIR/two", { temporary }, jobs).end;
    const next = startShell("ls -A /tmp", { temporary }, jobs);
    await next.end;
    expect(next.text()).toBe("one\ntwo\n");
    rmSync(folder, { recursive: true });
  },
);

sandboxed(
  `it sees nothing of the server's data, except what it may read or write${lack}`,
  async () => {
    // Once within the writable temporary directory, and once within its own directory.
    for (const parent of [tmpdir(), outsideTmp]) {
      const cwd = realpathSync(mkdtempSync(join(parent, ".rein-sandbox-")));
      const dataDir = join(cwd, "data");
      const given = join(dataDir, "shells/one");
      const shown = join(dataDir, "shells/two");
      mkdirSync(given, { recursive: true });
      writeFileSync(shown, "for the command");
      writeFileSync(join(dataDir, "token"), "a secret");
      writeFileSync(join(dataDir, "shells/secret"), "a secret");
      const jobs = createJobs({ dataDir, sandbox: { network: true, writable: [given] } });
      const script = `cat $(find . -name '*secret*' -o -name token); find . -type d | grep -v caches; touch data/new given; touch ${given}/mine; cat ${shown}; echo no >>${shown}`;
      const shell = startShell(script, { cwd, readable: [shown], env: { LC_ALL: "C" } }, jobs);
      await shell.end;
      expect(shell.text()).not.toContain("a secret");
      expect(shell.text()).toContain("data/new': Read-only file system");
      expect(shell.text()).toMatch(/^\.\n\.\/data\n\.\/data\/shells\n\.\/data\/shells\/one$/m);
      expect(existsSync(join(given, "mine"))).toBe(true);
      expect(shell.text()).toContain("for the command");
      expect(readFileSync(shown, "utf8")).toBe("for the command");
      rmSync(cwd, { recursive: true });
    }
  },
);

sandboxed(`with a read-only directory it writes only where it is told${lack}`, async () => {
  const cwd = realpathSync(mkdtempSync(join(outsideTmp, ".rein-sandbox-")));
  const dataDir = join(cwd, "data");
  const given = join(dataDir, "given");
  const beside = join(tmpdir(), `rein-sandbox-${crypto.randomUUID()}`);
  mkdirSync(given, { recursive: true });
  writeFileSync(join(dataDir, "token"), "a secret");
  writeFileSync(join(cwd, "file"), "a file");
  const jobs = createJobs({ dataDir });
  const script = `cat file data/token; touch here ${beside} data/here; touch ${given}/mine`;
  const sandbox: Sandbox = { network: false, cwd: "read-only", writable: [given] };
  const shell = startShell(script, { cwd, sandbox }, jobs);
  await shell.end;
  expect(shell.text()).toContain("a file");
  expect(shell.text()).not.toContain("a secret");
  expect([join(cwd, "here"), beside, join(dataDir, "here")].filter((at) => existsSync(at))).toEqual(
    [],
  );
  expect(existsSync(join(given, "mine"))).toBe(true);
  rmSync(cwd, { recursive: true });
});

sandboxed(
  `with a read-only directory a job that names a temporary directory has an empty /tmp, lost with it${lack}`,
  async () => {
    for (const base of [outsideTmp, tmpdir()]) {
      const cwd = realpathSync(mkdtempSync(join(base, ".rein-sandbox-")));
      const temporary = join(cwd, "temporary");
      mkdirSync(temporary);
      writeFileSync(join(temporary, "left"), "");
      const sandbox: Sandbox = { network: false, cwd: "read-only" };
      const script = `ls -A /tmp | grep -c '^left$'; echo made > "$(mktemp)" && echo kept; touch here`;
      const shell = startShell(script, { cwd, sandbox, temporary }, testJobs());
      await shell.end;
      expect(shell.text()).toContain("0\nkept\n");
      expect(readdirSync(temporary)).toEqual(["left"]);
      expect(existsSync(join(cwd, "here"))).toBe(false);
      rmSync(cwd, { recursive: true });
    }
  },
);

sandboxed(`it sees and signals only its own processes${lack}`, async () => {
  const stop = `kill -STOP -1; kill -STOP $PPID ${process.pid} ${process.ppid}`;
  const script = `kill -0 ${process.pid} && echo seen; ${stop}; ls /proc | grep -c '^[0-9]'`;
  const shell = startShell(script, { sandbox: { network: true } });
  // Its supervisor is not stopped, and reports the end.
  expect(await shell.end).toMatchObject({ exitCode: 0, stopped: false, proof: "proven" });
  expect(shell.text()).not.toContain("seen");
  // The words of kill are on another stream, and may come after it.
  const [count] = /^\d+$/m.exec(shell.text()) ?? [];
  expect(Number(count)).toBeLessThan(8);
});

sandboxed(`it inherits no descriptor of its sandbox or its supervisor${lack}`, async () => {
  const script = "for one in /proc/$$/fd/*; do readlink $one; done | grep -v -e pipe: -e socket:";
  for (const supervisor of ["compiled", "script"] as const) {
    const jobs = testJobs({ ceiling: { supervisor } });
    const shell = startShell(script, { sandbox: { network: false } }, jobs);
    await shell.end;
    expect(new Set(shell.text().trim().split("\n"))).toEqual(new Set(["/dev/null"]));
  }
});

sandboxed(`the network is on or off as requested${lack}`, async () => {
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

sandboxed(`a polite stop reaches the command in the sandbox${lack}`, async () => {
  const jobs = testJobs({ graceMs: 3_600_000, sandbox: { network: true } });
  const handler = 'select undef, undef, undef, 0.05; print "cleaned\\n"; exit 0';
  const script = `perl -e '$| = 1; $SIG{TERM} = sub { ${handler} }; print "ready\\n"; sleep 300 while 1'`;
  const shell = await openShell(script, {}, jobs);
  await shell.untilOutput(/ready/);
  expect(await shell.job.stop("polite")).toMatchObject({
    stopped: true,
    survivors: [],
    proof: "proven",
  });
  expect(shell.text()).toContain("cleaned");
});

sandboxed(`only the command's own processes are listed and counted${lack}`, async () => {
  for (const network of [true, ["example.com"]]) {
    const shell = await openShell(`${napping}; echo ready; wait`, { sandbox: { network } });
    await shell.untilOutput(/ready/);
    const { job } = shell;
    // A look is bounded in time, and may miss some on a busy machine.
    await until(() => job.processes().length === 2, "both are listed");
    const listed = job.processes();
    const living = listed.map(({ command }) => command.split(" ")[0]);
    expect(living).toEqual(["bash", "sleep"]);
    using bench = new ToolBench({ ...testJobs(), list: () => [job] });
    const { record } = bench.background.keep(job, "napping");
    await until(() => bench.background.inspect("session")[0]?.processes === 2, "both are counted");
    const [look] = bench.background.inspect("session");
    expect([record.pid, look!.pid]).toEqual([listed[0]!.pid, listed[0]!.pid]);
    const { ended, survivors, proof } = await job.stop("polite");
    expect(ended.map(({ command }) => command.split(" ")[0])).toEqual(["bash", "sleep"]);
    expect({ survivors, proof }).toEqual({ survivors: [], proof: "proven" });
  }
});

sandboxed(
  `a stop while the sandbox is being set up does not list how it is made${lack}`,
  async () => {
    const sandbox: Sandbox = { network: ["example.com"] };
    const early = await Promise.all(
      [0, 2, 5, 10, 20, 40].map(async (ms) => {
        const { job } = await openShell("exec sleep 300", { sandbox });
        await Bun.sleep(ms); // any moment is right
        return [...job.processes(), ...(await job.stop("hard")).ended];
      }),
    );
    const commands = new Set(early.flat().map(({ command }) => command));
    for (const command of commands) expect(command).toMatch(/^(bash -c exec )?sleep 300$/);
  },
);

sandboxed(`the look at its directory is not listed, however long it takes${lack}`, async () => {
  const cwd = realpathSync(mkdtempSync(join(outsideTmp, ".rein-sandbox-")));
  try {
    const slow = "#!/bin/sh\n: >begun; exec sleep 300\n";
    writeFileSync(join(cwd, "stat"), slow, { mode: 0o755 });
    const env = { PATH: `${cwd}:${process.env["PATH"]}` };
    const { job } = await openShell("exec sleep 7", { cwd, env, sandbox: { network: true } });
    await until(() => existsSync(join(cwd, "begun")));
    const listed = job.processes();
    const { ended } = await job.stop("hard");
    for (const list of [listed, ended])
      expect(list.map(({ command }) => command)).toEqual(["bash -c exec sleep 7"]);
  } finally {
    rmSync(cwd, { recursive: true });
  }
});

sandboxed(`a process of the command is listed, whatever it calls itself${lack}`, async () => {
  // As the sandbox calls its look at the directory.
  const name = "stat -c %d:%i .";
  const silent = `exec -a '${name}' cat <&9`;
  const script = `mkfifo /tmp/never; exec 9<>/tmp/never; (${silent}) & ${silent}`;
  const { job } = await openShell(script, { sandbox: { network: true } });
  const named = (list: { command: string }[]) => list.filter(({ command }) => command === name);
  await until(() => named(job.processes()).length === 2);
  expect(named((await job.stop("hard")).ended).length).toBe(2);
});

test("a job that needs a sandbox does not start where bwrap does not work", async () => {
  const jobs = testJobs({ ceiling: { sandbox: false } });
  const shell = startShell("echo started", { sandbox: { network: true } }, jobs);
  const failure = await shell.end.catch((error: unknown) => String(error));
  expect(failure).toContain("install the package bubblewrap");
  expect(shell.text()).toBe("");
});

test("a stop does not wait for a bwrap that never answers, of which no process is left", async () => {
  using bench = new ToolBench();
  const pids = join(bench.dataDir, "pids");
  const silent = `#!/bin/sh\nsleep 300 &\necho $$ $! >${pids}\nwait`;
  const bwrap = join(bench.dataDir, "bwrap");
  writeFileSync(bwrap, silent, { mode: 0o755 });
  const jobs = createJobs({ dataDir: bench.dataDir, ceiling: { bwrap } });
  const trial = jobs.capabilities();
  await until(() => existsSync(pids) && readFileSync(pids, "utf8").endsWith("\n"));
  for (const background of [false, true]) {
    const caller = new Caller(bench.tools, { ...bench.context, jobs });
    const call = await caller.prepare("bash", { command: "echo started", background });
    const stopped = call.run().catch((error: unknown) => error);
    caller.controller.abort("at once");
    expect(await Promise.race([stopped, trial])).toBe("at once");
  }
  expect(await trial).toMatchObject({
    sandboxWorks: false,
    noSandbox: "bubblewrap does not answer",
  });
  const left = readFileSync(pids, "utf8").trim().split(" ").map(Number);
  await until(() => !left.some(isRunning));
});
