/** `rein` in a script: what it prints, what it takes, and its exit codes. */
import { expect, test } from "bun:test";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { type Call, UsageError } from "../cli/command";
import { mcpCommand } from "../cli/mcp-command";
import { parseArguments } from "../cli/parse-arguments";
import { apply } from "../shared/apply";
import { sessionEvent } from "../shared/answers/event-shapes";
import { receipt, stopAnswer } from "../shared/answers/receipt-shapes";
import { changes } from "../shared/answers/run-shapes";
import { errorInfo, outcome, usage as usageShape } from "../shared/answers/value-shapes";
import { noUsage, type Session } from "../shared/protocol";
import { scriptedAgent } from "./agents/agent-script";
import { apiScene, chatCompletionsOnly, withoutChanges } from "./api-scene";
import { commandEnvironment, commandProgram, startCommand } from "./command-line";
import { samples } from "./sample-files";
import { failure, makeGate, reasoning, text, toolCall } from "./upstream/upstream";

const { upstream, rein, send } = apiScene({ environment: chatCompletionsOnly });

const model = ["--provider", "openai-chat", "--model", "local-model"];

/** Runs it to its end. */
async function run(args: string[], input?: string) {
  const command = startCommand(rein, args, input);
  const [stdout, stderr, code] = await Promise.all([
    command.stdout,
    command.stderr,
    command.exited,
  ]);
  return { stdout, stderr, code };
}

/** What the upstream was asked last. */
function lastAsked(): string {
  return JSON.stringify(upstream.requests.at(-1)?.body["messages"]);
}

test("-p prints the last message of the answer and nothing else", async () => {
  upstream.script(
    [reasoning("hm"), text("First I look."), toolCall("bash", { command: "echo 1" })],
    [text("It is \u001b[31mone."), text("")],
  );
  const answer = await run(["-p", ...model, "--permissions", "all", "How many?"]);
  expect(answer).toEqual({ stdout: "It is \u001b[31mone.\n", stderr: "", code: 0 });
});

test("-p in plan mode ends with the plan as its answer, and asks nobody", async () => {
  upstream.script([toolCall("plan", { title: "Go", plan: "1. Go" })], [text("My plan: 1. Go")]);
  const answer = await run(["-p", ...model, "--permissions", "plan", "How?"]);
  expect(answer).toMatchObject({ stdout: "My plan: 1. Go\n", code: 0 });
  expect(answer.stderr).toContain("The plan is the answer");
  expect(lastAsked()).toContain("your plan is its answer");
});

test("-p says on standard error what of a project waits for an answer", async () => {
  const path = join(rein.cwd, ".mcp.json");
  writeFileSync(join(rein.cwd, "AGENTS.md"), "Use tabs.");
  writeFileSync(path, JSON.stringify({ mcpServers: { one: { command: "true" } } }));
  upstream.script([text("Hello.")]);
  const answer = await run(["-p", ...model, "Hello"]);
  rmSync(path);
  expect(answer).toMatchObject({ stdout: "Hello.\n", code: 0 });
  expect(answer.stderr).toContain("This project brings 1 instruction file and 1 MCP server. None");
  expect(answer.stderr).toContain("“rein project allow” allows it.");
});

test("standard input is added to the message, and alone it is the message", async () => {
  upstream.script([text("Yes.")], [text("No.")]);
  expect((await run(["-p", ...model, "Is this good?"], "line 1\nline 2\n")).stdout).toBe("Yes.\n");
  expect(lastAsked()).toContain(JSON.stringify("Is this good?\n\nline 1\nline 2").slice(1, -1));
  expect(await run(model, "Only this\n")).toEqual({ stdout: "No.\n", stderr: "", code: 0 });
  expect(lastAsked()).toContain("Only this");
});

test("--attach brings files of this machine, and what cannot be attached is refused before anything is sent", async () => {
  const paths = ["one.txt", "two.txt"].map((name) => join(rein.cwd, name));
  for (const path of paths) writeFileSync(path, `This is ${path}.`);
  upstream.script([text("Two files.")]);
  const attach = paths.flatMap((path) => ["--attach", path]);
  expect((await run(["-p", ...model, ...attach, "Read"])).stdout).toBe("Two files.\n");
  for (const path of paths) expect(lastAsked()).toContain(`This is ${path}.`);
  const pdf = join(rein.cwd, "paper.pdf");
  writeFileSync(pdf, samples["application/pdf"]);
  upstream.script([text("None.")]);
  const told = await run(["-p", ...model, "--attach", pdf, "Read"]);
  expect(told).toEqual({
    stdout: "None.\n",
    stderr: "paper.pdf: this model takes no PDFs: it is only told the name.\n",
    code: 0,
  });
  const own = { "own-scripted": scriptedAgent({ script: [{ text: "None." }] }) };
  await rein.json("/api/settings", { method: "PUT", body: JSON.stringify({ engines: { own } }) });
  const ofEngine = await run(["-p", "--engine", "own-scripted", "--attach", pdf, "Read"]);
  expect(ofEngine).toEqual(told);
  const asked = upstream.requests.length;
  const { stderr, code } = await run(["-p", ...model, "--attach", rein.cwd, "Read"]);
  expect([code, stderr]).toEqual([
    2,
    `rein: --attach ${rein.cwd}: it is a folder; name its files.\n`,
  ]);
  writeFileSync(pdf, Buffer.from([0, 1, 2, 255]));
  const damaged = await run(["-p", ...model, "--attach", paths[0]!, "--attach", pdf, "Read"]);
  expect([damaged.code, damaged.stderr]).toEqual([1, expect.stringContaining("paper.pdf: Only")]);
  expect(upstream.requests.length).toBe(asked);
});

test("a run that fails exits with 1 and says why on standard error", async () => {
  upstream.script([failure("invalid-request", { message: "This \u001b[31mmodel\u0007 is odd" })]);
  const { stdout, stderr, code } = await run(["-p", ...model, "Hello"]);
  expect({ stdout, code }).toEqual({ stdout: "", code: 1 });
  expect(stderr).toContain("is odd");
  expect(stderr).not.toContain("\u001b");
});

const jsonAnswer = z.strictObject({
  sessionId: z.string(),
  runId: z.string(),
  outcome,
  text: z.string(),
  usage: usageShape,
  receipt: receipt.optional(),
  changes: changes.optional(),
  error: errorInfo.optional(),
});

test("--json prints one object with all that is known of the run", async () => {
  upstream.script([toolCall("write", { path: "new.txt", content: "x" })], [text("Written.\u009b")]);
  const { stdout, code } = await run(["--json", ...model, "--permissions", "all", "Write it"]);
  expect(code).toBe(0);
  expect(stdout).not.toContain("\u009b");
  const answer = jsonAnswer.parse(JSON.parse(stdout));
  const session = await rein.session(answer.sessionId);
  expect(answer).toMatchObject({
    outcome: "done",
    text: "Written.\u009b",
    runId: session.runs[0]!.id,
  });
  expect(answer.changes).toMatchObject({ state: "known", files: [{ path: "new.txt" }] });
});

test("--stream-json prints the session's events as they are, one a line", async () => {
  upstream.script([toolCall("bash", { command: "echo 1" })], [text("One.")]);
  const { stdout } = await run(["--stream-json", ...model, "--permissions", "all", "Count"]);
  const events = stdout
    .trimEnd()
    .split("\n")
    .map((line) => sessionEvent.parse(JSON.parse(line)));
  const session = { seq: 0, messages: [], runs: [], usage: noUsage } as unknown as Session;
  for (const event of events) apply(session, event);
  expect(withoutChanges(session)).toEqual(withoutChanges(await rein.session(session.id)));
});

test.if(existsSync("/dev/full"))("an answer that cannot be written is an error", () => {
  const { url, token, cwd } = rein;
  const command = [process.execPath, commandProgram, "sessions"];
  const { exitCode, stderr } = Bun.spawnSync(command, {
    cwd,
    env: { ...commandEnvironment({ url, token }), HOME: cwd },
    stdout: Bun.file("/dev/full"),
  });
  expect(exitCode).toBe(1);
  expect(stderr.toString()).toStartWith("rein: The output cannot be written");
});

test("--continue goes on with the newest session of the directory, and --session with the one that is named", async () => {
  upstream.script([text("One.")], [text("Two.")], [text("Three.")]);
  await run(["-p", ...model, "Remember 7"]);
  expect(await run(["-p", "--continue", "And?"])).toEqual({
    stdout: "Two.\n",
    stderr: "",
    code: 0,
  });
  expect(lastAsked()).toContain("Remember 7");
  const { sessions } = await rein.json<{ sessions: Session[] }>("/api/sessions");
  expect(sessions).toHaveLength(1);
  const named = await run(["-p", `--session=${sessions[0]!.id.slice(0, 8)}`, "And?"]);
  expect(named).toEqual({ stdout: "Three.\n", stderr: "", code: 0 });
  const unknown = await run(["-p", "--session", "nothing", "And?"]);
  expect(unknown).toMatchObject({ stdout: "", code: 2 });
  expect(unknown.stderr).toContain("rein sessions");
});

test.each([
  [["stpo"], "rein stop"],
  [["fix"], "rein help"],
  [["stop", "--foo"], "--foo"],
  [["--permissions", "some", "Do it now"], "plan, ask, edits, all"],
  [["--max-turns", "0", "Do it now"], "above 0"],
  [["--json", "--stream-json", "Do it now"], "Choose one"],
  [["--continue", "--session", "x", "Do it now"], "Choose one"],
  [["--engine", "codex", "--continue", "Do it now"], "new session"],
  [["--model"], "--model"],
  [["-p"], "Nothing is asked"],
  [[], "Nothing is asked"],
  [["completions", "csh"], "bash, zsh or fish"],
  [["help", "nothing"], "nothing"],
  [["--server", "nowhere", "stop"], "http://localhost:3000"],
])("rein %p is refused with exit code 2 and what to do", async (args, words) => {
  const { stdout, stderr, code } = await run(args);
  expect({ stdout, code }).toEqual({ stdout: "", code: 2 });
  expect(stderr).toStartWith("rein: ");
  expect(stderr).toContain(words);
});

test("without -p it shows the run in lines, in which a model's control characters are marks", async () => {
  upstream.script(
    [text("Looking\u001b]0;x\u0007"), toolCall("bash", { command: "echo 1; exit 3" })],
    [text("It failed.")],
  );
  const { stdout, code } = await run([...model, "--permissions", "all", "Try it"]);
  expect(code).toBe(0);
  expect(stdout.replace(/ · [^·\n]* m?s$/m, "")).toBe(
    "Looking␛]0;x␇\n> bash: echo 1; exit 3\n< bash: echo 1; exit 3 · done\nIt failed.\n",
  );
});

test("what needs an approval is denied where no person can be asked, and the model is told", async () => {
  upstream.script([toolCall("bash", { command: "echo 1" })], [text("Then not.")]);
  const { stdout, stderr, code } = await run(["-p", ...model, "Do it now"]);
  expect({ stdout, code }).toEqual({ stdout: "Then not.\n", code: 0 });
  expect(stderr).toContain("--permissions");
  expect(lastAsked()).toContain("no person to ask");
});

test("a run that reaches its limit is stopped where no person can be asked", async () => {
  upstream.script([toolCall("bash", { command: "echo 1" })], [text("Never.")]);
  const args = ["-p", ...model, "--permissions", "all", "--max-turns", "1", "Do it now"];
  const { stderr, code } = await run(args);
  expect(code).toBe(130);
  expect(stderr).toContain("1 of 1 turns");
  expect(stderr).toContain("Stopped in");
  expect(upstream.requests).toHaveLength(1);
});

test("rein stop says that nothing runs, stops what runs, and names the sessions where several run", async () => {
  expect(await run(["stop"])).toEqual({ stdout: "Nothing is running.\n", stderr: "", code: 0 });
  const gate = makeGate();
  upstream.route(() => [text("so far"), gate]);
  const chats = [send("One thing"), send("Another thing")];
  for (const chat of chats) await chat.until(({ type }) => type === "part-delta");
  const several = await run(["stop"]);
  expect(several.code).toBe(2);
  expect(several.stderr).toContain("Another thing");
  const one = await run(["stop", "--", chats[0]!.sessionId]);
  expect(one.stdout).toMatch(/^“One thing”: Stopped in .* while the model was writing\n$/);
  const rest = await run(["stop", "--all", "--hard", "--json"]);
  const { answers } = z
    .strictObject({ answers: z.array(stopAnswer) })
    .parse(JSON.parse(rest.stdout));
  expect(answers).toMatchObject([{ stopped: true, outcome: "stopped" }]);
  for (const chat of chats) await chat.ended;
  const stops = await run(["stops"]);
  expect(stops.stdout.split("\n")).toHaveLength(4);
  const sessions = await run(["sessions", "--json"]);
  expect(JSON.parse(sessions.stdout)).toMatchObject({ sessions: [{}, {}] });
  gate.open();
});

test("rein mcp adds, lists and removes servers of the settings", async () => {
  expect((await run(["mcp", "add", "local", "--", "npx", "-y", "some"])).code).toBe(0);
  expect((await run(["mcp", "add", "remote", "https://example.test/mcp"])).code).toBe(0);
  const listed = (await run(["mcp"])).stdout;
  expect(listed).toMatch(/^local +settings +not started +npx -y some/m);
  expect(listed).toMatch(/^remote +settings +not started +https:\/\/example.test\/mcp/m);
  for (const name of ["local", "remote"])
    expect((await run(["mcp", "remove", name])).stdout).toBe(`Removed ${name}.\n`);
  expect((await run(["mcp"])).stdout).toContain("No MCP servers");
  const add = ["mcp", "add", "local"];
  expect((await run([...add, "--env", "A=b=c", "--env", "B=", "--", "npx"])).code).toBe(0);
  expect((await run(["doctor"])).stdout).toMatch(/MCP +1 server: local/);
  const again = await run([...add, "https://example.test/mcp"]);
  expect([again.code, again.stderr]).toEqual([1, expect.stringContaining("local” already")]);
  expect((await run(["mcp", "list"])).stdout).toMatch(/^local +settings +not started +npx/m);
  expect((await run(["mcp", "remove", "local"])).code).toBe(0);
  expect((await run(["mcp", "remove", "local"])).stderr).toContain("no MCP server “local”");
});

test("rein mcp add takes secrets from standard input, and says none of them", async () => {
  const add = ["mcp", "add", "local"];
  const secrets = ["--env", "FIRST", "--env", "PLAIN=x", "--env", "LAST", "--", "npx"];
  const lacking = await run([...add, ...secrets], "secret-one\n");
  expect([lacking.code, lacking.stderr]).toEqual([2, expect.stringContaining("FIRST, LAST")]);
  const added = await run([...add, ...secrets], "secret-one\nsecret = two\n");
  expect(added).toEqual({ stdout: "Added local.\n", stderr: "", code: 0 });
  expect(lacking.stderr + (await run(["mcp", "--json"])).stdout).not.toContain("secret");
  const { mcp } = JSON.parse(readFileSync(join(rein.dataDir, "settings.json"), "utf8"));
  const env = { FIRST: "secret-one", PLAIN: "x", LAST: "secret = two" };
  expect(mcp.servers.local.server.env).toEqual(env);
  expect((await run(["mcp", "remove", "local"])).code).toBe(0);
});

test.each([
  [[], "Nothing is named: expected a name of letters"],
  [["a b", "--", "npx"], "“a b”: expected a name of letters, digits, - and single _."],
  [["a"], "to start or call"],
  [["a", "htp://b"], "begins with http:// or https://"],
  [["a", "--header", "A: secret", "--", "npx"], "a command has --env"],
  [["a", "--env", "A=secret", "https://b"], "an address has --header"],
  [["a", "--header", "A secret", "https://b"], "a space in its name"],
  [["a", "npx", "-y"], "come after “--”"],
])("rein mcp add %j says what was expected, and no secret", async (args, words) => {
  const add = async () => {
    const { positionals, values } = parseArguments(
      ["mcp", "add", ...args],
      [mcpCommand],
      mcpCommand,
    );
    const all = (flag: string) => (values[flag] ?? []) as string[];
    await mcpCommand.run({ positionals, all } as Partial<Call> as Call);
  };
  const error: unknown = await add().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(UsageError);
  expect(String(error)).toContain(words);
  expect(String(error)).not.toContain("secret");
});

test("rein doctor and rein web answer", async () => {
  const doctor = await run(["doctor"]);
  expect(doctor.stdout).toContain("Server");
  expect(doctor.stdout).toContain(": 1 model\n");
  expect(doctor.code).toBe(0);
  const web = await run(["web"]);
  expect(web.stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#token=\S+\n$/);
});

test("what a command does not take is refused before it does anything", async () => {
  for (const command of ["shutdown", "acp"])
    expect(await run([command, "now"])).toEqual({
      stdout: "",
      stderr: `rein: “rein ${command}” does not take “now”; see its --help.\n`,
      code: 2,
    });
  expect(await run(["--version", "now"])).toMatchObject({ stdout: "", code: 2 });
  expect((await run(["completions"])).stderr).toContain("No shell is named");
  expect(await run(["completions", "toString"])).toMatchObject({ code: 2 });
});

/** A pipe whose reader takes one byte, and the rest when another program has started. */
const slowly = '"$@" | { dd bs=1 count=1 2>/dev/null; cat; } | wc -c';

test("all output reaches a slow reader, of an answer, the schemas, and the errors", async () => {
  const env = { ...commandEnvironment(rein), PATH: process.env.PATH, HOME: rein.cwd };
  const count = async (script: string, ...args: string[]) => {
    const command = ["sh", "-c", script, "sh", process.execPath, commandProgram, ...args];
    const child = Bun.spawn(command, { cwd: rein.cwd, env, stdin: "ignore", stderr: "ignore" });
    return Number(await new Response(child.stdout).text());
  };
  const long = "0123456789\n".repeat(40_000);
  upstream.script([text(long)]);
  expect(await count(slowly, ...model, "Write it")).toBe(long.length);
  const { stdout } = await run(["stdio", "--schema"]);
  expect(await count(slowly, "stdio", "--schema")).toBe(Buffer.byteLength(stdout));
  const words = "x".repeat(100_000);
  const error = await run(["stop", words]);
  expect(await count(slowly.replace('"$@"', '"$@" 2>&1'), "stop", words)).toBe(
    Buffer.byteLength(error.stderr),
  );
});

test.if(existsSync("/dev/full"))(
  "a message whose answer cannot be written ends with an error",
  async () => {
    upstream.script([text("Hi.")]);
    const child = Bun.spawn([process.execPath, commandProgram, ...model, "Say hi"], {
      cwd: rein.cwd,
      env: { ...commandEnvironment(rein), HOME: rein.cwd },
      stdout: Bun.file("/dev/full"),
      stderr: "pipe",
    });
    expect(await new Response(child.stderr).text()).toContain("rein: The output cannot be written");
    expect(await child.exited).toBe(1);
  },
);
