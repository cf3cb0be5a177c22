/** The three engines of browsers, and where each is on this machine. */
import { findBrowser, findFirefox, findWebKit } from "../browser-places";
import { launchChromium } from "./chromium";
import type { Engine } from "./driver";
import { launchFirefox } from "./firefox";
import { launchWebKit } from "./webkit";

export interface EngineHere {
  name: string;
  /** Undefined: it is not here. */
  found: string | undefined;
  launch: () => Promise<Engine>;
}

export const engines: EngineHere[] = [
  { name: "Chromium", found: findBrowser(), launch: launchChromium },
  { name: "Firefox", found: findFirefox(), launch: launchFirefox },
  { name: "WebKit", found: findWebKit(), launch: launchWebKit },
];
