/** While nothing can be saved, each face without a page says so: in the answer, in events, and when the server ends. */
import type { Database } from "bun:sqlite";
import { afterEach, beforeEach, expect, test } from "bun:test";
import { type Editor, startEditor } from "./acp-editor";
import { apiScene, chatCompletionsOnly } from "./api-scene";
import { type CommandLine, startCommand } from "./command-line";
import { lockDatabase } from "./database-scene";
import { startStdio } from "./stdio-process";
import { runEnd, userLine } from "./stdio-scene";
import { makeGate, text } from "./upstream/upstream";

const { upstream, rein, dataDir, send, start } = apiScene({
  environment: chatCompletionsOnly,
  starts: false,
});

const model = ["--provider", "openai-chat", "--model", "local-model"];
const trouble = "Rein cannot save right now. ";
const lockWords = "Another program holds its lock";

/** Another program, whose lock keeps the server from its database. */
let other: Database;
beforeEach(async () => {
  await start();
  other = lockDatabase(dataDir());
});
afterEach(() => other.close());

/** Two of them are nearly as much as may be held in memory, three are more. */
const long = Array<string>(34).fill("A long line of an answer. ".repeat(4000));

/** What comes next is more than may be held. */
async function fill(): Promise<void> {
  upstream.script([text(...long)], [text(...long)], [text(...long, makeGate())]);
  await send().ended;
  await send().ended;
}

function ask(...args: string[]): CommandLine {
  return startCommand(rein, [...args, ...model, "Do it"]);
}

test("rein -p says on standard error that nothing is saved, and when it is again", async () => {
  const gate = makeGate();
  upstream.script([text("One ", gate, "two.")]);
  await using command = ask("-p");
  await command.until(/holds its lock/);
  other.run("COMMIT");
  await command.until(/Rein can save again\./);
  gate.open();
  expect(await command.exited).toBe(0);
  expect(await command.stdout).toBe("One two.\n");
  const [first, ...rest] = (await command.stderr).trim().split("\n");
  expect(first).toStartWith(trouble);
  expect(rest).toEqual(["Rein can save again."]);
});

test("lines, JSON, streams of JSON and rein stdio say it too, as events and on standard error", async () => {
  upstream.route(() => [text("Done.")]);
  await using lines = ask();
  await using json = ask("--json");
  await using events = ask("--stream-json");
  for (const command of [lines, json, events]) {
    expect(await command.exited).toBe(0);
    expect(await command.stderr).toContain(`${trouble}Rein cannot use its database`);
  }
  expect(JSON.parse(await json.stdout)).toMatchObject({ text: "Done." });
  const types = (await events.stdout)
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as object);
  expect(types).toContainEqual({
    type: "storage-changed",
    trouble: expect.stringContaining(lockWords),
  });
  await using stdio = startStdio(rein);
  stdio.send(userLine());
  expect(await stdio.until(({ type }) => type === "storage-changed")).toMatchObject({
    trouble: expect.stringContaining(lockWords),
  });
  await runEnd(stdio);
  stdio.endInput();
  expect(await stdio.exited).toBe(0);
});

test("rein doctor has a row for it, and rein shutdown says what is lost", async () => {
  upstream.script([text("Done.")]);
  await using command = ask("-p");
  expect(await command.exited).toBe(0);
  await using doctor = startCommand(rein, ["doctor"]);
  expect(await doctor.exited).toBe(1);
  expect(await doctor.stdout).toMatch(/^✗ Saving +.*holds its lock/m);
  await using shutdown = startCommand(rein, ["shutdown"]);
  expect(await shutdown.exited).toBe(1);
  expect(await shutdown.stderr).toContain("1 session could not be saved");
});

test("a run that waits until it can be saved says so, and can be stopped", async () => {
  await fill();
  await using command = ask("-p");
  await command.until(/Paused until it can be saved.*Ctrl\+C stops it/);
  command.signal("SIGINT");
  expect(await command.exited).toBe(130);
});

test("an editor is told in the answer, and asked while a run waits until it can be saved, which goes on by itself then", async () => {
  await using editor: Editor = await startEditor(rein);
  const { sessionId } = await editor.newSession();
  await fill();
  const prompt = editor.prompt(sessionId, "Go");
  const asked = await editor.untilAsked();
  expect(editor.text(sessionId)).toContain(`${trouble}Rein cannot use its database`);
  expect(asked.toolCall.title).toContain("Paused until it can be saved");
  expect(asked.options.map(({ name }) => name)).toEqual(["Wait until it can be saved", "Stop"]);
  upstream.route(() => [text("Gone on.")]);
  asked.choose("allow_once");
  other.run("ROLLBACK");
  expect(await prompt).toMatchObject({ stopReason: "end_turn" });
  expect(editor.text(sessionId)).toMatch(/Rein can save again\.[^]*Gone on\./);
});
