/** The cost of reopening a long session: the server's answer, its memory, and the time until the newest message is painted. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launchBrowser, openPage } from "../test/browser";
import { writeLongSession } from "../test/long-session";
import { type Rein, startRein } from "../test/rein";
import { printFigures, printValue, residentMb } from "./statistics";

const messages = 10_000;
const coldRounds = 7;
const warmRounds = 50;
const browserRounds = 15;

export async function benchReopen(): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), "rein-bench-"));
  const id = writeLongSession(dataDir, tmpdir(), messages);
  const cold: number[] = [];
  for (let round = 0; round < coldRounds; round++) {
    await using rein = await startRein({ dataDir });
    cold.push((await timeSnapshot(rein, id)).tookMs);
  }
  printFigures("snapshot, read from disk", cold);
  {
    await using rein = await startRein({ dataDir });
    const idleMb = residentMb(rein.pid);
    await benchWarm(rein, id);
    await benchPaint(rein, id);
    const nowMb = residentMb(rein.pid);
    printValue(
      "memory of the server, before and after",
      `${Math.round(idleMb)} MB, ${Math.round(nowMb)} MB`,
    );
  }
  rmSync(dataDir, { recursive: true, force: true });
}

async function benchWarm(rein: Rein, id: string): Promise<void> {
  await timeSnapshot(rein, id);
  const times: number[] = [];
  let size = 0;
  for (let round = 0; round < warmRounds; round++) {
    const { tookMs, bytes } = await timeSnapshot(rein, id);
    times.push(tookMs);
    size = bytes;
  }
  printFigures("snapshot, warm", times, "under 100 ms");
  printValue("snapshot", `${Math.round(size / 1000)} kB`);
}

/** The request that a page makes, until the last byte. */
async function timeSnapshot(rein: Rein, id: string): Promise<{ tookMs: number; bytes: number }> {
  const begun = performance.now();
  const response = await rein.fetch(`/api/sessions/${id}/events?once`);
  const { byteLength: bytes } = await response.bytes();
  return { tookMs: performance.now() - begun, bytes };
}

async function benchPaint(rein: Rein, id: string): Promise<void> {
  const browser = await launchBrowser();
  const opened = await openPage(browser, rein);
  const { page } = opened;
  await page.addInitScript(watchForAnswer, `Answer ${messages}.`);
  const times: number[] = [];
  for (let round = 0; round < browserRounds; round++) {
    await page.goto(`${rein.url}/s/${id}`);
    times.push(await page.evaluate(() => window.reinPainted));
  }
  printFigures("navigation to the newest message painted", times, "under 1000 ms");
  await opened[Symbol.asyncDispose]();
  await browser.close();
}

declare global {
  interface Window {
    reinPainted: Promise<number>;
  }
}

/** Runs in the page before our scripts: milliseconds from the navigation to the first frame that has the text. */
function watchForAnswer(text: string): void {
  window.reinPainted = new Promise((resolve) => {
    const observer = new MutationObserver(() => {
      if (!document.body?.textContent.includes(text)) return;
      observer.disconnect();
      // A message posted in a frame's callback is handled when that frame has been painted.
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.addEventListener("message", () => resolve(performance.now()));
        port1.start();
        port2.postMessage("");
      });
    });
    observer.observe(document, { childList: true, subtree: true, characterData: true });
  });
}
