/** What `rein` says and does about how an agent works in a directory: what a project brings, notes, schedules and hooks. */
import { expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { apiScene, chatCompletionsOnly } from "./api-scene";
import { startCommand } from "./command-line";
import { text, toolCall } from "./upstream/upstream";

const { rein, upstream, send, defer } = apiScene({ environment: chatCompletionsOnly });
const { signal } = new AbortController();

async function run(...args: string[]) {
  await using command = startCommand(rein, args, "");
  const code = await command.exited;
  return { code, stdout: await command.stdout, stderr: await command.stderr };
}

function write(path: string, content: string): void {
  mkdirSync(dirname(join(rein.cwd, path)), { recursive: true });
  writeFileSync(join(rein.cwd, path), content);
}

test("rein project lists what waits, shows all of it as it is, and answers for what is named", async () => {
  write("AGENTS.md", "Use tabs.\u001B[2J");
  write(".claude/commands/review.md", "---\ndescription: Looks\n---\nReview $1.\n!`git diff`\n");
  const listed = await run("project");
  expect(listed.stdout).toMatch(
    /^instructions +AGENTS.md +of this project +waits for your answer/m,
  );
  expect(listed.stdout).toContain("2 of them wait for your answer");
  const shown = (await run("project", "show")).stdout;
  expect(shown).toContain("    Use tabs.⟨ESC⟩[2J\n");
  expect(shown).toContain("  Runs: git diff\n");
  expect(shown).not.toContain("\u001B");

  expect((await run("project", "allow", "/review")).stdout).toBe("Allowed command /review\n");
  expect((await run("project", "refuse")).stdout).toBe("Refused instructions AGENTS.md\n");
  expect((await run("project", "allow")).stdout).toBe("Nothing waits for an answer.\n");
  const { definitions } = JSON.parse((await run("project", "--json")).stdout);
  expect(definitions).toContainEqual(expect.objectContaining({ name: "review", standing: "on" }));
  write(".claude/commands/review.md", "Delete it all.");
  expect((await run("project", "show", "review")).stdout).toMatch(
    /waits for your answer[^]*Since it was allowed:[^]*-Review \$1\.[^]*\+Delete it all\./,
  );
});

test("rein project allows what the model is told from then on, and follows changes where that is said", async () => {
  write("AGENTS.md", "Use tabs.");
  const told = async () => {
    upstream.script([text("Hello.")]);
    await send({ cwd: rein.cwd }).ended;
    return JSON.stringify(upstream.requests.at(-1)?.body);
  };
  expect(await told()).not.toContain("Use tabs.");
  expect((await run("project", "allow", "--any-change")).code).toBe(0);
  expect(await told()).toContain("Use tabs.");
  write("AGENTS.md", "Use spaces.");
  expect(await told()).toContain("Use spaces.");
});

test("a command that is typed as a message is called, and what is none is said plainly", async () => {
  const model = ["--provider", "openai-chat", "--model", "m"];
  const ask = (...words: string[]) => run("-p", ...model, ...words);
  const asked = () => JSON.stringify(upstream.requests.at(-1)?.body);
  write(".claude/commands/review.md", "Look at the branch $1.");
  const early = await ask("/review main");
  expect([early.code, early.stderr]).toEqual([1, expect.stringContaining("waits for an answer")]);
  await run("project", "allow");
  upstream.script([text("Looked.")], [text("A list.")], [text("Plain.")]);
  expect(await ask("/review main")).toEqual({ code: 0, stdout: "Looked.\n", stderr: "" });
  expect(asked()).toContain("Look at the branch main.");
  await using piped = startCommand(rein, ["-p", ...model, "/review"], "the diff");
  expect(await piped.exited).toBe(0);
  expect(asked()).toContain("Look at the branch the diff.");
  expect((await ask("/etc/hosts", "is what?")).stdout).toBe("Plain.\n");
  expect(asked()).toContain("/etc/hosts is what?");
  const count = upstream.requests.length;
  const unknown = await ask("/reviev main");
  expect([unknown.code, unknown.stderr]).toEqual([
    2,
    expect.stringMatching(/There is no command \/reviev .*“rein project” lists/),
  ]);
  const prompt = await ask("/tracker:start");
  expect([prompt.code, prompt.stderr]).toEqual([2, expect.stringContaining("MCP servers")]);
  const every = ["--every", "5"];
  const scheduled = await run("schedules", "add", "often", "/reviev main", ...every);
  expect([scheduled.code, scheduled.stderr]).toEqual([1, expect.stringContaining("/reviev")]);
  expect((await rein.sdk.schedules(signal)).schedules).toEqual([]);
  expect(upstream.requests.length).toBe(count);
});

test("rein project lists, shows, allows and refuses a project's MCP servers too", async () => {
  const server = { command: "cat", args: ["-"], env: { TOKEN: "x\u001B[2J" } };
  write(".mcp.json", JSON.stringify({ mcpServers: { tracker: server } }));
  expect((await run("project")).stdout).toMatch(
    /^MCP server +tracker +of this project +waits for your answer +\.mcp\.json$[^]*1 of them waits/m,
  );
  const { stdout } = await run("project", "show");
  expect(stdout).toContain("  Command: cat\n  Argument 1: -\n  Variable TOKEN: x⟨ESC⟩[2J\n");
  const standing = async () =>
    (await rein.sdk.mcp(rein.cwd, undefined, signal)).entries[0]?.standing;
  expect((await run("project", "refuse", "tracker")).stdout).toBe("Refused MCP server tracker\n");
  expect(await standing()).toBe("refused");
  write(".mcp.json", JSON.stringify({ mcpServers: { tracker: { command: "true" } } }));
  expect((await run("project", "allow")).stdout).toBe("Allowed MCP server tracker\n");
  expect(await standing()).toBe("on");
  expect(JSON.parse((await run("project", "--json")).stdout).mcp).toMatchObject([
    { name: "tracker", standing: "on" },
  ]);
});

test("rein memory keeps what a model has proposed, and refuses it", async () => {
  upstream.script(
    [
      toolCall("memory", { propose: "Tests need Redis" }),
      toolCall("memory", { propose: "It is \u202Eblue" }),
    ],
    [text("Well.")],
  );
  await send({ cwd: rein.cwd }).ended;
  const listed = (await run("memory")).stdout;
  expect(listed).toMatch(/would add +model +Tests need Redis$/m);
  const idOf = (words: string) => new RegExp(`^(\\S+) .*${words}`, "m").exec(listed)?.[1] ?? "";
  expect((await run("memory", "keep", idOf("Redis"), "Tests", "need", "Redis 7")).stdout).toBe(
    "Kept.\n",
  );
  expect((await run("memory", "remove", idOf("blue"))).stdout).toStartWith("Refused: ");
  expect((await run("memory", "add", "It has two databases")).code).toBe(0);
  const { lines } = JSON.parse((await run("memory", "--json")).stdout);
  expect(lines).toMatchObject([
    { text: "Tests need Redis 7", state: "kept" },
    { text: "It has two databases", state: "kept", by: "person" },
  ]);
  const missing = await run("memory", "keep", "nothing-like-it");
  expect([missing.code, missing.stderr]).toEqual([
    1,
    expect.stringContaining("“rein memory” lists"),
  ]);
});

test("rein schedules adds, pauses, runs and removes a schedule", async () => {
  const when = ["--cron", "0 3 * * *", "--time-zone", "Europe/Berlin", "--missed", "once"];
  const chosen = ["--permissions", "edits", "--max-usd", "1"];
  const model = ["--provider", "openai-chat", "--model", "m"];
  const named = ["nightly", "Run", "the tests"];
  const added = await run("schedules", "add", ...named, ...when, ...chosen, ...model);
  expect(added).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Added \S+\. Next: /) });
  const [schedule] = (await rein.sdk.schedules(signal)).schedules;
  defer(() => void rein.sdk.removeSchedule(schedule?.id ?? "", signal).catch(() => undefined));
  expect(schedule).toMatchObject({
    name: "nightly",
    message: "Run the tests",
    permissions: "edits",
    cwd: rein.cwd,
    limits: { turns: 50, minutes: 30, usd: 1 },
    when: { cron: "0 3 * * *", timeZone: "Europe/Berlin" },
    missed: "once",
  });
  expect((await run("schedules")).stdout).toContain("0 3 * * * (Europe/Berlin)");
  expect((await run("schedules", "pause", "nightly")).stdout).toBe("nightly: Paused\n");
  expect((await run("schedules", "resume", "nightly")).stdout).toStartWith("nightly: Next: ");
  upstream.script([text("They pass.")]);
  const ran = await run("schedules", "run", "nightly");
  expect(ran.stdout).toMatch(/^Runs in the session \S+\.\n$/);
  expect((await run("schedules", "remove", "nightly")).code).toBe(0);
  expect((await rein.sdk.schedules(signal)).schedules).toEqual([]);
});

test.each([
  [["--every", "0"], "expected a whole number of minutes"],
  [["--every", "5", "--at", "2099-01-01"], "by one of --every, --cron and --at"],
  [["--at", "soon"], "expected a time such as 2026-12-01T09:00"],
  [["--at", "2099-01-01", "--time-zone", "UTC"], "for --cron alone"],
  [["--every", "5", "--missed", "later"], "expected skip or once"],
])("rein schedules add %j says what was expected", async (flags, words) => {
  const refused = await run("schedules", "add", "n", "m", ...flags);
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining(words)]);
});

test("rein hooks lists the hooks of the settings, and turns one off", async () => {
  const hook = { id: "a", name: "format", on: "after-tool" as const, command: "make fmt" };
  await rein.sdk.saveHooks([{ ...hook, timeoutSeconds: 30, isOn: true }], signal);
  expect((await run("hooks")).stdout).toMatch(
    /^format +on +After a tool +all +30 s +yes +make fmt$/m,
  );
  expect((await run("hooks", "off", "format")).stdout).toBe("format is off.\n");
  expect(await rein.sdk.hooks(signal)).toMatchObject([{ name: "format", isOn: false }]);
  await rein.sdk.saveHooks([], signal);
});

test("a word that names no action says which there are", async () => {
  const refused = await run("memory", "forget");
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining("It takes [list]") });
});
