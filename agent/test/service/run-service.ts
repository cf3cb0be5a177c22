/**
 * `bun run test:service [--accelerator kvm] [--only PATTERN]`: the unit under a real systemd, in a virtual machine of its own that boots
 * twice. It needs root, debootstrap and QEMU, and takes some minutes; the binary is built where it is missing. `--only`: the
 * checks whose names it matches, and the installation.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { builtBinary } from "../built-binary";
import { debootstrapNeed } from "../packages/debian-root";
import { ensureInstalled } from "../system-packages";
import { makeDisk } from "./service-disk";
import { boot, emulatorNeed } from "./virtual-machine";

/** Emulated on a quiet machine, the two boots and the checks take a sixth of this. */
const longestMs = 60 * 60_000;
/** One check waits for the watchdog's minute. */
const silenceMs = 10 * 60_000;

const { values } = parseArgs({
  options: { accelerator: { type: "string" }, only: { type: "string" } },
});
if (process.getuid?.() !== 0)
  finish(0, 1, "It makes a disk with files of several users: run it as root.");
const [missing] = ensureInstalled([debootstrapNeed, emulatorNeed]);
if (missing) finish(0, 1, `${missing.name} is not there: install ${missing.packages.join(" ")}.`);

const folder = mkdtempSync(join(tmpdir(), "rein-vm-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const disk = await makeDisk(folder, builtBinary(), values.only ?? "");
const controller = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => controller.abort());
const late = setTimeout(() => controller.abort(), longestMs);
let quiet: Timer | undefined;
let [passed, failed, isComplete] = [0, 0, false];
for await (const line of boot(disk, values.accelerator ?? "tcg,thread=multi", controller.signal)) {
  clearTimeout(quiet);
  quiet = setTimeout(() => controller.abort(), silenceMs);
  const said = /CHECK (\w+)(.*)$/.exec(line);
  console.log(said ? `${said[1]}${said[2]}` : `  ${line}`);
  if (said?.[1] === "ok") passed++;
  if (said?.[1] === "FAILED") failed++;
  if (said?.[1] === "complete") isComplete = true;
}
clearTimeout(quiet);
clearTimeout(late);
if (isComplete) finish(passed, failed);
finish(passed, failed + 1, "The machine ended, or was ended, before its last check.");

function finish(passes: number, failures: number, why?: string): never {
  if (why !== undefined) console.error(why);
  console.log(`${passes} passed, ${failures} failed`);
  process.exit(failures === 0 && passes > 0 ? 0 : 1);
}
