/** Files of this machine are attached in the terminal face, and go out with the message. */
import "@opentui/solid/preload";
import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startRein } from "./rein";
import { text } from "./upstream/script";
import { startUpstream } from "./upstream/upstream";

// After the preload: only then can the components be read.
const { openScreen } = await import("./terminal-scene");

test("/attach completes paths, uploads several, /detach takes one out, and the rest goes out with the message", async () => {
  const upstream = startUpstream();
  await using _closing = { [Symbol.asyncDispose]: () => upstream.close() };
  await using rein = await startRein({ environment: upstream.environment });
  writeFileSync(join(rein.cwd, "notes of today.md"), "Remember the milk.");
  writeFileSync(join(rein.cwd, "other.txt"), "Not wanted.");
  upstream.script([text("Hello.")]);
  const chat = rein.chat({ message: "First", provider: "anthropic", model: "m" });
  await chat.until((event) => event.type === "run-end");
  const { sessionId } = chat;
  await using screen = await openScreen({ url: rein.url, token: rein.token, sessionId });
  await screen.shows("Message Rein");
  await screen.mockInput.typeText("/attach no");
  await screen.shows("notes\\ of\\ today.md");
  screen.mockInput.pressTab();
  await screen.mockInput.typeText(" other.txt missing.txt");
  screen.mockInput.pressEnter();
  await screen.shows("▪  notes of today.md  18 bytes");
  await screen.shows("Not attached: missing.txt");
  await screen.mockInput.typeText("/detach other.txt");
  screen.mockInput.pressEnter();
  await screen.mockInput.typeText("Read it");
  upstream.script([text("Milk.")]);
  screen.mockInput.pressEnter();
  await screen.shows("Milk.");
  const request = JSON.stringify(upstream.requests.at(-1)!.body);
  expect(request).toContain("Remember the milk.");
  expect(request).not.toContain("Not wanted.");
});
