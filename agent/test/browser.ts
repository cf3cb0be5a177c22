/** A real Chromium on a real server. One browser for a test file, a fresh context (cookies, storage) for each page. */
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from "playwright-core";
import { findBrowser } from "./browser-places";
import type { Rein } from "./rein";

const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // Scrolling takes effect at once.
  "--disable-smooth-scrolling",
];

export const desktop = { width: 1280, height: 800 };
export const phone = { width: 390, height: 844 };

const touch = { hasTouch: true, isMobile: true };
/** What the page is looked at in. */
export const screenSizes = {
  desktop: { viewport: desktop },
  tablet: { viewport: { width: 820, height: 1180 }, ...touch },
  phone: { viewport: phone, ...touch },
  "phone-across": { viewport: { width: 844, height: 390 }, ...touch },
} satisfies Record<string, BrowserContextOptions>;

export async function launchBrowser(executablePath = findBrowser()): Promise<Browser> {
  if (executablePath === undefined) throw new Error("No Chromium; `bun run test` installs one.");
  return chromium.launch({ executablePath, args: flags });
}

export interface Opened extends AsyncDisposable {
  page: Page;
  context: BrowserContext;
  /** What the page threw or logged as an error; tests expect none. */
  errors: string[];
}

/** The machine that a test runs on may have engines, which the list of models then offers too. */
export async function withoutEngines(page: Page): Promise<void> {
  await page.route("**/api/engines", (route) => route.fulfill({ json: [] }));
}

/** Opens the address that the server prints, as a person would. */
export async function openPage(
  browser: Browser,
  rein: Rein,
  options: BrowserContextOptions = {},
): Promise<Opened> {
  const opened = await newPage(browser as ReusingBrowser, {
    viewport: desktop,
    // It would keep the page's files for each test anew.
    serviceWorkers: "block",
    ...options,
  });
  const { page, context } = opened;
  // Shorter than the test runner's own time limit, which would kill the browser with the test.
  context.setDefaultTimeout(60_000);
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  await page.goto(await rein.signInAddress());
  await page.getByTestId("composer").waitFor();
  return {
    page,
    context,
    errors,
    async [Symbol.asyncDispose]() {
      // A handler that is at work when the page closes would reject between two tests. Some tests close it themselves.
      for (const one of browser.isConnected() ? [context, ...context.pages()] : [])
        await one.unrouteAll({ behavior: "ignoreErrors" });
      await opened.close();
    },
  };
}

/** Internal calls, with which Playwright's own test runner gives each test an empty context without a new process. */
interface ReusingBrowser extends Browser {
  _newContextForReuse(options: BrowserContextOptions): Promise<BrowserContext>;
  _disconnectFromReusedContext(reason: string): Promise<void>;
}

const browsersWithReused = new WeakSet<Browser>();

/**
 * In the context of an earlier test, emptied of its cookies, storage, routes and scripts, when no other test page is
 * open: a new one costs a process, and compiles the page's scripts anew. Together that is half of what a page costs.
 */
async function newPage(browser: ReusingBrowser, options: BrowserContextOptions) {
  if (browsersWithReused.has(browser)) {
    const context = await browser.newContext(options);
    return { context, page: await context.newPage(), close: () => context.close() };
  }
  browsersWithReused.add(browser);
  const context = await browser._newContextForReuse(options);
  const page = context.pages()[0] ?? (await context.newPage());
  return {
    context,
    page,
    async close() {
      const isAlone = !page.isClosed() && context.pages().length === 1;
      if (!isAlone) await context.close();
      else {
        await page.goto("about:blank");
        await context.clearPermissions();
        await browser._disconnectFromReusedContext("The test is over.");
      }
      browsersWithReused.delete(browser);
    },
  };
}
