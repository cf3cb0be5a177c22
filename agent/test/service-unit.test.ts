/** systemd knows every line of the unit and of its stricter form, as a user's service and as the system's. */
import { expect, test } from "bun:test";
import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "./temporary-directory";

const packaging = join(import.meta.dir, "../packaging");
const isThere = Bun.which("systemd-analyze") !== null;
const reason = isThere ? "" : " (skipped: there is no systemd-analyze)";

test.skipIf(!isThere).each(["--user", "--system"])(
  `systemd-analyze verify %s finds nothing in rein.service and rein-strict.conf${reason}`,
  (manager) => {
    using directory = temporaryDirectory();
    const unit = join(directory.path, "rein.service");
    cpSync(join(packaging, "rein.service"), unit);
    expect(faultsOf(unit, manager, directory.path)).toEqual([]);
    mkdirSync(`${unit}.d`);
    cpSync(join(packaging, "rein-strict.conf"), join(`${unit}.d`, "strict.conf"));
    expect(faultsOf(unit, manager, directory.path)).toEqual([]);
  },
);

function faultsOf(unit: string, manager: string, runtime: string): string[] {
  const { stdout, stderr } = Bun.spawnSync(["systemd-analyze", "verify", manager, unit], {
    env: { ...process.env, XDG_RUNTIME_DIR: runtime },
  });
  const lines = `${stdout.toString()}${stderr.toString()}`.trim().split("\n").filter(Boolean);
  // Older than the key (254), it says that it leaves it out: then jobs have no limits, as the unit says.
  return lines.filter((line) => !line.includes("Unknown key 'DelegateSubgroup'"));
}
