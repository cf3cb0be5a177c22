/** Where the browsers of the tests are, and which packages bring them. */
import { existsSync } from "node:fs";
import type { Need } from "./system-packages";

/** Has no window and no notifications, and takes a third less time of the processor. */
const headlessShell = "/usr/bin/chromium-headless-shell";

const places = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/** The Chromium of most tests: the one that CHROMIUM names, else the smallest. */
export function findBrowser(): string | undefined {
  return firstOf([process.env.CHROMIUM ?? "", headlessShell, ...places]);
}

/** A Chromium with all that people have. */
export function findFullBrowser(): string | undefined {
  return firstOf([process.env.CHROMIUM ?? "", ...places]);
}

export function findFirefox(): string | undefined {
  return Bun.which("firefox-esr") ?? Bun.which("firefox") ?? undefined;
}

/** WebKitGTK's small browser, when it can be driven here. */
export function findWebKit(): string | undefined {
  if (Bun.which("WebKitWebDriver") === null || Bun.which("Xvfb") === null) return undefined;
  const browsers = new Bun.Glob("/usr/lib/*/webkit2gtk-4.*/MiniBrowser");
  return [...browsers.scanSync({ cwd: "/", absolute: true })].toSorted().at(-1);
}

function firstOf(paths: string[]): string | undefined {
  return paths.find((path) => path !== "" && existsSync(path));
}

export const chromiumNeed: Need = {
  name: "Chromium",
  packages: ["chromium", "fonts-liberation"],
  isThere: () => findFullBrowser() !== undefined,
};

/** Without it, the full one does its work. */
export const headlessShellNeed: Need = {
  name: "Chromium’s headless shell",
  packages: ["chromium-headless-shell"],
  isThere: () => process.env.CHROMIUM !== undefined || existsSync(headlessShell),
};

/** Without one of them, its tests are skipped. */
export const otherEngines: Need[] = [
  {
    name: "Firefox",
    packages: ["firefox-esr"],
    isThere: () => findFirefox() !== undefined,
  },
  {
    name: "WebKit",
    packages: ["webkit2gtk-driver", "xvfb"],
    isThere: () => findWebKit() !== undefined,
  },
];
