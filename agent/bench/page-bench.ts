/** How calm the page is while 100 kB of Markdown stream in: layout shift, long tasks, frames, and how long typed letters wait. */
import type { Page } from "playwright-core";
import { launchBrowser, openPage } from "../test/browser";
import { startRein } from "../test/rein";
import { printFigures, printValue } from "./statistics";
import { startStreamingService } from "./streaming-service";

const characters = 100_000;
const typed = "letters typed while the answer streams in ".repeat(2);

declare global {
  interface Window {
    reinSeen: Seen;
  }
}

/** What the browser reports of itself; milliseconds, and layout shift as a share of the view. */
interface Seen {
  shift: number;
  tasks: number[];
  frames: number[];
  /** From a key press until the frame that shows it. */
  keys: number[];
}

export async function benchPage(): Promise<void> {
  using service = startStreamingService(characters);
  const environment = { OPENAI_COMPATIBLE_BASE_URL: service.url };
  await using rein = await startRein({ environment });
  await using browser = await launchBrowser();
  await using opened = await openPage(browser, rein);
  const { page } = opened;
  await page.getByRole("button", { name: /^Model/ }).click();
  await page.getByRole("option", { name: "bench" }).click();
  await page.evaluate(watch);
  await stream(page);
  const quiet = await page.evaluate(() => window.reinSeen);
  printValue("layout shift while 100 kB stream in", quiet.shift.toFixed(3), "under 0.05");
  printValue("longest task", `${Math.max(0, ...quiet.tasks).toFixed(0)} ms`, "none over 100");
  printFigures("from frame to frame", quiet.frames, "p50 17");
  await page.evaluate(watch);
  await stream(page, typed);
  const { keys } = await page.evaluate(() => window.reinSeen);
  printFigures("key to the frame that shows it", keys, "none over 50");
}

/** Sends a message, types `letters` while the answer comes, and waits for its end. */
async function stream(page: Page, letters = ""): Promise<void> {
  const field = page.getByLabel("Message", { exact: true });
  await field.fill("Go");
  await field.press("Enter");
  await page.locator("[data-testid=composer][data-state=running]").waitFor();
  for (const letter of letters) await page.keyboard.type(letter, { delay: 40 });
  await page.locator("[data-testid=composer][data-state=idle]").waitFor();
  await field.fill("");
}

/** Runs in the page. */
function watch(): void {
  const seen: Seen = { shift: 0, tasks: [], frames: [], keys: [] };
  window.reinSeen = seen;
  const observe = (type: string, take: (entry: PerformanceEntry) => void, more = {}) =>
    new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, ...more });
  observe("layout-shift", (entry) => {
    const { value, hadRecentInput } = entry as PerformanceEntry & {
      value: number;
      hadRecentInput: boolean;
    };
    if (!hadRecentInput) seen.shift += value;
  });
  observe("longtask", ({ duration }) => seen.tasks.push(duration));
  // The browser rounds them to 8 ms.
  observe("event", ({ name, duration }) => name === "keydown" && seen.keys.push(duration), {
    durationThreshold: 16,
  });
  let before = performance.now();
  requestAnimationFrame(function frame(now) {
    seen.frames.push(now - before);
    before = now;
    if (window.reinSeen === seen) requestAnimationFrame(frame);
  });
}
