/** What the terminal face does with the window around it: title, colours, notifications, and text marked with the mouse. */
import { expect } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { apiScene } from "./api-scene";
import { temporaryDirectory } from "./temporary-directory";
import { openScreen, screenTest as test, type TerminalScreen } from "./terminal-screen";
import { makeGate, text, toolCall } from "./upstream/upstream";
import { until } from "./within";

const scene = apiScene();

async function send(screen: TerminalScreen, message: string): Promise<void> {
  await screen.type(message);
  await screen.press("Enter");
}

test("the title says what the session does, and is the shell's own again after the exit", async () => {
  await using screen = await openScreen(scene.rein);
  const gate = makeGate();
  scene.upstream.script([text("One ", gate, "two.")]);
  await send(screen, "Do it");
  await screen.until("One");
  await screen.untilFlags({ title: "● Do it · Rein" });
  gate.open();
  await screen.until("Ready");
  await screen.untilFlags({ title: "Do it · Rein" });
  process.kill(screen.pid(), "SIGTERM");
  await screen.exitCode();
  // The title that was kept at the start is taken back after the last one that was set.
  const written = screen.written();
  expect(written.indexOf("\x1b[22;0t")).toBeLessThan(written.indexOf("\x1b]0;"));
  expect(written.lastIndexOf("\x1b[23;0t")).toBeGreaterThan(written.lastIndexOf("\x1b]0;"));
});

test("a title with control characters changes nothing but the title, and is words in the shell after the exit", async () => {
  const hostile = "a\x07\x1b]52;c;aGk=\x07b\x9b31mc\u202e";
  scene.upstream.script([text("Hello.", makeGate())]);
  const chat = scene.send(hostile);
  await chat.until(({ type }) => type === "part-delta");
  await using screen = await openScreen(scene.rein, { args: ["--session", chat.sessionId] });
  await screen.until("Hello.");
  process.kill(screen.pid(), "SIGTERM");
  await screen.exitCode();
  await screen.until("⟨BEL ESC⟩]52;c;aGk=⟨BEL⟩b⟨U+009B⟩31mc⟨U+202E⟩” keeps running");
  expect(screen.written()).not.toContain("]52;c;aGk=\x07");
  expect(screen.written()).not.toContain("\x9b31m");
});

test("a run that ends unseen is told by a bell, where that is wanted", async () => {
  using directory = temporaryDirectory();
  const dataDir = join(directory.path, "data");
  mkdirSync(dataDir);
  writeFileSync(join(dataDir, "terminal.json"), '{"rein.notify":"on"}');
  await using screen = await openScreen(scene.rein, { dataDir });
  const gate = makeGate();
  scene.upstream.script([text("One ", gate, "two.")]);
  await send(screen, "Do it");
  await screen.until("One");
  // What a terminal sends when its window loses the focus. The letter shows that the face has read it.
  await screen.type("\x1b[Ox");
  await screen.until(/^│ x +│$/m);
  expect(bells(screen.written())).toBe(0);
  gate.open();
  await until(() => bells(screen.written()) === 1, "a bell");
  expect((await screen.until("One two.")).split("\n")[0]).toContain("Do it");
});

/** Those that end no operating system command, such as a title's. */
function bells(written: string): number {
  // oxlint-disable-next-line no-control-regex -- what terminals are told by
  return written.replaceAll(/\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)/g, "").split("\x07").length - 1;
}

test.each([
  ["a dark background", { COLORFGBG: "15;0" }, true],
  ["a light background", { COLORFGBG: "0;15" }, true],
  ["a light background without colours", { COLORFGBG: "0;15", NO_COLOR: "1" }, false],
])("on %s the text can be read", async (_, environment, isColoured) => {
  await using screen = await openScreen(scene.rein, {
    environment: { ...environment, COLORTERM: "truecolor" },
  });
  await screen.press("C-c");
  await screen.until("Press Ctrl+C again to exit");
  const rows = (await screen.capture(true)).split("\n");
  const title = colorOf(rows.find((row) => row.includes("New session")));
  const isLight = environment.COLORFGBG === "0;15";
  for (const channel of title) expect(channel < 128).toBe(isLight);
  const asked = colorOf(rows.find((row) => row.includes("Press Ctrl+C again")));
  expect(Math.max(...asked) - Math.min(...asked) > 40).toBe(isColoured);
});

/** Of the last foreground before the row's first letter: red, green and blue. */
function colorOf(row = ""): number[] {
  const before = row.slice(0, row.search(/New|Press/));
  // oxlint-disable-next-line no-control-regex -- how colours are written
  const codes = [...before.matchAll(/\x1b\[[\d;]*38;(2;\d+;\d+;\d+|5;\d+)/g)].at(-1)?.[1] ?? "";
  const [kind, ...numbers] = codes.split(";").map(Number);
  expect(kind).toBe(2);
  return numbers;
}

test("text that is marked with the mouse is copied by the terminal", async () => {
  await using screen = await openScreen(scene.rein);
  scene.upstream.script([text("Copy this.")]);
  await send(screen, "Do it");
  const rows = (await screen.until("Copy this.")).split("\n");
  const row = rows.findIndex((line) => line.includes("Copy this.")) + 1;
  const column = rows[row - 1]!.indexOf("Copy this.") + 1;
  // Pressed, moved, and released, as a terminal reports it.
  await screen.type(`\x1b[<0;${column};${row}M\x1b[<32;${column + 10};${row}M`);
  await screen.type(`\x1b[<0;${column + 10};${row}m`);
  await screen.until("Copied");
  const copied = `]52;c;${btoa("Copy this.")}`;
  await until(() => screen.written().includes(copied), "the text for the terminal");
});

test("an emoji of several code points leaves nothing beside it of what was there", async () => {
  await using screen = await openScreen(scene.rein);
  await screen.type("a\u{1F468}\u200D\u{1F469}\u200D\u{1F467}b");
  await screen.until(/^│ a\u{1F468}\u200D\u{1F469}\u200D\u{1F467}b +│$/mu);
  await screen.press("BSpace", "BSpace");
  await screen.until(/^│ a +│$/m);
});

test("added and removed lines differ where a terminal has 256 colours", async () => {
  const oldText = "before";
  scene.upstream.script([toolCall("write", { path: "f.txt", content: oldText })]);
  scene.upstream.script([toolCall("edit", { path: "f.txt", oldText, newText: "after" })]);
  scene.upstream.script([text("Edited.")]);
  const chat = scene.send("Edit", { permissions: "all" });
  await chat.ended;
  await using screen = await openScreen(scene.rein, { args: ["--session", chat.sessionId] });
  await screen.until("Edited.");
  const painted = await screen.capture(true);
  const green = "48;5;22m";
  const red = "48;5;52m";
  expect(painted.match(/48;5;\d+m(?=[+-])/g)).toEqual([green, red, green]);
});
