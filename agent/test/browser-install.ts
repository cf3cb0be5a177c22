/** Finds a Chromium for the browser tests, and installs one where the system's package manager can. */
import { existsSync } from "node:fs";

const places = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/** The path of a browser, installed if necessary; undefined when none exists and none can be installed. */
export function ensureBrowser(): string | undefined {
  return findBrowser() ?? (installOnDebian() ? findBrowser() : undefined);
}

export function findBrowser(): string | undefined {
  return [process.env.CHROMIUM ?? "", ...places].find((path) => path !== "" && existsSync(path));
}

/** apt-get, as root or through sudo without a password. */
function installOnDebian(): boolean {
  if (!existsSync("/usr/bin/apt-get")) return false;
  const prefix = process.getuid?.() === 0 ? [] : ["sudo", "-n"];
  console.log("Installing Chromium for the browser tests…");
  const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const apt = (...args: string[]) =>
    Bun.spawnSync([...prefix, "apt-get", ...args], {
      env: environment,
      stdin: "ignore",
      stdout: "ignore",
      stderr: "inherit",
    }).success;
  return (
    apt("update", "-qq") &&
    apt("install", "-y", "-qq", "--no-install-recommends", "chromium", "fonts-liberation")
  );
}
