/** Calls that change several files, in a run: who is offered them, what is asked and shown, what an undo, a stop and a kill leave. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "bun:test";
import { toolCallsOf } from "../shared/message-parts";
import type { Approval, UndoAnswer } from "../shared/protocol";
import { apiScene, settledWithChanges } from "./api-scene";
import { allowing, replyTo, told } from "./control-api";
import type { Chat } from "./rein";
import { text, toolCall, type UpstreamRequest } from "./upstream/upstream";
import { until } from "./within";

const { upstream, rein, send, stop, post, start, dataDir } = apiScene({
  settings: {
    web: { allowedPrivate: ["127.0.0.1"] },
    models: {
      "openai-chat": { "own-patching": { edits: "patch" } },
      openai: { "gpt-5.5": { edits: "passages" } },
    },
  },
});

const patching = { provider: "openai", model: "gpt-5.4" };
const patchLines = [
  "*** Begin Patch",
  "*** Add File: made.txt",
  "+made",
  "*** Update File: old.txt",
  "*** Move to: new/moved.txt",
  "@@",
  "-one",
  "+two",
  "*** Delete File: gone.txt",
  "*** End Patch",
];
const patch = toolCall("apply_patch", { input: patchLines.join("\n") });
const edits = (...paths: string[]) =>
  toolCall("edit", { edits: paths.map((path) => ({ path, oldText: "one", newText: "two" })) });

const inCwd = (path: string) => join(rein.cwd, path);
const put = (path: string, content = "one\n") => writeFileSync(inCwd(path), content);
const callOf = (chat: Chat) => chat.session.messages.flatMap(toolCallsOf)[0]!;
const files = () =>
  readdirSync(rein.cwd, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
    .toSorted();

function offered(request: UpstreamRequest | undefined): string[] {
  const tools = request?.body["tools"] as { name?: string; function?: { name: string } }[];
  return tools.map(({ name, function: own }) => name ?? own?.name ?? "");
}

async function asked(chat: Chat): Promise<Approval> {
  await chat.until(({ type }) => type === "approval-request");
  return callOf(chat).approval!;
}

test("a model that was trained on patches is offered apply_patch in the place of edit and write, and one of which the settings say so", async () => {
  const ask = async (choice: object) => {
    upstream.script([text("Hello.")]);
    await send(choice).ended;
    const names = offered(upstream.requests.at(-1));
    return ["read", "edit", "write", "apply_patch"].filter((name) => names.includes(name));
  };
  expect(await ask({})).toEqual(["read", "edit", "write"]);
  expect(await ask(patching)).toEqual(["read", "apply_patch"]);
  expect(await ask({ model: "own-patching" })).toEqual(["read", "apply_patch"]);
  expect(await ask({ ...patching, model: "gpt-5.5" })).toEqual(["read", "edit", "write"]);
});

test("a model that was trained on patches may edit as the session's model before it did", async () => {
  put("a.txt");
  upstream.script(
    [toolCall("edit", { path: "a.txt", oldText: "one", newText: "two" })],
    [text("Done.")],
  );
  await send({ ...patching, permissions: "edits" }).ended;
  expect(readFileSync(inCwd("a.txt"), "utf8")).toBe("two\n");
});

/** Keywords that Gemini takes of any client, and gateways to it, which refuse a request with another one. Names of fields are none. */
const takenKeywords =
  /^(type|format|title|description|nullable|enum|(max|min)(Items|Properties|Length)|properties|required|pattern|anyOf|default|items|minimum|maximum|additionalProperties)$/;

interface ToolOfWire {
  parameters?: object;
  function?: { parameters: object };
}

function keywordsOf(schema: object): string[] {
  return Object.entries(schema).flatMap(([keyword, value]) => {
    const inner = keyword === "properties" ? Object.values(value as object) : [value];
    const schemas = inner.filter((one) => typeof one === "object" && !Array.isArray(one));
    return [keyword, ...schemas.flatMap(keywordsOf)];
  });
}

test("the schemas of all tools have only what every service takes, and none is a choice of several", async () => {
  const schemas: object[] = [];
  for (const choice of [{}, patching, { permissions: "plan" as const }]) {
    upstream.script([text("Hello.")]);
    await send(choice).ended;
    const tools = upstream.requests.at(-1)?.body["tools"] as ToolOfWire[];
    for (const { parameters, function: own } of tools) schemas.push(parameters ?? own!.parameters);
  }
  expect(schemas.length).toBeGreaterThan(30);
  for (const schema of schemas) {
    expect(schema).toMatchObject({ type: "object", properties: {} });
    expect(keywordsOf(schema).filter((keyword) => !takenKeywords.test(keyword))).toEqual([]);
    expect(Object.keys(schema)).not.toContain("anyOf");
  }
});

test("a patch is asked with every file, is shown as a diff, stands in the receipt, and is undone whole", async () => {
  put("old.txt");
  put("gone.txt", "gone\n");
  upstream.script([patch], [text("Done.")]);
  const chat = send(patching);
  const approval = await asked(chat);
  expect(approval).toMatchObject({
    kind: "edit",
    subject: "made.txt",
    alsoPaths: ["old.txt", "new/moved.txt", "gone.txt"],
  });
  await replyTo(rein, approval, allowing(approval));
  await settledWithChanges(rein, chat);
  expect(files()).toEqual(["made.txt", "moved.txt"]);
  const { state, diff } = callOf(chat);
  expect([state, diff?.match(/^\+\+\+ .*/gm)]).toEqual([
    "done",
    ["+++ b/made.txt", "+++ b/new/moved.txt", "+++ /dev/null", "+++ /dev/null"],
  ]);
  expect(chat.session.runs[0]!.receipt?.toolCalls).toMatchObject([
    {
      name: "apply_patch",
      subject: "made.txt, old.txt, new/moved.txt and 1 more",
      outcome: "done",
    },
  ]);
  const path = `/api/sessions/${chat.sessionId}/runs/${chat.runId}/undo`;
  await post<UndoAnswer>(path, {});
  expect(files()).toEqual(["gone.txt", "old.txt"]);
  expect([readFileSync(inCwd("old.txt"), "utf8"), existsSync(inCwd("new"))]).toEqual([
    "one\n",
    false,
  ]);
});

test("edits without a path are of the file beside them, and null is what is left out", async () => {
  put("a", "one\nother\n");
  put("b");
  const [first, second] = [
    { oldText: "one", newText: "two" },
    { path: null, oldText: "other", newText: "more", replaceAll: null },
  ];
  const filled = { path: "a", oldText: null, newText: null, replaceAll: null };
  const third = { path: "b", oldText: "one", newText: "two" };
  upstream.script(
    [toolCall("edit", { ...filled, edits: [first, second, third] })],
    [toolCall("edit", { edits: [first] })],
    [text("Done.")],
  );
  const chat = send({ permissions: "all" });
  await chat.ended;
  const calls = chat.session.messages.flatMap(toolCallsOf);
  expect(calls.map(({ state }) => state)).toEqual(["done", "failed"]);
  expect(calls[1]!.error).toContain("expected either path");
  expect([readFileSync(inCwd("a"), "utf8"), readFileSync(inCwd("b"), "utf8")]).toEqual([
    "two\nmore\n",
    "two\n",
  ]);
});

test("a rule against one of the files forbids all of the call", async () => {
  put("a");
  mkdirSync(inCwd("secret"));
  put("secret/b");
  const rule = { kind: "edit", match: "directory", path: "secret" };
  await post("/api/rules", { cwd: rein.cwd, effect: "deny", rule });
  upstream.script([edits("a", "secret/b")], [text("I may not.")]);
  const chat = send({ permissions: "all" });
  await chat.ended;
  expect(callOf(chat)).toMatchObject({
    state: "failed",
    error: expect.stringContaining("forbids"),
  });
  expect(readFileSync(inCwd("a"), "utf8")).toBe("one\n");
});

test("what may not be read is neither moved to where it may be read, nor edited", async () => {
  mkdirSync(inCwd("secret"));
  put("secret/b");
  const rule = { kind: "read", match: "directory", path: "secret" };
  await post("/api/rules", { cwd: rein.cwd, effect: "deny", rule });
  const lines = ["*** Begin Patch", "*** Update File: secret/b", "*** Move to: b", "*** End Patch"];
  const move = toolCall("apply_patch", { input: lines.join("\n") });
  for (const [call, choice] of [[move, patching] as const, [edits("secret/b"), {}] as const]) {
    upstream.script([call], [text("I may not.")]);
    const chat = send({ ...choice, permissions: "all" });
    await chat.ended;
    expect(callOf(chat).error).toContain("forbids reading inside secret");
  }
  expect([readFileSync(inCwd("secret/b"), "utf8"), existsSync(inCwd("b"))]).toEqual([
    "one\n",
    false,
  ]);
});

test("edits of files that run by themselves are asked, whatever the others are", async () => {
  put("a");
  mkdirSync(inCwd(".git"));
  put(".git/config");
  upstream.script([edits("a", ".git/config")], [text("Done.")]);
  const chat = send({ permissions: "edits" });
  const approval = await asked(chat);
  expect(approval.asksBecause).toStartWith(".git/config: ");
  expect(approval.always).toEqual([]);
  await replyTo(rein, approval, { decision: "deny" });
  await chat.ended;
  expect(readFileSync(inCwd("a"), "utf8")).toBe("one\n");
});

test("a stop in the middle of a patch leaves each file whole, and tells the model which were changed", async () => {
  const all = Array.from({ length: 50 }, (_, nth) => `f${nth}`);
  for (const path of all) put(path);
  upstream.script([edits(...all)]);
  const chat = send({ permissions: "all" });
  await chat.until((event) => event.type === "part-delta" && event.field === "output");
  await stop(chat);
  await chat.ended;
  const contents = all.map((path) => readFileSync(inCwd(path), "utf8"));
  const changed = contents.filter((content) => content === "two\n").length;
  expect(contents.every((content) => content === "one\n" || content === "two\n")).toBe(true);
  const { state, output, diff } = callOf(chat);
  expect(output.split("\n")).toEqual(
    all.slice(0, changed).map((path) => `Edited ${path}: 1 place.`),
  );
  expect(diff?.match(/^\+two$/gm)).toHaveLength(changed);
  expect(state).toBe(changed === all.length ? "done" : "stopped");
  upstream.script([text("Yes.")]);
  await send({ sessionId: chat.sessionId }).ended;
  expect(told(upstream.requests.at(-1))).toContain("Edited f0: 1 place.");
});

test("a kill -9 in the middle leaves each file whole", async () => {
  dataDir(); // the server is not shared any more
  const all = Array.from({ length: 50 }, (_, nth) => `f${nth}`);
  const { cwd } = rein;
  const at = (path: string) => join(cwd, path);
  for (const path of all) put(path);
  upstream.script([edits(...all)]);
  const chat = send({ permissions: "all" });
  await until(() => readFileSync(at("f1"), "utf8") === "two\n");
  rein.signal("SIGKILL");
  await rein.exited;
  for (const path of all) expect(["one\n", "two\n"]).toContain(readFileSync(at(path), "utf8"));
  const next = await start();
  const [call] = (await next.session(chat.sessionId)).messages.flatMap(toolCallsOf);
  expect(["stopped", "done"]).toContain(call?.state ?? "");
});

test("four reading calls of one turn run side by side, and the model is told that they do", async () => {
  let open = 0;
  const all = Promise.withResolvers<void>();
  // No page comes before the fourth was asked for.
  using site = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch() {
      if (++open === 4) all.resolve();
      await all.promise;
      return new Response("here");
    },
  });
  const calls = [1, 2, 3, 4].map((nth) => toolCall("fetch", { url: `${site.url.origin}/${nth}` }));
  upstream.script(calls, [text("Read.")]);
  const chat = send({ permissions: "all" });
  await chat.ended;
  expect(chat.session.messages.flatMap(toolCallsOf).map(({ state }) => state)).toEqual(
    Array(4).fill("done"),
  );
  expect(told(upstream.requests[0])).toContain("run side by side");
});
