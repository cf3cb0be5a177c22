/** The compiled supervisor for the servers and jobs of tests: to compile it takes longer than the rest of a start. */
import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import { compileSupervisor } from "../server/processes/linux/supervisor/compile";

/** Puts it into this data directory, unless the directory has one, or is missing. */
export async function giveSupervisor(dataDir: string): Promise<void> {
  const found = await compileSupervisor(join(import.meta.dir, "../../node_modules/.cache/rein"));
  const folder = join(dataDir, "supervisor");
  if (found === undefined || existsSync(folder) || !existsSync(dataDir)) return;
  mkdirSync(folder, { mode: 0o700 });
  copyFileSync(found, join(folder, basename(found)));
}
