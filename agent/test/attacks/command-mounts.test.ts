/** What a sandboxed command may write is its own directory, whatever stands in its place when it starts, and nothing that Rein runs. */
import { expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { createJobs } from "../../server/processes/create-jobs";
import type { Jobs } from "../../server/processes/jobs";
import { testJobs } from "../processes-bench";
import { triesOf } from "./swapped-paths";

const lack = (await testJobs().capabilities()).sandboxWorks ? "" : " (bwrap does not work)";
const sandboxed = lack ? test.skip : test;
/** Every user can write there, and it is not within /tmp. */
const parent = tmpdir() === "/var/tmp" ? homedir() : "/var/tmp";

const swapProgram = join(import.meta.dir, "path-swapper.ts");

interface Run {
  cwd: string;
  dataDir?: string;
}

const jobsOf = new Map<string, Jobs>();

async function output(command: string, { cwd, dataDir = join(cwd, "../data") }: Run) {
  mkdirSync(dataDir, { recursive: true });
  const jobs = jobsOf.get(dataDir) ?? createJobs({ dataDir, sandbox: { network: false } });
  jobsOf.set(dataDir, jobs);
  let text = "";
  const owner = { sessionId: "mounts" };
  const request = {
    command: ["bash", "-c", command],
    cwd,
    owner,
    onOutput: (piece: string) => {
      text += piece;
    },
  };
  await jobs.run(request, new AbortController().signal);
  return text;
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = realpathSync(mkdtempSync(join(parent, ".rein-mounts-")));
  try {
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

sandboxed(`a link in the place of its directory is refused, and nothing is run there${lack}`, () =>
  inFolder(async (folder) => {
    const outside = join(folder, "outside");
    const cwd = join(folder, "project");
    mkdirSync(outside);
    symlinkSync(outside, cwd);
    expect(await output("echo here", { cwd }).catch(String)).toContain("not a directory");
  }),
);

sandboxed(`a link that is swapped in while it starts is not written, nor read${lack}`, () =>
  inFolder(async (folder) => {
    const cwd = join(folder, "project");
    mkdirSync(join(folder, "outside"));
    mkdirSync(cwd);
    writeFileSync(join(folder, "outside/secret"), "a secret");
    symlinkSync(join(folder, "outside"), join(folder, "link"));
    const swapper = Bun.spawn(
      [process.execPath, swapProgram, "exchange", cwd, join(folder, "link")],
      { stdin: "ignore", stdout: "pipe", stderr: "inherit" },
    );
    const printed: string[] = [];
    try {
      await swapper.stdout.getReader().read();
      for (let tries = 0; tries < triesOf(40); tries++)
        printed.push(await output("ls; : >landed", { cwd }).catch(String));
    } finally {
      swapper.kill("SIGKILL");
      await swapper.exited;
    }
    expect(printed.filter((text) => text.includes("secret"))).toEqual([]);
    expect(existsSync(join(folder, "outside/landed"))).toBe(false);
    // Both have happened: a start, and a refusal.
    expect(
      new Set(printed.map((text) => text.includes("replaced") || text.includes("not a"))).size,
    ).toBe(2);
  }),
);

sandboxed(`no command works in Rein's own data${lack}`, () =>
  inFolder(async (folder) => {
    const dataDir = join(folder, "data");
    mkdirSync(join(dataDir, "inside"), { recursive: true });
    symlinkSync(dataDir, join(folder, "link"));
    for (const cwd of [dataDir, join(dataDir, "inside"), join(folder, "link")])
      expect(await output("echo here", { cwd, dataDir }).catch(String)).toContain(
        "Rein's own data",
      );
  }),
);

sandboxed(`what the server runs and serves cannot be changed in its own checkout${lack}`, () =>
  inFolder(async (folder) => {
    const checkout = join(import.meta.dir, "../../..");
    const dataDir = join(folder, "data");
    const tries = ["agent/x", "agent/server/x", "agent/dist/x", "node_modules/x", "package.json"];
    const script = tries.map((path) => `test -w ${path} && echo ${path}; : >>${path}`).join("\n");
    const printed = await output(`${script}\necho tried`, { cwd: checkout, dataDir });
    expect(printed).toContain("tried");
    expect(printed.match(/Read-only file system/g)?.length).toBe(tries.length);
    const within = await output(": >x", { cwd: join(checkout, "agent/server"), dataDir });
    expect(within).toContain("Read-only file system");
  }),
);
