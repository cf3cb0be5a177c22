/**
 * `bun run test` on a fresh machine: installs what the tests need (packages, the faces, browsers), runs them, and counts.
 * `bun run test:database` is the same with REIN_TEST_DATABASE=1: every server of the tests is a node of a cluster.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installPackages } from "../prepare";
import { chromiumNeed, headlessShellNeed, otherEngines } from "./browser-places";
import { compiledServer, compiledServerVariable } from "./compiled-server";
import { databaseVariable } from "./given-cluster";
import { type Postgres, postgresNeed, startPostgres } from "./postgres";
import { ensureInstalled, type Need } from "./system-packages";
import { readReport } from "./test-report";

/** As `bun test` prints it, between two rules. */
const unhandled = /^# Unhandled error between tests\n-{9,}\n[^]*?^-{9,}$/gm;

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
const folder = mkdtempSync(join(tmpdir(), "rein-report-"));
const reportFile = join(folder, "report.xml");
const { code, errors } = await runTests([
  process.execPath,
  "test",
  "--conditions=browser",
  "--timeout=180000", // a later one among the arguments wins
  // Six processes, which keep two cores busy though tests wait, and separate globals for each file.
  "--parallel=6",
  "--reporter=junit",
  `--reporter-outfile=${reportFile}`,
  ...process.argv.slice(2),
]);
const report = existsSync(reportFile)
  ? readReport(readFileSync(reportFile, "utf8"))
  : { passed: 0, failed: 0, failures: [] };
rmSync(folder, { recursive: true, force: true });
await postgres?.[Symbol.asyncDispose]();
// They stand somewhere in thousands of lines, the errors under the name of no test.
for (const error of errors) console.error(`\n${error}`);
// Their tests are neither passed nor failed.
for (const { name, packages } of missing.filter((need) => need !== headlessShellNeed))
  console.log(`${name} was not tested: ${packages.join(" and ")} could not be installed.`);
for (const failure of report.failures) console.log(`FAILED ${failure}`);
// The report has no error outside of tests, nor a crash of the whole run: both are failures too.
finish(report.passed, Math.max(code === 0 ? 0 : 1, report.failed + errors.length));

function run(command: string[]): number {
  const result = Bun.spawnSync(command, {
    cwd: root,
    stdin: "ignore",
    stdout: "inherit",
    stderr: "inherit",
  });
  return result.exitCode;
}

/** What the tests print is shown as it comes; `errors` are those that belong to no test. */
async function runTests(command: string[]): Promise<{ code: number; errors: string[] }> {
  const child = Bun.spawn(command, {
    cwd: root,
    env: environment,
    stdio: ["ignore", "inherit", "pipe"],
  });
  const decoder = new TextDecoder();
  let printed = "";
  for await (const bytes of child.stderr) {
    process.stderr.write(bytes);
    printed += decoder.decode(bytes, { stream: true });
  }
  return { code: await child.exited, errors: printed.match(unhandled) ?? [] };
}

function finish(passed: number, failed: number, why?: string): never {
  if (why) console.error(why);
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 && passed > 0 ? 0 : 1);
}
