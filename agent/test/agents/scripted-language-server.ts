/**
 * A scripted language server: finds the word "wrong" in each line. Its first argument says how it behaves; each method that
 * it is sent is a line of `heard` in its directory, without a second argument.
 */
import { appendFileSync, writeFileSync, writeSync } from "node:fs";

const [, , behaviour = "pushes", quiet] = process.argv;

const isAsked = behaviour === "pulls" || behaviour === "refuses";

interface Message {
  id?: number | string;
  method?: string;
  params?: {
    textDocument?: { uri: string; version?: number; text?: string };
    contentChanges?: { text: string }[];
  };
}

const texts = new Map<string, string>();

if (quiet === undefined) writeFileSync("language-server.pid", String(process.pid));

function hear(line: string): void {
  if (quiet === undefined) appendFileSync("heard", `${line}\n`);
}

let held = Buffer.alloc(0);
process.stdin.on("data", (more: Buffer) => {
  held = Buffer.concat([held, more]);
  for (;;) {
    const end = held.indexOf("\r\n\r\n");
    if (end === -1) return;
    const length = Number(/Content-Length: (\d+)/.exec(held.toString("utf8", 0, end))![1]);
    if (held.length < end + 4 + length) return;
    const body = held.toString("utf8", end + 4, end + 4 + length);
    held = held.subarray(end + 4 + length);
    take(JSON.parse(body) as Message);
  }
});
process.stdin.on("end", () => process.exit(0));

function take({ id, method, params }: Message): void {
  if (method === undefined) return hear(`answer ${String(id)}`);
  hear(method);
  if (method === "initialize") return initialize(id!);
  const document = params?.textDocument;
  if (document === undefined) return;
  if (method === "textDocument/didClose") texts.delete(document.uri);
  const { uri, version } = document;
  if (method === "textDocument/diagnostic" && behaviour === "refuses")
    return send({ id, error: { code: -32_801, message: "content modified" } });
  if (method === "textDocument/diagnostic")
    return send({ id, result: { kind: "full", items: problemsOf(texts.get(uri) ?? "") } });
  const text = document.text ?? params?.contentChanges?.at(-1)?.text;
  if (text === undefined) return;
  texts.set(uri, text);
  const others = [...texts.values()].filter((other) => other.includes("wrong")).length;
  hear(`texts with faults: ${others} of ${texts.size}`);
  if (!isAsked) publish(uri, version!, problemsOf(text));
}

function initialize(id: number | string): void {
  if (behaviour === "never-ready") return;
  if (behaviour === "lies") return void process.stdout.write("Content-Length: 9e15\r\n\r\n{}");
  const diagnosticProvider = isAsked ? {} : undefined;
  send({ id, result: { capabilities: { textDocumentSync: 1, diagnosticProvider } } });
  if (behaviour !== "asks") return;
  send({ id: "a", method: "workspace/configuration", params: { items: [{}, {}] } });
  send({ id: "b", method: "workspace/applyEdit", params: { edit: {} } });
  send({ id: "c", method: "made/up", params: {} });
}

function publish(uri: string, version: number, diagnostics: object[]): void {
  switch (behaviour) {
    case "silent":
      return;
    case "dies":
      process.stderr.write("fatal: \u001b[31mout of words\n");
      return process.exit(7);
    case "floods":
      for (;;) writeSync(1, "x".repeat(65_536));
    case "late":
      // Of the version before: none says that this one is clean.
      return say(uri, version - 1, []);
    case "unsure":
      say(uri, undefined, []);
      return say(uri, undefined, diagnostics);
    default:
      say("file:///elsewhere/other.ts", 1, [{ message: 7 }]);
      return say(uri, version, [{ range: "none" }, ...diagnostics]);
  }
}

function say(uri: string, version: number | undefined, diagnostics: object[]): void {
  send({ method: "textDocument/publishDiagnostics", params: { uri, version, diagnostics } });
}

function problemsOf(text: string): object[] {
  return text.split("\n").flatMap((line, index) => {
    const character = line.indexOf("wrong");
    if (character === -1) return [];
    const start = { line: index, character };
    const message = `This is wrong:\u202e ${line}`;
    const severity = line.includes("very") ? 1 : 2;
    return [{ range: { start, end: start }, severity, code: 2322, message }];
  });
}

function send(message: object): void {
  const body = JSON.stringify({ jsonrpc: "2.0", ...message }, null, 1);
  process.stdout.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}
