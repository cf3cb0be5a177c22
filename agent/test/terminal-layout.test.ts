/** Very long texts are drawn whole or say what is left out, and what is drawn after a change equals a fresh layout. */
import "@opentui/solid/preload";
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EventBody, type Message, noUsage, type Part } from "../shared/protocol";
import { emptySession, writeSession } from "./long-session";
import { type Rein, startRein } from "./rein";
import type { TerminalScene } from "./terminal-scene";
import { makeGate, text } from "./upstream/script";
import { startUpstream, type Upstream } from "./upstream/upstream";

// After the preload: only then can the components be read.
const { openScreen } = await import("./terminal-scene");
const { plainText } = await import("../terminal/conversation/pieces");

const million = 1_000_000;
const call: Part = {
  type: "tool-call",
  id: "call",
  callId: "call",
  name: "bash",
  inputText: "",
  input: { command: "cat huge" },
  state: "done",
  startedAt: 1,
  endedAt: 2,
  output: `${"o".repeat(million)}OUTPUT-END`,
};
const sessions: Record<string, Part[]> = {
  paragraph: [textPart(`${"word ".repeat(180_000)}\n\nThe end.`)],
  word: [textPart(`${"x".repeat(900_000)}TEXT-END\n\nThe end.`)],
  answer: [textPart(`${"x\n".repeat(2500)}ANSWER-END\n`)],
  output: [call, textPart("The end.")],
};

const dataDir = mkdtempSync(join(tmpdir(), "rein-data-"));
let upstream: Upstream;
let rein: Rein;

beforeAll(async () => {
  for (const [id, parts] of Object.entries(sessions))
    writeSession(dataDir, { ...emptySession(tmpdir()), id }, answerOf(id, parts));
  upstream = startUpstream();
  rein = await startRein({ dataDir, environment: upstream.environment });
});
afterAll(async () => {
  await rein[Symbol.asyncDispose]();
  await upstream.close();
  rmSync(dataDir, { recursive: true, force: true });
});

function textPart(text: string, id = "text"): Part {
  return { type: "text", id, text };
}

function* answerOf(sessionId: string, parts: Part[]): Generator<EventBody> {
  const runId = `run:${sessionId}`;
  const run = { id: runId, state: "running" as const, startedAt: 1, usage: noUsage };
  yield { type: "run-start", sessionId, run };
  const message = { runId, createdAt: 1 };
  const question: Message = {
    ...message,
    id: `question:${sessionId}`,
    role: "user",
    parts: [textPart("Go", `asked:${sessionId}`)],
  };
  yield { type: "message-start", message: question };
  yield {
    type: "message-start",
    message: {
      ...message,
      id: `answer:${sessionId}`,
      role: "assistant",
      outcome: "done",
      parts: parts.map((part, index) => ({ ...part, id: `${sessionId}:${index}` })),
    },
  };
  yield { type: "run-end", runId, outcome: "done", at: 2, usage: noUsage };
}

function open(sessionId: string, width = 100): Promise<TerminalScene> {
  return openScreen({ url: rein.url, token: rein.token, sessionId, width, height: 30 });
}

test.each(["paragraph", "word"])("a %s of 900,000 characters is drawn to its end", async (id) => {
  await using screen = await open(id);
  const painted = await screen.shows("The end.");
  expect(painted).toContain(id === "word" ? "TEXT-END" : "word word");
});

test("of an output of one line of a million characters, what is left out is counted", async () => {
  await using screen = await open("output");
  await screen.shows("The end.");
  selectAboveRun(screen);
  screen.mockInput.pressEnter();
  // Its head stays in the view.
  await screen.shows("jump to latest");
  screen.mockInput.pressArrow("down");
  screen.press("End");
  await screen.shows("› Show all 1,000,010 characters");
  screen.mockInput.pressEnter();
  await screen.shows("Show less");
  await screen.shows("⟨800,010 more characters⟩");
});

test("of an answer of thousands of lines, the rest is shown when it is asked for", async () => {
  await using screen = await open("answer");
  await screen.shows("Show all 1,501 lines");
  selectAboveRun(screen);
  screen.mockInput.pressEnter();
  await screen.shows("ANSWER-END");
});

test("what has to be approved is drawn whole, however long it is", () => {
  const asked = `${"x".repeat(million)} && rm`;
  expect(plainText([{ text: asked, exact: true }])).toBe(asked);
});

const quote =
  "> some words that wrap where the terminal is narrow, and **bold** ones\n> - in a list\n\n";
const table = "| name | what it is for |\n|---|---|\n| a | a cell of many words, which wrap |\n\n";
const code = `\`\`\`ts\n${"const one = 1; // and more\n".repeat(250)}\`\`\`\n\n`;
const sections = ["# Title\n\nWords.\n\n", quote, table, code, "1. one\n2. two\n\nEnd."];

test("what has grown, was resized, opened and closed is drawn as if it were laid out anew", async () => {
  const gates = sections.map(makeGate);
  upstream.script([text(...sections.flatMap((section, index) => [section, gates[index]!]))]);
  const chat = rein.chat({ message: "Go", provider: "anthropic", model: "m" });
  await chat.until((event) => event.type === "run-start");
  const drawn: { width: number; isOpened: boolean; pages: string[] }[] = [];
  {
    await using screen = await open(chat.sessionId);
    for (const [index, last] of ["Words.", "in a list", "name", "Show all", "End."].entries()) {
      await screen.shows(last);
      gates[index]!.open();
    }
    await chat.ended;
    await screen.shows("Ready");
    for (const width of [100, 50, 100]) {
      screen.resize(width, 30);
      drawn.push({ width, isOpened: false, pages: await readPages(screen) });
    }
    for (const isOpened of [true, false]) {
      await toggleCode(screen, isOpened);
      drawn.push({ width: 100, isOpened, pages: await readPages(screen) });
    }
  }
  for (const { width, isOpened, pages } of drawn) {
    await using fresh = await open(chat.sessionId, width);
    await fresh.shows("End.");
    if (isOpened) await toggleCode(fresh, true);
    expect(await readPages(fresh)).toEqual(pages);
  }
});

/** From the end up, and back to the end. */
async function readPages(screen: TerminalScene): Promise<string[]> {
  const pages: string[] = [];
  for (let page = 0; page < 4; page++) {
    pages.push(await screen.frame());
    screen.press("PageUp");
  }
  screen.press("End");
  await screen.shows("End.");
  return pages;
}

async function toggleCode(screen: TerminalScene, isOpened: boolean): Promise<void> {
  selectAboveRun(screen);
  screen.mockInput.pressEnter();
  await screen.shows(isOpened ? "Show less" : "Show all");
  screen.mockInput.pressEscape();
  await screen.hides("›");
  screen.press("End");
  await screen.shows("End.");
}

/** The last card but one: the last is the run's. */
function selectAboveRun(screen: TerminalScene): void {
  screen.select();
  screen.select();
}
