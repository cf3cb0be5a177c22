/** A session with hostile words in every place: no control character of them comes out of `rein`, whichever command shows it. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEditor } from "../acp-editor";
import { commandEnvironment, spawnCommand } from "../command-line";
import { hostileEvents, hostileWords } from "../hostile-session";
import { emptySession, writeSession } from "../long-session";
import { type Rein, startRein } from "../rein";
import { makeGate, startUpstream, text, toolCall, type Upstream } from "../upstream/upstream";

/** A control character but line feed and tab. */
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const control = /[\0-\x08\x0b-\x1f\x7f-\x9f][^]{0,20}/;

const sessionId = "hostile";
const words = Object.values(hostileWords)
  .filter((one) => one.length < 10_000)
  .join("\n");
const home = realpathSync(mkdtempSync(join(tmpdir(), "rein-faces-")));
/** Commands are called in it, and the session works in it. */
const cwd = join(home, "dir \x1b[31m\x1b]0;owned\x07 \x9b2J end");
let upstream: Upstream;
let rein: Rein;

beforeAll(async () => {
  mkdirSync(cwd);
  upstream = startUpstream();
  const dataDir = join(home, "data");
  const session = { ...emptySession(cwd), id: sessionId, title: words, model: words.slice(0, 200) };
  writeSession(dataDir, session, hostileEvents(sessionId, words));
  rein = await startRein({ dataDir, environment: upstream.environment });
  upstream.script([text("It goes on", makeGate())]);
  const chat = rein.chat({ message: "Go", sessionId, provider: "anthropic", model: "m" });
  await chat.until(({ type }) => type === "part-delta");
  await rein.stop(sessionId);
});
afterAll(async () => {
  await rein[Symbol.asyncDispose]();
  await upstream.close();
  rmSync(home, { recursive: true, force: true });
});

const chosen = ["--provider", "anthropic", "--model", "claude-of-tomorrow"];

test.each<[what: string, args: string[], shown: string]>([
  ["the list of sessions", ["sessions"], "colour␛[31;1mred"],
  ["the same as JSON", ["sessions", "--json"], "colour\\u001b[31;1mred"],
  ["the list of stops", ["stops"], "colour␛[31;1mred"],
  ["the same as JSON", ["stops", "--json"], "colour\\u001b[31;1mred"],
  ["a stop of the session", ["stop", sessionId], "“colour␛[31;1mred"],
  ["a stop of no session", ["stop", words], "There is no session “colour␛[31;1mred"],
  ["a message to no session", ["-s", words, "Go on"], "There is no session “colour␛[31;1mred"],
  ["no directory", ["--cwd", `${cwd}/none`, "Go on"], "␛[31m"],
  ["no model", ["-p", "--provider", "\x1b[31m", "Go on"], "␛[31m"],
  ["no permissions", ["-p", "--permissions", "\x1b[31m", "Go on"], "␛[31m"],
  ["no command and no flag", ["\x1b[31m", "--\x1b[31m"], "␛[31m"],
  ["no help", ["help", "\x1b[31m"], "␛[31m"],
  ["the doctor", ["doctor"], "Rein"],
])("%s", async (_what, args, shown) => {
  const output = await outputOf(args);
  expect(output).toContain(shown);
  expect(control.exec(output)?.[0]).toBeUndefined();
});

test("a run in lines", async () => {
  upstream.script(
    [text(words), toolCall("bash", { command: `printf '%s' '\x1b[31m\x9b2J' # ${words}` })],
    [text("Over.")],
  );
  const output = await outputOf([...chosen, "--permissions", "all", "-s", sessionId, "Go \x1b[2J"]);
  expect(output).toContain("Over.");
  expect(control.exec(output)?.[0]).toBeUndefined();
});

test("an editor that loads the session, and lists it", async () => {
  await using editor = await startEditor({ url: rein.url, token: rein.token, cwd: home });
  const { agent, updates } = editor;
  const listed = await agent.request("session/list", {});
  const loaded = await agent.request("session/load", { sessionId, cwd, mcpServers: [] });
  expect(JSON.stringify(updates)).toContain("colour␛[31;1mred");
  expectVisible([listed.sessions.map(({ title }) => title), loaded, updates]);
});

/** Of both streams, once it has exited. */
async function outputOf(args: string[]): Promise<string> {
  const environment = commandEnvironment(rein);
  await using command = spawnCommand(args, { cwd, environment });
  await command.exited;
  return (await command.stdout) + (await command.stderr);
}

/** What an editor needs as it is, is no text that it shows: values to send back, and the input of a tool. */
const asItIs = new Set(["rawInput", "value", "currentValue", "cwd", "path", "uri"]);

function expectVisible(answers: unknown): void {
  JSON.stringify(answers, (key, value: unknown) => {
    if (asItIs.has(key)) return undefined;
    if (typeof value === "string") expect(control.exec(value)?.[0]).toBeUndefined();
    return value;
  });
}
