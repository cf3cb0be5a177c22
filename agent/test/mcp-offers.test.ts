/** Prompts and resources of MCP servers: listed, got as text for a person to edit, and read when a message mentions them. */
import { afterAll, beforeEach, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { filesOf } from "../shared/message-parts";
import type {
  FileRef,
  McpPromptsAnswer,
  McpPromptText,
  McpResourcesAnswer,
} from "../shared/protocol";
import { apiScene } from "./api-scene";
import { isAlive } from "./machine-facts";
import type { Chat } from "./rein";
import { text } from "./upstream/upstream";
import { until } from "./within";

const directory = mkdtempSync(join(tmpdir(), "rein-mcp-offers-"));
const log = join(directory, "log");
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const { rein, upstream, send } = apiScene();
const name = "offers";
const server = {
  type: "stdio" as const,
  command: process.execPath,
  args: [join(import.meta.dir, "agents", "offering-mcp-server.ts"), log],
};
const place = () => ({ sessionId: crypto.randomUUID(), cwd: rein.cwd });
const save = (servers: object) =>
  rein.json("/api/settings", { method: "PUT", body: JSON.stringify({ mcp: { servers } }) });

beforeEach(() => save({ [name]: { server, isOn: true } }));

interface Logged {
  pid: number;
  method: string;
  params?: { name?: string; uri?: string };
}

function logged(): Logged[] {
  if (!existsSync(log)) return [];
  const lines = readFileSync(log, "utf8").split("\n").filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Logged);
}

const unstopped = new AbortController().signal;
const getPrompt = (request: object, signal = unstopped) =>
  rein.fetch("/api/mcp/prompts/get", {
    method: "POST",
    body: JSON.stringify({ ...place(), server: name, ...request }),
    signal,
  });
const contentOf = async ({ hash }: FileRef) => (await rein.fetch(`/api/files/${hash}`)).text();

test("prompts and resources are listed, what is none left out, and control characters marked", async () => {
  const query = new URLSearchParams(place()).toString();
  const { prompts } = await rein.json<McpPromptsAnswer>(`/api/mcp/prompts?${query}`);
  expect(prompts.map((one) => one.name)).toEqual(["greet", "files", "odd", "hang"]);
  expect(prompts[0]).toMatchObject({
    server: name,
    description: "Greets ⟨ESC⟩[31msomebody",
    arguments: [
      { name: "name", isRequired: true },
      { name: "tone", isRequired: false },
    ],
  });
  const { resources } = await rein.json<McpResourcesAnswer>(`/api/mcp/resources?${query}`);
  expect(resources.map(({ uri }) => uri)).toEqual([
    "note://one",
    "note://picture",
    "note://with space",
  ]);
});

test("a prompt is text that no model was sent, with its control characters marked", async () => {
  const response = await getPrompt({ name: "greet", arguments: { name: "Ada", tone: "warm" } });
  expect(await response.json()).toEqual({ text: "Greet Ada, warm.⟨ESC⟩[2J", files: [] });
});

test("pictures and embedded resources of a prompt are attachments, and whose words they are is said", async () => {
  const response = await getPrompt({ name: "files" });
  const { text: words, files } = (await response.json()) as McpPromptText;
  expect(words).toBe("[user]\nLook at these.\n\n[assistant]\nI will.");
  expect(files.map((file) => [file.name, file.mediaType])).toEqual([
    ["image", "image/png"],
    ["note://embedded", "text/plain"],
  ]);
  expect(await contentOf(files[1]!)).toBe("embedded");
});

test("a request that is cut ends the wait for a prompt, and a server that is not there is named", async () => {
  const controller = new AbortController();
  const waiting = getPrompt({ name: "hang" }, controller.signal);
  await until(() => logged().some(({ params }) => params?.name === "hang"), "the request");
  controller.abort();
  await waiting.then(
    () => expect.unreachable(),
    () => {},
  );
  await until(() => logged().some(({ method }) => method === "notifications/cancelled"), "the cut");
  const none = await getPrompt({ server: "none", name: "greet" });
  expect([none.status, await none.text()]).toEqual([502, expect.stringContaining("named none")]);
});

test("a list whose reader has gone while a server starts is no failure of Rein's", async () => {
  const failures = async () => {
    const metrics = await (await rein.fetch("/metrics")).text();
    const of = (status: number) =>
      Number(RegExp(`requests_failed_total{status="${status}"} (\\d+)`).exec(metrics)?.[1] ?? 0);
    return { cut: of(499), internal: of(500) };
  };
  const before = await failures();
  const begun = join(directory, "begun");
  const args = ["-c", `touch '${begun}'; sleep 300`];
  await save({ slow: { server: { type: "stdio", command: "sh", args }, isOn: true } });
  const controller = new AbortController();
  const { signal } = controller;
  const query = new URLSearchParams(place()).toString();
  const waiting = rein.fetch(`/api/mcp/prompts?${query}`, { signal }).catch(() => "cut");
  await until(() => existsSync(begun), "the start");
  controller.abort();
  expect(await waiting).toBe("cut");
  let after = await failures();
  while (Bun.deepEquals(after, before)) after = await failures();
  expect(after).toEqual({ cut: before.cut + 1, internal: before.internal });
});

test("a stop of a session that is still to come, and of everything, ends the wait for a prompt", async () => {
  const hanging = () => logged().filter(({ params }) => params?.name === "hang").length;
  for (const stops of ["session", "everything"]) {
    const before = hanging();
    const { sessionId } = place();
    const waiting = getPrompt({ name: "hang", sessionId });
    await until(() => hanging() > before, "the request");
    const path = stops === "session" ? `/api/sessions/${sessionId}/stop` : "/api/stop";
    await rein.json(path, { method: "POST", body: "{}" });
    const answer = await waiting;
    expect([answer.status, await answer.text()]).toEqual([409, expect.stringContaining("stopped")]);
  }
});

async function filesSaid(message: string): Promise<[Chat, FileRef[]]> {
  upstream.script([text("Yes.")]);
  const chat = send(message);
  await chat.ended;
  return [chat, chat.session.messages.filter(({ role }) => role === "user").flatMap(filesOf)];
}

test("a mentioned resource is read at that moment, and a retry has it as it was", async () => {
  const [chat, [file]] = await filesSaid(`See @${name}:note://one.`);
  expect(file).toMatchObject({ mention: `${name}:note://one`, mediaType: "text/plain" });
  expect(await contentOf(file!)).toBe("read 1");
  const { body } = await upstream.request(0);
  expect(JSON.stringify(body)).toContain("read 1");
  upstream.script([text("Again.")]);
  const retryOf = chat.session.runs.at(-1)!.id;
  await send({ message: undefined, sessionId: chat.sessionId, retryOf }).ended;
  const reads = logged().filter(
    ({ method, params }) => method === "resources/read" && params?.uri === "note://one",
  );
  expect(reads.length).toBe(1);
});

test("a picture is one by its content, and what cannot be read says why", async () => {
  const [, files] = await filesSaid(
    `@${name}:note://picture @${name}:note://odd @${name}:note://no @none:note://one`,
  );
  expect(files.map(({ mediaType }) => mediaType)).toEqual([
    "image/png",
    "text/plain",
    "text/plain",
  ]);
  expect(await contentOf(files[1]!)).toContain("neither text in UTF-8 nor a picture or PDF");
  expect(await contentOf(files[2]!)).toContain("Nothing at note://no");
});

test("what was started to list prompts ends with the session, or when its server is removed", async () => {
  const { sessionId, cwd } = place();
  await rein.json(`/api/mcp/prompts?${new URLSearchParams({ sessionId, cwd })}`);
  const { pid } = logged().findLast(({ method }) => method === "prompts/list")!;
  expect(isAlive(pid)).toBe(true);
  await save({ [name]: null });
  await until(() => !isAlive(pid), "the end of the server");
});
