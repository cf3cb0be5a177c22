/** Installs, by the system's package manager, what the tests use beyond Bun: one call for all that is missing. */

export interface Need {
  /** What a person calls it. */
  name: string;
  /** Debian's packages of it. */
  packages: string[];
  isThere: () => boolean;
}

/** Returns the needs that are still not there. */
export function ensureInstalled(needs: Need[]): Need[] {
  const missing = missingOf(needs);
  if (missing.length === 0 || Bun.which("apt-get") === null) return missing;
  console.log(`Installing ${missing.map(({ name }) => name).join(", ")} for the tests…`);
  if (!apt("update", "-qq")) return missing;
  // A distribution that lacks one package refuses the whole call.
  if (!install(missing)) for (const need of missing) install([need]);
  return missingOf(needs);
}

function missingOf(needs: Need[]): Need[] {
  return needs.filter(({ isThere }) => !isThere());
}

function install(needs: Need[]): boolean {
  const packages = needs.flatMap((need) => need.packages);
  return apt("install", "-y", "-qq", "--no-install-recommends", ...packages);
}

/** apt-get, as root or through sudo without a password. */
function apt(...args: string[]): boolean {
  const prefix = process.getuid?.() === 0 ? [] : ["sudo", "-n"];
  return Bun.spawnSync([...prefix, "apt-get", ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    stdin: "ignore",
    stdout: "ignore",
    stderr: "inherit",
  }).success;
}
