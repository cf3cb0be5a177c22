/** Finds bwrap for the tests of the sandbox, and installs it where the system's package manager can. */

/** Whether bwrap is available. Without it, its tests are skipped, and their titles say so. */
export function ensureBwrap(): boolean {
  if (process.platform !== "linux") return false;
  return Bun.which("bwrap") !== null || (installOnDebian() && Bun.which("bwrap") !== null);
}

/** apt-get, as root or through sudo without a password. */
function installOnDebian(): boolean {
  if (Bun.which("apt-get") === null) return false;
  const prefix = process.getuid?.() === 0 ? [] : ["sudo", "-n"];
  console.log("Installing bubblewrap for the tests of the sandbox…");
  const apt = (...args: string[]) =>
    Bun.spawnSync([...prefix, "apt-get", ...args], {
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
      stdin: "ignore",
      stdout: "ignore",
      stderr: "inherit",
    }).success;
  return (
    apt("update", "-qq") && apt("install", "-y", "-qq", "--no-install-recommends", "bubblewrap")
  );
}
