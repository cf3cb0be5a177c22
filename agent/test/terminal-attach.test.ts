/** Files of this machine are attached in the terminal face, and go out with the message. */
import "@opentui/solid/preload";
import { expect, test } from "bun:test";
import { readdirSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { samples } from "./sample-files";
import { startRein } from "./rein";
import { text } from "./upstream/script";
import { startUpstream } from "./upstream/upstream";

// After the preload: only then can the components be read.
const { openScreen } = await import("./terminal-scene");

test("/attach completes paths, uploads several, /detach takes one out, and the rest goes out with the message", async () => {
  await using upstream = closing(startUpstream());
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

test("/attach alone lists the files, Delete takes one out there, and a sent text opens as the model has got it", async () => {
  await using upstream = closing(startUpstream());
  await using rein = await startRein({ environment: upstream.environment });
  writeFileSync(join(rein.cwd, "notes.md"), "Remember the milk.");
  writeFileSync(join(rein.cwd, "other.txt"), "Not wanted.");
  upstream.script([text("Hello.")], [text("Milk.")]);
  const chat = rein.chat({ message: "First", provider: "anthropic", model: "m" });
  await chat.until((event) => event.type === "run-end");
  const { sessionId } = chat;
  await using screen = await openScreen({ url: rein.url, token: rein.token, sessionId });
  await screen.shows("Hello.");
  await screen.mockInput.typeText("/attach other.txt");
  screen.mockInput.pressEnter();
  await screen.shows("▪  other.txt  11 bytes");
  await screen.mockInput.typeText("/attach");
  screen.mockInput.pressEnter();
  await screen.shows("Attached files");
  screen.mockInput.pressKey("DELETE");
  await screen.shows("No file is attached.");
  screen.mockInput.pressEscape();
  await screen.hides("No file is attached.");
  await screen.mockInput.typeText("Read @notes.md now");
  screen.mockInput.pressEnter();
  await screen.shows("Milk.");
  await screen.shows("▸ @notes.md, ");
  expect(JSON.stringify(upstream.requests.at(-1)!.body)).not.toContain("Not wanted.");
  const line = (await screen.frame()).split("\n").findIndex((one) => one.includes("@notes.md, "));
  await screen.mockMouse.click(6, line);
  await screen.shows("Enter open");
  screen.mockInput.pressEnter();
  await screen.shows("Remember the milk.");
});

test("the paths of pictures that are dragged into the terminal are attached, and other paths are text", async () => {
  await using upstream = closing(startUpstream());
  await using rein = await startRein({ environment: upstream.environment });
  const picture = join(rein.cwd, "my shot.png");
  writeFileSync(picture, samples["image/png"]);
  writeFileSync(join(rein.cwd, "notes.md"), "Text.");
  await using screen = await openScreen({ url: rein.url, token: rein.token });
  await screen.shows("Message Rein");
  for (const pasted of [`'${picture}' `, picture.replaceAll(" ", "\\ ")])
    await screen.mockInput.pasteBracketedText(pasted);
  await screen.shows(/my shot\.png .*\n.*my shot\.png /);
  await screen.shows("Message Rein");
  await screen.mockInput.pasteBracketedText(join(rein.cwd, "notes.md"));
  await screen.shows("notes.md");
  await screen.mockInput.pasteBracketedText(" /missing/shot.png");
  await screen.shows("/missing/shot.png");
});

for (const key of ["Ctrl+C", "Escape"] as const)
  test(`${key} cancels an upload: its connection closes, nothing of it stays, and the text stays`, async () => {
    await using upstream = closing(startUpstream());
    await using rein = await startRein({ environment: upstream.environment });
    writeFileSync(join(rein.cwd, "cut.txt"), "text ".repeat(1000));
    await using held = await holdUploads(new URL(rein.url));
    await using screen = await openScreen({ url: held.url, token: rein.token });
    await screen.shows("Message Rein");
    await screen.mockInput.typeText(`/attach ${join(rein.cwd, "cut.txt")}`);
    screen.mockInput.pressEnter();
    const upload = await held.upload;
    await screen.shows(/\d+%  cut\.txt/);
    await screen.mockInput.typeText("Look here");
    await screen.shows("Look here");
    if (key === "Escape") screen.mockInput.pressEscape();
    else screen.mockInput.pressCtrlC();
    await upload.closed;
    await screen.shows("Cancelled by the stop.");
    await screen.shows("Look here");
    expect(readdirSync(join(rein.dataDir, "files"))).toEqual([]);
  });

function closing<Resource extends { close: () => Promise<unknown> }>(resource: Resource) {
  return Object.assign(resource, {
    [Symbol.asyncDispose]: async () => void (await resource.close()),
  });
}

/** Forwards to the server, but no byte of an upload. */
async function holdUploads({ hostname, port }: URL) {
  const { promise: upload, resolve } = Promise.withResolvers<{ closed: Promise<void> }>();
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    const ahead = connect(Number(port), hostname);
    for (const one of [socket, ahead]) {
      open.add(one);
      one.on("error", () => one.destroy());
    }
    const closed = new Promise<void>((done) => socket.once("close", () => done()));
    void closed.then(() => ahead.destroy());
    ahead.pipe(socket);
    let isHeld = false;
    socket.on("data", (data) => {
      isHeld ||= data.toString("latin1").startsWith("POST /api/files");
      if (isHeld) resolve({ closed });
      else ahead.write(data);
    });
  });
  await new Promise<void>((listening) => server.listen(0, hostname, listening));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("expected a port");
  return {
    url: `http://${hostname}:${address.port}`,
    upload,
    [Symbol.asyncDispose]: async () => {
      for (const one of open) one.destroy();
      await new Promise((done) => server.close(done));
    },
  };
}
