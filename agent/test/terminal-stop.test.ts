/** Every key and moment of a stop in the terminal face: the screen shows it, and closed sockets and dead processes prove it. */
import { describe, expect } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { apiScene, everyWire } from "./api-scene";
import { isAlive, untilFile } from "./machine-facts";
import { temporaryDirectory } from "./temporary-directory";
import { openScreen, screenTest as test, type TerminalScreen } from "./terminal-screen";
import { hang, makeGate, reasoning, text, toolCall } from "./upstream/upstream";

// Longer than any test: a process that cleans up on SIGTERM ends by a hard stop alone.
const scene = apiScene({
  environment: (upstream) => ({ ...everyWire(upstream), REIN_GRACE_MS: "3600000" }),
});

async function send(screen: TerminalScreen, message = "Do it"): Promise<void> {
  await screen.type(message);
  await screen.press("Enter");
}

/** Runs this command as the model's call, in a session where all is allowed. Returns the pid in the file `ready`. */
async function runCommand(screen: TerminalScreen, command: string): Promise<number> {
  scene.upstream.script([toolCall("bash", { command })]);
  await send(screen);
  const path = join(scene.rein.cwd, "ready");
  await untilFile(path);
  return Number(readFileSync(path, "utf8"));
}

/** A session that allows all, opened in the face. */
async function openAllowed(): Promise<TerminalScreen> {
  scene.upstream.script([text("Hello.")]);
  const chat = scene.send({ permissions: "all" });
  await chat.ended;
  return openScreen(scene.rein, { args: ["--session", chat.sessionId] });
}

/** Two processes in sessions of their own, without a parent; the pid of one is in the file `ready`. */
const hidden = `(setsid bash -c 'setsid sleep 300 & echo $! > part; mv part ready; wait' &); sleep 300`;

/** Cleans up without end on SIGTERM. */
const cleaning = `trap 'touch cleaning; while :; do sleep 0.1; done' TERM; echo $$ > part; mv part ready; while :; do sleep 0.1; done`;

describe.each([
  ["Ctrl+C", "C-c"],
  ["Escape", "Escape"],
])("%s stops a run", (_, key) => {
  test("before the first byte", async () => {
    await using screen = await openScreen(scene.rein);
    scene.upstream.script([hang]);
    await send(screen);
    const request = await scene.upstream.request(0);
    await screen.press(key);
    expect(await request.ended).toBe("client");
    await screen.until(/Ready · stopped in .* while waiting for the model/);
  });

  test("during reasoning, and during text, which stays on the screen", async () => {
    await using screen = await openScreen(scene.rein);
    const thought = makeGate();
    scene.upstream.script([reasoning("Let me think ", thought)]);
    await send(screen);
    await thought.reached;
    await screen.until("Thinking");
    await screen.press(key);
    expect(await scene.upstream.requests[0]!.ended).toBe("client");
    await screen.until(/Ready · stopped in .* while the model was thinking/);
    scene.upstream.script([text("The answer is ", makeGate())]);
    await send(screen, "Again");
    await screen.until("The answer is");
    await screen.press(key);
    expect(await scene.upstream.requests[1]!.ended).toBe("client");
    expect(await screen.until(/Ready · stopped in .* while the model was writing/)).toContain(
      "The answer is",
    );
  });

  test("while a command runs, with the processes that it hid", async () => {
    await using screen = await openAllowed();
    const pid = await runCommand(screen, hidden);
    await screen.until("Working");
    await screen.press(key);
    await screen.until(/Ready · stopped in .* while a command ran · [34] processes ended/);
    expect(isAlive(pid)).toBe(false);
  });

  test("while an approval is pending, and the command never runs", async () => {
    await using screen = await openScreen(scene.rein);
    scene.upstream.script([toolCall("bash", { command: "touch never" })]);
    await send(screen);
    await screen.until("Waiting for your answer");
    await screen.press(key);
    await screen.until(/Ready · stopped in .* while waiting for your answer/);
  });

  test("again while it stops, and a process that cleans up gets no more time", async () => {
    await using screen = await openAllowed();
    const pid = await runCommand(screen, cleaning);
    await screen.press(key);
    await screen.until("Stopping…");
    await untilFile(join(scene.rein.cwd, "cleaning"));
    expect(isAlive(pid)).toBe(true);
    await screen.press(key);
    await screen.until(/Ready · stopped in .* while a command ran/);
    expect(isAlive(pid)).toBe(false);
  });

  test("that another client began in the session on the screen", async () => {
    await using screen = await openAllowed();
    const { sessions } = await scene.rein.json<{ sessions: { id: string }[] }>("/api/sessions");
    scene.upstream.script([text("From elsewhere ", makeGate())]);
    const chat = scene.send({ sessionId: sessions[0]!.id });
    await screen.until("From elsewhere");
    await screen.press(key);
    await screen.until(/Ready · stopped in .* while the model was writing/);
    await chat.ended;
    expect(await scene.upstream.requests.at(-1)!.ended).toBe("client");
  });
});

test.each([
  ["a panel", ["C-o"], "Find a session"],
  ["a completion", ["/", "s"], "Tab takes"],
])("Ctrl+C stops the run from %s, and Escape only closes that", async (_, keys, shown) => {
  await using screen = await openScreen(scene.rein);
  scene.upstream.script([text("One ", makeGate())]);
  await send(screen);
  await screen.until("One");
  await screen.press(...keys);
  await screen.until(shown);
  await screen.press("Escape");
  expect(await screen.until(/Enter queues|Ctrl\+C stops/)).toContain("Working");
  await screen.press(...keys.slice(-1));
  await screen.until(/Find a session|Tab takes|│ \/ss/);
  await screen.press("C-c");
  expect(await scene.upstream.requests[0]!.ended).toBe("client");
  await screen.until(/Ready · stopped in/);
});

test.each(["call", "subagent"])(
  "x stops the %s that is selected, and again gives its command no more time",
  async (what) => {
    await using screen = await openAllowed();
    const command = toolCall("bash", { command: cleaning });
    const input = { role: "simple", title: "Look", task: "Look" };
    if (what === "subagent") scene.upstream.script([toolCall("subagent", input)]);
    scene.upstream.script([command], [text("Then without it.")]);
    await send(screen);
    await untilFile(join(scene.rein.cwd, "ready"));
    const pid = Number(readFileSync(join(scene.rein.cwd, "ready"), "utf8"));
    // The command can begin before its card is painted, and then the row above would be selected.
    await screen.until(what === "call" ? "bash trap" : "Look");
    await screen.press("M-Up");
    await screen.until("X stop");
    await screen.press("x");
    await screen.until("X stop now, without time to clean up");
    await untilFile(join(scene.rein.cwd, "cleaning"));
    expect(isAlive(pid)).toBe(true);
    await screen.press("x");
    await screen.until("Then without it.");
    expect(isAlive(pid)).toBe(false);
  },
);

test("a paste of a thousand lines is stopped over, and reaches the model whole", async () => {
  await using screen = await openScreen(scene.rein);
  scene.upstream.script([text("One ", makeGate())]);
  await send(screen);
  await screen.until("One");
  const pasted = Array.from({ length: 1000 }, (_, line) => `line ${line}`).join("\n");
  await screen.paste(pasted);
  await screen.press("C-c");
  await screen.until(/Ready · stopped in/);
  await screen.until("1,000 lines");
  scene.upstream.script([text("Read.")]);
  await screen.press("Enter");
  await screen.until("Read.");
  expect(JSON.stringify(scene.upstream.requests[1]?.body)).toContain(
    JSON.stringify(pasted).slice(1, -1),
  );
});

test.each([
  ["Escape and Ctrl+C", "\x1b\x03"],
  ["Escape twice", "\x1b\x1b"],
  ["Escape, [ and Ctrl+C", "\x1b[\x03"],
])("%s, read at once, both count: the second kills at once", async (_, keys) => {
  await using screen = await openAllowed();
  const pid = await runCommand(screen, cleaning);
  await screen.until("Working");
  await screen.type(keys);
  await screen.until(/Ready · stopped in .* while a command ran/);
  expect(isAlive(pid)).toBe(false);
});

test.each([
  ["a letter", "\x1bb", "│ b "],
  ["Enter", "\x1b\r", "│ Queue a message|│ Message "],
  ["a report of the focus", "\x1b\x1b[I", "Ready"],
])("Escape stops, though %s is read at once with it", async (_, keys, shown) => {
  await using screen = await openScreen(scene.rein);
  scene.upstream.script([text("One ", makeGate())]);
  await send(screen);
  await screen.until("One");
  await screen.type(keys);
  await screen.until(/Ready · stopped in/);
  await screen.until(new RegExp(shown));
});

test("with text in the input, Alt+Enter begins a line of it, and stops nothing", async () => {
  await using screen = await openScreen(scene.rein);
  scene.upstream.script([text("One ", makeGate())]);
  await send(screen);
  await screen.until("One");
  await screen.type("first\x1b\rsecond");
  expect(await screen.until(/│ first +│\n│ second/)).toContain("Working");
});

test("Ctrl+C that is held down stops, and does not go on to exit", async () => {
  await using screen = await openScreen(scene.rein);
  scene.upstream.script([text("One ", makeGate())]);
  await send(screen);
  await screen.until("One");
  await screen.type("\x03".repeat(20));
  await screen.until(/Ready · stopped in/);
  await screen.type("\x03".repeat(20));
  await screen.type("still here");
  await screen.until("│ still here");
});

test("where a stop asks first, Ctrl+C asks and Enter stops", async () => {
  using directory = temporaryDirectory();
  const dataDir = join(directory.path, "data");
  mkdirSync(dataDir);
  writeFileSync(join(dataDir, "terminal.json"), '{"rein.confirmStop":"always"}');
  await using screen = await openScreen(scene.rein, { dataDir });
  scene.upstream.script([text("One ", makeGate())]);
  await send(screen);
  await screen.until("One");
  await screen.press("C-c");
  await screen.until("Escape or Ctrl+C again, or Enter, stops it");
  await screen.press("Enter");
  await screen.until(/Ready · stopped in/);
});

test("a stop that the server does not answer waits, and is delivered when it answers again", async () => {
  await using screen = await openScreen(scene.rein);
  scene.upstream.script([text("One ", makeGate())]);
  await send(screen);
  await screen.until("One");
  scene.rein.signal("SIGSTOP");
  await screen.press("C-c");
  await screen.until("Stopping…");
  await screen.until("The stop is sent as soon as it can be");
  scene.rein.signal("SIGCONT");
  expect(await scene.upstream.requests[0]!.ended).toBe("client");
  await screen.until(/Ready · stopped in/);
});
