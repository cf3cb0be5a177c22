/** What a model service sends is bounded: beyond a bound the turn fails, says which, and the socket is closed at once. */
import { brotliCompressSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "bun:test";
import { bounds } from "../../server/providers/bounds";
import { http, type RawAnswer } from "../upstream/raw-upstream";
import { text } from "../upstream/script";
import { named, unnamed } from "../upstream/wire";
import { ended, type EventWire, said, serviceScene, spoken, wireNames } from "./service-scene";

const scene = serviceScene();

/** Sockets and streams hold some more than what was read. */
const bufferBytes = 24_000_000;

describe.each(wireNames)("on the wire of %s", (wire) => {
  test("a line without an end is read up to the bound of an event, and no further", async () => {
    const chat = scene.ask(wire, http(endless("x".repeat(1_000_000))));
    expect((await ended(chat)).error).toEqual({
      code: "bad-answer",
      message: expect.stringContaining("an event of more than 8 MB") as string,
    });
    const request = scene.upstream.requests.at(-1)!;
    await request.closed;
    expect(request.sent()).toBeLessThan(bounds.eventBytes + bufferBytes);
    expect(await scene.next(wire, chat)).toBe("Still here.");
  });
});

test("an answer of one byte at a time is read as any other", async () => {
  const chat = scene.ask("openai-chat", http(spoken("openai-chat", text("Slowly.")).split("")));
  expect((await ended(chat)).outcome).toBe("done");
  expect(said(chat)).toBe("Slowly.");
});

test("compressed answers are read, and inflate no further than the bound", async () => {
  const plain = spoken("openai-chat", text("Small."));
  const spaces = Buffer.alloc(50_000_000, " ");
  const ways: [string, (bytes: string | Buffer) => Uint8Array][] = [
    ["gzip", (bytes) => gzipSync(bytes)],
    ["br", (bytes) => brotliCompressSync(bytes, { params: { 1: 3 } })],
    ["zstd", (bytes) => Bun.zstdCompressSync(bytes)],
  ];
  for (const [encoding, compress] of ways) {
    const headers = { "content-encoding": encoding };
    const small = scene.ask("openai-chat", http(compress(plain), { headers }));
    await small.ended;
    expect(said(small)).toBe("Small.");
    const bomb = scene.ask("openai-chat", http(compress(spaces), { headers }));
    expect((await ended(bomb)).error?.message).toContain("an event of more than 8 MB");
  }
  const unknown = http(plain, { headers: { "content-encoding": "lzma" } });
  const chat = scene.ask("openai-chat", unknown);
  expect((await ended(chat)).error?.message).toContain("compressed in a way that was not asked");
});

test("an answer ends with its characters, its parts, its calls, a call's input", async () => {
  const long = "x".repeat(1_000_000);
  const cases: [Iterable<string>, string][] = [
    [endless(unnamed({ choices: [{ delta: { content: long } }] })), "more than 4 million"],
    [
      endless(
        unnamed({ choices: [{ delta: { content: "a" } }] }) +
          unnamed({ choices: [{ delta: { reasoning: "b" } }] }),
      ),
      "more than 2000 parts",
    ],
    [numbered((index) => call(index, "{}")), "more than 200 tool calls"],
    [endless(call(0, long)), "input of more than 2 million characters"],
  ];
  for (const [pieces, words] of cases) {
    const chat = scene.ask("openai-chat", http(pieces));
    const { error } = await ended(chat);
    expect(error?.code).toBe("bad-answer");
    expect(error?.message).toContain(words);
    await scene.upstream.requests.at(-1)!.closed;
    expect(await scene.next("openai-chat", chat)).toBe("Still here.");
  }
});

test.each([...heldBack()])(
  "%s are bounded while they are held back",
  async (_what, wire, pieces, words) => {
    const chat = scene.ask(wire, http(pieces));
    const { error } = await ended(chat);
    expect(error?.code).toBe("bad-answer");
    expect(error?.message).toContain(words);
    const request = scene.upstream.requests.at(-1)!;
    await request.closed;
    expect(request.sent()).toBeLessThan(bounds.eventBytes + bufferBytes);
    expect(await scene.next(wire, chat)).toBe("Still here.");
  },
);

test("a hundred thousand empty pieces are nothing", async () => {
  const empty = unnamed({ choices: [{ delta: { content: "" } }] }).repeat(100_000);
  const chat = scene.ask("openai-chat", empty + spoken("openai-chat", text("Done.")));
  expect((await ended(chat)).outcome).toBe("done");
  expect(chat.events.length).toBeLessThan(20);
  expect(said(chat)).toBe("Done.");
});

test("a socket that stays open after the end of an answer is closed", async () => {
  const whole = spoken("anthropic", text("Done."));
  const answer = http(whole, { keepsOpen: true });
  const chat = scene.ask("anthropic", answer);
  expect((await ended(chat)).outcome).toBe("done");
  await scene.upstream.requests.at(-1)!.closed;
});

test("of an error only the beginning is read, and one line is shown", async () => {
  const body = JSON.stringify({ error: { message: "y".repeat(30_000_000) } });
  const chat = scene.ask("anthropic", http(body, { status: "400 Bad" }));
  const { error } = await ended(chat);
  expect(error?.code).toBe("invalid-request");
  expect(error!.message.length).toBeLessThan(500);
  expect(scene.upstream.requests.at(-1)!.sent()).toBeLessThan(bufferBytes);
});

describe("what is no answer in HTTP", () => {
  const whole = spoken("anthropic", text("Hello."));
  const raw = (...pieces: string[]): RawAnswer => ({ pieces });
  const cases: [string, RawAnswer][] = [
    ["garbage", raw("garbage\r\n\r\n")],
    ["a TLS greeting", raw("\u0016\u0003\u0001\u0000\u0000")],
    ["nothing", raw()],
    ["no content", http("", { status: "204 No Content" })],
    ["a part", http("hi", { status: "206 Partial Content" })],
    ["a redirect without an address", http("", { status: "302 Found" })],
    ["a length that is not reached", http("hi", { headers: { "content-length": "999" } })],
    ["chunks that are none", http("zzzz\r\n", { headers: { "transfer-encoding": "chunked" } })],
    ["headers of 2 MB", http(whole, { headers: { "x-long": "a".repeat(2_000_000) } })],
    ["compressed nonsense", http("nonsense", { headers: { "content-encoding": "gzip" } })],
  ];
  test.each(cases)("%s", async (_title, answer) => {
    const chat = scene.ask("anthropic", answer);
    const event = await chat.until(({ type }) => type === "retry-start" || type === "run-end");
    if (event.type === "retry-start") await scene.rein.stop(chat.sessionId);
    await chat.ended;
    const run = chat.session.runs.at(-1)!;
    expect(["failed", "stopped"]).toContain(run.outcome!);
    if (run.outcome === "failed") expect(run.error?.code).not.toBe("internal");
    expect(await scene.next("anthropic", chat)).toBe("Still here.");
  });
});

/** What no part of an answer has yet: nothing of it is passed on. */
function* heldBack(): Generator<[string, EventWire, Iterable<string>, string]> {
  const long = "x".repeat(500_000);
  const most = "more than 4 million characters";
  const said = (delta: object) => unnamed({ choices: [{ delta }] });
  const nameless = said({ tool_calls: [{ index: 0, function: { arguments: long } }] });
  yield ["inputs of a call without a name", "openai-chat", endless(nameless), most];
  const many = numbered((index) => said({ tool_calls: [{ index, id: `call-${index}` }] }));
  yield ["calls without a name", "openai-chat", many, "more than 200 tool calls"];
  const detail = { type: "reasoning.text", index: 0, text: long };
  yield [
    "details of reasoning",
    "openai-chat",
    endless(said({ reasoning_details: [detail] })),
    most,
  ];
  const fields = numbered((index) =>
    said({ reasoning_details: [{ type: "x", [`key-${index}`]: long }] }),
  );
  yield ["fields of such a detail", "openai-chat", fields, most];
  const lines = chain("{\n", endless(`"${long}",\n\n`));
  yield [
    "lines of an answer that is no stream",
    "openai-chat",
    lines,
    "an event of more than 8 MB",
  ];
  const begin = anthropicBlock(0, { type: "thinking", thinking: "", signature: "" });
  const sign = { type: "content_block_delta", index: 0 };
  const signature = named({ ...sign, delta: { type: "signature_delta", signature: long } });
  yield ["signatures", "anthropic", chain(begin, endless(signature)), most];
  const search = anthropicBlock(0, { type: "server_tool_use", id: "a", name: "web_search" });
  const json = named({ ...sign, delta: { type: "input_json_delta", partial_json: long } });
  yield ["inputs of the service's own tools", "anthropic", chain(search, endless(json)), most];
  const blocks = numbered((index) => anthropicBlock(index, { type: "search_result", text: long }));
  yield ["blocks that are not handled", "anthropic", blocks, most];
  const items = numbered((output_index) => {
    const item = { type: "web_search_call", id: `item-${output_index}`, text: long };
    return unnamed({ type: "response.output_item.added", output_index, item });
  });
  yield ["items that are not handled", "openai", items, most];
  const lists = numbered((index) => {
    const partialArgs = [{ jsonPath: `$.k${index}[9999]`, boolValue: true }];
    const functionCall = { name: "read", partialArgs, willContinue: true };
    const more = index === 0 ? functionCall : { ...functionCall, name: undefined };
    return unnamed({ candidates: [{ content: { parts: [{ functionCall: more }] } }] });
  });
  yield ["lists that skip their entries", "gemini", lists, most];
}

function anthropicBlock(index: number, content_block: object): string {
  return named({ type: "content_block_start", index, content_block });
}

function* chain(first: string, rest: Iterable<string>): Generator<string> {
  yield first;
  yield* rest;
}

function* endless(piece: string): Generator<string> {
  for (;;) yield piece;
}

function* numbered(piece: (index: number) => string): Generator<string> {
  for (let index = 0; ; index++) yield piece(index);
}

function call(index: number, json: string): string {
  const part = { index, id: `call-${index}`, function: { name: "read", arguments: json } };
  return unnamed({ choices: [{ delta: { tool_calls: [part] } }] });
}
