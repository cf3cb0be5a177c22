/** The input of the terminal face: what its keys type, send, queue and complete, on a real server. */
import "@opentui/solid/preload";
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { textOf } from "../shared/message-parts";
import { type Rein, startRein } from "./rein";
import type { TerminalScene } from "./terminal-scene";
import { makeGate, text, toolCall } from "./upstream/script";
import { startUpstream, type Upstream } from "./upstream/upstream";
import { untilAsync } from "./within";

// After the preload: only then can the components be read.
const { openScreen } = await import("./terminal-scene");

let upstream: Upstream;
let rein: Rein;

beforeAll(async () => {
  upstream = startUpstream();
  rein = await startRein({ environment: upstream.environment });
  mkdirSync(join(rein.cwd, "src"));
  writeFileSync(join(rein.cwd, "src/app.ts"), "");
  writeFileSync(join(rein.cwd, "src/with space.ts"), "");
});
afterAll(async () => {
  await rein[Symbol.asyncDispose]();
  await upstream.close();
});

/** As a terminal with the keyboard of kitty sends it. */
const shiftEnter = "\x1b[13;2u";

type Composing = TerminalScene & { sessionId: string };

/** Of a session with one answer, or with one that is held by a gate. */
async function openSession(...pieces: Parameters<typeof text>): Promise<Composing> {
  upstream.script([text(...pieces)]);
  const chat = rein.chat({ message: "First", provider: "anthropic", model: "m" });
  const isHeld = pieces.length > 1;
  await chat.until((event) => event.type === (isHeld ? "part-delta" : "run-end"));
  const { sessionId } = chat;
  const screen = await openScreen({ url: rein.url, token: rein.token, sessionId });
  await screen.shows(isHeld ? "Queue a message" : "Message Rein");
  return Object.assign(screen, { sessionId });
}

/** What the person said in the session, once it is so many messages. */
async function said(sessionId: string, count: number): Promise<string[]> {
  const texts = async () =>
    (await rein.session(sessionId)).messages
      .filter(({ role }) => role === "user")
      .map((message) => textOf(message));
  await untilAsync(async () => (await texts()).length >= count, `${count} messages`);
  return texts();
}

test("Enter sends; Alt+Enter, Ctrl+J and Shift+Enter make new lines, of wide characters too", async () => {
  await using screen = await openSession("Hello.");
  const { mockInput } = screen;
  await mockInput.pasteBracketedText("你好 👍");
  mockInput.pressEnter({ meta: true });
  await mockInput.typeText("two");
  mockInput.pressKey("j", { ctrl: true });
  await mockInput.typeText("three");
  mockInput.pressKey(shiftEnter);
  await mockInput.typeText("e\u0301a");
  const painted = await screen.shows("e\u0301a");
  expect(painted).toMatch(/│ 你好 👍.*│\n│ two .*│\n│ three .*│\n│ e\u0301a/);
  upstream.script([text("Fine.")]);
  mockInput.pressEnter();
  expect(await said(screen.sessionId, 2)).toEqual(["First", "你好 👍\ntwo\nthree\ne\u0301a"]);
  await screen.shows("Message Rein");
});

test("a paste of a thousand lines is drawn in a few, counted, and sent whole", async () => {
  await using screen = await openSession("Hello.");
  const lines = Array.from({ length: 1000 }, (_, index) => `line ${index + 1} 你`).join("\n");
  await screen.mockInput.pasteBracketedText(lines);
  const painted = await screen.shows("1,000 lines");
  expect(painted.split("\n").filter((row) => row.includes("line ")).length).toBeLessThan(12);
  expect(painted).toContain("line 1000");
  upstream.script([text("Fine.")]);
  screen.mockInput.pressEnter();
  expect((await said(screen.sessionId, 2))[1]).toBe(lines);
});

test("what is pasted brings no escape sequence, control or mark that reorders text", async () => {
  await using screen = await openSession("Hello.");
  await screen.mockInput.pasteBracketedText(
    "a\u001b]52;c;eA==\u0007b\u001b[2Jc\u0000d\u009be\u202ef\r\ng\th",
  );
  await screen.shows("abcd");
  upstream.script([text("Fine.")]);
  screen.mockInput.pressEnter();
  expect((await said(screen.sessionId, 2))[1]).toBe("abcdf\ng\th");
});

test("Up on the first line brings the messages that were sent, and Down what was typed", async () => {
  await using screen = await openSession("Hello.");
  upstream.script([text("Fine.")]);
  await screen.mockInput.typeText("Second");
  screen.mockInput.pressEnter();
  await screen.shows("Fine.");
  await screen.shows("Ready");
  await screen.mockInput.typeText("draft");
  screen.mockInput.pressArrow("up");
  await screen.shows("│ Second");
  screen.mockInput.pressArrow("up");
  await screen.shows("│ First");
  screen.mockInput.pressArrow("down");
  await screen.shows("│ Second");
  screen.mockInput.pressArrow("down");
  await screen.shows("│ draft");
});

test("during a run Enter queues, Ctrl+T tells it before its next turn, and the queue is changed in its panel", async () => {
  const gate = makeGate();
  await using screen = await openSession("Thinking", gate, " done.");
  const { mockInput } = screen;
  const queue = async () =>
    (await rein.session(screen.sessionId)).queue.map((one) => `${one.waitsFor} ${one.text}`);
  await mockInput.typeText("after it");
  mockInput.pressKey("j", { ctrl: true });
  await mockInput.typeText("too");
  await screen.shows("Enter queues");
  mockInput.pressEnter();
  await screen.shows(/Next {2}after it too/);
  await mockInput.typeText("at once");
  mockInput.pressKey("t", { ctrl: true });
  await screen.shows(/Next turn {2}at once/);
  expect(await queue()).toEqual(["run after it\ntoo", "turn at once"]);
  mockInput.pressKey("q", { ctrl: true });
  await screen.shows("Queued messages");
  mockInput.pressEnter();
  await screen.shows("Message: after it");
  await mockInput.typeText("k all");
  mockInput.pressEnter();
  await screen.shows("after it took all");
  mockInput.pressArrow("down");
  screen.mockInput.pressKey("DELETE");
  await screen.hides("at once");
  expect(await queue()).toEqual(["run after it\ntook all"]);
  mockInput.pressEscape();
  await screen.shows("Ctrl+Q changes the queue");
  upstream.script([text("Afterwards.")]);
  gate.open();
  await screen.shows("Afterwards.");
});

test("Ctrl+X stops the run and sends the message", async () => {
  await using screen = await openSession("Thinking", makeGate());
  upstream.script([text("Instead.")]);
  await screen.mockInput.typeText("something else");
  screen.mockInput.pressKey("x", { ctrl: true });
  await screen.shows("Instead.");
  const { runs } = await rein.session(screen.sessionId);
  expect(runs.map(({ outcome }) => outcome)).toEqual(["stopped", "done"]);
});

test("commands are completed from the page's table and the terminal's, with their arguments", async () => {
  await using screen = await openSession("Hello.");
  const { mockInput } = screen;
  await mockInput.typeText("/pe");
  await screen.shows("Choose what it may do without asking");
  mockInput.pressTab();
  await screen.shows("│ /permissions");
  await mockInput.typeText("ed");
  await screen.shows("Allow edits");
  mockInput.pressTab();
  await screen.shows("│ /permissions edits");
  mockInput.pressEnter();
  await screen.shows(/Allow edits/);
  await untilAsync(
    async () => (await rein.session(screen.sessionId)).permissions === "edits",
    "the permissions are changed",
  );
  await mockInput.typeText("/rename A name");
  mockInput.pressEnter();
  await screen.shows(/^ A name/);
  await mockInput.typeText("/theme neon");
  mockInput.pressEnter();
  await screen.shows("Type one of: system, light, dark");
});

test("@ completes files and folders of the directory, and Escape closes the list alone", async () => {
  const gate = makeGate();
  await using screen = await openSession("Thinking", gate, " done.");
  const { mockInput } = screen;
  await mockInput.typeText("see @ap");
  await screen.shows(/Files *\n.*src\/app\.ts/);
  mockInput.pressEscape();
  await screen.hides("src/app.ts");
  expect(await screen.frame()).toContain("Working");
  await mockInput.typeText("p");
  await screen.shows("src/app.ts");
  mockInput.pressEnter();
  await screen.shows("│ see @src/app.ts");
  await mockInput.typeText("and @wit");
  await screen.shows("src/with space.ts");
  mockInput.pressTab();
  await screen.shows('│ see @src/app.ts and @"src/with space.ts"');
  mockInput.pressEnter();
  await screen.shows(/Next {2}see @src/);
  upstream.script([text("Seen.")]);
  gate.open();
  await screen.shows("Seen.");
  expect((await said(screen.sessionId, 2))[1]).toBe('see @src/app.ts and @"src/with space.ts"');
});

test("prompts and resources of MCP servers are completed, and a prompt’s text is put into the input", async () => {
  const script = join(import.meta.dir, "agents", "offering-mcp-server.ts");
  const server = { type: "stdio", command: process.execPath, args: [script, "/dev/null"] };
  const body = JSON.stringify({ mcp: { servers: { offers: { server, isOn: true } } } });
  await rein.json("/api/settings", { method: "PUT", body });
  await using screen = await openSession("Hello.");
  const { mockInput } = screen;
  await mockInput.typeText("/offers:");
  await screen.shows("Two lines ([a⟨U+202E⟩b])");
  await mockInput.typeText("hang");
  await screen.hides("Two lines");
  mockInput.pressEnter();
  await screen.shows("Asking offers");
  mockInput.pressEscape();
  await screen.shows("│ /offers:hang");
  await screen.hides("Asking offers");
  mockInput.pressKey("u", { ctrl: true });
  await mockInput.typeText("/offers:gr");
  await screen.shows("Greets ⟨ESC⟩[31msomebody (name, [tone])");
  mockInput.pressTab();
  await screen.shows("│ /offers:greet");
  await mockInput.typeText("Ada warm");
  mockInput.pressEnter();
  await screen.shows("│ Greet Ada, warm.⟨ESC⟩[2J");
  await mockInput.typeText(" @offers:note://o");
  await screen.shows("offers:note://one  one");
  mockInput.pressTab();
  await screen.hides("offers:note://one  one");
  upstream.script([text("Seen.")]);
  mockInput.pressEnter();
  await screen.shows("Seen.");
  expect((await said(screen.sessionId, 2))[1]).toContain("@offers:note://one");
});

test("a message that the server refuses is in the input again", async () => {
  await using screen = await openSession("Hello.");
  await rein.fetch(`/api/sessions/${screen.sessionId}`, { method: "DELETE" });
  await screen.mockInput.typeText("keep me");
  screen.mockInput.pressEnter();
  await screen.shows(/was deleted|was not sent/);
  await screen.shows("│ keep me");
});

test("/edit puts the last message into the input, and Enter sends it in the place of the other", async () => {
  await using screen = await openSession("Hello.");
  await screen.shows("Hello.");
  await screen.mockInput.typeText("/edit");
  screen.mockInput.pressEnter();
  await screen.shows("│ /retry First");
  upstream.script([text("Hello again.")]);
  await screen.mockInput.typeText(", better");
  screen.mockInput.pressEnter();
  await screen.shows("Hello again.");
  expect(await said(screen.sessionId, 2)).toEqual(["First", "First, better"]);
});

test("/export writes the session into a file that is not there yet", async () => {
  await using screen = await openSession("Hello.");
  await screen.shows("Hello.");
  const path = join(rein.cwd, "out.md");
  const enter = async () => {
    await screen.mockInput.typeText(`/export ${path}`);
    screen.mockInput.pressEnter();
  };
  await enter();
  await screen.shows("Written: ");
  expect(readFileSync(path, "utf8")).toContain("Hello.");
  writeFileSync(path, "mine");
  await enter();
  await screen.shows("There is a file with this name");
  expect(readFileSync(path, "utf8")).toBe("mine");
});

test("Enter on a card that has nothing to open leaves the input as it is", async () => {
  upstream.script([toolCall("bash", { command: "echo hi" })]);
  const chat = rein.chat({ message: "Say hi", provider: "anthropic", model: "m" });
  await chat.until(({ type }) => type === "approval-request");
  const { sessionId } = chat;
  await using screen = await openScreen({ url: rein.url, token: rein.token, sessionId });
  await screen.shows("Tab to answer");
  screen.select();
  await screen.hides("Tab to answer");
  screen.mockInput.pressEnter();
  await screen.mockInput.typeText("z");
  expect(await screen.shows(/│ z +│/)).toMatch(/╮\n│ z +│\n╰/);
  await rein.stop(sessionId);
});

test("typing takes the first Ctrl+C of an exit back", async () => {
  await using screen = await openSession("Hello.");
  screen.mockInput.pressCtrlC();
  await screen.shows("Press Ctrl+C again to exit");
  await screen.mockInput.typeText("stay");
  expect(await screen.frame()).not.toContain("Press Ctrl+C again to exit");
});

test("a command that there is not is told of, and sent again is a message", async () => {
  await using screen = await openSession("Hello.");
  await screen.mockInput.typeText("/stpo");
  screen.mockInput.pressEnter();
  expect(await screen.shows("There is no command /stpo here. Sent again")).toContain("│ /stpo ");
  upstream.script([text("A message.")]);
  screen.mockInput.pressEnter();
  await screen.shows("A message.");
  expect(await said(screen.sessionId, 2)).toEqual(["First", "/stpo"]);
});

test("Ctrl+D exits as Ctrl+C does, while the input is empty", async () => {
  await using screen = await openSession("Hello.");
  await screen.mockInput.typeText("text");
  await screen.shows("│ text");
  screen.mockInput.pressKey("d", { ctrl: true });
  expect(await screen.frame()).not.toContain("again to exit");
  for (const _ of "text") screen.mockInput.pressBackspace();
  await screen.shows("│ Message Rein");
  screen.mockInput.pressKey("d", { ctrl: true });
  await screen.shows("Press Ctrl+C again to exit");
});
