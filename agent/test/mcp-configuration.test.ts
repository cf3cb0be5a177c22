/** MCP servers of settings and projects: what is shown, what is kept secret, and that nothing of a project runs unasked. */
import { expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { McpConfigurationAnswer, McpEntry } from "../shared/protocol";
import { sharedVariables } from "../server/processes/job-environment";
import { expandServer } from "../server/mcp/expand-variables";
import { openMcpAnswers } from "../server/mcp/kept-answers";
import { McpSignIns } from "../server/mcp/mcp-sign-ins";
import { McpConfiguration } from "../server/mcp/mcp-configuration";
import { apiScene } from "./api-scene";
import { isAlive } from "./machine-facts";
import { text, toolCall } from "./upstream/upstream";
import { until } from "./within";

const scene = apiScene();
const { rein, send, upstream, defer } = scene;
const signal = new AbortController().signal;

function project(servers: Record<string, unknown>): string {
  const cwd = realpathSync(mkdtempSync(join(tmpdir(), "rein-project-")));
  defer(() => rmSync(cwd, { recursive: true, force: true }));
  write(cwd, servers);
  return cwd;
}

function write(cwd: string, mcpServers: Record<string, unknown>): void {
  writeFileSync(join(cwd, ".mcp.json"), JSON.stringify({ mcpServers }));
}

const look = (cwd: string) =>
  rein.json<McpConfigurationAnswer>(`/api/mcp?${new URLSearchParams({ cwd })}`);

async function entryOf(cwd: string, name: string): Promise<McpEntry> {
  const { entries } = await look(cwd);
  const entry = entries.find((one) => one.name === name);
  if (entry === undefined) throw new Error(`no entry ${name}`);
  return entry;
}

function reply(cwd: string, { name, digest }: McpEntry, answer: "allow" | "refuse") {
  const body = JSON.stringify({ cwd, name, digest, answer });
  return rein.fetch("/api/mcp/answer", { method: "POST", body });
}

const save = (mcp: object) =>
  rein.fetch("/api/settings", { method: "PUT", body: JSON.stringify({ mcp }) });

test("a project's server runs nothing when its directory is looked at, completed in, or sent a message", async () => {
  const cwd = project({});
  const marker = join(cwd, "marker");
  write(cwd, { evil: { command: "sh", args: ["-c", `touch ${marker}`] } });
  expect(await entryOf(cwd, "evil")).toMatchObject({ origin: "project", standing: "asked" });
  await rein.json(`/api/directory/files?${new URLSearchParams({ cwd, query: "m" })}`);
  upstream.script([text("Hello.")]);
  await send({ cwd }).ended;
  await look(cwd);
  expect(existsSync(marker)).toBe(false);
});

test("an answer holds for the entry that was shown; a changed one is asked again, with what was allowed", async () => {
  const cwd = project({ one: { command: "node", args: ["a"] } });
  const shown = await entryOf(cwd, "one");
  expect((await reply(cwd, shown, "allow")).status).toBe(200);
  expect((await entryOf(cwd, "one")).standing).toBe("on");
  write(cwd, { one: { command: "node", args: ["b"] } });
  expect(await entryOf(cwd, "one")).toMatchObject({ standing: "asked", before: shown.server });
  write(cwd, { one: { args: ["a"], command: "node", env: {} } });
  expect((await entryOf(cwd, "one")).standing).toBe("on");
});

test("an entry that changes between the look and the answer is not allowed", async () => {
  const cwd = project({ one: { command: "node", args: ["a"] } });
  const shown = await entryOf(cwd, "one");
  write(cwd, { one: { command: "node", args: ["b"] } });
  const answer = await reply(cwd, shown, "allow");
  expect(answer.status).toBe(409);
  expect(await answer.json()).toMatchObject({ error: { code: "digest" } });
  expect((await entryOf(cwd, "one")).standing).toBe("asked");
});

test("answers outlive the server, by directory: another project with the same entry is asked", async () => {
  const servers = { one: { url: "https://example.test/mcp" } };
  const [cwd, other] = [project(servers), project(servers)];
  await reply(cwd, await entryOf(cwd, "one"), "refuse");
  await scene.restart();
  expect((await entryOf(cwd, "one")).standing).toBe("refused");
  expect((await entryOf(other, "one")).standing).toBe("asked");
});

test("values of the settings' variables and headers never come back, and stay when they are not sent again", async () => {
  const env = { TOKEN: "secret-1" };
  const local = { type: "stdio", command: "node", args: ["x"], env };
  const headers = { Authorization: "Bearer secret-2" };
  const remote = { type: "http", url: "https://example.test/mcp", headers };
  await save({ servers: { local: { server: local }, remote: { server: remote } } });
  const cwd = project({});
  const { entries } = await look(cwd);
  expect(JSON.stringify(entries)).not.toContain("secret");
  expect(entries.map(({ server }) => server)).toEqual([
    { ...local, env: { TOKEN: null } },
    { ...remote, headers: { Authorization: null } },
  ] as McpEntry["server"][]);
  const kept = { ...local, args: ["y"], env: { TOKEN: null } };
  expect((await save({ servers: { local: { server: kept } } })).status).toBe(200);
  const stored = await Bun.file(join(rein.dataDir, "settings.json")).json();
  expect(stored.mcp.servers.local.server).toMatchObject({ args: ["y"], env });
  expect((await save({ servers: { local: null } })).status).toBe(200);
  expect((await look(cwd)).entries.map(({ name }) => name)).toEqual(["remote"]);
});

test("a kept header is not sent to another address, and a server that is not there cannot be switched", async () => {
  const headers = { Authorization: "Bearer secret" };
  await save({
    servers: { remote: { server: { type: "http", url: "https://a.test/mcp", headers } } },
  });
  const moved = { type: "http", url: "https://b.test/mcp", headers: { Authorization: null } };
  expect((await save({ servers: { remote: { server: moved } } })).status).toBe(400);
  expect((await save({ servers: { none: { isOn: false } } })).status).toBe(400);
});

test("the settings' server of a name wins over the project's, and that is said", async () => {
  await save({ servers: { one: { server: { type: "stdio", command: "node" } } } });
  const { entries, problems } = await look(project({ one: { command: "evil" } }));
  expect(entries.map(({ origin }) => origin)).toEqual(["settings"]);
  expect(problems).toEqual([expect.stringContaining("the settings have one of the same name")]);
});

test("a file that is a link, too long or damaged is a sentence", async () => {
  const cwd = project({});
  const path = join(cwd, ".mcp.json");
  const problem = async () => (await look(cwd)).problems.join();
  writeFileSync(path, "{");
  expect(await problem()).toContain("is not what it should be");
  writeFileSync(path, " ".repeat(300_000));
  expect(await problem()).toContain("is longer than");
  rmSync(path);
  mkdirSync(path);
  expect(await problem()).toContain("is a directory");
  rmSync(path, { recursive: true });
  symlinkSync("/etc/hostname", path);
  expect(await problem()).toContain("is a link");
});

test("what cannot be used of a file is said by server, and the others are shown", async () => {
  const { entries, problems } = await look(
    project({
      good: { command: "node" },
      old: { type: "sse", url: "https://example.test/sse" },
      none: {},
      both: { command: "node", url: "https://example.test" },
      a__b: { command: "node" },
      ftp: { url: "ftp://example.test" },
    }),
  );
  expect(entries.map(({ name }) => name)).toEqual(["good"]);
  expect(problems.map((one) => /“(\w+)”/.exec(one)?.[1])).toEqual([
    "old",
    "none",
    "both",
    "a__b",
    "ftp",
  ]);
  expect(problems[0]).toContain("SSE");
});

test("a command or an argument that is a file of the project is shown with a warning", async () => {
  const cwd = project({});
  writeFileSync(join(cwd, "server.js"), "");
  mkdirSync(join(cwd, "..bin"));
  writeFileSync(join(cwd, "..bin/run"), "");
  const elsewhere = join(project({}), "link");
  symlinkSync(cwd, elsewhere);
  write(cwd, {
    dots: { command: "./..bin/run" },
    linked: { command: join(elsewhere, "..bin/run") },
    variable: { command: "node", env: { NODE_OPTIONS: "--require ./..bin/run" } },
    searched: { command: "run", env: { PATH: "..bin:/usr/bin" } },
    argument: { command: "node", args: ["--import=./server.js", "server.js", "other.js"] },
    relative: { command: "./server.js" },
  });
  for (const name of ["argument", "relative"])
    expect((await entryOf(cwd, name)).warnings.join()).toContain("server.js is in the project");
  for (const name of ["dots", "linked", "variable", "searched"])
    expect((await entryOf(cwd, name)).warnings.join()).toContain("..bin");
});

test("a project's file gets no variable that commands do not get, and never a provider's key", () => {
  const environment = {
    HOME: "/home/x",
    SECRET: "s",
    OPENAI_API_KEY: "k",
    REIN_TOKEN: "t",
    MINE: "m",
  };
  const variables = sharedVariables(environment, ["MINE", "OPENAI_API_KEY"]);
  expect(variables).toEqual({ HOME: "/home/x", MINE: "m" });
  const server = (args: string[]) =>
    expandServer("one", { type: "stdio", command: "./run", args, env: {} }, "/p", variables);
  expect(server(["${HOME}/a", "${SECRET:-none}"])).toMatchObject({
    command: "/p/run",
    args: ["/home/x/a", "none"],
  });
  for (const name of ["SECRET", "OPENAI_API_KEY", "REIN_TOKEN", "PAGER", "constructor"])
    expect(server([`\${${name}}`])).toContain(`the variable ${name}`);
});

test("only the entry that was allowed may be started, exactly as it was shown", async () => {
  const cwd = project({ one: { command: "node", args: ["a b", "$(x)"], env: { A: "1" } } });
  const answers = openMcpAnswers(join(cwd, "answers.json"));
  const signIns = new McpSignIns(join(cwd, "sign-ins.json"));
  const parts = { settings: () => ({ servers: {} }), answers, signIns, variables: () => ({}) };
  const configuration = new McpConfiguration(parts);
  const standing = async () =>
    (await configuration.configured(cwd, signal)).map((one) => one.standing);
  expect(await standing()).toEqual(["asked"]);
  const [entry] = (await configuration.entries(cwd, signal)).entries;
  const { name, digest } = entry!;
  expect(await configuration.answer(cwd, { name, digest, answer: "allow" }, signal)).toBe(true);
  const [allowed] = await configuration.configured(cwd, signal);
  expect(allowed).toMatchObject({
    standing: "on",
    server: { command: "node", args: ["a b", "$(x)"], env: { A: "1" } },
  });
  write(cwd, { one: { command: "node", args: ["a b"], env: { A: "1" } } });
  expect(await standing()).toEqual(["asked"]);
  expect((await configuration.configured(cwd, signal))[0]?.digest).not.toBe(allowed?.digest);
});

test("a damaged file of answers is refused at the start, with what to do", async () => {
  const cwd = project({});
  const path = join(cwd, "answers.json");
  writeFileSync(path, JSON.stringify({ projects: { [cwd]: { one: { answer: "allow" } } } }));
  expect(() => openMcpAnswers(path)).toThrow("Repair it, or move it away");
});

test("an allowed server runs from the next message on, and a refused one does not", async () => {
  const cwd = project({});
  const [yes, no] = [join(cwd, "yes"), join(cwd, "no")];
  write(cwd, {
    one: { command: "sh", args: ["-c", `touch ${yes}`] },
    two: { command: "sh", args: ["-c", `touch ${no}`] },
  });
  await reply(cwd, await entryOf(cwd, "one"), "allow");
  await reply(cwd, await entryOf(cwd, "two"), "refuse");
  expect(existsSync(yes)).toBe(false);
  upstream.script([text("Hello.")]);
  await send({ cwd }).ended;
  expect([existsSync(yes), existsSync(no)]).toEqual([true, false]);
});

test("a session that is opened, followed, sent a further message and given a subagent starts nothing unasked", async () => {
  const cwd = project({});
  const marker = join(cwd, "marker");
  write(cwd, { evil: { command: "sh", args: ["-c", `touch ${marker}`] } });
  upstream.script(
    [toolCall("subagent", { role: "simple", title: "alpha", task: "Do it" })],
    [text("Seen.")],
    [text("Done.")],
    [text("Again.")],
  );
  const chat = send({ cwd, permissions: "all" });
  await chat.ended;
  await rein.json(`/api/sessions/${chat.sessionId}`);
  await look(cwd);
  await send({ sessionId: chat.sessionId }).ended;
  const { servers } = await rein.json<McpConfigurationAnswer>(
    `/api/mcp?${new URLSearchParams({ cwd, sessionId: chat.sessionId })}`,
  );
  expect(servers).toMatchObject([{ name: "evil", state: "asked" }]);
  const body = JSON.stringify({ cwd, sessionId: chat.sessionId, name: "evil" });
  const restarted = await rein.fetch("/api/mcp/restart", { method: "POST", body });
  expect(restarted.status).toBe(502);
  expect(existsSync(marker)).toBe(false);
});

test("an entry that is taken from the file, or changed in it, is ended at the next turn", async () => {
  const cwd = project({});
  const script = join(import.meta.dir, "agents", "lying-mcp-server.ts");
  const pids = join(cwd, "log");
  const entry = (mode: string) => ({ command: process.execPath, args: [script, pids, mode] });
  write(cwd, { one: entry("") });
  await reply(cwd, await entryOf(cwd, "one"), "allow");
  upstream.script([text("Hello.")], [text("Hello.")]);
  const chat = send({ cwd });
  await chat.ended;
  const pid = () => JSON.parse(readFileSync(pids, "utf8").split("\n")[0] ?? "").pid as number;
  expect(isAlive(pid())).toBe(true);
  write(cwd, { one: entry("other") });
  await send({ sessionId: chat.sessionId }).ended;
  await until(() => !isAlive(pid()));
});
