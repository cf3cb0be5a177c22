/** A bug in drawing one part of the terminal face takes no other part with it, and no key that stops; the log stays short. */
import "@opentui/solid/preload";
import { afterAll, beforeAll, expect, test } from "bun:test";
import { TextBuffer } from "@opentui/core";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Client } from "../client/state/client";
import { logConsole } from "../terminal/terminal-log";
import { type Rein, startRein } from "./rein";
import { temporaryDirectory } from "./temporary-directory";
import type { TerminalScene } from "./terminal-scene";
import { makeGate, text } from "./upstream/script";
import { startUpstream, type Upstream } from "./upstream/upstream";

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

/** The face on a run that goes on, with a state that is changed. */
async function openRunning(change: (client: Client) => Client): Promise<TerminalScene> {
  upstream.script([text("One ", makeGate())]);
  const chat = rein.chat({ message: "Do it", provider: "anthropic", model: "m" });
  await chat.until((event) => event.type === "part-delta");
  const { url, token } = rein;
  return openScreen({ url, token, sessionId: chat.sessionId, change });
}

function fail(): never {
  throw new Error("planned\u001b fault");
}

test("Ctrl+C stops the run though neither the input nor the conversation can be drawn", async () => {
  await using screen = await openRunning((client) => ({
    ...client,
    engines: { ...client.engines, engines: fail },
  }));
  const painted = await screen.shows("The input cannot be shown.");
  expect(painted).not.toContain("\u001b");
  await screen.shows("Working");
  screen.mockInput.pressKey("c", { ctrl: true });
  expect(await upstream.requests.at(-1)!.ended).toBe("client");
  await screen.shows(/Ready · stopped in/);
});

test("Ctrl+C stops the run though the library makes no more texts", async () => {
  const gate = makeGate();
  upstream.script([text("One ", gate, "\n\n- two", makeGate())]);
  const chat = rein.chat({ message: "Do it", provider: "anthropic", model: "m" });
  await chat.until((event) => event.type === "part-delta");
  const { url, token } = rein;
  await using screen = await openScreen({ url, token, sessionId: chat.sessionId });
  await screen.shows("One");
  using _taken = takeAllTexts();
  gate.open();
  // Of whatever needs the next text: where the list of models comes late, the line of facts.
  await screen.shows("cannot be shown.");
  screen.mockInput.pressKey("c", { ctrl: true });
  expect(await upstream.requests.at(-1)!.ended).toBe("client");
});

/** Until it is disposed. */
function takeAllTexts(): Disposable {
  const texts: TextBuffer[] = [];
  const take = () => {
    for (;;) texts.push(TextBuffer.create("unicode"));
  };
  expect(take).toThrow("Failed to create TextBuffer");
  return {
    [Symbol.dispose]() {
      for (const one of texts) one.destroy();
    },
  };
}

test("an event that cannot be applied is said, and the session read anew", async () => {
  const gate = makeGate();
  upstream.script([text("One ", gate, "two.", makeGate())]);
  await using broken = startBreaking(rein.url);
  await using screen = await openScreen({ url: broken.url, token: rein.token });
  await screen.shows("Ready");
  await screen.mockInput.typeText("Do it");
  screen.mockInput.pressEnter();
  await screen.shows("The session is read anew");
  await screen.shows("One");
  gate.open();
  await screen.shows("One two.");
  screen.mockInput.pressKey("c", { ctrl: true });
  expect(await upstream.requests.at(-1)!.ended).toBe("client");
  await screen.shows(/Ready · stopped in/);
  expect(broken.count()).toBe(1);
});

/** A proxy that takes the parts from the first answer that begins. */
function startBreaking(url: string) {
  let count = 0;
  const proxy = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 0,
    async fetch(request) {
      const { pathname, search } = new URL(request.url);
      const { method, headers, body, signal } = request;
      headers.delete("host");
      const given = await fetch(url + pathname + search, { method, headers, body, signal });
      const isStream = given.headers.get("content-type")?.startsWith("text/event-stream");
      if (!isStream || given.body === null) return given;
      return new Response(given.body.pipeThrough(new TransformStream({ transform })), given);
    },
  });
  function transform(bytes: Uint8Array, stream: TransformStreamDefaultController<Uint8Array>) {
    const words = new TextDecoder().decode(bytes);
    const pattern = /("type":"message-start".*"role":"assistant".*"parts":)\[\]/;
    const isBroken = count === 0 && pattern.test(words);
    if (isBroken) count++;
    stream.enqueue(isBroken ? new TextEncoder().encode(words.replace(pattern, "$1null")) : bytes);
  }
  return {
    url: proxy.url.origin,
    count: () => count,
    [Symbol.asyncDispose]: () => proxy.stop(true),
  };
}

test("Ctrl+C stops the run from a panel that cannot be drawn, and Escape closes it", async () => {
  let isBroken = false;
  await using screen = await openRunning((client) => ({
    ...client,
    models: { ...client.models, refresh: () => (isBroken ? fail() : client.models.refresh()) },
  }));
  await screen.shows("Working");
  isBroken = true;
  screen.mockInput.pressKey("l", { ctrl: true });
  await screen.shows("This panel cannot be shown.");
  screen.mockInput.pressKey("c", { ctrl: true });
  expect(await upstream.requests.at(-1)!.ended).toBe("client");
  screen.mockInput.pressEscape();
  await screen.hides("This panel cannot be shown.");
  await screen.mockInput.typeText("still here");
  await screen.shows("│ still here");
});

test("a failure that repeats is in the log once, with how often it came", () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, "terminal.log");
  const end = logConsole(path);
  for (let time = 0; time < 5; time++)
    console.warn("It could not be read:", new Error("no answer"));
  console.warn("It could not be read:", new Error("another"));
  end();
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  const texts = lines.map((line) => (JSON.parse(line) as { text: string }).text);
  expect(texts).toEqual([
    expect.stringContaining("no answer"),
    expect.stringContaining("another"),
    "4 times more: It could not be read: Error: no answer",
  ]);
});
