/** MCP servers for an ACP agent: how it is told of them, how its calls of their tools are named, and what is asked about them. */
import { expect, test } from "bun:test";
import { mcpToolName, acpServer } from "../server/engines/acp/acp-mcp";
import { questionOf } from "../server/engines/acp/acp-questions";
import { acpAgents } from "../server/engines/acp/agents";
import { claudeAccess } from "../server/engines/claude/claude-tools";
import { claudeSettings } from "../server/engines/claude/claude-launch";
import type { GivenServer } from "../server/engines/engine";

const given = (name: string, offTools: string[] = []): GivenServer => ({
  server: { type: "stdio", name, command: "server", args: ["a"], env: { KEY: "secret" } },
  offTools,
});
const opencode = acpAgents.find(({ id }) => id === "opencode")!;
const nameOf = (title: string, servers: GivenServer[], kind: "other" | "execute" = "other") =>
  mcpToolName({ toolCallId: "1", title, kind, _meta: undefined }, opencode.mcpTool, servers);

test("a server is told as the protocol has it", () => {
  expect(acpServer(given("files"))).toEqual({
    name: "files",
    command: "server",
    args: ["a"],
    env: [{ name: "KEY", value: "secret" }],
  });
  const http = { type: "http", name: "far", url: "http://a/", headers: { "x-key": "k" } } as const;
  expect(acpServer({ server: http, offTools: [] })).toEqual({
    type: "http",
    name: "far",
    url: "http://a/",
    headers: [{ name: "x-key", value: "k" }],
  });
});

test("a call of a server’s tool has the name that rules know", () => {
  const servers = [given("files"), given("far")];
  expect(nameOf("files_read_it", servers)).toBe("mcp__files__read_it");
  expect(nameOf("bash", servers)).toBeUndefined();
  expect(nameOf("files_read_it", servers, "execute")).toBeUndefined();
});

test("a name that two servers could have is that of neither", () => {
  const servers = [given("a"), given("a_b")];
  expect(nameOf("a_b_c", servers)).toBe("mcp__(a_b_c)");
  expect(nameOf("a_c", servers)).toBe("mcp__a__c");
});

test("a command in the input of a server’s tool is none of the shell", () => {
  const name = "mcp__files__run";
  const input = { command: "ls", url: "http://a/", also: "b" };
  const access = { kind: "tool", tool: name, subject: JSON.stringify(input) } as const;
  const call = { key: "1", name, kind: "other", input, paths: [], content: [] } as const;
  const { access: asked } = questionOf({ ...call, paths: [], content: [] }, "/cwd");
  expect(asked).toEqual(access);
  expect(claudeAccess(name, input, "/cwd")).toEqual(access);
});

test("a call without its input is asked about alone: no rule covers it", () => {
  const call = { key: "1", name: "mcp__files__delete", kind: "other" } as const;
  for (const input of [undefined, {}])
    expect(questionOf({ ...call, input, paths: [], content: [] }, "/cwd").access).toEqual({
      kind: "tool",
      tool: "mcp__files__delete",
      subject: "(the agent does not say with what)",
      once: true,
    });
});

test("a tool that is switched off is denied in the engine’s own settings, which have no secret", async () => {
  const mcpServers = [given("files", ["hang"])];
  const place = { gate: undefined, home: undefined, cwd: "/cwd", model: "", mcpServers };
  const { OPENCODE_CONFIG_CONTENT: all = "" } = await opencode.environment(place);
  expect(JSON.parse(all)).toMatchObject({ permission: { "*": "ask", files_hang: "deny" } });
  const settings = await claudeSettings("/cwd", mcpServers);
  expect(settings).toMatchObject({ permissions: { deny: ["mcp__files__hang"] } });
  expect(all + JSON.stringify(settings)).not.toContain("secret");
});
