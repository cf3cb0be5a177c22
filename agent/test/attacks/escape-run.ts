/**
 * Runs every try of escape-tries.ts as one job, and prints the names of those that found a way out, as JSON. A program of
 * its own, so that any user can run it, with any home: `bun escape-run.ts <options as JSON>`.
 */
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { createJobs } from "../../server/processes/create-jobs";
import type { Sandbox } from "../../server/processes/jobs";
import { tries } from "./escape-tries";

export interface EscapeOptions {
  /** Without it the tries run unconfined, to show that they work. */
  sandbox?: Sandbox;
  /** The compiled escape.c. */
  program: string;
  /** The job's directory is the home itself. */
  atHome?: boolean;
}

const options = JSON.parse(process.argv[2]!) as EscapeOptions;
const home = realpathSync(homedir());
const id = crypto.randomUUID();
const secret = `REINSECRET-${id}`;
const dataDir = join(home, ".rein");
const cwd = options.atHome ? home : join(home, "project");
const marker = `/tmp/rein-marker-${id}`;
const isRoot = process.getuid?.() === 0;

for (const path of ["token", "rein.db", "settings.json"]) write(join(dataDir, path));
for (const path of [".ssh/id_rsa", ".netrc", ".aws/credentials", ".config/gh/hosts.yml"])
  write(join(home, path));
for (const path of [
  ".bashrc",
  ".profile",
  ".gitconfig",
  ".config/systemd/user/one.service",
  ".config/rein/AGENTS.md",
])
  write(join(home, path), "");
mkdirSync(join(home, "project"), { recursive: true });
writeFileSync(marker, "");
const sockets = [join(home, "service.sock"), `/tmp/rein-${id}.sock`];
if (isRoot) sockets.push(`/run/rein-${id}.sock`);
const listeners = [...sockets, `\0rein-${id}`].map((unix) =>
  Bun.listen({ unix, socket: { data() {} } }),
);
const victim = Bun.spawn(["sleep", "600"], {
  cwd: dataDir,
  env: { SECRET: secret },
  stdio: ["ignore", "ignore", "ignore"],
});
try {
  console.log(JSON.stringify(await escapes()));
} finally {
  victim.kill();
  for (const listener of listeners) listener.stop(true);
  for (const path of [marker, ...sockets]) rmSync(path, { force: true });
}
process.exit();

async function escapes(): Promise<string[]> {
  const jobs = createJobs({ dataDir, ceiling: { cgroup: false } });
  const program = join(cwd, "escape");
  copyFileSync(options.program, program);
  // What a try mounts without a sandbox is gone with it.
  const alone = options.sandbox || !isRoot ? "" : "unshare --mount ";
  const run = `try() { timeout 20 ${alone}bash -c "$2" </dev/null >/dev/null 2>&1 && echo "$1"; }`;
  const all = tries.map(({ name, script }) => `try ${quote(name)} ${quote(script)}`);
  let output = "";
  const end = await jobs.run(
    {
      command: [
        "bash",
        "-c",
        [run, ...all, "$ESC nothing; test $? = 2 && echo all tried"].join("\n"),
      ],
      cwd,
      ...(options.sandbox && { sandbox: options.sandbox }),
      temporary: mkdtempSync(join(dataDir, "tmp-")),
      env: {
        ESC: program,
        DATA: dataDir,
        VICTIM: String(victim.pid),
        ID: id,
        CHECKOUT: join(import.meta.dir, "../../.."),
        DEVICE: deviceOf("/"),
      },
      owner: { sessionId: "escape" },
      onOutput: (text, stream) => void (stream === "stdout" && (output += text)),
    },
    new AbortController().signal,
  );
  const lines = output.trim().split("\n");
  if (lines.pop() !== "all tried")
    throw new Error(`it has not tried everything: ${JSON.stringify(end)} ${output}`);
  return lines;
}

function write(path: string, content = secret): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function deviceOf(path: string): string {
  const { dev } = statSync(path);
  return `${dev >> 8} ${dev & 0xff}`;
}
