/** Whatever a model writes, what the terminal draws of it is bounded, and what is left out is said: so that its keys are read in time. */
import "@opentui/solid/preload";
import { afterAll, beforeAll, expect, test } from "bun:test";
import { type Renderable, TextRenderable } from "@opentui/core";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EventBody, type Message, noUsage } from "../shared/protocol";
import { emptySession, writeSession } from "./long-session";
import { type Rein, startRein } from "./rein";
import type { TerminalScene } from "./terminal-scene";
import { makeGate, text } from "./upstream/script";
import { startUpstream, type Upstream } from "./upstream/upstream";

// After the preload: only then can the components be read.
const { openScreen } = await import("./terminal-scene");
const { drawnMarkdown } = await import("../client/markdown/drawn-markdown");

const lines = (count: number, line: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => line(index)).join("\n");
const items = lines(5000, (index) => `- item ${index}`);
const wide = (cell: string) => `|${` ${cell} |`.repeat(300)}\n`;
const answers: Record<string, { text: string; says: RegExp }> = {
  list: { text: items, says: /Show all 4,5\d\d lines/ },
  "nested list": { text: lines(3000, (index) => `- - - - - - - - ${index}`), says: /Show all/ },
  paragraphs: { text: lines(5000, (index) => `para ${index}\n`), says: /Show all 8,\d\d\d lines/ },
  "paragraph of lines": { text: "a\n".repeat(60_000), says: /Show all 59,\d\d\d lines/ },
  quotes: { text: `${">".repeat(4000)}${" deep\n".repeat(50)}`, says: / deep/ },
  "list in lists": {
    text: lines(200, (index) => `${"  ".repeat(index)}- item`),
    says: /- item/,
  },
  table: {
    text: wide("c") + wide("---") + wide("x").repeat(60),
    says: /and 28\d more columns[^]*Show all/,
  },
  "short rows": { text: wide("c") + wide("---") + "|x\n".repeat(2000), says: /Show all/ },
  details: { text: "<details></details>".repeat(20_000), says: /Show all/ },
};

const dataDir = mkdtempSync(join(tmpdir(), "rein-data-"));
let upstream: Upstream;
let rein: Rein;

beforeAll(async () => {
  const write = (id: string, texts: string[]) =>
    writeSession(dataDir, { ...emptySession(tmpdir()), id }, answersOf(id, texts));
  for (const [id, answer] of Object.entries(answers))
    write(id.replaceAll(" ", "-"), [answer.text, "The end."]);
  write(
    "many",
    Array.from({ length: 45 }, () => items),
  );
  upstream = startUpstream();
  rein = await startRein({ dataDir, environment: upstream.environment });
});
afterAll(async () => {
  await rein[Symbol.asyncDispose]();
  await upstream.close();
  rmSync(dataDir, { recursive: true, force: true });
});

function* answersOf(sessionId: string, texts: string[]): Generator<EventBody> {
  const runId = `run:${sessionId}`;
  const run = { id: runId, state: "running" as const, startedAt: 1, usage: noUsage };
  yield { type: "run-start", sessionId, run };
  for (const [index, answer] of texts.entries()) {
    const id = `${sessionId}:${index}`;
    const message: Message = {
      id,
      runId,
      createdAt: 1,
      role: "assistant",
      outcome: "done",
      parts: [{ type: "text", id: `${id}:text`, text: answer }],
    };
    yield { type: "message-start", message };
  }
  yield { type: "run-end", runId, outcome: "done", at: 2, usage: noUsage };
}

function open(sessionId: string): Promise<TerminalScene> {
  return openScreen({ url: rein.url, token: rein.token, sessionId, width: 100, height: 30 });
}

/** Each takes a buffer of the library, which has a limit to their number. */
function countTexts(element: Renderable): number {
  const own = element instanceof TextRenderable ? 1 : 0;
  return element.getChildren().reduce((sum, child) => sum + countTexts(child), own);
}

test.each(Object.entries(answers))("a %s without end", async (id, { says }) => {
  await using screen = await open(id.replaceAll(" ", "-"));
  await screen.shows("The end.");
  expect(countTexts(screen.renderer.root)).toBeLessThan(1200);
  const whole = textOf(screen.renderer.root);
  expect(whole).toMatch(says);
});

/** All that is drawn, also outside of the view. */
function textOf(element: Renderable): string {
  const own = element instanceof TextRenderable ? `${element.plainText}\n` : "";
  return own + element.getChildren().map(textOf).join("");
}

test("of many such answers the newest are drawn as Markdown, and the others as they are written", async () => {
  await using screen = await open("many");
  await screen.shows(/Show all 4,5\d\d lines/);
  expect(countTexts(screen.renderer.root)).toBeLessThan(4000);
  expect(textOf(screen.renderer.root)).toMatch(/- item 0\n- item 1\n[^]*Show all 5,000 lines/);
});

test("one that is being written is drawn as far as when it is opened again, and Ctrl+C stops it", async () => {
  upstream.script([text(`${"> ".repeat(4000)}\n${items}`, makeGate())]);
  const chat = rein.chat({ message: "Go", provider: "anthropic", model: "m" });
  await chat.until(({ type }) => type === "part-delta");
  await using screen = await open(chat.sessionId);
  await screen.shows(/Show all [\d,]+ (lines|characters)/);
  expect(countTexts(screen.renderer.root)).toBeLessThan(1200);
  screen.mockInput.pressKey("c", { ctrl: true });
  expect(await upstream.requests.at(-1)!.ended).toBe("client");
  await screen.shows(/Ready · stopped in/);
});

test("no line deep in lists is read, and one of code that is indented as far is", () => {
  const spaces = " ".repeat(70);
  expect(drawnMarkdown(`One\n${spaces}- two\n`, 1000).end).toBe("One\n".length);
  const code = `One\n${spaces}two\n`;
  expect(drawnMarkdown(code, 1000).end).toBe(code.length);
});

test("how much is drawn stays the same while the text grows", () => {
  for (const { text: whole } of Object.values(answers)) {
    const { end } = drawnMarkdown(whole, 1000);
    expect(drawnMarkdown(`${whole}\n\nmore`, 1000).end).toBe(end);
    const before = whole.slice(0, end);
    expect(drawnMarkdown(before, 1000).end).toBe(end);
  }
});
