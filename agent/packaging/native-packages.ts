/** Packages with programs of one kind of machine: those of another kind are installed beside, as the lock file has them. */
import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { StepFailed } from "../prepare";
import { programFile } from "../server/program-files";
import type { Target } from "./targets";

/**
 * The folder of the package; undefined when the lock file does not have it. Bun compares what it installs with the hashes of
 * the lock file. Throws StepFailed when it cannot be installed.
 */
export function nativePackage(name: string, target: Target): string | undefined {
  const own = programFile(`node_modules/${name}`);
  if (existsSync(own)) return own;
  const folder = programFile(`node_modules/.cache/rein/packages-${target.name}`);
  const found = join(folder, "node_modules", name);
  if (!existsSync(found)) install(folder, target);
  return existsSync(found) ? found : undefined;
}

function install(folder: string, { platform, arch }: Target): void {
  for (const path of ["package.json", "bun.lock", "bunfig.toml", "agent/terminal/package.json"]) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    copyFileSync(programFile(path), join(folder, path));
  }
  const args = [
    "install",
    "--frozen-lockfile",
    "--production",
    `--os=${platform}`,
    `--cpu=${arch}`,
  ];
  const { success, stdout, stderr } = Bun.spawnSync([process.execPath, ...args], { cwd: folder });
  if (!success)
    throw new StepFailed(`bun ${args.join(" ")}`, stdout.toString() + stderr.toString());
}
