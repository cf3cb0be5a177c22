/** How calm the page is while 100 kB of Markdown stream in: layout shift, long tasks, frames, and how long typed letters wait. */
import type { Page } from "playwright-core";
import { launchBrowser, openPage } from "../test/browser";
import { startRein } from "../test/rein";
import { printFigures, printValue } from "./statistics";

const characters = 100_000;
const pieceCharacters = 150;
const pieceMs = 12;
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
  using service = startService();
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

/** A service that speaks Chat Completions and writes at the pace of a fast model. */
function startService() {
  const listed = { object: "list", data: [{ id: "bench", object: "model" }] };
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 0,
    fetch(request) {
      if (request.method === "GET") return Response.json(listed);
      const chunks = paced();
      const stream = new ReadableStream<string>({
        async pull(controller) {
          const { value, done } = await chunks.next();
          if (done) controller.close();
          else controller.enqueue(value);
        },
      });
      return new Response(stream, { headers: { "content-type": "text/event-stream" } });
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}/v1`,
    [Symbol.dispose]: () => void server.stop(true),
  };
}

async function* paced(): AsyncGenerator<string> {
  const text = markdown();
  for (let at = 0; at < text.length; at += pieceCharacters) {
    const delta = { content: text.slice(at, at + pieceCharacters) };
    yield `data: ${JSON.stringify({ id: "1", object: "chat.completion.chunk", choices: [{ index: 0, delta }] })}\n\n`;
    await Bun.sleep(pieceMs);
  }
  yield `data: ${JSON.stringify({ id: "1", object: "chat.completion.chunk", choices: [{ index: 0, delta: {}, finish_reason: "stop" }] })}\n\ndata: [DONE]\n\n`;
}

/** Headings, paragraphs, lists, a table and code, again and again. */
function markdown(): string {
  const words = "The page stays where it is while more of the answer arrives below. ".repeat(6);
  const table = `| Name | Size |\n|:--|--:|\n${"| a row | 1,024 |\n".repeat(8)}`;
  const code = `\`\`\`ts\n${"export const answer: number = 42; // and so on\n".repeat(20)}\`\`\``;
  const list = "- one point\n- **another** with `code`\n".repeat(4);
  const section = ["## A heading", words, list, table, code, words].join("\n\n");
  return `${section}\n\n`.repeat(Math.ceil(characters / section.length)).slice(0, characters);
}
