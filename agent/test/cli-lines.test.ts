/** The line face of `rein` in a real terminal: messages, stops and approvals by keys, and the terminal as it was before. */
import { expect, test } from "bun:test";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { apiScene, chatCompletionsOnly } from "./api-scene";
import { commandEnvironment, commandProgram } from "./command-line";
import { isAlive, pidsWith, untilFile } from "./machine-facts";
import { temporaryDirectory } from "./temporary-directory";
import { openScreen, type TerminalScreen } from "./terminal-screen";
import { makeGate, text, toolCall } from "./upstream/upstream";
import { until, within } from "./within";

const { upstream, rein } = apiScene({ environment: chatCompletionsOnly });

const model = ["--provider", "openai-chat", "--model", "local-model"];

function open(...command: string[]): Promise<TerminalScreen> {
  return openScreen(rein, { command: [...command, ...model], width: 100, height: 40 });
}

async function enter(screen: TerminalScreen, line: string): Promise<void> {
  await screen.type(line);
  await screen.press("Enter");
}

test("Ctrl+C stops the run and its processes, then the next message is answered, and when nothing runs it exits", async () => {
  await using screen = await open("--plain", "--permissions", "all");
  await screen.until("rein>");
  const cookie = String(Math.random()).slice(2, 11);
  const command = `setsid sleep 300.${cookie} & touch ready; sleep 300.${cookie}`;
  upstream.script([text("I begin."), toolCall("bash", { command })], [text("Gone on.")]);
  await enter(screen, "Wait for me");
  await untilFile(join(rein.cwd, "ready"));
  await screen.press("C-c");
  await screen.until(/Stopped in .* while a command ran · \d processes ended/);
  expect(pidsWith(`300.${cookie}`)).toEqual([]);
  await enter(screen, "Go on");
  await screen.until(/Gone on\.\s+rein>/);
  await screen.type("not sent");
  await screen.press("C-c");
  await screen.until(/rein>\s*$/);
  await screen.press("C-c");
  expect(await screen.exitCode()).toBe(0);
  const { before, after } = screen.settings();
  expect(after).toBe(before);
});

test("an approval shows the command whole, and only a key that comes after the question answers it", async () => {
  await using screen = await open("Do it now");
  const gate = makeGate();
  const command = "touch made\\\n  second # \u200b";
  upstream.script([text("First"), gate, toolCall("bash", { command })], [text("Not then.")]);
  await screen.until("First");
  await screen.type("y");
  await screen.until("Firsty");
  gate.open();
  const rows = await screen.until(/Allow it\?/);
  expect(rows).toContain("    touch made\\\n      second # ⟨U+200B⟩");
  await screen.press("n");
  await screen.until("Not then.");
  expect(await screen.exitCode()).toBe(0);
  expect(existsSync(join(rein.cwd, "made"))).toBe(false);
});

test("y allows once, and a always", async () => {
  await using screen = await open("--plain");
  const call = toolCall("bash", { command: "echo x >> made" });
  upstream.script([call], [text("Once.")], [call], [text("Twice.")], [call], [text("Thrice.")]);
  await screen.until("rein>");
  await enter(screen, "One");
  await screen.until(/n = no:\s*$/);
  await screen.press("y");
  await screen.until(/Once\.\s+rein>/);
  await enter(screen, "Two");
  await screen.until(/n = no:\s*$/);
  await screen.press("a");
  await screen.until(/Twice\.\s+rein>/);
  await enter(screen, "Three");
  await screen.until(/Thrice\.\s+rein>/);
  expect(await Bun.file(join(rein.cwd, "made")).text()).toBe("x\nx\nx\n");
});

test("a plan is shown whole and approved by a key, which says what the session may do then", async () => {
  upstream.script(
    [toolCall("plan", { title: "Make it", plan: "1. touch\u200b it" })],
    [toolCall("write", { path: "made", content: "x" })],
    [text("Made.")],
  );
  await using screen = await open("--permissions", "plan", "Plan it");
  const rows = await screen.until(/Approve it\? .*n = no:\s*$/);
  expect(rows).toContain("    1. touch⟨U+200B⟩ it");
  await screen.press("e");
  await screen.until("Made.");
  expect(await screen.exitCode()).toBe(0);
  expect(existsSync(join(rein.cwd, "made"))).toBe(true);
});

test("Ctrl+C at an approval stops the run, and an answer from elsewhere ends the question", async () => {
  upstream.script([toolCall("bash", { command: "echo 1" })], [text("Allowed elsewhere.")]);
  await using asked = await open("Do it now");
  await asked.until("Allow it?");
  const [session] = (await rein.json<{ sessions: { id: string }[] }>("/api/sessions")).sessions;
  const { messages } = await rein.session(session!.id);
  const call = messages.flatMap(({ parts }) => parts).find((part) => part.type === "tool-call");
  const { id, digest } = call!.approval!;
  const reply = { method: "POST", body: JSON.stringify({ decision: "once", digest }) };
  await rein.json(`/api/approvals/${id}`, reply);
  await asked.until("Allowed elsewhere.");
  expect(await asked.exitCode()).toBe(0);

  upstream.script([toolCall("bash", { command: "echo 1" })]);
  await using stopped = await open("Do it now");
  await stopped.until("Allow it?");
  await stopped.press("C-c");
  await stopped.until(/Stopped in .* while waiting for your answer/);
  expect(await stopped.exitCode()).toBe(130);
  const { before, after } = stopped.settings();
  expect(after).toBe(before);
});

test("a limit is asked about, and commands list, choose, undo and begin anew", async () => {
  await using screen = await open("--plain", "--permissions", "all", "--max-turns", "1");
  await screen.until("rein>");
  upstream.script(
    [toolCall("write", { path: "made.txt", content: "x" })],
    [text("Written.")],
    [text("Other.")],
  );
  await enter(screen, "Write it");
  await screen.until("Limit reached: 1 of 1 turns.");
  await screen.press("y");
  await screen.until(/Written\.\s+rein>/);
  await enter(screen, "/undo");
  await screen.until("Files restored: 1");
  expect(existsSync(join(rein.cwd, "made.txt"))).toBe(false);
  await enter(screen, "/sessions");
  await screen.until(/done .* Write it/);
  await enter(screen, "/nothing");
  await screen.until("There is no command /nothing");
  await enter(screen, "/constructor");
  await screen.until("There is no command /constructor");
  mkdirSync(join(rein.cwd, ".rein/commands"), { recursive: true });
  writeFileSync(join(rein.cwd, ".rein/commands/review.md"), "Review $1.");
  await enter(screen, "/review it");
  await screen.until("/review is a command of this project");
  await enter(screen, "/new");
  await enter(screen, "/model openai-chat/local-model");
  await enter(screen, "Another");
  await screen.until(/Other\.\s+rein>/);
  const { sessions } = await rein.json<{ sessions: object[] }>("/api/sessions");
  expect(sessions).toHaveLength(2);
  await enter(screen, "/exit");
  expect(await screen.exitCode()).toBe(0);
});

test("/new begins in the directory of a server elsewhere, which has none of this machine's", async () => {
  // Not a name of this machine, and yet an address at which it answers.
  const url = rein.url.replace("127.0.0.1", "0.0.0.0");
  using here = temporaryDirectory();
  const place = { url, token: rein.token, cwd: here.path };
  await using screen = await openScreen(place, { command: ["--plain", ...model], width: 100 });
  upstream.script([text("One.")], [text("Two.")]);
  await enter(screen, "First");
  await screen.until(/One\.\s+rein>/);
  await enter(screen, "/new");
  await enter(screen, "Second");
  await screen.until(/Two\.\s+rein>/);
  const { sessions } = await rein.json<{ sessions: { cwd: string }[] }>("/api/sessions");
  expect(sessions).toHaveLength(2);
  expect(sessions.map(({ cwd }) => cwd)).not.toContain(here.path);
  await using full = await openScreen(place, { command: model, width: 150 });
  const [header = ""] = (await full.until(/New session .*\/\S+/)).split("\n");
  expect(header).not.toContain(basename(here.path));
});

test.each([
  ["at the prompt", "rein>"],
  ["at a question", "Allow it?"],
])("a terminal that is gone ends the command, though it ignores SIGHUP: %s", async (_, words) => {
  upstream.script([toolCall("bash", { command: "true" })]);
  const prompted = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  let written = "";
  await using terminal = new Bun.Terminal({
    data(_, bytes) {
      written += Buffer.from(bytes).toString();
      if (written.includes("rein>")) prompted.resolve();
      if (written.includes(words)) asked.resolve();
    },
  });
  const script = `trap "" HUP; exec "$0" "$@"`;
  const child = Bun.spawn(
    ["bash", "-c", script, process.execPath, commandProgram, "--plain", ...model],
    { cwd: rein.cwd, env: { ...process.env, ...commandEnvironment(rein) }, terminal },
  );
  await within("the prompt", prompted.promise);
  if (words !== "rein>") terminal.write("Do it\r");
  await within(words, asked.promise);
  terminal.close();
  try {
    expect(await within("its exit", child.exited)).toBe(0);
  } finally {
    child.kill("SIGKILL");
  }
});

test.each([
  ["at the prompt", "SIGTERM", 143],
  ["at the prompt", "SIGHUP", 129],
  ["at the prompt", "SIGINT", 0],
  ["during a run, which is stopped", "SIGTERM", 143],
  ["at a question, whose run is stopped", "SIGTERM", 143],
] as const)(
  "one signal ends it %s, with the terminal as it was: %s",
  async (moment, signal, code) => {
    await using screen = await open("--plain");
    await screen.until("rein>");
    if (moment !== "at the prompt") {
      const isAsked = moment.startsWith("at a question");
      upstream.script(
        isAsked ? [toolCall("bash", { command: "true" })] : [text("Begun", makeGate())],
      );
      await enter(screen, "Do it");
      await screen.until(isAsked ? "Allow it?" : "Begun");
    }
    process.kill(screen.pid(), signal);
    expect(await screen.exitCode()).toBe(code);
    if (moment !== "at the prompt") await screen.until(/Stopped in/);
    const { before, after } = screen.settings();
    expect(after).toBe(before);
  },
);

test("a terminal that is closed at a question stops the run and ends the command", async () => {
  upstream.script([toolCall("bash", { command: "true" })]);
  await using screen = await open("--plain");
  await screen.until("rein>");
  await enter(screen, "Do it");
  await screen.until("Allow it?");
  const pid = screen.pid();
  const { sessions } = await rein.json<{ sessions: { id: string }[] }>("/api/sessions");
  const following = rein.follow(sessions[0]!.id);
  await screen.close();
  const end = await following.until(({ type }) => type === "run-end");
  following.hangUp();
  expect(end).toMatchObject({ outcome: "stopped" });
  await until(() => !isAlive(pid), "the end of the command");
});

test("Ctrl+C stops at a question however early it comes, and also when it is pressed twice at once", async () => {
  await using screen = await open("--plain");
  await screen.until("rein>");
  upstream.script([toolCall("bash", { command: "touch made" })]);
  await enter(screen, "Twice");
  await screen.until(/Allow it\?/);
  await screen.press("C-c", "C-c");
  await screen.until(/Stopped in[^]*rein>\s*$/);

  const gate = makeGate();
  upstream.script([text("Now"), gate, toolCall("bash", { command: "touch made" })]);
  await enter(screen, "Early");
  await screen.until(/^Now/m);
  const { sessions } = await rein.json<{ sessions: { id: string }[] }>("/api/sessions");
  const following = rein.follow(sessions[0]!.id);
  await following.until(({ type }) => type === "snapshot");
  const asked = following.until(({ type }) => type === "approval-request");
  gate.open();
  await asked;
  await screen.press("C-c");
  await following.until(({ type, ...event }) => type === "run-end" && "outcome" in event);
  following.hangUp();
  expect(existsSync(join(rein.cwd, "made"))).toBe(false);
});

test("lines that are pasted at the prompt are sent one after the other", async () => {
  await using screen = await open("--plain", "--permissions", "all");
  await screen.until("rein>");
  const before = upstream.requests.length;
  upstream.script([text("First answer.")], [text("Second answer.")]);
  await screen.paste("line one\nline two\nbegun");
  await screen.until(/Second answer\.\s+rein> begun/);
  expect(upstream.requests.length - before).toBe(2);
});
