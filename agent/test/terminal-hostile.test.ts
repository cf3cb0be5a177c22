/** Whatever a model, a command, a file name or an engine says, nothing of it reaches the terminal as a control. */
import "@opentui/solid/preload";
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hostileEvents, hostileWords } from "./hostile-session";
import { emptySession, writeSession } from "./long-session";
import { type Rein, startRein } from "./rein";
import { toolCall } from "./upstream/script";
import { startUpstream, type Upstream } from "./upstream/upstream";

// After the preload: only then can the components be read.
const { openScreen } = await import("./terminal-scene");

/** Control characters other than the line feed of a frame, and what is invisible or moves text, but the joiner of an emoji. */
const controls =
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  /[\0-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}]/u;

const everything = Object.values(hostileWords)
  .filter((words) => words.length < 10_000)
  .join("\n");
const dataDir = mkdtempSync(join(tmpdir(), "rein-data-"));
let upstream: Upstream;
let rein: Rein;

beforeAll(async () => {
  upstream = startUpstream();
  for (const [id, words] of Object.entries(hostileWords))
    writeSession(
      dataDir,
      { ...emptySession(tmpdir()), id, title: words },
      hostileEvents(id, words),
    );
  rein = await startRein({ dataDir, environment: upstream.environment });
});
afterAll(async () => {
  await rein[Symbol.asyncDispose]();
  await upstream.close();
  rmSync(dataDir, { recursive: true, force: true });
});

test.each(Object.entries(hostileWords))("%s, in every place of a session", async (id, words) => {
  const options = { url: rein.url, token: rein.token, sessionId: id, width: 100, height: 60 };
  await using screen = await openScreen(options);
  const first = /^\w+/.exec(words)![0].slice(0, 20);
  expect(await screen.shows("could not be stopped")).toContain(first);
  // Each card opened, from the last to the first, and all that is above it read.
  for (let card = 0; card < 12; card++) {
    screen.select();
    screen.mockInput.pressEnter();
    expect(controls.exec(await screen.frame())?.[0]).toBeUndefined();
    screen.mockInput.pressEscape();
    await screen.frame();
  }
  for (const key of ["End", "PageUp", "PageUp", "PageUp", "PageUp", "Home"] as const) {
    screen.press(key);
    const painted = await screen.frame();
    expect(controls.exec(painted)?.[0]).toBeUndefined();
    for (const line of painted.replace(/\n$/, "").split("\n"))
      expect(Bun.stringWidth(line)).toBe(100);
  }
});

test("the conversation draws text by the component that marks controls, and by no other", () => {
  const folder = join(import.meta.dir, "../terminal/conversation");
  const drawing = [...new Bun.Glob("*.tsx").scanSync({ cwd: folder })].filter((file) =>
    /<(?:text|span|code|markdown|diff|textarea)\b|\btitle=/.test(
      readFileSync(join(folder, file), "utf8"),
    ),
  );
  expect(drawing).toEqual(["Words.tsx"]);
});

test("an approval names each hidden character of what it asks", async () => {
  const command = everything.replaceAll("\0", "");
  upstream.script([toolCall("bash", { command })]);
  const chat = rein.chat({ message: "Go", provider: "anthropic", model: "m", permissions: "ask" });
  await chat.until((event) => event.type === "approval-request");
  const named = { url: rein.url, token: rein.token, sessionId: chat.sessionId };
  await using screen = await openScreen({ ...named, width: 120, height: 60 });
  const painted = await screen.shows("Tab to answer:");
  expect(controls.exec(painted)?.[0]).toBeUndefined();
  for (const mark of ["ESC", "BEL", "CR", "BS", "U+009B", "U+202E", "U+200B", "U+FEFF", "DEL"])
    expect(painted).toContain(mark);
  await rein.stop(chat.sessionId);
});
