/** Every key and moment of a stop in the terminal face: the screen shows it, and closed sockets and dead processes prove it. */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { apiScene } from "./api-scene";
import { isAlive, untilFile } from "./machine-facts";
import { openScreen, type TerminalScreen } from "./terminal-screen";
import { hang, makeGate, reasoning, text, toolCall } from "./upstream/upstream";

const scene = apiScene();

async function send(screen: TerminalScreen, message = "Do it"): Promise<void> {
  await screen.type(message);
  await screen.press("Enter");
}

/** Runs this command as the model's call, in a session where all is allowed. */
async function runCommand(screen: TerminalScreen, command: string, ready: string): Promise<number> {
  scene.upstream.script([toolCall("bash", { command })]);
  await send(screen);
  const path = join(scene.rein.cwd, ready);
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

/** Ignores SIGTERM in a session of its own; its pid is in the file `ready`. */
const stubborn = `setsid bash -c 'trap "" TERM HUP INT; echo $$ > part; mv part ready; while :; do sleep 0.1; done' & wait`;

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
    const pid = await runCommand(screen, stubborn, "ready");
    await screen.until("Working");
    await screen.press(key);
    await screen.until(/Ready · stopped in .* while a command ran · [23] processes ended/);
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
});
