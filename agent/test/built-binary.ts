/** The single binary of this machine, built for the tests that run it: once, however many files of tests want it. */
import { existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { isOlder } from "../prepare";

const root = join(import.meta.dir, "../..");
const output = join(root, `agent/packaging/dist/rein-${process.platform}-${process.arch}`);
const inputs = "cli client packaging sdk server shared terminal cut-log.ts prepare.ts"
  .split(" ")
  .map((name) => `agent/${name}`);

/** Why it cannot be built here; undefined where it can. */
export const noBinary =
  process.platform !== "linux"
    ? "not Linux"
    : ["cc", "flock", "bwrap"].find((name) => Bun.which(name) === null);

/** Its path. Throws an Error with the output of the build when that fails. */
export function builtBinary(): string {
  if (!isOlder(output, [...inputs, "package.json", "bun.lock"])) return output;
  mkdirSync(dirname(output), { recursive: true });
  const build = ["flock", `${output}.lock`, process.execPath, "agent/packaging/build-binary.ts"];
  const { success, stdout, stderr } = Bun.spawnSync(build, { cwd: root });
  if (!success || !existsSync(output)) throw new Error(stdout.toString() + stderr.toString());
  return output;
}
