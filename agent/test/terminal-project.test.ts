/** The terminal face of how an agent works in a directory: what a project brings, commands, plans, to-do lists, notes, schedules and hooks. */
import "@opentui/solid/preload";
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ChatRequest } from "../shared/requests";
import { type Chat, type Rein, startRein } from "./rein";
import { temporaryDirectory } from "./temporary-directory";
import type { TerminalScene } from "./terminal-scene";
import { hang, type Step, text, toolCall } from "./upstream/script";
import { startUpstream, type Upstream } from "./upstream/upstream";
import { untilAsync } from "./within";

// After the preload: only then can the components be read.
const { openScreen } = await import("./terminal-scene");

let upstream: Upstream;
let rein: Rein;
const { signal } = new AbortController();

beforeAll(async () => {
  upstream = startUpstream();
  rein = await startRein({ environment: upstream.environment });
});
afterAll(async () => {
  await rein[Symbol.asyncDispose]();
  await upstream.close();
});

const model = { provider: "anthropic", model: "m" } as const;

function send(answers: Step[][], request: Partial<ChatRequest> = {}): Chat {
  upstream.script(...answers);
  return rein.chat({ message: "Hi", ...model, permissions: "all", ...request });
}

async function open(sessionId: string, height = 30): Promise<TerminalScene> {
  const screen = await openScreen({
    url: rein.url,
    token: rein.token,
    sessionId,
    height,
    width: 100,
  });
  await screen.shows(/Message Rein|Queue a message/);
  return screen;
}

async function say(screen: TerminalScene, words: string): Promise<void> {
  await screen.mockInput.typeText(words);
  screen.mockInput.pressEnter();
}

function write(directory: string, path: string, content: string): void {
  mkdirSync(dirname(join(directory, path)), { recursive: true });
  writeFileSync(join(directory, path), content);
}

test("what a project brings is said above the input, and allowed only once every row was on the screen", async () => {
  using directory = temporaryDirectory();
  const cwd = realpathSync(directory.path);
  const lines = Array.from({ length: 60 }, (_, at) => `Rule ${at}`);
  write(cwd, "AGENTS.md", [...lines, "Last \u202Erule\u001B[2J"].join("\n"));
  const chat = send([[text("Done.")]], { cwd });
  await chat.ended;
  const standing = async () => (await rein.sdk.project(cwd, signal)).definitions[0]?.standing;
  await using screen = await open(chat.sessionId);
  await screen.shows("This project brings 1 instruction file.");
  await say(screen, "/project");
  await screen.shows("Waits for your answer");
  screen.mockInput.pressEnter();
  const first = await screen.shows("before it can be allowed");
  expect(first).not.toContain("a: allow");
  screen.mockInput.pressKey("a");
  while (!(await screen.frame()).includes("a: allow")) screen.mockInput.pressEnter();
  expect(await standing()).toBe("asked");
  const end = await screen.frame();
  expect(end).toContain("Last ⟨U+202E⟩rule⟨ESC⟩[2J");
  // oxlint-disable-next-line no-control-regex -- what must not be there
  expect(end).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  screen.mockInput.pressKey("c");
  await untilAsync(async () => (await standing()) === "on", "the instructions are allowed");
  expect((await rein.sdk.project(cwd, signal)).definitions[0]).toMatchObject({ anyChange: true });
});

test("a command of a file is completed with its hint, sent as it was typed, and shown so", async () => {
  using directory = temporaryDirectory();
  const cwd = realpathSync(directory.path);
  const command =
    "---\ndescription: Looks at a file\nargument-hint: FILE\n---\nLook at $1 closely.\n";
  write(cwd, ".claude/commands/look.md", command);
  const { definitions } = await rein.sdk.project(cwd, signal);
  const asked = definitions.filter(({ standing }) => standing === "asked");
  const answers = asked.map(({ kind, name, digest }) => ({
    kind,
    name,
    digest,
    answer: "allow" as const,
  }));
  await rein.sdk.answerProject({ cwd, answers }, signal);
  const chat = send([[text("Done.")]], { cwd });
  await chat.ended;
  await using screen = await open(chat.sessionId);
  await screen.mockInput.typeText("/loo");
  await screen.shows("Looks at a file · FILE · of this project");
  upstream.script([text("I looked.")]);
  await say(screen, "k main.ts");
  const painted = await screen.shows("I looked.");
  expect(painted).toContain("/look main.ts");
  expect(painted).not.toContain("closely");
  expect(JSON.stringify(upstream.requests.at(-1)?.body)).toContain("Look at main.ts closely.");

  // While something runs too, with the keys that interrupt it and that tell it.
  upstream.script([text("Thinking"), hang], [text("I looked at once.")]);
  await say(screen, "Think");
  await screen.shows("Thinking");
  await screen.mockInput.typeText("/look b.ts");
  screen.mockInput.pressKey("x", { ctrl: true });
  await screen.shows("I looked at once.");
  expect(JSON.stringify(upstream.requests.at(-1)?.body)).toContain("Look at b.ts closely.");
});

test("a to-do list stands above the input, says where a stop cut it, and is removed in its panel", async () => {
  const entries = [
    { text: "Read it", state: "completed" },
    { text: "Change it", state: "in_progress" },
  ];
  const before = upstream.requests.length;
  const chat = send([[toolCall("todo", { entries })], [hang]]);
  // It is asked again: else the stop leaves the second answer for the next test.
  await upstream.request(before + 1);
  await using screen = await open(chat.sessionId);
  await screen.shows("To do: 1 of 2 · Change it");
  await rein.stop(chat.sessionId);
  await screen.shows("To do: 1 of 2 · stopped at: Change it");
  await say(screen, "/todo");
  await screen.shows("■ Stopped: Change it");
  screen.mockInput.pressKey("\u001B[3~");
  await screen.shows("This session has no to-do list.");
  expect((await rein.session(chat.sessionId)).todo).toBeUndefined();
});

test("a plan is edited and approved, and the model gets the edited one with the permissions that were chosen", async () => {
  const call = toolCall("plan", { title: "Change it", plan: "1. Read it" });
  const chat = send([[call], [text("I begin.")]], { permissions: "plan" });
  await chat.until(({ type }) => type === "approval-request");
  await using screen = await open(chat.sessionId);
  await screen.shows("1. Read it");
  screen.mockInput.pressTab();
  await screen.shows("A moment…");
  await screen.hides("A moment…");
  screen.mockInput.pressKey("e");
  await screen.shows("Enter: keep it");
  await screen.mockInput.typeText(" twice");
  screen.mockInput.pressEnter();
  await screen.shows("1. Read it twice");
  // Whoever goes on typing as the field closes approves nothing.
  screen.mockInput.pressKey("a");
  await screen.shows("A moment…");
  await screen.hides("A moment…");
  screen.mockInput.pressKey("1");
  await screen.shows("I begin.");
  expect(JSON.stringify(upstream.requests.at(-1)?.body)).toContain("1. Read it twice");
  expect((await rein.session(chat.sessionId)).permissions).toBe("edits");
});

test("a plan is refused with what to change, and the session stays in plan mode", async () => {
  const call = toolCall("plan", { title: "Change it", plan: "1. Delete it" });
  const chat = send([[call], [text("Another way then.")]], { permissions: "plan" });
  await chat.until(({ type }) => type === "approval-request");
  await using screen = await open(chat.sessionId);
  await screen.shows("1. Delete it");
  screen.mockInput.pressTab();
  await screen.shows("refuse, and say what to change");
  screen.mockInput.pressKey("r");
  await screen.shows("What to change");
  await say(screen, "Keep the file");
  await screen.shows("Another way then.");
  expect(JSON.stringify(upstream.requests.at(-1)?.body)).toContain("Keep the file");
  expect((await rein.session(chat.sessionId)).permissions).toBe("plan");
});

test("a note that a model proposes is said above the input, and kept, edited and removed in its panel", async () => {
  using directory = temporaryDirectory();
  const cwd = realpathSync(directory.path);
  const chat = send([[toolCall("memory", { propose: "Tests need Redis" })], [text("Well.")]], {
    cwd,
  });
  await chat.ended;
  const lines = async () => (await rein.sdk.memory(cwd, signal)).lines;
  await using screen = await open(chat.sessionId);
  await screen.shows("1 note proposed for later sessions in this project. /memory shows them.");
  await say(screen, "/memory");
  await screen.shows("would add");
  screen.mockInput.pressEnter();
  await screen.hides("would add");
  expect(await lines()).toMatchObject([{ text: "Tests need Redis", state: "kept" }]);
  screen.mockInput.pressKey("e");
  await screen.shows("Note:");
  await say(screen, " 7");
  await screen.shows("Tests need Redis 7");
  screen.mockInput.pressKey("\u001B[3~");
  await screen.hides("Redis");
  expect(await lines()).toEqual([]);
});

test("schedules are paused, and removed only after a yes", async () => {
  const when = { cron: "0 3 * * *", timeZone: "Europe/Berlin" };
  await rein.sdk.addSchedule({ name: "Nightly", message: "Run the tests", when, ...model }, signal);
  const { id } = (await rein.sdk.schedules(signal)).schedules[0]!;
  const chat = send([[text("Done.")]]);
  await chat.ended;
  await using screen = await open(chat.sessionId);
  await say(screen, "/schedules");
  await screen.shows(/● Nightly +Next: /);
  screen.mockInput.pressKey("p");
  await screen.shows(/○ Nightly +Paused/);
  await rein.sdk.changeSchedule(id, { isOn: true }, signal);
  await screen.shows("● Nightly");
  screen.mockInput.pressKey("\u001B[3~");
  await screen.shows("Remove Nightly?");
  screen.mockInput.pressKey("y");
  await screen.shows("None.");
});

test("a hook stands below the call that it ran after", async () => {
  const hook = { id: "a", name: "format", on: "after-tool" as const, command: "true" };
  await rein.sdk.saveHooks([{ ...hook, timeoutSeconds: 30, isOn: true }], signal);
  const chat = send([[toolCall("bash", { command: "echo made" })], [text("Done.")]]);
  await chat.ended;
  await using screen = await open(chat.sessionId);
  await screen.shows(/Hook format, after a tool: done in /);
  await rein.sdk.saveHooks([], signal);
});
