/** Requests to an engine end, in whatever way it answers, fails to, or dies. */
import { describe, expect, test } from "bun:test";
import { heapStats } from "bun:jsc";
import { z } from "zod";
import { neverAborts } from "../server/abort";
import { AcpConversation } from "../server/engines/acp/acp-conversation";
import type { AcpAgent } from "../server/engines/acp/acp-agent";
import { acpAgents, ownAcpAgent } from "../server/engines/acp/agents";
import { EngineError } from "../server/engines/engine";
import { JsonRpc, type RpcOptions, RpcError } from "../server/engines/json-rpc";
import { ScriptedChild } from "./scripted-child";
import { until, within } from "./within";

const answer = z.object({ value: z.number() });

function peer(options: Partial<RpcOptions> = {}) {
  const child = new ScriptedChild();
  const rpc = new JsonRpc(child, {
    name: "Scripted",
    saysVersion: true,
    onRequest: () => Promise.reject(new RpcError(-32_601, "none")),
    onNotice: () => {},
    ...options,
  });
  const ask = (signal = neverAborts) => rpc.request("ask", { a: 1 }, answer, signal);
  return { child, rpc, ask };
}

async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return within(
    "the rejection",
    promise.then(
      () => undefined,
      (error: unknown) => error,
    ),
  );
}

test("a request is answered by its id, in any order, with and without the version", async () => {
  for (const saysVersion of [true, false]) {
    const { child, ask } = peer({ saysVersion });
    const [first, second] = [ask(), ask()];
    expect(child.heard[0]).toEqual({
      ...(saysVersion && { jsonrpc: "2.0" }),
      id: 1,
      method: "ask",
      params: { a: 1 },
    });
    child.says({ id: 2, result: { value: 2 } }, { jsonrpc: "2.0", id: 1, result: { value: 1 } });
    expect(await first).toEqual({ value: 1 });
    expect(await second).toEqual({ value: 2 });
  }
});

test("bad JSON, other values, unknown ids and second answers change nothing", async () => {
  const { child, ask, rpc } = peer();
  const first = ask();
  child.says("{", "", "[1]", '"text"', "null", "[".repeat(100_000), { id: 99, result: {} });
  child.says({ id: "1", result: { value: 5 } }, { result: { value: 6 } }, { id: { a: 1 } });
  child.says({ id: 1, result: { value: 1 } }, { id: 1, result: { value: 2 } });
  child.says({ id: 1, error: { code: 1, message: "late" } });
  expect(await first).toEqual({ value: 1 });
  const second = ask();
  child.says({ id: 2, result: { value: 3 } });
  expect(await second).toEqual({ value: 3 });
  expect(rpc.unread).toBe(`{"id":{"a":1}}`);
});

test("an error answer rejects with its code and its words, cut", async () => {
  const { child, ask } = peer();
  const asked = errorOf(ask());
  child.says({ id: 1, error: { code: -32_000, message: "\u001b[31mno\u001b[0m".repeat(1_000) } });
  const error = (await asked) as RpcError;
  expect(error).toBeInstanceOf(RpcError);
  expect(error.code).toBe(-32_000);
  expect(error.message).toMatch(/^(no){700}/);
  expect(error.message.length).toBeLessThanOrEqual(2_000);
  const odd = errorOf(ask());
  child.says({ id: 2, error: "words" });
  expect(await odd).toBeInstanceOf(RpcError);
});

test("an answer that does not match is refused with a sentence", async () => {
  const { child, ask } = peer();
  const asked = errorOf(ask());
  child.says({ id: 1, result: { value: "one" } });
  expect(await asked).toMatchObject({ name: "EngineError", code: "engine-wire" });
});

test("a request that is never answered ends with its signal, and a late answer is dropped", async () => {
  const { child, ask } = peer();
  const controller = new AbortController();
  const asked = errorOf(ask(controller.signal));
  const reason = new Error("stopped");
  controller.abort(reason);
  expect(await asked).toBe(reason);
  expect(await errorOf(ask(controller.signal))).toBe(reason);
  expect(child.written).toHaveLength(1);
  const next = ask();
  child.says({ id: 1, result: { value: 1 } }, { id: 2, result: { value: 2 } });
  expect(await next).toEqual({ value: 2 });
});

test("every request ends with the program, in its last words", async () => {
  const { child, ask, rpc } = peer();
  const asked = [errorOf(ask()), errorOf(ask())];
  child.stderr = "Error: no such \u001b[1mmodel\u001b[0m\n";
  child.exits(41);
  for (const error of await Promise.all(asked))
    expect(error).toMatchObject({
      code: "engine-ended",
      message: "Scripted ended (exit code 41). It wrote: Error: no such model",
    });
  expect(await errorOf(ask())).toBe(await rpc.ended);
});

test("a program that closes its output and goes on is killed", async () => {
  const { child, rpc } = peer();
  child.closes();
  await within("the end", rpc.ended);
  expect(child.stops).toBe(1);
});

test("a program whose output cannot be read is killed, and the reason is told", async () => {
  const { child, ask } = peer();
  const asked = errorOf(ask());
  const reason = new EngineError("engine-wire", "A line was too long.");
  child.breaks(reason);
  expect(await asked).toBe(reason);
  expect(child.stops).toBe(1);
});

describe("a program that does not speak ACP", () => {
  const entered = ownAcpAgent("other", { name: "Other", command: ["other"], environment: {} });
  const known = acpAgents.find(({ id }) => id === "opencode")!;
  const never = () => Promise.reject(new Error("It is not called."));
  const request = { cwd: "/", model: "", start: never, ask: never };
  const open = (child: ScriptedChild, agent: AcpAgent, limitMs: number) => {
    const conversation = new AcpConversation(agent, child, request);
    return errorOf(conversation.open(limitMs, neverAborts));
  };
  const words = "Other does not speak ACP. Some agents do so with an argument only, such as --acp.";

  test.each([
    ["a line that is no message", "login: ", `${words} It wrote: login:`],
    ["what is no text", `\u007fELF\u0002\u0001\0\0\uFFFD\uFFFD`, words],
    ["Rein’s own request", JSON.stringify({ id: 1, method: "initialize", params: {} }), words],
  ])("is told at once by %s, where it was entered", async (_title, line, message) => {
    const child = new ScriptedChild();
    child.says(line);
    // The limit is longer than this waits.
    expect(await open(child, entered, 600_000)).toMatchObject({ code: "engine-wire", message });
  });

  test("is told once it is late, where it should speak it", async () => {
    const child = new ScriptedChild();
    child.says("login: ");
    expect(await open(child, known, 1)).toMatchObject({
      code: "engine-wire",
      message: "opencode did not answer within 0.001 seconds. It wrote: login:",
    });
  });
});

test.each([
  [
    "EROFS: read-only file system, mkdir '/h'\n    path: \"/h\",\n   errno: -30\n\n\nBun v1.3.14\n",
    "EROFS: read-only file system, mkdir '/h'\nBun v1.3.14",
  ],
  [
    `${"(node) warning\n".repeat(90)}\u001b[31mAn error occurred:Error: ENOENT, mkdir '/h'\u001b[0m\n    at async a (b:1:2)\n    at c\n`,
    "An error occurred:Error: ENOENT, mkdir '/h'",
  ],
  [`Error: ${"x".repeat(600)}`, `Error: ${"x".repeat(492)}…`],
  ["one\ntwo\nthree\nfour\n", "two\nthree\nfour"],
])("the last words of a program begin with its last error", async (stderr, told) => {
  const { child, ask } = peer();
  const asked = errorOf(ask());
  child.stderr = stderr;
  child.exits(1);
  const message = `Scripted ended (exit code 1). It wrote: ${told}`;
  expect(await asked).toMatchObject({ message });
});

test("notices come in order, and whoever waits for an answer acts before the next of them", async () => {
  const order: string[] = [];
  const { child, ask } = peer({
    onNotice(method) {
      order.push(method);
      if (method === "bad") throw new Error("a bug");
    },
  });
  const acted = ask().then(() => order.push("acted"));
  child.says({ method: "bad" }, { method: "before" }, { id: 1, result: { value: 1 } });
  child.says({ method: "after" });
  await acted;
  await until(() => order.includes("after"));
  expect(order).toEqual(["bad", "before", "acted", "after"]);
});

test("requests of the engine are answered with a result or an error, and end with the program", async () => {
  const signals: AbortSignal[] = [];
  const { child, rpc } = peer({
    async onRequest({ method }, signal) {
      signals.push(signal);
      if (method === "good") return { fine: true };
      if (method === "nothing") return undefined;
      if (method === "bug") throw new Error("secret");
      if (method === "wait")
        await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      throw new RpcError(-32_601, "No such method.");
    },
  });
  child.says({ id: "a", method: "good" }, { id: 0, method: "nothing" }, { id: 1, method: "bug" });
  child.says({ id: 2, method: "other" }, { id: 3, method: "wait" }, { id: 4, method: "wait" });
  await until(() => signals.length === 6 && child.written.length === 4);
  const internal = { code: -32_603, message: "The client could not answer this." };
  expect(child.heard).toEqual([
    { jsonrpc: "2.0", id: "a", result: { fine: true } },
    { jsonrpc: "2.0", id: 0, result: null },
    { jsonrpc: "2.0", id: 1, error: internal },
    { jsonrpc: "2.0", id: 2, error: { code: -32_601, message: "No such method." } },
  ]);
  rpc.cancel(3);
  await until(() => child.written.length === 5);
  expect(child.heard[4]).toMatchObject({ id: 3, error: {} });
  child.exits(0);
  await rpc.ended;
  expect(signals[5]!.aborted).toBe(true);
});

const held = () => new Promise<never>(() => {});

test("a flood of requests is refused beyond a bound", async () => {
  let open = 0;
  const { child } = peer({
    onRequest: () => {
      open++;
      return held();
    },
  });
  for (let id = 0; id < 1_000; id++) child.says({ id, method: "wait" });
  await until(() => child.written.length === 800);
  expect(open).toBe(200);
  expect(child.heard.every(({ error }) => (error as RpcError).code === -32_000)).toBe(true);
});

test("requests of many characters are refused beyond a bound, and taken again once some are answered", async () => {
  const answers: (() => void)[] = [];
  const { child } = peer({
    onRequest: () => new Promise((resolve) => answers.push(() => resolve(1))),
  });
  const params = JSON.stringify("x".repeat(20_000_000));
  const ask = (id: number) => child.says(`{"id":${id},"method":"wait","params":${params}}`);
  for (let id = 0; id < 4; id++) ask(id);
  await until(() => child.written.length === 1);
  expect(child.heard).toMatchObject([{ id: 3, error: { code: -32_000 } }]);
  answers[0]!();
  await until(() => child.written.length === 2);
  ask(4);
  await until(() => answers.length === 4);
});

test("a second request is refused while one of its id is open, and taken after its answer", async () => {
  const answers: ((value: string) => void)[] = [];
  const { child } = peer({ onRequest: () => new Promise((resolve) => answers.push(resolve)) });
  child.says({ id: 7, method: "wait" }, { id: 7, method: "wait" });
  await until(() => child.written.length === 1);
  answers[0]!("first");
  await until(() => child.written.length === 2);
  child.says({ id: 7, method: "wait" });
  await until(() => answers.length === 2);
  answers[1]!("second");
  await until(() => child.written.length === 3);
  const all = child.heard.map(({ result, error }) => result ?? (error as RpcError).code);
  expect(all).toEqual([-32_000, "first", "second"]);
});

test("a request that was stopped leaves nothing behind", async () => {
  const { rpc, child } = peer();
  const count = () => heapStats().objectTypeCounts["Promise"] ?? 0;
  Bun.gc(true);
  const before = count();
  for (let i = 0; i < 2_000; i++) {
    const controller = new AbortController();
    const asked = errorOf(rpc.request("ask", {}, answer, controller.signal));
    controller.abort(new Error("stopped"));
    await asked;
    child.written.length = 0;
  }
  Bun.gc(true);
  expect(count() - before).toBeLessThan(1_000);
});
