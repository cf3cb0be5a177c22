/**
 * `bun run test:mutations [words of promises…] [--list]`: breaks one guard at a time in a temporary copy of the tree,
 * runs the tests that should notice, and names each guard whose break no test noticed (SLEPT). `--list` only checks that
 * each guard is found exactly once, and that no two rows are the same break.
 */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Guard } from "./guard";
import { guards } from "./guards";

const root = join(import.meta.dir, "../../..");
/** The limit for all tests of one guard. A broken guard can also cause a test that never ends. */
const timeoutMs = 240_000;

/** Linked instead of copied. */
const linked = ["node_modules", "agent/dist"];

type Result = "noticed" | "slept" | "invalid";

const labels: Record<Result, string> = {
  noticed: "noticed",
  slept: "SLEPT  ",
  invalid: "NO TEST",
};

/** The promise of each row, by what it leaves of its file. */
const breaks = new Map<string, string>();

const words = process.argv.slice(2).filter((word) => word !== "--list");
const selected = guards.filter(
  ({ promise }) => words.length === 0 || words.some((word) => promise.includes(word)),
);
const faults = selected.flatMap(faultOf);
for (const fault of faults) console.error(fault);
if (faults.length > 0 || selected.length === 0) process.exit(1);
if (process.argv.includes("--list")) {
  for (const { promise, file } of selected) console.log(`${file}: ${promise}`);
  process.exit(0);
}

const copy = copyTree();
let slept = 0;
let invalid = 0;
try {
  for (const guard of selected) {
    const begun = performance.now();
    const result = await breakAndTest(guard, copy);
    const seconds = ((performance.now() - begun) / 1000).toFixed(0);
    if (result === "slept") slept++;
    if (result === "invalid") invalid++;
    console.log(`${labels[result]} ${guard.promise} (${guard.file}, ${seconds} s)`);
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}
const noticed = selected.length - slept - invalid;
console.log(
  `${selected.length} guards: ${noticed} noticed, ${slept} slept, ${invalid} without a test that ran`,
);
process.exit(slept + invalid === 0 ? 0 : 1);

/** Why a guard cannot be broken as it is written. */
function faultOf({ promise, file, find, replace, tests }: Guard): string[] {
  const path = join(root, "agent", file);
  if (!existsSync(path)) return [`${promise}: there is no ${file}`];
  const text = readFileSync(path, "utf8");
  const count = text.split(find).length - 1;
  const missing = tests.filter((test) => !existsSync(join(root, "agent/test", test)));
  const faults = missing.map((test) => `${promise}: there is no agent/test/${test}`);
  if (count !== 1)
    faults.push(`${promise}: found ${count} times in ${file}, expected once: ${find}`);
  else {
    const broken = text.replace(find, () => replace);
    if (!isValid(file, broken))
      faults.push(`${promise}: what it leaves in ${file} is not valid TypeScript`);
    const other = breaks.get(`${file}\n${broken}`);
    if (other !== undefined)
      faults.push(`${promise}: breaks the same as “${other}”: make it one row`);
    breaks.set(`${file}\n${broken}`, promise);
  }
  return faults;
}

function isValid(file: string, text: string): boolean {
  if (!/\.tsx?$/.test(file)) return true;
  try {
    new Bun.Transpiler({ loader: file.endsWith("x") ? "tsx" : "ts" }).transformSync(text);
    return true;
  } catch {
    // A syntax error, which every test would notice.
    return false;
  }
}

/** Every file that git knows or would add; packages and the built page are linked. */
function copyTree(): string {
  const directory = mkdtempSync(join(tmpdir(), "rein-mutations-"));
  chmodSync(directory, 0o755); // tests run programs of it as an ordinary user
  const command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const names = Bun.spawnSync(command, { cwd: root }).stdout.toString().split("\0");
  for (const name of names.filter((one) => one !== "" && !linked.includes(one))) {
    // A file that was deleted without a commit is listed too.
    if (!existsSync(join(root, name))) continue;
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    copyFileSync(join(root, name), join(directory, name));
  }
  for (const name of linked.filter((one) => existsSync(join(root, one))))
    symlinkSync(join(root, name), join(directory, name));
  return directory;
}

async function breakAndTest(guard: Guard, directory: string): Promise<Result> {
  const path = join(directory, "agent", guard.file);
  const text = readFileSync(path, "utf8");
  writeFileSync(
    path,
    text.replace(guard.find, () => guard.replace),
  );
  try {
    const { output, isTimedOut } = await runTests(guard, directory);
    const failed = [...output.matchAll(/^\(fail\) (.*)$/gm)].map(([, title]) => title!);
    const ran = Number(/^Ran (\d+) tests?/m.exec(output)?.[1] ?? 0);
    if (isTimedOut) console.log(`  not in ${timeoutMs / 1000} s: ${guard.tests.join(", ")}`);
    for (const title of failed.slice(0, 3)) console.log(`  failed: ${title}`);
    if (failed.length > 0 || isTimedOut) return "noticed";
    // Either the tests ran and passed, or none ran: then the printed output says why.
    if (ran > 0 && /^ ?0 fail$/m.test(output)) return "slept";
    console.log(output);
    return "invalid";
  } finally {
    writeFileSync(path, text);
  }
}

async function runTests({ tests, title }: Guard, directory: string) {
  const files = tests.map((test) => `./agent/test/${test}`);
  const pattern = title === undefined ? [] : ["-t", title];
  const command = [process.execPath, "test", "--conditions=browser", "--timeout=90000"];
  const child = Bun.spawn([...command, ...files, ...pattern], {
    cwd: directory,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    // In its own process group, so that its servers are killed with it.
    detached: true,
  });
  const printed = Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  const timer = setTimeout(() => killGroup(child.pid), timeoutMs);
  await child.exited;
  const isTimedOut = child.signalCode === "SIGKILL";
  clearTimeout(timer);
  killGroup(child.pid);
  return { output: (await printed).join("\n"), isTimedOut };
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // No process of the group exists any more.
  }
}
