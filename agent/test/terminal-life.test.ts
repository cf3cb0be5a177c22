/** The terminal is whole after any exit of its face, which can be suspended and resized, and outlives the server. */
import { describe, expect } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { apiScene } from "./api-scene";
import { untilFile } from "./machine-facts";
import { temporaryDirectory } from "./temporary-directory";
import {
  cursorShown,
  modesOn,
  openScreen,
  screenTest as test,
  shellWords,
  type TerminalScreen,
} from "./terminal-screen";
import { makeGate, text } from "./upstream/upstream";
import { until } from "./within";

const scene = apiScene();

async function send(screen: TerminalScreen, message = "Do it"): Promise<void> {
  await screen.type(message);
  await screen.press("Enter");
}

/** That the shell has its terminal as it was before. */
async function expectWhole(screen: TerminalScreen): Promise<void> {
  const { before, after } = screen.settings();
  expect(after).toBe(before);
  await screen.untilFlags({
    isAlternate: false,
    isCursorShown: true,
    hasMouse: false,
  });
  expect([...modesOn(screen.written())]).toEqual([cursorShown]);
  // What terminals without private modes for it are told: the usual keyboard, and the cursor's own shape.
  expect(screen.written().lastIndexOf("\x1b[>4;0m")).toBeGreaterThan(
    screen.written().lastIndexOf("\x1b[>4;1m"),
  );
  expect(await screen.capture()).toContain(shellWords);
}

describe("the terminal is as it was before", () => {
  test("after Ctrl+C twice while nothing runs, of which the first says so", async () => {
    await using screen = await openScreen(scene.rein);
    await screen.untilFlags({ isAlternate: true, hasMouse: true });
    await screen.press("C-c");
    await screen.until("Press Ctrl+C again to exit");
    await screen.press("Escape");
    await screen.until("Ready");
    await screen.press("C-c");
    await screen.until("Press Ctrl+C again to exit");
    await screen.press("C-c");
    expect(await screen.exitCode()).toBe(0);
    await expectWhole(screen);
  });

  test.each([
    ["SIGTERM", 143],
    ["SIGHUP", 129],
    ["SIGINT", 130],
    ["SIGQUIT", 131],
    ["SIGUSR1", 138],
  ] as const)("after %s during a run, which goes on", async (signal, code) => {
    await using screen = await openScreen(scene.rein);
    const gate = makeGate();
    scene.upstream.script([text("One ", gate, "two.")]);
    await send(screen);
    await screen.until("One");
    process.kill(screen.pid(), signal);
    expect(await screen.exitCode()).toBe(code);
    await expectWhole(screen);
    await screen.until(/“Do it” keeps running. To stop it: rein stop \S+/);
    gate.open();
    expect(await scene.upstream.requests[0]!.ended).toBe("server");
  });

  test("after a bug of the face, which it names", async () => {
    using directory = temporaryDirectory();
    const preload = join(directory.path, "fault.ts");
    writeFileSync(preload, 'process.on("SIGUSR2", () => { throw new Error("planned fault"); });');
    await using screen = await openScreen(scene.rein, { preload });
    process.kill(screen.pid(), "SIGUSR2");
    expect(await screen.exitCode()).toBe(1);
    await expectWhole(screen);
    await screen.until("planned fault");
  });

  test("and not after one while a run works, which Ctrl+C still stops", async () => {
    using directory = temporaryDirectory();
    const preload = join(directory.path, "fault.ts");
    writeFileSync(preload, 'process.on("SIGURG", () => { throw new Error("planned fault"); });');
    await using screen = await openScreen(scene.rein, { preload });
    scene.upstream.script([text("One ", makeGate())]);
    await send(screen);
    await screen.until("One");
    process.kill(screen.pid(), "SIGURG");
    await screen.until("A bug of Rein");
    await screen.press("C-c");
    expect(await scene.upstream.requests.at(-1)!.ended).toBe("client");
    await screen.until(/Ready · stopped in/);
  });
});

test.each([["Ctrl+Z"], ["SIGTSTP from outside"]])(
  "%s gives the terminal back until fg, and the run goes on meanwhile",
  async (how) => {
    await using screen = await openScreen(scene.rein);
    const gate = makeGate();
    scene.upstream.script([text("One ", gate, "two.")]);
    await send(screen);
    await screen.until("One");
    if (how === "Ctrl+Z") await screen.press("C-z");
    else process.kill(screen.pid(), "SIGTSTP");
    await screen.until("Stopped");
    await screen.untilFlags({
      isAlternate: false,
      isCursorShown: true,
      hasMouse: false,
    });
    gate.open();
    expect(await scene.upstream.requests[0]!.ended).toBe("server");
    await send(screen, "stty -g > now; fg; echo exited $?");
    await screen.until(/One two\.[^]*Ready/);
    await screen.untilFlags({ isAlternate: true, hasMouse: true });
    await screen.press("C-c");
    await screen.until("Press Ctrl+C again to exit");
    await screen.press("C-c");
    await screen.until("exited 0");
    expect(await Bun.file(join(scene.rein.cwd, "now")).text()).toBe(screen.settings().before);
  },
);

test("what is typed while it starts is in the input, and Enter sends it", async () => {
  using directory = temporaryDirectory();
  const preload = join(directory.path, "wait.ts");
  const [waiting, goOn] = ["waiting", "go-on"].map((name) => join(directory.path, name));
  writeFileSync(
    preload,
    `await Bun.write("${waiting}", ""); while (!(await Bun.file("${goOn}").exists())) await Bun.sleep(5);`,
  );
  await using screen = await openScreen(scene.rein, { preload, isWaited: false });
  await untilFile(waiting!);
  scene.upstream.script([text("It was sent.")]);
  await screen.type("Typed early");
  await screen.press("Enter");
  await screen.type("and more");
  await screen.until("Typed early");
  writeFileSync(goOn!, "");
  await screen.until("It was sent.");
  await screen.until("│ and more");
});

test("/copy gives the last answer to the terminal's clipboard", async () => {
  await using screen = await openScreen(scene.rein);
  scene.upstream.script([text("Copied äs it is.")]);
  await send(screen);
  await screen.until("Copied äs");
  await screen.until("Ready");
  await send(screen, "/copy");
  await until(
    () => screen.written().includes(Buffer.from("Copied äs it is.").toString("base64")),
    "the answer is in what was written",
  );
});

test("Ctrl+Z where no shell could continue the face leaves it as it is", async () => {
  await using screen = await openScreen(scene.rein, { hasJobControl: false });
  await screen.press("C-z");
  await screen.type("still here");
  await screen.until("│ still here");
  await screen.untilFlags({ isAlternate: true, hasMouse: true });
});

test("a window that has changed its size before fg is filled", async () => {
  await using screen = await openScreen(scene.rein);
  scene.upstream.script([text("The answer.")]);
  await send(screen);
  await screen.until("The answer.");
  await screen.press("C-z");
  await screen.until("Stopped");
  await screen.resize(60, 18);
  await send(screen, "stty size; fg");
  await screen.until(/^╭─{58}╮$/m);
  const rows = (await screen.until("Ready")).trimEnd().split("\n");
  expect(rows.length).toBe(18);
  expect(rows[0]).toMatch(/^ Do it/);
  expect(rows.join("\n")).toContain("The answer.");
});

test("a window of another size is filled, and nothing of the conversation is lost", async () => {
  await using screen = await openScreen(scene.rein);
  scene.upstream.script([text("The answer is long enough to be read in any window.")]);
  await send(screen);
  await screen.until("any window.");
  for (const [width, height] of [
    [120, 40],
    [40, 15],
    [80, 24],
  ] as const) {
    await screen.resize(width, height);
    await screen.until(new RegExp(`^╭─{${width - 2}}╮$`, "m"));
    const rows = (await screen.until("Ready")).trimEnd().split("\n");
    expect(rows.length).toBe(height);
    expect(rows.join(" ").replaceAll(/\s+/g, " ")).toContain("in any window.");
  }
});

test.each([
  ["keeps running", "continue", "server"],
  ["is stopped", "stop", "client"],
] as const)(
  "an exit from another session says that a run %s, and it is so",
  async (_, choice, end) => {
    using directory = temporaryDirectory();
    const dataDir = join(directory.path, "data");
    mkdirSync(dataDir);
    writeFileSync(join(dataDir, "terminal.json"), `{"rein.onDisconnect":"${choice}"}`);
    await using screen = await openScreen(scene.rein, { dataDir });
    const gate = makeGate();
    scene.upstream.script([text("One ", gate, "two.")]);
    await send(screen, "First of all");
    await screen.until("One");
    await send(screen, "/new");
    await screen.until("Ready");
    await screen.press("C-c");
    const [before, after] = {
      continue: [
        "“First of all” keeps running",
        "“First of all” keeps running. To stop it: rein stop",
      ],
      stop: ["stops “First of all”", "Stopped with this terminal, as you chose: “First of all”."],
    }[choice];
    await screen.until(`Press Ctrl+C again to exit · ${before}`);
    await screen.press("C-c");
    expect(await screen.exitCode()).toBe(0);
    await screen.until(after!);
    if (choice === "continue") gate.open();
    expect(await scene.upstream.requests[0]!.ended).toBe(end);
  },
);

describe("a window that is closed", () => {
  test("leaves its run to go on", async () => {
    await using screen = await openScreen(scene.rein);
    const gate = makeGate();
    scene.upstream.script([text("One ", gate, "two.")]);
    await send(screen);
    await screen.until("One");
    await screen.close();
    gate.open();
    expect(await scene.upstream.requests[0]!.ended).toBe("server");
  });

  test("stops its run, where that is chosen", async () => {
    using directory = temporaryDirectory();
    const dataDir = join(directory.path, "data");
    mkdirSync(dataDir);
    writeFileSync(join(dataDir, "terminal.json"), '{"rein.onDisconnect":"stop"}');
    await using screen = await openScreen(scene.rein, { dataDir });
    scene.upstream.script([text("One ", makeGate())]);
    await send(screen);
    await screen.until("One");
    await screen.close();
    expect(await scene.upstream.requests[0]!.ended).toBe("client");
    expect(readFileSync(join(dataDir, "terminal.json"), "utf8")).not.toContain(scene.rein.token);
  });
});

test("a server that goes away and comes back has lost nothing of the conversation", async () => {
  const first = scene.rein;
  await using screen = await openScreen(first);
  scene.upstream.script([text("Before.")]);
  await send(screen);
  await screen.until("Before.");
  const { port } = new URL(first.url);
  first.signal("SIGKILL");
  await first.exited;
  await screen.until("The server cannot be reached");
  await screen.type("After");
  await scene.restart({ args: ["--port", port] });
  await screen.until("Ready");
  scene.upstream.script([text("It is back.")]);
  await screen.press("Enter");
  expect(await screen.until("It is back.")).toContain("Before.");
});
