/** `bun run test:attacks`: the tests by attacker as `bun run test` runs them, but with all of their tries. */
import { join } from "node:path";

const tests = [join(import.meta.dir, "run-tests.ts"), "agent/test/attacks/", "--timeout=3600000"];
const { exitCode } = Bun.spawnSync([process.execPath, ...tests, ...process.argv.slice(2)], {
  env: { ...process.env, REIN_TRIES: "full" },
  stdin: "ignore",
  stdout: "inherit",
  stderr: "inherit",
});
process.exit(exitCode);
