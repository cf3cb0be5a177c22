/**
 * An MCP server with prompts and resources, for tests: `bun offering-mcp-server.ts LOG`. It adds each message that it gets to the
 * log. Prompts: `greet` (name, tone), `files` (with a picture and an embedded text), `odd` (whose words are of several lines, and reorder others), `hang` (never answers), and one that is
 * none. Resources: `note://one`, whose text counts how often it was read, `note://picture`, `note://hang`, `note://odd`.
 */
import { appendFileSync } from "node:fs";
import { createInterface } from "node:readline";

const [, , log = "/dev/null"] = process.argv;
let reads = 0;

interface Message {
  id?: number | string;
  method: string;
  params?: {
    protocolVersion?: string;
    name?: string;
    uri?: string;
    arguments?: Record<string, string>;
  };
}

setTimeout(() => process.exit(99), 300_000);
const picture =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const prompts = [
  {
    name: "greet",
    description: "Greets \u001b[31msomebody",
    arguments: [{ name: "name", required: true }, { name: "tone" }],
  },
  { name: "files" },
  { name: "odd", description: "Two\nlines", arguments: [{ name: "a\u202eb" }] },
  { name: "hang" },
  "no prompt",
];
const resources = [
  { uri: "note://one", name: "one" },
  { uri: "note://picture", name: "picture" },
  { uri: "note://with space", name: "spaced" },
  { name: "no resource" },
];

createInterface({ input: process.stdin }).on("line", (line) => take(JSON.parse(line) as Message));

function take({ id, method, params }: Message): void {
  appendFileSync(log, `${JSON.stringify({ pid: process.pid, method, params })}\n`);
  const wanted = params?.name ?? params?.uri ?? "";
  if (id === undefined || wanted === "hang" || wanted === "note://hang") return;
  process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", id, ...answerOf(method, params) })}\n`);
}

function answerOf(method: string, params: Message["params"]): object {
  switch (method) {
    case "initialize":
      return {
        result: {
          protocolVersion: params?.protocolVersion,
          serverInfo: { name: "offering", version: "1" },
          capabilities: { tools: {}, prompts: {}, resources: {} },
        },
      };
    case "tools/list":
      return { result: { tools: [] } };
    case "prompts/list":
      return { result: { prompts } };
    case "resources/list":
      return { result: { resources } };
    case "prompts/get":
      return { result: { messages: messagesOf(params) } };
    case "resources/read":
      return contentsOf(params?.uri ?? "");
    default:
      return { error: { code: -32_601, message: "No such method" } };
  }
}

function messagesOf(params: Message["params"]): object[] {
  const { name = "nobody", tone = "plain" } = params?.arguments ?? {};
  const text = (words: string) => ({ type: "text", text: words });
  if (params?.name === "greet")
    return [{ role: "user", content: text(`Greet ${name}, ${tone}.\u001b[2J`) }];
  const resource = { uri: "note://embedded", mimeType: "text/plain", text: "embedded" };
  return [
    { role: "user", content: text("Look at these.") },
    { role: "user", content: { type: "image", data: picture, mimeType: "image/png" } },
    { role: "assistant", content: { type: "resource", resource } },
    { role: "assistant", content: text("I will.") },
  ];
}

function contentsOf(uri: string): object {
  if (uri === "note://one") return { result: { contents: [{ uri, text: `read ${++reads}` }] } };
  if (uri === "note://picture") return { result: { contents: [{ uri, blob: picture }] } };
  if (uri === "note://odd") return { result: { contents: [{ uri, blob: "AAEC/w==" }] } };
  return { error: { code: -32_002, message: `Nothing at ${uri}` } };
}
