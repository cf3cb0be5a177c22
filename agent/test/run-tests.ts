/**
 * `bun run test` on a fresh machine: installs what the tests need (packages, the faces, browsers), runs them, and counts.
 * It leaves out what is long by nature (`long-tests.ts`), unless files or a title are named; `bun run test:all` runs everything.
 * `bun run test:database` is that with REIN_TEST_DATABASE=1: every server of the tests is a node of a cluster.
 */
import { join } from "node:path";
import { installPackages } from "../prepare";
import { chromiumNeed, headlessShellNeed, otherEngines } from "./browser-places";
import { compiledServer, compiledServerVariable } from "./compiled-server";
import { databaseVariable } from "./given-cluster";
import { longTests } from "./long-tests";
import { type Postgres, postgresNeed, startPostgres } from "./postgres";
import { ensureInstalled, type Need } from "./system-packages";
import { runTwice } from "./test-runs";

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
const { passed, passedAlone, failures, errors, code } = await runTwice(
  [
    "--conditions=browser",
    "--timeout=180000", // a later one among the arguments wins
    ...left.map((path) => `--path-ignore-patterns=${path}`),
    ...named,
  ],
  { directory: root, environment, print: (text) => process.stderr.write(text) },
);
await postgres?.[Symbol.asyncDispose]();
// They stand somewhere in thousands of lines, the errors under the name of no test.
for (const error of errors) console.error(`\n${error}`);
// Their tests are neither passed nor failed.
for (const { name, packages } of missing.filter((need) => need !== headlessShellNeed))
  console.log(`${name} was not tested: ${packages.join(" and ")} could not be installed.`);
if (left.length > 0)
  console.log(
    `${left.length} files take long and were left out: \`bun run test:all\` runs them too.`,
  );
for (const { words } of passedAlone) console.log(`FAILED beside others, PASSED alone: ${words}`);
for (const { words } of failures) console.log(`FAILED ${words}`);
// The report has no error outside of tests, nor a crash of the whole run: both are failures too.
finish(passed, Math.max(code === 0 ? 0 : 1, failures.length + errors.length));

function run(command: string[]): number {
  const result = Bun.spawnSync(command, {
    cwd: root,
    stdin: "ignore",
    stdout: "inherit",
    stderr: "inherit",
  });
  return result.exitCode;
}

function finish(passed: number, failed: number, why?: string): never {
  if (why) console.error(why);
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 && passed > 0 ? 0 : 1);
}
