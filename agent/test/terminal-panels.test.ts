/** The panels of the terminal face: what they list, and what their keys change on a real server. */
import "@opentui/solid/preload";
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { createRein } from "../sdk/create-rein";
import type { Limits, McpEntry } from "../shared/protocol";
import { startProtectedMcp } from "./protected-mcp";
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
});
afterAll(async () => {
  await rein[Symbol.asyncDispose]();
  await upstream.close();
});

const model = { provider: "anthropic", model: "m", permissions: "all" } as const;

async function chatted(message: string, ...pieces: Parameters<typeof text>): Promise<string> {
  upstream.script([text(...pieces)]);
  const chat = rein.chat({ message, ...model });
  await chat.until((event) => event.type === (pieces.length > 1 ? "part-delta" : "run-end"));
  return chat.sessionId;
}

async function open(sessionId?: string): Promise<TerminalScene> {
  const named = sessionId === undefined ? {} : { sessionId };
  const screen = await openScreen({ url: rein.url, token: rein.token, ...named });
  await screen.shows(/Message Rein|Queue a message/);
  return screen;
}

async function say(screen: TerminalScene, words: string): Promise<void> {
  await screen.mockInput.typeText(words);
  screen.mockInput.pressEnter();
}

function patch(id: string, change: object): Promise<Response> {
  return rein.fetch(`/api/sessions/${id}`, { method: "PATCH", body: JSON.stringify(change) });
}

test("sessions: those at work come first, one of another screen is stopped, and titles bring no escape sequence", async () => {
  const idle = await chatted("Quiet", "Done.");
  const busy = await chatted("Busy", "Thinking", makeGate());
  await chatted("Newest", "Done.");
  await patch(idle, { title: "a\u001b]0;owned\u0007b\u202ec" });
  await using screen = await open(idle);
  screen.mockInput.pressKey("o", { ctrl: true });
  const painted = await screen.shows("● Busy");
  expect(painted.indexOf("● Busy")).toBeLessThan(painted.indexOf("Newest"));
  // oxlint-disable-next-line no-control-regex -- what must not be there
  expect(painted).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  expect(painted).toContain("⟨");
  await screen.mockInput.typeText("bus");
  await screen.hides("Newest");
  screen.mockInput.pressKey("x", { ctrl: true });
  await screen.hides("● Busy");
  const { runs } = await rein.session(busy);
  expect(runs.at(-1)).toMatchObject({
    outcome: "stopped",
    receipt: { stop: { from: "terminal" } },
  });
  screen.mockInput.pressEnter();
  await screen.shows("Thinking");
});

test("sessions: one is renamed, and its deletion is taken back; one at work is deleted only after a yes", async () => {
  const id = await chatted("Old name", "Done.");
  await using screen = await open(id);
  screen.mockInput.pressKey("o", { ctrl: true });
  await screen.shows("› Old name");
  screen.mockInput.pressKey("r", { ctrl: true });
  await screen.shows("Title");
  await screen.mockInput.typeText(" and more");
  screen.mockInput.pressEnter();
  await screen.shows("› Old name and more");
  screen.mockInput.pressKey("d", { ctrl: true });
  await screen.shows(/Deleted: Old name and more.*Ctrl\+Y: Undo/);
  expect((await rein.fetch(`/api/sessions/${id}`)).status).toBe(404);
  screen.mockInput.pressKey("y", { ctrl: true });
  await untilAsync(async () => (await rein.fetch(`/api/sessions/${id}`)).ok, "it is back");
  const busy = await chatted("At work", "Thinking", makeGate());
  screen.mockInput.pressKey("o", { ctrl: true });
  await screen.shows("● At work");
  await screen.mockInput.typeText("At wo");
  await screen.hides("› Old name");
  screen.mockInput.pressKey("d", { ctrl: true });
  await screen.shows("Delete? “At work” is at work");
  screen.mockInput.pressKey("y");
  const isGone = async () => (await rein.fetch(`/api/sessions/${busy}`)).status === 404;
  await untilAsync(isGone, "it is gone");
});

test("sessions: after a deletion the next one is chosen, and the list says how it is taken back", async () => {
  const ids: string[] = [];
  for (const title of ["Third", "Second", "First"]) ids.push(await chatted(title, "Done."));
  const [third = "", second = "", first = ""] = ids;
  const isThere = async (id: string) => (await rein.fetch(`/api/sessions/${id}`)).ok;
  await using screen = await open(first);
  screen.mockInput.pressKey("o", { ctrl: true });
  await screen.shows(/› First[^]*Second[^]*Third/);
  screen.mockInput.pressArrow("down");
  screen.mockInput.pressKey("d", { ctrl: true });
  await screen.shows("Y Undo");
  await screen.hides("Second");
  screen.mockInput.pressKey("d", { ctrl: true });
  await untilAsync(async () => !(await isThere(third)), "the next one is gone");
  expect([await isThere(first), await isThere(second)]).toEqual([true, false]);
  // Within the list both look the same.
  screen.mockInput.pressEscape();
  await screen.shows(/Deleted: Third.*Ctrl\+Y: Undo/);
  screen.mockInput.pressKey("y", { ctrl: true });
  await untilAsync(() => isThere(third), "it is back");
});

test("sessions: one is pinned, archived, copied, and found by what was said in it", async () => {
  const id = await chatted("Where is Anna?", "In the lighthouse.");
  const session = () => rein.session(id);
  await using screen = await open(id);
  screen.mockInput.pressKey("o", { ctrl: true });
  await screen.shows("› Where is Anna?");
  screen.mockInput.pressKey("p", { ctrl: true });
  await screen.shows("Pinned");
  expect((await session()).pinnedAt).toBeGreaterThan(0);
  screen.mockInput.pressKey("a", { ctrl: true });
  await screen.hides("› Where is Anna?");
  screen.mockInput.pressKey("b", { ctrl: true });
  await screen.shows(/Archived sessions[^]*› Where is Anna\?/);
  screen.mockInput.pressKey("a", { ctrl: true });
  await screen.shows("Nothing is archived.");
  screen.mockInput.pressKey("b", { ctrl: true });
  await screen.mockInput.typeText("lightho");
  await screen.shows(/In messages[^]*In the lighthouse\./);
  screen.mockInput.pressEnter();
  await screen.shows(/model|In the lighthouse\./);
  screen.mockInput.pressKey("o", { ctrl: true });
  await screen.shows("› Where is Anna?");
  screen.mockInput.pressKey("f", { ctrl: true });
  await screen.shows("This is a copy");
  const { sessions } = await rein.sdk.sessions(AbortSignal.timeout(10_000));
  const found = await Promise.all(sessions.map(async (one) => rein.session(one.id)));
  expect(found.filter(({ forkedFrom }) => forkedFrom?.sessionId === id)).toHaveLength(1);
});

test("models: one that no list has is chosen by its name", async () => {
  const id = await chatted("Models", "Done.");
  await using screen = await open(id);
  screen.mockInput.pressKey("l", { ctrl: true });
  await screen.shows("Search, or type a model");
  await screen.mockInput.typeText("my-own-model");
  await screen.shows("Use “my-own-model”");
  screen.mockInput.pressEnter();
  await screen.hides("Use “my-own-model”");
  await screen.shows(/^ my-own-model/m);
  expect((await rein.session(id)).model).toBe("my-own-model");
});

test("permissions are chosen, and a rule of the directory is changed and removed", async () => {
  const id = await chatted("Rules", "Done.");
  const { cwd } = await rein.session(id);
  const sdk = createRein({ url: rein.url, credential: rein.token });
  const soon = AbortSignal.timeout(20_000);
  const rule = { kind: "command", match: "exact", command: "make \u001b[2J test" } as const;
  await sdk.addRule({ cwd, effect: "allow", rule }, soon);
  const effects = async () => (await sdk.rules(cwd, soon)).rules.map(({ effect }) => effect);
  await using screen = await open(id);
  await say(screen, "/permissions");
  await screen.shows(/make .*Allow/);
  for (let step = 0; step < 3; step++) screen.mockInput.pressArrow("up");
  screen.mockInput.pressArrow("down");
  screen.mockInput.pressEnter();
  await screen.shows(/^ m {3}Ask first/m);
  expect((await rein.session(id)).permissions).toBe("ask");
  await say(screen, "/permissions");
  await screen.shows(/make .*Allow/);
  for (let step = 0; step < 4; step++) screen.mockInput.pressArrow("down");
  screen.mockInput.pressArrow("right");
  await screen.shows(/make .*Ask/);
  expect(await effects()).toEqual(["ask"]);
  for (let step = 0; step < 4; step++) screen.mockInput.pressArrow("down");
  screen.mockInput.pressKey("DELETE");
  await screen.hides("make");
  expect(await effects()).toEqual([]);
});

test("limits are changed, and what cannot be is said", async () => {
  await using screen = await open();
  const limits = () => rein.json<Limits>("/api/limits");
  await say(screen, "/limits");
  await screen.shows("Turns of a run");
  screen.mockInput.pressEnter();
  await screen.shows("Turns of a run:");
  await screen.mockInput.typeText("x");
  screen.mockInput.pressEnter();
  await screen.shows("Enter a number");
  screen.mockInput.pressArrow("down");
  screen.mockInput.pressEnter();
  await screen.shows("Minutes of a run:");
  screen.mockInput.pressKey("u", { ctrl: true });
  await screen.mockInput.typeText("77");
  screen.mockInput.pressEnter();
  await screen.shows(/Minutes of a run .* 77/);
  expect((await limits()).run.minutes).toBe(77);
});

test("processes: a background process shows its output and is stopped, and stops are listed", async () => {
  const stopped = await chatted("Stopped once", "Thinking", makeGate());
  await rein.stop(stopped);
  upstream.script([toolCall("bash", { command: "echo begun; exec sleep 1000", background: true })]);
  upstream.script([text("Started.")]);
  const chat = rein.chat({ message: "Serve", ...model });
  await chat.until((event) => event.type === "process-start");
  const id = chat.sessionId;
  await using screen = await open(id);
  await say(screen, "/processes");
  await screen.shows("sleep 1000");
  screen.mockInput.pressEnter();
  await screen.shows(/^│ begun/m);
  screen.mockInput.pressEscape();
  await screen.shows("Enter shows the output");
  screen.mockInput.pressKey("x");
  await screen.shows("Ended");
  const [process] = (await rein.session(id)).processes ?? [];
  expect(process).toMatchObject({ state: "stopped", stop: { from: "terminal" } });
  screen.mockInput.pressEscape();
  await screen.hides("Processes ─");
  await say(screen, "/stops");
  await screen.shows("Stops · 30 days");
  await screen.shows("Stopped once");
});

test("search finds words in what was said, and goes from place to place", async () => {
  const id = await chatted("Where is the needle?", "The needle is in the haystack.");
  await using screen = await open(id);
  screen.mockInput.pressKey("f", { ctrl: true });
  await screen.shows("Type what you look for.");
  await screen.mockInput.typeText("NEEDLE");
  await screen.shows("Search · 2 found");
  screen.mockInput.pressEnter();
  await screen.shows(/│ Answer/);
  screen.mockInput.pressKey("n");
  await screen.shows(/│ You/);
  screen.mockInput.pressEscape();
  await screen.shows("Type to search");
  screen.mockInput.pressEscape();
  await screen.shows("Message Rein");
});

test("the settings are those of the state, and the help lists every key and command", async () => {
  await using screen = await open();
  await say(screen, "/settings");
  await screen.shows("‹ Keep working ›");
  screen.mockInput.pressArrow("down");
  screen.mockInput.pressArrow("right");
  await screen.shows("‹ Stop ›");
  screen.mockInput.pressEscape();
  await screen.hides("Settings");
  await say(screen, "/close continue");
  await say(screen, "/settings");
  await screen.shows("‹ Keep working ›");
  screen.mockInput.pressEscape();
  await screen.hides("Settings");
  await screen.mockInput.typeText("?");
  await screen.shows("Find a key or a command");
  for (const words of ["Ctrl+X", "/compact", "/quit", "Ctrl+Z", "Alt+Enter"]) {
    screen.mockInput.pressKey("u", { ctrl: true });
    await screen.mockInput.typeText(words);
    await screen.shows(
      new RegExp(`${words.replace("+", "\\+")} │$|${words.replace("+", "\\+")},`, "m"),
    );
  }
});

test("a click chooses a line, and one beside the panel closes it", async () => {
  const id = await chatted("Mouse", "Done.");
  await using screen = await open(id);
  const at = async (words: string) => {
    const rows = (await screen.frame()).split("\n");
    const y = rows.findIndex((row) => row.includes(words));
    return { x: rows[y]?.indexOf(words) ?? 0, y };
  };
  await screen.shows(/^ m {3}Allow everything/m);
  const facts = await at("Allow everything");
  await screen.mockMouse.click(facts.x, facts.y);
  await screen.shows("This session");
  const line = await at("Ask first");
  await screen.mockMouse.click(line.x, line.y);
  await screen.mockMouse.click(line.x, line.y);
  await screen.hides("This session");
  await untilAsync(
    async () => (await rein.session(id)).permissions === "ask",
    "the permissions are changed",
  );
  screen.mockInput.pressKey("f", { ctrl: true });
  await screen.shows("Type what you look for.");
  await screen.mockMouse.click(1, 0);
  await screen.hides("Type what you look for.");
});

test("a screen that was closed leaves the process able to write to a closed pipe", async () => {
  await (await open())[Symbol.asyncDispose]();
  const ignored = readFileSync("/proc/self/status", "utf8").match(/SigIgn:\s*(\w+)/)?.[1];
  expect(BigInt(`0x${ignored}`) & (1n << BigInt(constants.signals.SIGPIPE - 1))).not.toBe(0n);
});

test("MCP servers: a project's is said above the input, shown in full, and allowed once every row was on the screen", async () => {
  const cwd = realpathSync(mkdtempSync(join(tmpdir(), "rein-project-")));
  try {
    const args = Array.from({ length: 60 }, (_, at) => `--flag-${at}`);
    const last = "a\u202eb\nCommand: ls";
    const mcpServers = { tickets: { command: "node", args: [...args, last] } };
    writeFileSync(join(cwd, ".mcp.json"), JSON.stringify({ mcpServers }));
    upstream.script([text("Done.")]);
    const chat = rein.chat({ message: "Hi", cwd, ...model });
    await chat.ended;
    const standings = async () => {
      const path = `/api/mcp?${new URLSearchParams({ cwd })}`;
      const { entries } = await rein.json<{ entries: { standing: string }[] }>(path);
      return entries.map(({ standing }) => standing);
    };
    await using screen = await open(chat.sessionId);
    await screen.shows("This project brings 1 MCP server.");
    await say(screen, "/mcp");
    await screen.shows("waits for your answer");
    screen.mockInput.pressEnter();
    const first = await screen.shows("before it can be allowed");
    expect(first).not.toContain("a: allow");
    screen.mockInput.pressKey("a");
    while (!(await screen.frame()).includes("a: allow")) screen.mockInput.pressEnter();
    expect(await standings()).toEqual(["asked"]);
    const end = await screen.frame();
    expect(end).not.toContain("\u202e");
    // A line of an argument is no row of its own.
    expect(end).toMatch(/^│   Command: ls/m);
    screen.mockInput.pressKey("a");
    await screen.shows("not started");
    expect(await standings()).toEqual(["on"]);
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
});

test("MCP servers: one is signed in to at an address that is shown, its tools are switched, and it is switched off", async () => {
  using service = startProtectedMcp();
  const server = { type: "http", url: service.mcpUrl, headers: {} };
  const put = (change: object) =>
    rein.fetch("/api/settings", {
      method: "PUT",
      body: JSON.stringify({ mcp: { servers: { remote: change } } }),
    });
  await put({ server });
  const entry = async () => {
    const { entries } = await rein.json<{ entries: McpEntry[] }>("/api/mcp");
    return entries.find(({ name }) => name === "remote");
  };
  const id = await chatted("Sign in", "Done.");
  await using screen = await open(id);
  await say(screen, "/mcp");
  await screen.shows("remote");
  screen.mockInput.pressEnter();
  await screen.shows("s: sign in");
  screen.mockInput.pressKey("s");
  await screen.shows("Escape: no longer wait");
  screen.mockInput.pressEscape();
  await screen.hides("Escape: no longer wait");
  screen.mockInput.pressKey("s");
  const painted = await screen.shows("c: copy the address");
  const [address] = /http:[^ ]+authorize[^ ]+/.exec(painted.replaceAll(/[ │]*\n[ │]*/g, "")) ?? [];
  await fetch(service.consent(address ?? ""));
  // It is started by itself, and says what it offers.
  await screen.shows("1 tool");
  screen.mockInput.pressKey("t");
  await screen.shows(/look +on/);
  screen.mockInput.pressEnter();
  await screen.shows(/look +off/);
  expect((await entry())?.offTools).toEqual(["look"]);
  screen.mockInput.pressEscape();
  await screen.shows("1 tool, 1 of them off");
  screen.mockInput.pressKey("o");
  await screen.shows("o: switch on");
  expect((await entry())?.standing).toBe("off");
  await put({ isOn: true });
  await rein.fetch("/api/settings", {
    method: "PUT",
    body: JSON.stringify({ mcp: { servers: { remote: null } } }),
  });
});
