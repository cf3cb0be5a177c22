/**
 * The set-up of the page's tests: one Chromium for a file, an upstream and a server that uses only this upstream, which its
 * tests share until one of them ends or configures it, and a browser context for each page.
 *
 *     const scene = browserScene();
 *     test("…", async () => {
 *       scene.upstream.script([text("Hello.")]);
 *       await using opened = await scene.open();
 */
import { afterAll, afterEach, beforeAll, beforeEach } from "bun:test";
import type { Browser, BrowserContextOptions } from "playwright-core";
import { findBrowser } from "./browser-places";
import { launchBrowser, type Opened, openPage } from "./browser";
import type { Rein } from "./rein";
import { type SharedServer, startShared } from "./shared-server";
import type { Upstream } from "./upstream/upstream";

export interface Scene {
  readonly upstream: Upstream;
  readonly rein: Rein;
  /** A page on the server, in its own browser context. */
  open(options?: BrowserContextOptions): Promise<Opened>;
}

/**
 * Call it at the top of a test file. `environment` is the server's; by default only Anthropic's variables. `find` says
 * which Chromium it is.
 */
export function browserScene(
  environment: (upstream: Upstream) => Record<string, string> = anthropicOn,
  find = findBrowser,
): Scene {
  let browser: Browser;
  let shared: SharedServer | undefined;
  beforeAll(async () => {
    browser = await launchBrowser(find());
  });
  afterAll(async () => {
    await browser.close();
    await endShared();
  });
  beforeEach(async () => {
    shared ??= await startShared(environment);
  });
  afterEach(async () => {
    if (!(await shared!.clear())) await endShared();
  });
  async function endShared(): Promise<void> {
    await shared?.[Symbol.asyncDispose]();
    shared = undefined;
  }
  return {
    get upstream() {
      return shared!.upstream;
    },
    get rein() {
      return shared!.rein;
    },
    open: (options) => openPage(browser, shared!.rein, options),
  };
}

/** The environment of a server that finds exactly one provider. */
export function anthropicOn({ baseUrls }: Upstream): Record<string, string> {
  return { ANTHROPIC_API_KEY: "scripted-key", ANTHROPIC_BASE_URL: baseUrls.anthropic };
}
