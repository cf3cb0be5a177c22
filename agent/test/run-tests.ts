/**
 * `bun run test` on a fresh machine: installs what the tests need (packages, the faces, browsers), runs them, and counts.
 * It leaves out what is long by nature (`long-tests.ts`), unless files or a title are named; `bun run test:all` runs everything.
 * `bun run test:database` is that with REIN_TEST_DATABASE=1: every server of the tests is a node of a cluster.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { installPackages } from "../prepare";
import { chromiumNeed, headlessShellNeed, otherEngines } from "./browser-places";
import { compiledServer, compiledServerVariable } from "./compiled-server";
import { databaseVariable } from "./given-cluster";
import { longTests } from "./long-tests";
import { type Postgres, postgresNeed, startPostgres } from "./postgres";
import { ensureInstalled, type Need } from "./system-packages";
import { temporaryDirectory } from "./temporary-directory";
import { type Failure, readReport, type TestReport } from "./test-report";

/** As `bun test` prints it, between two rules. */
const unhandled = /^# Unhandled error between tests\n-{9,}\n[^]*?^-{9,}$/gm;

/** More failures than of so many files have a cause of their own. */
const filesRunAgain = 5;

const root = join(import.meta.dir, "../..");

const install = run([process.execPath, "install", "--frozen-lockfile"]);
if (install !== 0) finish(0, 1, "The packages could not be installed.");
// Else the first commands of the tests would do these steps, several at once.
await installPackages(() => {});
if (run([process.execPath, "agent/terminal/bundle-terminal.ts"]) !== 0)
  finish(0, 1, "The terminal face could not be built.");
if (run([process.execPath, "run", "build", "--logLevel", "warn"]) !== 0)
  finish(0, 1, "The page could not be built.");
if (run([process.execPath, "agent/test/compiled-server.ts"]) !== 0)
  finish(0, 1, "The server could not be compiled.");
const bwrapNeed: Need = {
  name: "Bubblewrap",
  packages: ["bubblewrap"],
  isThere: () => process.platform === "linux" && Bun.which("bwrap") !== null,
};
const tmuxNeed: Need = {
  name: "tmux",
  packages: ["tmux"],
  isThere: () => Bun.which("tmux") !== null,
};
const missing = ensureInstalled([
  chromiumNeed,
  headlessShellNeed,
  ...otherEngines,
  bwrapNeed,
  tmuxNeed,
  postgresNeed,
]);
if (missing.includes(chromiumNeed))
  finish(
    0,
    1,
    "No Chromium: install one (on Debian: apt-get install chromium), or name it with CHROMIUM.",
  );

const environment: NodeJS.ProcessEnv = {
  ...process.env,
  [compiledServerVariable]: compiledServer,
};
let postgres: Postgres | undefined;
if (process.env["REIN_TEST_DATABASE"] === "1") {
  if (missing.includes(postgresNeed)) finish(0, 1, `${postgresNeed.name} is not installed.`);
  // It ends with this process, however that ends.
  postgres = await startPostgres();
  environment[databaseVariable] = postgres.url;
}
const named = process.argv.slice(2).filter((word) => word !== "--all");
const left = named.length > 0 || process.argv.includes("--all") ? [] : longTests(root);
const first = await runTests([
  // Six processes, which keep two cores busy though tests wait, and separate globals for each file.
  "--parallel=6",
  ...left.map((path) => `--path-ignore-patterns=${path}`),
  ...named,
]);
const again = await runFailedAlone(first);
await postgres?.[Symbol.asyncDispose]();
// They stand somewhere in thousands of lines, the errors under the name of no test.
for (const error of [...first.errors, ...again.errors]) console.error(`\n${error}`);
// Their tests are neither passed nor failed.
for (const { name, packages } of missing.filter((need) => need !== headlessShellNeed))
  console.log(`${name} was not tested: ${packages.join(" and ")} could not be installed.`);
if (left.length > 0)
  console.log(
    `${left.length} files take long and were left out: \`bun run test:all\` runs them too.`,
  );
for (const { words } of again.passed) console.log(`FAILED beside others, PASSED alone: ${words}`);
for (const { words } of again.failures) console.log(`FAILED ${words}`);
// The report has no error outside of tests, nor a crash of the whole run: both are failures too.
const errors = first.errors.length + again.errors.length;
const atLeast = again.code === 0 ? 0 : 1;
finish(first.passed + again.passed.length, Math.max(atLeast, again.failures.length + errors));

function run(command: string[]): number {
  const result = Bun.spawnSync(command, {
    cwd: root,
    stdin: "ignore",
    stdout: "inherit",
    stderr: "inherit",
  });
  return result.exitCode;
}

interface Run extends TestReport {
  code: number;
  /** Those that belong to no test. */
  errors: string[];
}

/** What the tests print is shown as it comes. */
async function runTests(words: string[]): Promise<Run> {
  using folder = temporaryDirectory();
  const reportFile = join(folder.path, "report.xml");
  const child = Bun.spawn(
    [
      process.execPath,
      "test",
      "--conditions=browser",
      "--timeout=180000", // a later one among the words wins
      "--reporter=junit",
      `--reporter-outfile=${reportFile}`,
      ...words,
    ],
    { cwd: root, env: environment, stdio: ["ignore", "inherit", "pipe"] },
  );
  const decoder = new TextDecoder();
  let printed = "";
  for await (const bytes of child.stderr) {
    process.stderr.write(bytes);
    printed += decoder.decode(bytes, { stream: true });
  }
  const code = await child.exited;
  const report = existsSync(reportFile)
    ? readReport(readFileSync(reportFile, "utf8"))
    : { passed: 0, failed: 0, failures: [] };
  return { ...report, code, errors: printed.match(unhandled) ?? [] };
}

/**
 * A test that six others took the processor from is no broken promise, and no sound test: its file runs once more, alone, and
 * what passes then is named, to be mended. Where much has failed, nothing runs again.
 */
async function runFailedAlone(before: Run) {
  const files = [...new Set(before.failures.map(({ file }) => file))];
  if (files.length === 0 || files.length > filesRunAgain)
    return { code: before.code, errors: [], passed: [], failures: before.failures };
  console.log(`\nOnce more, alone: ${files.join(" ")}`);
  const options = named.filter((word) => word.startsWith("--"));
  const { code, errors, failures } = await runTests([...options, ...files]);
  const hasFailed = (one: Failure) =>
    failures.some(({ file, name }) => file === one.file && name === one.name);
  return { code, errors, failures, passed: before.failures.filter((one) => !hasFailed(one)) };
}

function finish(passed: number, failed: number, why?: string): never {
  if (why) console.error(why);
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 && passed > 0 ? 0 : 1);
}
