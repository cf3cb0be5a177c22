/** What a session looks like in the terminal face, and what its keys do, on a real server. */
import "@opentui/solid/preload";
import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EventBody, noUsage } from "../shared/protocol";
import type { ChatRequest } from "../shared/requests";
import { emptySession, messageOf, writeLongSession, writeSession } from "./long-session";
import { type Rein, startRein } from "./rein";
import type { TerminalScene } from "./terminal-scene";
import { failure, makeGate, reasoning, text, toolCall } from "./upstream/script";
import { startUpstream, type Upstream } from "./upstream/upstream";
import { untilAsync } from "./within";

// After the preload: only then can the components be read.
const { openScreen } = await import("./terminal-scene");

const dataDir = mkdtempSync(join(tmpdir(), "rein-data-"));
const longId = writeLongSession(dataDir, tmpdir(), 100);
writeSession(dataDir, { ...emptySession(tmpdir()), id: "survived" }, survivedEvents());
writeSession(dataDir, { ...emptySession(tmpdir()), id: "costly" }, costlyEvents());
let upstream: Upstream;
let rein: Rein;

beforeAll(async () => {
  upstream = startUpstream();
  rein = await startRein({ dataDir, environment: upstream.environment });
});
afterAll(async () => {
  await rein[Symbol.asyncDispose]();
  await upstream.close();
  rmSync(dataDir, { recursive: true, force: true });
});

/** A run that left 60 processes. */
function* survivedEvents(): Generator<EventBody> {
  const run = { id: "run", state: "running" as const, startedAt: 1, usage: noUsage };
  yield { type: "run-start", sessionId: "survived", run };
  yield { type: "message-start", message: messageOf("run", "user", 1001, "") };
  const receipt = {
    settledMs: 1,
    modelCalls: 0,
    modelCallsClosed: 0,
    toolCalls: [],
    processes: [],
    survivors: Array.from({ length: 60 }, (_, pid) => ({ pid, command: "sleep", reason: "Why" })),
    subagents: [],
    usage: noUsage,
  };
  yield { type: "run-end", runId: "run", at: 2, outcome: "stopped", usage: noUsage, receipt };
}

/** A run with a model and an amount that hold points and hyphens. */
function* costlyEvents(): Generator<EventBody> {
  const usage = { inputTokens: 12_345, outputTokens: 678, estimated: false, costUsd: 0.0087 };
  const run = { id: "costly", state: "running" as const, startedAt: 1, usage };
  yield { type: "run-start", sessionId: "costly", run };
  yield { type: "message-start", message: messageOf("costly", "user", 1002, "") };
  const message = messageOf("costly", "assistant", 1003, "It went.");
  yield { type: "message-start", message: { ...message, model: "claude-sonnet-4.5-20250929" } };
  const receipt = {
    settledMs: 1,
    modelCalls: 2,
    modelCallsClosed: 2,
    toolCalls: [],
    processes: [],
    survivors: [],
    subagents: [],
    usage,
  };
  yield { type: "run-end", runId: "costly", at: 2, outcome: "stopped", usage, receipt };
}

/** Of a new session with this message. */
async function openNew(
  message: string,
  permissions: "ask" | "all" = "all",
  size: { width?: number; height?: number } = {},
  more: Partial<ChatRequest> = {},
): Promise<TerminalScene> {
  const chat = rein.chat({ message, provider: "anthropic", model: "m", permissions, ...more });
  await chat.until((event) => event.type === "run-start");
  return openScreen({ url: rein.url, token: rein.token, sessionId: chat.sessionId, ...size });
}

test("Markdown is drawn by its kinds while it is written, links with their addresses", async () => {
  const gate = makeGate();
  const answer = [
    "# Title\n\nSome **bold** words and a [link](https://e.example/x).\n\n- one\n",
    "- two\n",
  ];
  upstream.script([text(answer[0]!, gate, answer[1]!)]);
  await using screen = await openNew("Write");
  await gate.reached;
  const painted = await screen.shows("• one");
  expect(painted).toContain("Title");
  expect(painted).not.toContain("# Title");
  expect(painted).toContain("Some bold words and a link (https://e.example/x).");
  gate.open();
  await screen.shows("• two");
});

test("reasoning is one line, which opens", async () => {
  upstream.script([reasoning("I think of a number."), text("Four.")]);
  await using screen = await openNew("Think");
  await screen.shows("Four.");
  expect(await screen.shows("Thought for")).not.toContain("a number");
  screen.select();
  screen.select();
  screen.mockInput.pressEnter();
  await screen.shows("I think of a number.");
});

test("a command shows its live output, and x stops it alone", async () => {
  upstream.script([toolCall("bash", { command: "echo be''gun; sleep 1000" })]);
  upstream.script([text("It was stopped.")]);
  await using screen = await openNew("Run");
  await screen.shows("begun");
  screen.select();
  await screen.shows("X stop");
  screen.mockInput.pressKey("x");
  const painted = await screen.shows("It was stopped.");
  expect(painted).toMatch(/bash echo be.* stopped/);
});

test("a subagent's card has its own stop, and opens into its conversation", async () => {
  const gate = makeGate();
  upstream.script([toolCall("subagent", { title: "Look around", task: "Look", role: "simple" })]);
  upstream.script([text("I am looking. ", gate)]);
  upstream.script([text("The rest of the run.")]);
  await using screen = await openNew("Send one");
  await screen.shows("I am looking.");
  screen.select();
  screen.mockInput.pressEnter();
  await screen.shows("Task");
  screen.mockInput.pressEscape();
  await screen.hides("Task");
  screen.select();
  screen.mockInput.pressKey("x");
  const painted = await screen.shows("The rest of the run.");
  expect(painted).toMatch(/Subagent Look around.*Stopped/);
});

test("an approval is answered by its key, once it has been selected for a moment", async () => {
  upstream.script([toolCall("bash", { command: "echo allo\u200bwed" })]);
  upstream.script([text("It ran.")]);
  await using screen = await openNew("Run", "ask");
  const asked = await screen.shows("Rein wants to run this command");
  expect(asked).toContain("echo allo⟨U+200B⟩wed");
  expect(asked).toContain("Tab to answer:");
  // Not selected: it is text for the input.
  screen.mockInput.pressKey("a");
  await screen.shows("│ a ");
  screen.mockInput.pressTab();
  // At once is too early.
  screen.mockInput.pressKey("a");
  await screen.shows("A moment…");
  await screen.hides("A moment…");
  screen.mockInput.pressKey("a");
  await screen.shows("It ran.");
});

test("a request that is longer than the window is allowed only once all of it was on the screen", async () => {
  const command = Array.from({ length: 40 }, (_, index) => `: line ${index + 1}`).join("\n");
  upstream.script([toolCall("bash", { command })]);
  upstream.script([text("It ran.")]);
  await using screen = await openNew("Run", "ask", { height: 16 });
  await screen.shows(/40 : line 40[^]*Tab to answer:/);
  screen.mockInput.pressTab();
  await screen.shows(/› Rein wants to run this command Enter: the next rows of it[^]* 1 : line 1 /);
  screen.press("End");
  await screen.shows("It can be allowed once all of it was on the screen:");
  // Not yet, and no text for the input.
  screen.mockInput.pressKey("a");
  const told = await screen.shows(/It can be allowed once all [^┃]*Enter shows the next/);
  expect(told).toContain("│ Queue a message");
  await untilAsync(async () => {
    screen.press("PageUp");
    return (await screen.frame()).includes("Rein wants to run this command Enter: on to its keys");
  }, "all of it was on the screen");
  screen.press("End");
  await screen.shows("A allow once");
  await screen.hides("A moment…");
  screen.mockInput.pressKey("a");
  await screen.shows("It ran.");
});

test("Enter leads through a long request, from what was not seen yet to its keys", async () => {
  const command = Array.from({ length: 60 }, (_, index) => `: line ${index + 1}`).join("\n");
  upstream.script([toolCall("bash", { command })]);
  upstream.script([text("It ran.")]);
  await using screen = await openNew("Run", "ask");
  await screen.shows(/60 : line 60[^]*Tab to answer:/);
  screen.mockInput.pressTab();
  await screen.shows(/› Rein wants to run this command[^]* 1 : line 1 /);
  await untilAsync(async () => {
    screen.mockInput.pressEnter();
    return /60 : line 60[^]*A allow once[^]*D deny/.test(await screen.frame());
  }, "its keys are painted");
  await screen.hides("A moment…");
  screen.mockInput.pressKey("a");
  await screen.shows("It ran.");
});

test("a denial takes a reason, which the model is told", async () => {
  upstream.script([toolCall("bash", { command: "rm -r all" })]);
  upstream.script([text("Understood.")]);
  await using screen = await openNew("Run", "ask");
  await screen.shows("Rein wants to run this command");
  screen.mockInput.pressTab();
  screen.mockInput.pressKey("r");
  await screen.shows("Reason for denying");
  await screen.mockInput.typeText("add not all");
  screen.mockInput.pressEnter();
  const painted = await screen.shows("Understood.");
  expect(painted).toMatch(/bash rm -r all.*denied/);
  expect(JSON.stringify(upstream.requests.at(-1)?.body)).toContain("add not all");
});

test("what is typed into a panel over a selected request answers nothing", async () => {
  const gate = makeGate();
  upstream.script([toolCall("bash", { command: "true" })]);
  upstream.script([text("Denied at last.", gate)]);
  await using screen = await openNew("Run", "ask");
  await screen.shows("Rein wants to run this command");
  screen.mockInput.pressTab();
  await screen.shows("A moment…");
  await screen.hides("A moment…");
  screen.mockInput.pressKey("o", { ctrl: true });
  await screen.shows("Find a session");
  await screen.mockInput.typeText("adl");
  await screen.shows("› adl");
  screen.mockInput.pressEscape();
  await screen.shows("L always");
  await screen.hides("A moment…");
  screen.mockInput.pressKey("d");
  expect(await screen.shows("Denied at last.")).toMatch(/bash true.*denied/);
  gate.open();
});

test("Tab leads from one request to the next, and each is answered by itself", async () => {
  upstream.script([
    toolCall("bash", { command: "echo first" }),
    toolCall("bash", { command: "echo second" }),
  ]);
  upstream.script([text("Both are answered.")]);
  await using screen = await openNew("Run two", "ask", { height: 40 });
  await screen.shows(/wants to run this command[^]*wants to run this command/);
  for (const command of ["echo first", "echo second"]) {
    screen.mockInput.pressTab();
    await screen.shows(`› Rein wants to run this command`);
    await screen.hides("A moment…");
    screen.mockInput.pressKey("d");
    await screen.shows(new RegExp(`bash ${command}.* denied`));
  }
  await screen.shows("Both are answered.");
});

test("of an output that is folded no count of lines is claimed, and it is said where all of it is", async () => {
  upstream.script([toolCall("bash", { command: "seq 1 100000" })]);
  upstream.script([text("Counted.")]);
  await using screen = await openNew("Count");
  const painted = await screen.shows("Counted.");
  expect(painted).toMatch(/More than [\d,]+ earlier lines/);
  const row = painted.split("\n").findIndex((line) => line.includes("bash seq 1 100000"));
  await screen.mockMouse.click(10, row);
  await screen.shows("› bash seq 1 100000");
  await screen.mockMouse.click(10, row);
  await screen.shows("All 588,895 characters are kept: the page shows and saves them.");
});

test("a click selects a card, and another opens it", async () => {
  upstream.script([toolCall("bash", { command: "seq 1 9" })]);
  upstream.script([text("Counted.")]);
  await using screen = await openNew("Count");
  const painted = await screen.shows("Counted.");
  expect(painted).toContain("5 earlier lines");
  const row = painted.split("\n").findIndex((line) => line.includes("bash seq 1 9"));
  await screen.mockMouse.click(10, row);
  await screen.shows("› bash seq 1 9");
  await screen.mockMouse.click(10, row);
  await screen.hides("5 earlier lines");
  await screen.mockInput.typeText("then more");
  await screen.shows("│ then more");
});

test("a limit asks by how much the run goes on", async () => {
  upstream.script([toolCall("bash", { command: "true" })]);
  upstream.script([text("It went on.")]);
  await using screen = await openNew("Go", "all", {}, { limits: { turns: 1 } });
  await screen.shows("Limit reached: 1 of 1 turns. Paused.");
  screen.select();
  screen.mockInput.pressKey("m");
  await screen.shows("How many turns more?");
  await screen.mockInput.typeText("0");
  screen.mockInput.pressEnter();
  await screen.shows("Enter a number above 0.");
  screen.mockInput.pressBackspace();
  await screen.mockInput.typeText("3");
  screen.mockInput.pressEnter();
  await screen.shows("It went on.");
});

test("a stopped run leaves one line, which opens into its receipt", async () => {
  upstream.script([toolCall("bash", { command: "echo be''gun; sleep 1000" })]);
  await using screen = await openNew("Run");
  await screen.shows("begun");
  screen.mockInput.pressEscape();
  await screen.shows(/Stopped in .* while a command ran · \d processes? ended/);
  screen.select();
  screen.mockInput.pressEnter();
  const painted = await screen.shows("Stopped from the terminal");
  expect(painted).toMatch(/\d+ sleep 1000/);
});

test("the receipt and the details of a run break at spaces alone, and never in an amount", async () => {
  const size = { url: rein.url, token: rein.token, width: 120, height: 40 };
  await using screen = await openScreen({ ...size, sessionId: "costly" });
  await screen.shows("Stopped in");
  const isWholeAtEachWidth = async (word: string) => {
    for (let width = 36; width <= 120; width++) {
      screen.resize(width, 40);
      expect([width, await screen.frame()]).toEqual([width, expect.stringContaining(word)]);
    }
  };
  screen.select();
  screen.mockInput.pressEnter();
  await screen.shows("2 model calls");
  await isWholeAtEachWidth("$0.0087");
  screen.mockInput.pressEnter();
  await screen.hides("2 model calls");
  screen.mockInput.pressKey("t");
  await screen.shows("Model:");
  await isWholeAtEachWidth("claude-sonnet-4.5-20250929");
});

test("a run that failed for want of a right key leads to the settings by one", async () => {
  upstream.script([failure("authentication")]);
  await using screen = await openNew("Go");
  await screen.shows("!");
  screen.select();
  await screen.shows("S open the settings");
  screen.mockInput.pressKey("s");
  await screen.shows("providers and keys: rein web");
});

test("an undo asks about a file that has changed since, and overwrites it when told so", async () => {
  const file = join(rein.cwd, "made.txt");
  upstream.script([toolCall("write", { path: "made.txt", content: "by the run" })]);
  upstream.script([text("Written.")]);
  await using screen = await openNew("Write");
  await screen.shows("1 file changed");
  writeFileSync(file, "by a person");
  screen.select();
  screen.mockInput.pressKey("u");
  expect(await screen.shows("Undo changes?")).toMatch(/› Leave +made.txt/);
  screen.mockInput.pressKey(" ");
  await screen.shows("› Overwrite made.txt");
  screen.mockInput.pressEnter();
  await screen.shows(/1 file changed, undone/);
  expect(existsSync(file)).toBe(false);
});

test("a long session is read up to its first message, and the reader keeps the place", async () => {
  await using screen = await openScreen({ url: rein.url, token: rein.token, sessionId: longId });
  await screen.shows("Answer 100.");
  await untilAsync(async () => {
    screen.press("PageUp");
    return (await screen.frame()).includes("Question 1?");
  }, "the first message is painted");
  for (let pages = 0; pages < 3; pages++) screen.press("PageDown");
  // Below the header. The width changes how many rows all that is above takes.
  const top = async () => /(?:Question|Answer) \d+/.exec(await screen.frame())?.[0];
  const before = await top();
  for (const width of [50, 120, 80]) {
    screen.resize(width, 24);
    expect(await top()).toBe(before);
  }
  screen.press("End");
  await screen.shows("Answer 100.");
});

test("the bar of what begins above the view is not drawn over the header", async () => {
  const lines = Array.from({ length: 30 }, (_, index) => `row ${index}`).join("\n");
  upstream.script([text(`\`\`\`\n${lines}\n\`\`\``)]);
  const chat = rein.chat({ message: "Show rows", provider: "anthropic", model: "m" });
  await chat.ended;
  const { sessionId } = chat;
  await using screen = await openScreen({ url: rein.url, token: rein.token, sessionId });
  const [header, first] = (await screen.shows("row 29")).split("\n");
  expect(header).toStartWith(" Show rows");
  expect(first).toMatch(/^ │ row \d+ /);
});

test("the place that a search found is scrolled to, in a long answer and in a message that is not drawn", async () => {
  const lines = Array.from({ length: 60 }, (_, index) => `- item ${index + 1}`);
  upstream.script([text(lines.join("\n"))]);
  const chat = rein.chat({ sessionId: longId, message: "List", provider: "anthropic", model: "m" });
  await chat.ended;
  await using screen = await openScreen({ url: rein.url, token: rein.token, sessionId: longId });
  await screen.shows("item 60");
  async function find(words: string): Promise<string> {
    screen.mockInput.pressKey("f", { ctrl: true });
    await screen.shows("Find in this conversation");
    await screen.mockInput.typeText(words);
    await screen.shows("1 found ─");
    screen.mockInput.pressEnter();
    await screen.shows("Enter goes there");
    screen.mockInput.pressEnter();
    return screen.shows("jump to latest");
  }
  expect(await find("item 21")).toContain("• item 21");
  await find("Question 5?");
  await screen.shows("┃ Question 5?");
  await screen.hides("List");
});

test("40 columns have room for what a stop ended, and for the keys of a list and the words of the chosen one", async () => {
  upstream.script([toolCall("bash", { command: "echo be''gun; sleep 1000" })]);
  await using screen = await openNew("Run", "all", { width: 40, height: 20 });
  await screen.shows("begun");
  screen.mockInput.pressCtrlC();
  await screen.shows(/topped in .* ms · \d process(es)? ended *\n *m/);
  screen.mockInput.pressKey("\x1bOP");
  const help = await screen.shows("Keys and commands");
  expect(help).toMatch(/Close what lies on top, or… Escape/);
  expect(help).toMatch(/Close what lies on top, or stop the .*\n│ run; again, kill at once/);
});

test("the arrows show what else was said in its place, and back", async () => {
  const asked = { provider: "anthropic", model: "m" };
  upstream.script([text("First answer.")]);
  const first = rein.chat({ message: "one", ...asked });
  await first.ended;
  const { sessionId, runId } = first;
  upstream.script([text("Another answer.")]);
  await rein.chat({ message: "eins", sessionId, retryOf: runId }).ended;
  await using screen = await openScreen({ url: rein.url, token: rein.token, sessionId });
  await screen.shows("Another answer.");
  while (!(await screen.frame()).includes("› ‹ 2 of 2 ›")) screen.select();
  screen.mockInput.pressArrow("left");
  expect(await screen.shows("› ‹ 1 of 2 ›")).toContain("First answer.");
  screen.mockInput.pressArrow("right");
  expect(await screen.shows("› ‹ 2 of 2 ›")).toContain("Another answer.");
});

test("a request that failed leaves one blank line above its error", async () => {
  upstream.script([failure("authentication")]);
  await using screen = await openNew("Ask");
  expect(await screen.shows("did not accept the key")).toMatch(/┃ Ask *\n *\n *! Anthropic/);
});

test("40 columns have room for every key of a request, beside its bar", async () => {
  upstream.script([toolCall("bash", { command: "echo asked" })]);
  await using screen = await openNew("Run", "ask", { width: 40 });
  expect(await screen.shows("wants to run")).toMatch(
    /┃ +every session of this directory\)\s*\n +┃ +D deny {2}R deny with a reason/,
  );
});

test("a tall card that is opened at the end keeps its head in the view", async () => {
  upstream.script([toolCall("bash", { command: "seq 1 90" })]);
  upstream.script([text("Counted.")]);
  await using screen = await openNew("Count");
  const painted = await screen.shows("Counted.");
  const row = painted.split("\n").findIndex((line) => line.includes("bash seq 1 90"));
  await screen.mockMouse.click(10, row);
  await screen.shows("› bash seq 1 90");
  screen.mockInput.pressEnter();
  await screen.shows(/› bash seq 1 90[^]* 1 [^]*jump to latest/);
});

test("processes that a stop did not end take few rows from the conversation", async () => {
  const named = { url: rein.url, token: rein.token, sessionId: "survived" };
  await using screen = await openScreen({ ...named, width: 40 });
  const painted = await screen.shows("Not ended: 58 processes more");
  expect(painted).toMatch(/Not ended: 0 sleep \(Why\) *\n Not ended: 1 sleep/);
  expect(painted).toContain("59 sleep");
  screen.select();
  // Its words are below each other where they wrap.
  await screen.shows(/› Stopped in [^\n]*\n {3}\S/);
});
