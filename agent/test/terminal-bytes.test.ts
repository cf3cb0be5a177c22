/** Of all bytes that the face writes to a real terminal, each control is the renderer's own. */
import { afterAll, beforeAll, expect } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hostileEvents, hostileWords } from "./hostile-session";
import { emptySession, writeSession } from "./long-session";
import { type Rein, startRein } from "./rein";
import { openScreen, screenTest as test } from "./terminal-screen";

/** What the renderer paints with: places, looks, synchronized frames, the cursor, and the title, in which is no control. */
const painting =
  // oxlint-disable-next-line no-control-regex -- control sequences are what is looked for
  /\x1b\[(?:\d+;\d+H|(?:0|[134579]|[34]9|[34]8;[25](?:;\d+)+)m|\?(?:2026|25)[hl]|\d q)|\x1b\]0;[^\0-\x1f\x7f-\x9f]*\x07|\x1b\](?:12;#[\da-f]{6}|112)\x07/g;
/** A control of C0 or C1. */
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const control = /[\0-\x1f\x7f-\x9f][^]{0,20}/g;

const dataDir = mkdtempSync(join(tmpdir(), "rein-data-"));
const sessionId = "hostile";
let rein: Rein;

beforeAll(async () => {
  const words = Object.values(hostileWords)
    .filter((text) => text.length < 10_000)
    .join("\n");
  const session = { ...emptySession(tmpdir()), id: sessionId, title: words };
  writeSession(dataDir, session, hostileEvents(sessionId, words));
  rein = await startRein({ dataDir });
});
afterAll(async () => {
  await rein[Symbol.asyncDispose]();
  rmSync(dataDir, { recursive: true, force: true });
});

test("a hostile session is read and opened, and its controls stay text", async () => {
  const options = { args: ["-s", sessionId], width: 100, height: 40 };
  await using screen = await openScreen(rein, options);
  await screen.until("Not ended: 2 colour");
  const begun = screen.written().length;
  for (const key of ["Tab", "Enter", "M-Up", "M-Up", "Enter", "M-Up", "Enter", "PPage", "PPage"])
    await screen.press(key);
  await screen.press("C-o");
  await screen.until("Find a session");
  await screen.press("Escape");
  await screen.type("read");
  await screen.until("│ read");
  const bytes = Buffer.from(screen.written().slice(begun), "latin1").toString("utf8");
  // oxlint-disable-next-line no-control-regex -- what sets the colors
  const unreadable = /\x1b\[38;5;(\d+)m\x1b\[48;5;\1m/;
  expect(unreadable.exec(bytes)?.[0]).toBeUndefined();
  const words = bytes.replaceAll(painting, "");
  expect(words).toContain("⟨ESC⟩]52;c;");
  expect(words.match(control) ?? []).toEqual([]);
});
