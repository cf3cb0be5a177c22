/** The command that installs a program here: by the package manager of this machine's distribution. */
import { readFileSync } from "node:fs";

const managers: readonly { names: readonly string[]; command: string }[] = [
  { names: ["debian", "ubuntu"], command: "apt-get install" },
  { names: ["fedora", "rhel", "centos"], command: "dnf install" },
  { names: ["alpine"], command: "apk add" },
  { names: ["arch"], command: "pacman -S" },
  { names: ["suse", "opensuse"], command: "zypper install" },
];

/** Undefined where the package manager is not known. `name` is the same in all of them. */
export function installCommand(name: string): string | undefined {
  if (process.platform === "darwin") return `brew install ${name}`;
  return commandFor(osRelease(), name, process.getuid?.() === 0);
}

/** `release` is the text of os-release(5). */
export function commandFor(release: string, name: string, isRoot: boolean): string | undefined {
  const ids = new Set(["ID", "ID_LIKE"].flatMap((name) => field(release, name).split(" ")));
  const found = managers.find(({ names }) => names.some((one) => ids.has(one)));
  return found && `${isRoot ? "" : "sudo "}${found.command} ${name}`;
}

/** "Debian GNU/Linux 12 (bookworm)"; undefined where the system does not say. */
export function systemName(): string | undefined {
  return field(osRelease(), "PRETTY_NAME") || undefined;
}

function field(release: string, name: string): string {
  return new RegExp(`^${name}="?([^"\n]*)"?$`, "m").exec(release)?.[1] ?? "";
}

function osRelease(): string {
  try {
    return readFileSync("/etc/os-release", "utf8");
  } catch {
    return "";
  }
}
