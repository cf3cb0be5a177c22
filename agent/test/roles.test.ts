/** The role of a subagent is a file: what tools it has, which model answers, how many turns it takes, what it is told. */
import { describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { toolsOf } from "../server/agent/role-tools";
import type { Tool } from "../server/tools/tool";
import { toolCallsOf } from "../shared/message-parts";
import type { RoleFacts } from "../shared/protocol";
import { apiScene } from "./api-scene";
import { told } from "./control-api";
import { allowProject } from "./definition-scene";
import { text, toolCall, type UpstreamRequest } from "./upstream/upstream";

const { upstream, rein, send, restart } = apiScene({ request: { permissions: "all" } });

/** Writes a role of the project, and allows it unless told otherwise. */
async function role(name: string, file: string, isAllowed = true): Promise<void> {
  const path = join(rein.cwd, `.rein/roles/${name}.md`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, file);
  if (isAllowed) await allowProject(rein);
}

/** Sends out a subagent of this role, which answers at once; resolves with the request that it made. */
async function sentOut(name: string, more: object = {}): Promise<UpstreamRequest | undefined> {
  const input = { role: name, title: "look", task: "Look it up.", ...more };
  const isMain = (body: unknown) => JSON.stringify(body).includes("Do it");
  upstream.route(({ body }) => (isMain(body) ? undefined : [text("Found.")]));
  upstream.script([toolCall("subagent", input)], [text("Done.")]);
  const chat = send();
  await chat.ended;
  return upstream.requests.find(({ body }) => !isMain(body));
}

function toolNames(request: UpstreamRequest | undefined): string[] {
  const body = request?.body as
    | { tools?: { name?: string; function?: { name: string } }[] }
    | undefined;
  return (body?.tools ?? []).map((tool) => tool.function?.name ?? tool.name ?? "");
}

describe("the tools of a role", () => {
  const all = ["read", "edit", "write", "bash", "subagent", "todo", "plan", "memory", "skill"];
  const offered = (facts: RoleFacts, names = [...all, "mcp__a__look", "mcp__b__wipe"]) =>
    toolsOf(facts, names.map(tool)).map(({ name }) => name);

  test("are all but those of the session where it lists none", () => {
    const own = ["read", "edit", "write", "bash", "skill", "mcp__a__look", "mcp__b__wipe"];
    expect(offered({})).toEqual(own);
    expect(offered({ tools: ["subagent", "todo", "plan", "memory"] })).toEqual([]);
  });

  test("are its list and nothing else, tools of MCP servers included", () => {
    expect(offered({ tools: ["read", "mcp__a__look"] })).toEqual(["read", "mcp__a__look"]);
    expect(offered({ tools: [] })).toEqual([]);
    expect(offered({ withoutTools: ["bash", "mcp__b__wipe"] })).not.toContain("bash");
    const own = ["read", "edit", "write", "bash", "skill", "mcp__b__wipe"];
    expect(offered({ withoutTools: ["mcp__a__*"] })).toEqual(own);
    expect(offered({ tools: ["mcp__a__*"] })).toEqual(["mcp__a__look"]);
  });

  test("include patches only for who may both edit and write", () => {
    const patching = ["read", "apply_patch"];
    expect(offered({ tools: ["edit", "write"] }, patching)).toEqual(["apply_patch"]);
    expect(offered({ tools: ["edit"] }, patching)).toEqual([]);
    expect(offered({ withoutTools: ["write"] }, patching)).toEqual(["read"]);
    expect(offered({ tools: ["apply_patch"] })).toEqual(["edit", "write"]);
  });

  test("that are all unknown are none, and never all", async () => {
    await role("wide", "---\ntools: '*, everything, Task'\n---\nBe wide.");
    expect(toolNames(await sentOut("wide"))).toEqual([]);
  });
});

describe("a role of the project", () => {
  test("is known once it is allowed, and its words and its list reach its subagents", async () => {
    await role(
      "careful",
      "---\ndescription: Reads\ntools: Read, Grep\n---\nRead every line twice.",
      false,
    );
    await sentOut("careful");
    expect(told(upstream.requests[1])).toContain("There is no role careful");
    upstream.reset();
    await allowProject(rein);
    const request = await sentOut("careful");
    expect(toolNames(request)).toEqual(["read", "grep"]);
    expect(told(request)).toContain("Read every line twice.");
    expect(told(upstream.requests[0])).toContain("careful: Reads");
  });

  test("calls a tool that it does not have in vain", async () => {
    await role("careful", "---\ntools: Read\n---\n");
    const input = { role: "careful", title: "look", task: "Look it up." };
    const isMain = (body: unknown) => JSON.stringify(body).includes("Do it");
    const answers = [[toolCall("bash", { command: "touch ran" })], [text("I could not.")]];
    upstream.route(({ body }) => (isMain(body) ? undefined : answers.shift()));
    upstream.script([toolCall("subagent", input)], [text("Done.")]);
    const chat = send();
    await chat.ended;
    const [sent] = chat.session.messages.flatMap(toolCallsOf);
    const [inner] = sent!.subagent!.messages.flatMap(toolCallsOf);
    expect(inner).toMatchObject({ state: "failed", error: expect.stringContaining("no tool") });
  });

  test("has the turns of its file, unless its call says fewer", async () => {
    await role("short", "---\nmaxTurns: 1\n---\n");
    const input = { role: "short", title: "look", task: "Look it up." };
    upstream.route(({ body }) =>
      JSON.stringify(body).includes("Do it") ? undefined : [toolCall("glob", { pattern: "*" })],
    );
    upstream.script([toolCall("subagent", input)], [text("Done.")]);
    const chat = send();
    await chat.ended;
    expect(chat.session.messages.flatMap(toolCallsOf)[0]?.error).toContain("more than 1 turns");
  });

  test("can have a name that every object has", async () => {
    await role("constructor", "---\ndescription: Builds\n---\nBuild.");
    expect(told(await sentOut("constructor"))).toContain("Build.");
  });
});

describe("the model of a subagent", () => {
  const known = "claude-opus-5-5";

  test("is the call's, else the settings', else the file's where it is known, else the session's", async () => {
    await role("picky", `---\nmodel: anthropic/${known}\neffort: low\n---\n`);
    await role("alias", "---\nmodel: sonnet\n---\n");
    const session = (await sentOut("alias"))?.model;
    expect(session).toBe(upstream.requests[0]!.model);
    upstream.reset();
    expect((await sentOut("picky"))?.model).toBe(known);
    upstream.reset();
    expect((await sentOut("picky", { provider: "openai", model: "gpt-5.4" }))?.model).toBe(
      "gpt-5.4",
    );
    upstream.reset();
    await choose({ picky: { provider: "gemini", model: "gemini-3.1-pro" } });
    expect((await sentOut("picky"))?.model).toBe("gemini-3.1-pro");
    await restart();
    await choose({ picky: {} });
  });

  async function choose(roles: object): Promise<void> {
    await rein.json("/api/settings", { method: "PUT", body: JSON.stringify({ roles }) });
  }
});

function tool(name: string): Tool {
  return {
    name,
    description: "",
    input: z.unknown(),
    prepare: () => ({ run: async () => ({}) }),
  };
}
