/**
 * The set-up of the page's tests: one Chromium for a file, and for each of its tests an upstream and a server that uses
 * only this upstream.
 *
 *     const scene = browserScene();
 *     test("…", async () => {
 *       scene.upstream.script([text("Hello.")]);
 *       await using opened = await scene.open();
 */
import { afterAll, afterEach, beforeAll, beforeEach } from "bun:test";
import type { Browser, BrowserContextOptions } from "playwright-core";
import { launchBrowser, type Opened, openPage } from "./browser";
import { type Rein, startRein } from "./rein";
import { startUpstream, type Upstream } from "./upstream/upstream";

export interface Scene {
  readonly upstream: Upstream;
  readonly rein: Rein;
  /** A page on the server, in its own browser context. */
  open(options?: BrowserContextOptions): Promise<Opened>;
}

/** Call it at the top of a test file. `environment` is the server's; by default only Anthropic's variables. */
export function browserScene(
  environment: (upstream: Upstream) => Record<string, string> = anthropicOn,
): Scene {
  let browser: Browser;
  let upstream: Upstream;
  let rein: Rein;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    upstream = startUpstream();
    rein = await startRein({ environment: environment(upstream) });
  });
  afterEach(async () => {
    await rein[Symbol.asyncDispose]();
    await upstream.close();
  });
  return {
    get upstream() {
      return upstream;
    },
    get rein() {
      return rein;
    },
    open: (options) => openPage(browser, rein, options),
  };
}

/** The environment of a server that finds exactly one provider. */
export function anthropicOn({ baseUrls }: Upstream): Record<string, string> {
  return { ANTHROPIC_API_KEY: "scripted-key", ANTHROPIC_BASE_URL: baseUrls.anthropic };
}
