/** 100,000 messages in 2,000 sessions: how long a search and the list take, also in the page, and how soon a new index has all of them. */
import { mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Store } from "../server/store/store";
import type { Page } from "playwright-core";
import { type Message, noUsage, type Run, type SessionSummary } from "../shared/protocol";
import { launchBrowser, openPage } from "../test/browser";
import { emptySession } from "../test/long-session";
import { type Rein, startRein } from "../test/rein";
import { printFigures, printValue } from "./statistics";

const sessionCount = 2000;
const messagesEach = 50;
const rounds = 30;
/** Of what people type: a word, its beginnings, two words, a row of words, one that is nowhere, one that ends long messages. */
const queries = [
  "server",
  "se",
  "ser",
  "error function",
  '"the server"',
  "zyzzyva",
  "word1234",
  "farthest",
];

export async function benchSearch(): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), "rein-bench-"));
  await writeSessions(dataDir);
  const { signal } = new AbortController();
  {
    await using rein = await startRein({ dataDir });
    const begun = performance.now();
    const left = async () => (await rein.sdk.search({ q: "server", limit: 1 }, signal)).left ?? 0;
    while ((await left()) > 0) await Bun.sleep(50);
    printValue("a new index has all", `${((performance.now() - begun) / 1000).toFixed(1)} s`);
    const size = statSync(join(dataDir, "search.db")).size;
    printValue("its size", `${(size / 1e6).toFixed(0)} MB`);
    for (const q of queries)
      printFigures(
        `search: ${q}`,
        await times(() => rein.sdk.search({ q }, signal)),
        "under 100 ms",
      );
    const page = () => rein.sdk.sessions(signal, { limit: 100 });
    printFigures("a page of the list", await times(page));
    printFigures("the whole list", await times(() => rein.sdk.sessions(signal)));
    await benchList(rein);
  }
  rmSync(dataDir, { recursive: true, force: true });
}

/** The side bar with all of them, which are of one project: scrolled to its end, and searched. */
async function benchList(rein: Rein): Promise<void> {
  await using browser = await launchBrowser();
  await using opened = await openPage(browser, rein);
  const { page } = opened;
  await page.evaluate(watchTasks);
  await page.evaluate(scrollToEnd, sessionCount);
  await printTasks(page, "the list is scrolled to its end");
  await page.evaluate(watchTasks);
  await page.evaluate(scrollThrough);
  await printTasks(page, "all of it is scrolled through");
  await page.evaluate(watchTasks);
  const { sessions } = await rein.sdk.sessions(new AbortController().signal, { limit: 1 });
  const [{ id }] = sessions as [SessionSummary];
  for (const title of ["Renamed", "Renamed again"]) {
    await rein.sdk.patchSession(id, { title }, new AbortController().signal);
    await page.waitForFunction(isFirstRow, title);
  }
  await printTasks(page, "a row of it changes");
  await page.evaluate(watchTasks);
  await page.getByLabel("Search sessions").pressSequentially("server", { delay: 60 });
  await page.waitForFunction(() => document.querySelector("[data-list] mark") !== null);
  await printTasks(page, "words are typed in its search");
  await page.evaluate(watchTasks);
  await page.keyboard.press("Control+k");
  await page
    .getByTestId("palette")
    .getByRole("combobox")
    .pressSequentially("server", { delay: 60 });
  await page.getByTestId("palette").locator("mark").first().waitFor();
  await printTasks(page, "words are typed in the palette");
}

async function printTasks(page: Page, what: string): Promise<void> {
  const tasks = await page.evaluate(() => window.reinTasks);
  const longest = Math.max(0, ...tasks).toFixed(0);
  printValue(`longest task while ${what}`, `${longest} ms`, "none over 50");
}

/* What follows runs in the page. A locator of the tests would look at each of the rows, in a task of its own. */

declare global {
  interface Window {
    /** Those over 50 ms, in milliseconds. */
    reinTasks: number[];
  }
}

function watchTasks(): void {
  const tasks: number[] = [];
  window.reinTasks = tasks;
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) tasks.push(duration);
  }).observe({ type: "longtask" });
}

/** Draws all of so many rows. */
async function scrollToEnd(rows: number): Promise<void> {
  const list = document.querySelector("[data-list]")!;
  while (list.querySelectorAll("li").length < rows) {
    list.scrollTo(0, list.scrollHeight);
    await new Promise(requestAnimationFrame);
  }
}

async function scrollThrough(): Promise<void> {
  const list = document.querySelector("[data-list]")!;
  for (let step = 0; step < 100; step++) {
    list.scrollTo(0, (list.scrollHeight * step) / 100);
    await new Promise(requestAnimationFrame);
  }
}

function isFirstRow(title: string): boolean {
  return document.querySelector("[data-list] a")?.textContent.includes(title) === true;
}

async function times(work: () => Promise<unknown>): Promise<number[]> {
  const taken: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const begun = performance.now();
    await work();
    taken.push(performance.now() - begun);
  }
  return taken;
}

async function writeSessions(dataDir: string): Promise<void> {
  mkdirSync(dataDir, { recursive: true });
  const store = new Store(join(dataDir, "rein.db"));
  const { signal } = new AbortController();
  const words = createWords();
  const text = (session: number, isAnswer: boolean) =>
    isAnswer && session === 0 ? `${words(25_000)} farthest` : words(isAnswer ? 200 : 20);
  for (let index = 0; index < sessionCount; index++) {
    const id = `session-${index}`;
    const runs: Run[] = [];
    const messages: Message[] = [];
    for (let at = 0; at < messagesEach; at++) {
      const runId = `${id}-${at >> 1}`;
      const isAnswer = at % 2 === 1;
      if (!isAnswer)
        runs.push({ id: runId, state: "settled", startedAt: at, outcome: "done", usage: noUsage });
      messages.push({
        id: `${id}-m${at}`,
        runId,
        role: isAnswer ? "assistant" : "user",
        parts: [{ type: "text", id: `${id}-p${at}`, text: text(index, isAnswer) }],
        createdAt: index * messagesEach + at,
        ...(isAnswer && { outcome: "done" as const }),
      });
    }
    const session = { ...emptySession("/"), id, title: words(5), updatedAt: index, messages, runs };
    await store.createWhole(session, signal);
  }
  store.close();
}

/** A few words are in nearly every text, most in few: as in what people write. */
function createWords(): (count: number) => string {
  const usual = ["the", "server", "error", "function", "a", "file", "and", "const", "return", "of"];
  let state = 1;
  const next = () => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
  const word = () => (next() < 0.4 ? usual[Math.floor(next() * usual.length)]! : rare());
  const rare = () => `word${Math.floor(next() * next() * 20_000)}`;
  return (count) => Array.from({ length: count }, word).join(" ");
}
