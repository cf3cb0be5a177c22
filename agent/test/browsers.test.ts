/** The page in Chromium, Firefox and WebKit: what a person needs most works in each of them. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import type { Engine } from "./browsers/driver";
import { engines } from "./browsers/all-engines";
import type { Target } from "./browsers/in-page";
import { newerInScripts, newerInStyles } from "./browsers/newer-features";
import { Tab } from "./browsers/tab";
import { startFront } from "./front";
import { isAlive, untilFile } from "./machine-facts";
import { anthropicOn } from "./scene";
import { type SharedServer, startShared } from "./shared-server";
import { makeGate, text, toolCall } from "./upstream/upstream";
import { until, untilAsync } from "./within";

test("the built page names nothing that its oldest browsers lack", () => {
  const assets = join(import.meta.dir, "../dist/assets");
  const named = readdirSync(assets).flatMap((file) => {
    const newer = { ".js": newerInScripts, ".css": newerInStyles }[extname(file)];
    const found = newer && readFileSync(join(assets, file), "utf8").match(newer);
    return (found ?? []).map((name) => `${file}: ${name}`);
  });
  expect(named).toEqual([]);
});

declare global {
  /** In the page. */
  var foundWorker: boolean | undefined;
}

let server: SharedServer;
beforeAll(async () => {
  server = await startShared(anthropicOn);
});
afterAll(() => server[Symbol.asyncDispose]());

for (const { name, found, launch } of engines)
  describe.skipIf(found === undefined)(name, () => {
    let engine: Engine;
    let page: Tab;
    beforeAll(async () => {
      engine = await launch();
      page = new Tab(await engine.open());
      await page.goto(await server.rein.signInAddress());
    });
    afterAll(() => engine?.close());

    test("an answer streams in, and Escape stops it", async () => {
      await startSession();
      const gate = makeGate();
      server.upstream.script([text("One ", gate, "and two ", makeGate())]);
      await send("Count");
      await page.see({ testId: "message", text: "One" });
      gate.open();
      await page.see({ testId: "message", text: "One and two" });
      await page.press("Escape");
      await seeStopped();
      await expectClosed();
    });

    test("Stop of a tool card kills the command, Stop of a subagent's card ends the subagent, and the run goes on", async () => {
      await startSession();
      const pidFile = `pid-${name}`;
      server.upstream.script(
        [toolCall("bash", { command: `echo $$ > new; mv new ${pidFile}; exec sleep 600` })],
        [toolCall("subagent", { role: "simple", title: "alpha", task: "Be alpha." })],
        [text("Alpha has ", makeGate())],
      );
      await send("Do it");
      await page.click({ role: "button", name: "^Allow once" });
      await untilFile(join(server.rein.cwd, pidFile));
      const pid = Number(readFileSync(join(server.rein.cwd, pidFile), "utf8"));
      await page.click({ role: "button", name: "^Stop bash" });
      await until(() => !isAlive(pid), "the command is dead");
      await page.see({ testId: "subagent-card", text: "Alpha has" });
      server.upstream.script([text("I use what I have.")]);
      await page.click({ role: "button", name: "^Stop subagent alpha" });
      await page.see({ testId: "message", text: "I use what I have." });
      await page.see({ testId: "send" });
    });

    test("a run survives a reload, is paused and resumed, and is stopped from a second tab", async () => {
      await startSession();
      server.upstream.script([text("The answer is ", makeGate())]);
      await send("Ask");
      await page.see({ testId: "message", text: "The answer is" });
      await page.reload();
      await page.see({ testId: "message", text: "The answer is" });
      await page.click({ testId: "pause", state: "running" });
      await page.click({ testId: "pause", state: "pausing" });
      await page.see({ testId: "pause", state: "paused" });
      await expectClosed();
      server.upstream.script([text("forty-", makeGate())]);
      await page.click({ role: "button", name: "^Resume" });
      await page.see({ testId: "message", text: "forty-" });
      const second = new Tab(await engine.open());
      await second.goto(await page.url());
      await second.see({ testId: "message", text: "forty-" });
      await second.press("Escape");
      await seeStopped(second);
      await seeStopped();
      await expectClosed();
      expect(await second.errors()).toEqual([]);
    });

    test("the changes of a run are undone", async () => {
      await startSession();
      const file = join(server.rein.cwd, `made-${name}.txt`);
      server.upstream.script(
        [toolCall("write", { path: `made-${name}.txt`, content: "x" })],
        [text("Written.")],
      );
      await send("Write it");
      await page.click({ role: "button", name: "^Allow once" });
      await page.see({ testId: "message", text: "Written." });
      expect(existsSync(file)).toBe(true);
      await page.click({ role: "button", name: "^Undo" });
      await page.see({ role: "button", name: "^Redo" });
      expect(existsSync(file)).toBe(false);
    });

    test("an earlier message is edited, and what was said there is shown again and gone to", async () => {
      await startSession();
      for (const [message, answer] of [
        ["one", "First answer."],
        ["two", "Second answer."],
      ] as const) {
        server.upstream.script([text(answer)]);
        await send(message);
        await page.see({ testId: "message", text: answer });
        await page.see({ testId: "send" });
      }
      await page.click({ role: "button", name: "^Edit$" });
      server.upstream.script([text("Another answer.")]);
      await page.type({ role: "textbox", name: "^Edited text$" }, "!");
      await page.press("Enter");
      await page.see({ testId: "message", text: "Another answer." });
      await page.see({ testId: "send" });
      await page.seeNo({ testId: "message", text: "Second answer." });
      await page.click({ role: "button", name: "^Show the one before$" });
      await page.see({ testId: "message", text: "Second answer." });
      for (const [key, message] of [
        ["Alt+ArrowUp", "one"],
        ["Alt+ArrowDown", "two"],
      ] as const) {
        await page.press(key);
        const focused = await page.driver.evaluate(() => document.activeElement?.textContent, null);
        expect(focused).toBe(message);
      }
      expect(await page.errors()).toEqual([]);
    });

    test("a directory is chosen by keys, and its instructions, edited on the page, are told in its sessions", async () => {
      await startSession();
      mkdirSync(join(server.rein.cwd, name, "inside"), { recursive: true });
      await page.click({ role: "button", name: "^Working directory" });
      await page.see({ testId: "folders", text: name });
      await page.type(folder, name.slice(0, 3));
      await page.press("Enter");
      await page.see({ role: "button", name: `^Work in ${name}` });
      await page.see({ testId: "folders", text: "inside" });
      // The last: those that were used stand first.
      await page.press("ArrowUp");
      await page.press("Enter");
      await page.see({ role: "button", name: "^Work in inside" });
      await page.press("Enter");
      await page.seeNo({ testId: "folders" });
      await page.click({ role: "button", name: "^Working directory: .*inside" });
      await page.click({ role: "button", name: "^This project…" });
      await page.type(instructions, "Say moin.");
      await page.click({ role: "button", name: "^Save$" });
      await page.seeNo({ role: "button", name: "^Discard" });
      await page.press("Escape");
      await page.seeNo({ testId: "project" });
      server.upstream.script([text("Moin.")]);
      await send("Hi");
      await page.see({ testId: "message", text: "Moin." });
      const told = JSON.stringify(server.upstream.requests.at(-1)!.body);
      expect(told).toContain("Say moin.");
      expect(await page.errors()).toEqual([]);
    });

    test("a line that a run has changed is commented on in the side panel, and the change reverted", async () => {
      await startSession();
      const file = join(server.rein.cwd, `reviewed-${name}.txt`);
      const written = { path: `reviewed-${name}.txt`, content: "one line\n" };
      server.upstream.script([toolCall("write", written)], [text("Written.")]);
      await send("Write it");
      await page.click({ role: "button", name: "^Allow once" });
      await page.see({ testId: "message", text: "Written." });
      await page.click({ role: "button", name: "^Side panel$" });
      await page.click({ role: "button", name: "^Changes$" });
      await page.see({ testId: "hunk", text: "one line" });
      await page.click({ role: "button", name: "^Comment on line 1$" });
      await page.type({ role: "textbox", name: "^Comment$" }, "Why?");
      await page.click({ role: "button", name: "^Add comment$" });
      await page.see({ testId: "comments", text: "Why?" });
      await page.click({ role: "button", name: `^Revert reviewed-${name}.txt$` });
      await page.see({ testId: "reverted" });
      expect(existsSync(file)).toBe(false);
      // In a narrow window it lies over the message field.
      await page.click({ role: "button", name: "^Close the side panel$" });
      await page.seeNo({ testId: "side-panel" });
      server.upstream.script([text("Because.")]);
      await send("Tell");
      await page.see({ testId: "message", text: "Because." });
      expect(JSON.stringify(server.upstream.requests.at(-1)?.body)).toContain("one line");
      expect(await page.errors()).toEqual([]);
    });

    test("Escape cancels an upload, and tried again it goes out with the message", async () => {
      await startSession();
      await page.driver.evaluate(cancelUpload, 20_000_000);
      await page.see({ testId: "attached-file", text: "Cancelled by the stop" });
      await page.click({ role: "button", name: "^Try again" });
      await page.see({ role: "button", name: "^Remove large.txt" });
      server.upstream.script([text("It is large.")]);
      await send("Read it");
      await page.see({ testId: "message", text: "It is large." });
      await page.see({ role: "button", name: "^Read text file large.txt" });
    });

    test("opened while its server is away, the page says so, and goes on by itself", async () => {
      await using front = startFront(server.rein);
      const tab = new Tab(await engine.open());
      await tab.goto(await front.rein.signInAddress());
      await untilAsync(() => tab.driver.evaluate(hasWorker, null), "the service worker is active");
      front.instead = () => new Response("Bad gateway", { status: 502 });
      await tab.reload();
      await tab.see({ text: "Rein cannot be reached" });
      front.instead = () => undefined;
      await tab.see({ text: "An agent whose Stop is real." });
      await tab.seeNo({ text: "Rein cannot be reached" });
    });

    test("the palette finds a message and goes there, and a deletion is taken back", async () => {
      await startSession();
      server.upstream.script([text(`An oak in ${name}.`)]);
      await send("Plant a tree");
      await page.see({ testId: "message", text: `An oak in ${name}.` });
      await startSession();
      await choose(`#oak in ${name}`, `An oak in ${name}.`);
      await page.see({ testId: "message", text: `An oak in ${name}.` });
      await choose(">delete this", "Delete this session");
      await page.seeNo({ testId: "message" });
      await page.click({ role: "button", name: "^Undo$" });
      await page.see({ testId: "message", text: `An oak in ${name}.` });
      expect(await page.errors()).toEqual([]);
    });

    async function choose(typed: string, offered: string): Promise<void> {
      await page.press("Control+k");
      await page.type({ name: "^Find anything$" }, typed);
      await page.see({ testId: "palette", text: offered });
      await page.press("Enter");
      await page.seeNo({ testId: "palette" });
    }

    async function startSession(): Promise<void> {
      server.upstream.reset();
      await page.click({ role: "button", name: "^New session" });
      await page.seeNo({ testId: "message" });
    }

    async function send(message: string): Promise<void> {
      await page.type(field, message);
      await page.press("Enter");
    }

    async function seeStopped(tab = page): Promise<void> {
      await tab.see({ testId: "receipt" });
      await tab.see({ testId: "send" });
      expect(await tab.errors()).toEqual([]);
    }

    /** The page has closed the last request to the service. */
    async function expectClosed(): Promise<void> {
      expect(await server.upstream.requests.at(-1)!.ended).toBe("client");
    }
  });

const field: Target = { role: "textbox", name: "^Message$" };
const folder: Target = { role: "textbox", name: "^Search, or type a path" };
const instructions: Target = { role: "textbox", name: "^Instructions for this project" };

/** In the page: attaches a text of so many bytes, and presses Escape as soon as it is being uploaded. */
async function cancelUpload(bytes: number): Promise<void> {
  const input = document.querySelector<HTMLInputElement>("input[name=files]")!;
  const chosen = new DataTransfer();
  chosen.items.add(new File(["a".repeat(bytes)], "large.txt", { type: "text/plain" }));
  input.files = chosen.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
  while (document.querySelector('[data-testid="attached-file"][data-state="uploading"]') === null)
    await new Promise((resolve) => setTimeout(resolve));
  const pressed = { key: "Escape", bubbles: true, cancelable: true };
  document.body.dispatchEvent(new KeyboardEvent("keydown", pressed));
}

/** An engine gives no promise's value: what an earlier call has found. */
function hasWorker(): boolean {
  void navigator.serviceWorker.getRegistration().then((registration) => {
    window.foundWorker = registration?.active?.state === "activated";
  });
  return window.foundWorker === true;
}
