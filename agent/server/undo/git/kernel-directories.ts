/** Where the kernel shows itself as files: reading one can wait for ever, or change something. */
import { readFile } from "node:fs/promises";
import { isWithin } from "../../../shared/rules";
import { type Name, nameOf } from "./git-path";

/** Names below `directory` at which such a file system is mounted; "" when the directory itself lies in one. Linux only. */
export async function kernelDirectories(directory: string): Promise<Set<Name>> {
  const table = await readFile("/proc/self/mountinfo", "latin1").catch(() => "");
  const own = nameOf(directory);
  let around = { length: -1, isKernel: false };
  const names = new Set<Name>();
  for (const line of table.split("\n")) {
    const [mount = "", source = ""] = line.split(" - ");
    const path = (mount.split(" ")[4] ?? "").replaceAll(/\\(\d{3})/g, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    );
    const isKernel = kernelTypes.has(source.split(" ")[0]!);
    if (isWithin(own, path) && path.length >= around.length)
      around = { length: path.length, isKernel };
    else if (isKernel && isWithin(path, own))
      names.add(path.slice(own === "/" ? 1 : own.length + 1));
  }
  if (around.isKernel) names.add("");
  return names;
}

const kernelTypes = new Set([
  "autofs",
  "binfmt_misc",
  "bpf",
  "cgroup",
  "cgroup2",
  "configfs",
  "debugfs",
  "devpts",
  "devtmpfs",
  "efivarfs",
  "fusectl",
  "mqueue",
  "proc",
  "pstore",
  "securityfs",
  "sysfs",
  "tracefs",
]);
