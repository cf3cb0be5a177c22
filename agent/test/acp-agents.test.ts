/** What Rein knows of each ACP agent: how it reaches the model by the gate and by nothing else, and what its questions mean. */
import { describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { neverAborts } from "../server/abort";
import { acpAgents } from "../server/engines/acp/agents";
import { outcomeOf, questionOf, withInstructions } from "../server/engines/acp/acp-questions";
import type { AcpCall } from "../server/engines/acp/acp-updates";
import { readyToLoad } from "../server/engines/acp/gemini-chats";
import { openSession } from "../server/engines/acp/acp-opening";
import type { EngineAccess, EngineRequest } from "../server/engines/engine";
import { claudeSettings } from "../server/engines/claude/claude-launch";
import { clearHome, makeConfig, refusePolicies, refuseSetUps } from "../server/engines/engine-home";
import type { JsonRpc } from "../server/engines/json-rpc";
import { temporaryDirectory } from "./temporary-directory";

describe("with the gate", () => {
  for (const agent of acpAgents)
    for (const provider of agent.providers)
      test(`${agent.name} reaches ${provider} by its address and token, with files of its own`, async () => {
        const gate = { provider, url: "http://127.0.0.1:1/gate", token: "the-token" };
        const given = { gate, home: "/home-of-it", cwd: "/cwd", model: "the-model" };
        const all = JSON.stringify([await agent.environment(given), agent.args(given)]);
        expect(all).toContain("http://127.0.0.1:1/gate");
        expect(all).toContain("the-token");
        expect(all).toContain("/home-of-it");
        expect(all).toContain("the-model");
        expect(JSON.stringify(agent.args(given))).not.toContain("the-token");
      });

  for (const agent of acpAgents)
    test(`by its own log-in ${agent.name} gets no key, no address and no home`, async () => {
      const given = { gate: undefined, home: undefined, cwd: "/cwd", model: "" };
      const environment = await agent.environment(given);
      const names = Object.keys(environment).join(" ");
      expect(names).not.toMatch(/KEY|BASE_URL|HOME|CONFIG_DIR|MODEL_PROVIDER/);
      expect(JSON.stringify(environment)).not.toContain("model_provider");
    });
});

describe("a directory does not set up", () => {
  const agent = (id: string) => acpAgents.find((one) => one.id === id)!;
  const given = { gate: undefined, home: undefined, cwd: "/cwd", model: "" };

  test("Gemini CLI, which asks for what it would do by itself", async () => {
    const gemini = agent("gemini-cli");
    const words = gemini.args(given);
    expect(gemini.environment(given)).toMatchObject({ GEMINI_CLI_TRUST_WORKSPACE: "false" });
    const policy = words[words.indexOf("--admin-policy") + 1]!;
    const { rule } = Bun.TOML.parse(await Bun.file(policy).text()) as { rule: object[] };
    expect(rule).toContainEqual({
      toolName: "run_shell_command",
      argsPattern: ".*",
      decision: "ask_user",
      priority: 999,
    });
    expect(JSON.stringify(rule[0])).toContain('"read_file"');
  });

  test("opencode, which is not started where that cannot be turned off", async () => {
    const opencode = agent("opencode");
    const { refuses = [] } = opencode;
    expect(await opencode.environment(given)).toMatchObject({
      OPENCODE_DISABLE_PROJECT_CONFIG: "1",
      OPENCODE_PURE: "1",
    });
    using directory = temporaryDirectory();
    const below = join(directory.path, "below");
    mkdirSync(below);
    await refuseSetUps("opencode", below, refuses);
    for (const name of [".opencode", "opencode.json", "below/opencode.jsonc"]) {
      const path = join(directory.path, name);
      // A link that leads nowhere yet is one, too.
      symlinkSync("/nowhere", path);
      const refused: unknown = await refuseSetUps("opencode", below, refuses).catch(
        (error: unknown) => error,
      );
      expect(String(refused)).toContain(path);
      rmSync(path);
    }
  });

  test("Gemini CLI, which is not started where the machine’s own policies take the place of Rein’s", async () => {
    using directory = temporaryDirectory();
    const policies = join(directory.path, "policies");
    expect(agent("gemini-cli").policies).toContain("/etc/gemini-cli/policies");
    await refusePolicies("Gemini CLI", [policies]);
    mkdirSync(policies);
    writeFileSync(join(policies, "README"), "");
    await refusePolicies("Gemini CLI", [policies]);
    writeFileSync(join(policies, "own.toml"), "");
    const refused = refusePolicies("Gemini CLI", [policies]);
    expect(String(await refused.catch((error: unknown) => error))).toContain(policies);
  });

  test("an engine by a link to instructions outside of it, and one within it is read", async () => {
    using place = temporaryDirectory();
    const cwd = join(place.path, "a [b] (c)");
    mkdirSync(join(cwd, ".claude"), { recursive: true });
    writeFileSync(join(place.path, "outside.md"), "");
    writeFileSync(join(cwd, "inside.md"), "");
    const told = async () => {
      const { OPENCODE_CONFIG_CONTENT: all = "" } = await agent("opencode").environment({
        ...given,
        cwd,
      });
      const { instructions } = JSON.parse(all) as { instructions: string[] };
      const { claudeMdExcludes } = (await claudeSettings(cwd)) as { claudeMdExcludes: string[] };
      return { instructions, claudeMdExcludes };
    };
    for (const name of ["AGENTS.md", "CLAUDE.md"]) symlinkSync("inside.md", join(cwd, name));
    const read = { instructions: [join(cwd, "AGENTS.md")], claudeMdExcludes: [] };
    expect(await told()).toEqual(read);
    for (const name of ["AGENTS.md", "CLAUDE.md", ".claude/CLAUDE.md"]) {
      rmSync(join(cwd, name), { force: true });
      symlinkSync(join(place.path, "outside.md"), join(cwd, name));
    }
    const { instructions, claudeMdExcludes } = await told();
    expect(instructions).toEqual([]);
    const pattern = join(place.path, "a [[]b[]] [(]c[)]");
    expect(claudeMdExcludes).toEqual(
      ["CLAUDE.md", ".claude/CLAUDE.md"].map((name) => join(pattern, name)),
    );
  });

  for (const conversationId of [undefined, "earlier"])
    test(`Claude Code, which asks for every tool of ${conversationId ?? "a new"} session`, async () => {
      const sent: Record<string, { _meta?: object }> = {};
      const rpc = {
        request: (method: string, params: object) => {
          sent[method] = params;
          return Promise.resolve({
            protocolVersion: 1,
            agentCapabilities: { loadSession: true },
            sessionId: "s",
          });
        },
      };
      const request = { cwd: "/cwd", ...(conversationId && { conversationId }) } as EngineRequest;
      const { signal } = new AbortController();
      await openSession(rpc as unknown as JsonRpc, agent("claude-acp"), request, signal);
      const meta = sent[conversationId ? "session/load" : "session/new"]?._meta;
      const options = { settingSources: [], strictMcpConfig: true };
      expect(meta).toMatchObject({ claudeCode: { options } });
      expect(JSON.stringify(meta)).toContain('"permissions":{"ask":["Bash"');
    });
});

test("what a command has left in a home is removed, and conversations are kept", async () => {
  for (const { setUps = [] } of acpAgents) {
    using home = temporaryDirectory();
    for (const name of [...setUps, "kept/it"]) {
      mkdirSync(dirname(join(home.path, name)), { recursive: true });
      writeFileSync(join(home.path, name), "");
    }
    await clearHome(home.path, setUps, neverAborts);
    const left = readdirSync(home.path, { recursive: true, withFileTypes: true });
    expect(left.filter((one) => one.isFile()).map(({ name }) => name)).toEqual(["it"]);
  }
});

test("a link in a home leads nothing out of it that is removed or written", async () => {
  const opencode = acpAgents.find(({ id }) => id === "opencode");
  using home = temporaryDirectory();
  using outside = temporaryDirectory();
  mkdirSync(join(outside.path, "bin"));
  writeFileSync(join(outside.path, "bin/mine"), "mine");
  mkdirSync(join(home.path, "data"));
  symlinkSync(outside.path, join(home.path, "data/opencode"));
  await clearHome(home.path, opencode!.setUps!, neverAborts);
  expect(readFileSync(join(outside.path, "bin/mine"), "utf8")).toBe("mine");
  // It would be set up by what is there.
  expect(readdirSync(join(home.path, "data"))).toEqual([]);
});

describe("a question", () => {
  const call: AcpCall = { key: "k", name: "n", kind: "other", paths: [], content: [] };
  const cases: [string, Partial<AcpCall>, EngineAccess][] = [
    [
      "of a command",
      { kind: "execute", input: { command: "ls", cwd: "/d" } },
      { kind: "command", command: "ls", directory: "/d" },
    ],
    [
      "of a command in a directory below",
      { kind: "execute", input: { command: "ls", dir_path: "sub" } },
      { kind: "command", command: "ls", directory: "/cwd/sub" },
    ],
    [
      "of a command in a directory without a name",
      { kind: "execute", input: { command: "ls", workdir: "" } },
      { kind: "command", command: "ls" },
    ],
    [
      "of a command in a title",
      { kind: "execute", title: "ls" },
      { kind: "command", command: "ls" },
    ],
    [
      "of words of a command",
      { kind: "execute", input: { command: ["cat", "a b"] } },
      { kind: "command", command: "cat 'a b'" },
    ],
    [
      "of a script for a shell",
      { kind: "execute", input: { command: ["/bin/bash", "-lc", "ls; id"] } },
      { kind: "command", command: "ls; id" },
    ],
    [
      "of a command that is called a read",
      { kind: "read", paths: ["/a"], input: { command: "rm /a" } },
      { kind: "command", command: "rm /a" },
    ],
    [
      "of a file",
      { kind: "read", input: { file_path: "/a" } },
      { kind: "read", path: "/a", also: [] },
    ],
    [
      "of a search without a place",
      { kind: "search", input: { pattern: "x" } },
      { kind: "read", path: "/cwd", also: [], isSearch: true },
    ],
    [
      "of a change of two files",
      { kind: "move", paths: ["/a", "/b"] },
      { kind: "edit", path: "/a", also: ["/b"] },
    ],
    [
      "of a change of a file that only its input names",
      { kind: "edit", paths: ["/a"], input: { filePath: "/b" } },
      { kind: "edit", path: "/a", also: ["/b"] },
    ],
    [
      "of a change of nothing that is named",
      { kind: "edit", title: "Edit" },
      { kind: "tool", tool: "n", subject: "Edit", once: true },
    ],
    [
      "of a search in a place that it names otherwise",
      { kind: "search", input: { pattern: "x", dir_path: "/out" } },
      { kind: "read", path: "/out", also: [], isSearch: true },
    ],
    [
      "of a change with another place",
      { kind: "move", input: { path: "a", destination: "/b" } },
      { kind: "tool", tool: "n", subject: '{"path":"a","destination":"/b"}', once: true },
    ],
    [
      "of a read with a script",
      { kind: "read", paths: ["/cwd/a"], input: { script: "id" } },
      { kind: "tool", tool: "n", subject: '{"script":"id"}', once: true },
    ],
    [
      "of a command with other words",
      { kind: "execute", input: { command: "git", args: ["push"] } },
      { kind: "tool", tool: "n", subject: '{"command":"git","args":["push"]}', once: true },
    ],
    [
      "of a search by a pattern that leads elsewhere",
      { kind: "search", input: { pattern: "../*" } },
      { kind: "tool", tool: "n", subject: '{"pattern":"../*"}', once: true },
    ],
    [
      "of a search by a pattern that it does not tell",
      { name: "glob", kind: "search", title: "'/etc/host*'" },
      { kind: "tool", tool: "glob", subject: "'/etc/host*'", once: true },
    ],
    [
      "of a search in a place by a pattern that it does not tell",
      { kind: "search", title: "'*'", paths: ["/cwd"] },
      { kind: "tool", tool: "n", subject: "'*'", once: true },
    ],
    [
      "of a search for such words",
      { name: "grep", kind: "search", input: { pattern: "/api/" } },
      { kind: "read", path: "/cwd", also: [], isSearch: true },
    ],
    [
      "of a search in a place that is no text",
      { kind: "search", input: { pattern: "x", path: ["/etc"] } },
      { kind: "tool", tool: "n", subject: '{"pattern":"x","path":["/etc"]}', once: true },
    ],
    [
      "of something without a name",
      { name: "", input: { x: 1 }, title: "X" },
      { kind: "tool", tool: "other", subject: "X", once: true },
    ],
    [
      "of anything else",
      { kind: "fetch", input: { url: "http://x" } },
      { kind: "tool", tool: "n", subject: '{"url":"http://x"}' },
    ],
  ];
  test("of a file names the instructions read along with it that lead out of the directory", async () => {
    using place = temporaryDirectory();
    const cwd = join(place.path, "cwd");
    mkdirSync(join(cwd, "a/b"), { recursive: true });
    writeFileSync(join(place.path, "AGENTS.md"), "");
    for (const name of ["AGENTS.md", "a/AGENTS.md"])
      symlinkSync(join(place.path, "AGENTS.md"), join(cwd, name));
    writeFileSync(join(cwd, "a/b/AGENTS.md"), "");
    const accessOf = async (path: string) => {
      const asked = questionOf({ ...call, kind: "read", paths: [path] }, cwd);
      return (await withInstructions(asked, ["AGENTS.md"], cwd)).access;
    };
    expect(await accessOf(join(cwd, "a/b/file"))).toEqual({
      kind: "read",
      path: join(cwd, "a/b/file"),
      also: [join(cwd, "a/AGENTS.md"), join(cwd, "AGENTS.md")],
    });
    expect(await accessOf(join(place.path, "file"))).toMatchObject({ also: [] });
  });

  for (const path of [`/cwd${"/a".repeat(2_000)}`, `/cwd/${"a".repeat(4_096)}`])
    test(`of a file that lies too deep to look at what is read along with it is asked each time: ${path.slice(0, 9)}…`, async () => {
      const asked = questionOf({ ...call, kind: "read", paths: [path] }, "/cwd");
      const { access } = await withInstructions(asked, ["AGENTS.md"], "/cwd");
      expect(access).toEqual({ kind: "tool", tool: "n", subject: path, once: true });
      expect(await withInstructions(asked, [], "/cwd")).toEqual(asked);
    });

  for (const [title, known, access] of cases)
    test(`${title} names what it would do`, () => {
      expect(questionOf({ ...call, ...known }, "/cwd").access).toEqual(access);
    });

  const options = ["allow_always", "reject_always", "reject_once", "allow_once"].map((kind) => ({
    kind,
    optionId: kind,
  }));
  const without = (kind: string) => options.filter((option) => option.kind !== kind);
  test("is answered with nothing that the agent would remember", () => {
    const chosen = (optionId: string) => ({ outcome: { outcome: "selected" as const, optionId } });
    const deny = { allow: false, message: "no" } as const;
    expect(outcomeOf({ allow: true }, options)).toEqual(chosen("allow_once"));
    expect(outcomeOf(deny, options)).toEqual(chosen("reject_once"));
    expect(outcomeOf({ allow: true }, without("allow_once"))).toEqual({
      ...chosen("reject_once"),
      noOption: true,
    });
    expect(outcomeOf(deny, without("reject_once"))).toEqual({ outcome: { outcome: "cancelled" } });
    expect(outcomeOf({ allow: false, cancelled: true }, options)).toEqual({
      outcome: { outcome: "cancelled" },
    });
  });
});

test("a conversation of Gemini CLI of this minute is made ready to be loaded, and no other is touched", async () => {
  using directory = temporaryDirectory();
  const chats = join(directory.path, ".gemini", "tmp", "project", "chats");
  mkdirSync(chats, { recursive: true });
  const minute = (before: number) =>
    new Date(Date.now() - before * 60_000).toISOString().slice(0, 16).replaceAll(":", "-");
  const facts = '{"sessionId":"aaaaaaaa-1"}\n{"$set":{"messages":[{"id":"c"}]}}\n';
  const said = `${facts}{"id":"m","type":"user"}\n`;
  const write = (before: number, id: string, content: string) =>
    writeFileSync(join(chats, `session-${minute(before)}-${id}.jsonl`), content);
  // The minute may end in between.
  for (const before of [0, -1]) write(before, "aaaaaaaa", said);
  write(1, "aaaaaaaa", facts);
  write(2, "aaaaaaaa", `${facts}{"$set":{"messages":[{"id":"c"},{"id":"m"}]}}\n`);
  write(0, "bbbbbbbb", facts);
  writeFileSync(join(chats, "session-of-another-kind-aaaaaaaa.jsonl"), "no JSON");
  // A look into a pipe would wait.
  Bun.spawnSync(["mkfifo", join(chats, "session-of-a-command-aaaaaaaa.jsonl")]);
  // Another conversation, whose id begins alike.
  write(3, "aaaaaaaa", facts.replace("aaaaaaaa-1", "aaaaaaaa-2"));
  const now = minute(0);
  await readyToLoad("aaaaaaaa-1", directory.path);
  const names = readdirSync(chats);
  expect(names).not.toContain(`session-${now}-aaaaaaaa.jsonl`);
  expect(names.filter((name) => name.includes("aaaaaaaa"))).toHaveLength(6);
  expect(names).toContain(`session-${now}-bbbbbbbb.jsonl`);
  await readyToLoad("cccccccc-1", join(directory.path, "nowhere"));
});

describe("a conversation of Gemini CLI is loaded with each result of a call once,", () => {
  const result = (id: string, more: object = {}) => ({
    functionResponse: { id, name: "run", response: { output: id } },
    ...more,
  });
  const picture = { inlineData: { mimeType: "image/png", data: "" } };
  const user = (...content: object[]) => ({ id: "u", type: "user", content });
  const gemini = (content: unknown, ...toolCalls: object[]) => ({
    id: "g",
    type: "gemini",
    content,
    toolCalls,
  });
  const call = (id: string, ...results: object[]) => ({ id, result: results });
  const set = (...messages: (object | null)[]) => ({ $set: { messages } });
  const said = user({ text: "hi" });
  const a = result("a");
  const b = result("b");
  const both = gemini("", call("a", a), call("b", b));

  const cases: [string, (object | string | null)[], (object | string | null)[]][] = [
    [
      "which a process that is gone has written twice",
      [said, gemini(""), gemini("", call("a", a)), user(a), { $set: { lastUpdated: "now" } }],
      [said, gemini(""), gemini("", call("a", a)), { $set: { lastUpdated: "now" } }],
    ],
    [
      "which it has written once more at a load",
      [gemini("", call("a", a)), set(null, said, gemini("", call("a", a)), user(a), user(a))],
      [gemini("", call("a", a)), set(null, said, gemini("", call("a", a)))],
    ],
    ["also of parallel calls", [both, user(a, b)], [both]],
    [
      "where a load has given each of parallel calls the results of all",
      [set(gemini([], call("a", a, picture, b, a), call("b", a, picture, b)), user(a, picture, b))],
      [set(gemini([], call("a", a, picture), call("b", b)))],
    ],
    [
      "and none of a call that was denied, which is not there",
      [said, gemini(""), user(a, picture), both, user(a, { text: "And" }, result("denied"))],
      [said, gemini(""), both, user({ text: "And" })],
    ],
    [
      "which only a message has",
      [
        set(gemini([{ functionCall: { id: "a" } }]), user(a), user(a)),
        gemini("", call("b")),
        user(b),
      ],
      [set(gemini([{ functionCall: { id: "a" } }]), user(a)), gemini("", call("b")), user(b)],
    ],
    [
      "after a line that a kill has cut, and others",
      [
        '{"id":"x","content":"functionResp',
        gemini("", call("a", a)),
        user(a),
        { $set: 7 },
        "",
        null,
      ],
      ['{"id":"x","content":"functionResp', gemini("", call("a", a)), { $set: 7 }, "", null],
    ],
  ];

  test.each(cases)("%s", async (_how, before, after) => {
    using directory = temporaryDirectory();
    const chats = join(directory.path, ".gemini", "tmp", "project", "chats");
    mkdirSync(chats, { recursive: true });
    const path = join(chats, "session-2026-01-02T03-04-aaaaaaaa.jsonl");
    const file = (records: (object | string | null)[]) =>
      [{ sessionId: "aaaaaaaa-1" }, ...records, said]
        .map((one) => (typeof one === "string" ? one : JSON.stringify(one)))
        .join("\n");
    for (const content of [before, after]) {
      writeFileSync(path, file(content));
      await readyToLoad("aaaaaaaa-1", directory.path);
      expect(readFileSync(path, "utf8")).toBe(file(after));
    }
    expect(readdirSync(chats)).toHaveLength(1);
  });

  test("and not by a link that a command has put beside it", async () => {
    using directory = temporaryDirectory();
    const chats = join(directory.path, ".gemini", "tmp", "project", "chats");
    mkdirSync(chats, { recursive: true });
    const path = join(chats, "session-2026-01-02T03-04-aaaaaaaa.jsonl");
    const file = (...records: object[]) =>
      [{ sessionId: "aaaaaaaa-1" }, ...records, said].map((one) => JSON.stringify(one)).join("\n");
    writeFileSync(path, file(both, user(a, b)));
    const outside = join(directory.path, "outside");
    writeFileSync(outside, "mine");
    symlinkSync(outside, `${path}.new`);
    await readyToLoad("aaaaaaaa-1", directory.path);
    expect(readFileSync(path, "utf8")).toBe(file(both));
    expect(readFileSync(outside, "utf8")).toBe("mine");
  });
});

test("opencode writes its settings into its own home, where its commands find those of other programs", async () => {
  using place = temporaryDirectory();
  const [home, person] = [join(place.path, "home"), join(place.path, "person")];
  mkdirSync(home);
  const opencode = acpAgents.find(({ id }) => id === "opencode")!;
  const config = opencode.config!;
  const given = { gate: undefined, home, cwd: "/cwd", model: "" };
  const directory = join(home, config.directory);
  expect(await opencode.environment(given)).toMatchObject({ XDG_CONFIG_HOME: directory });
  for (const name of ["git", "opencode"]) {
    mkdirSync(join(person, name), { recursive: true });
    writeFileSync(join(person, name, "config"), "of the person");
  }
  for (const _start of ["first", "second"]) {
    const both = [1, 2].map(() => makeConfig(directory, config.own, person));
    await Promise.all(both);
    expect(readFileSync(join(directory, "git/config"), "utf8")).toBe("of the person");
    expect(readdirSync(join(directory, "opencode"))).toEqual([]);
    writeFileSync(join(directory, "opencode/opencode.json"), "of a command");
  }
  expect([home, join(person, "git")].map((path) => readdirSync(path))).toEqual([
    ["config"],
    ["config"],
  ]);
  await makeConfig(join(place.path, "other"), "opencode", join(place.path, "nowhere"));
});
