/** Lines of `rein stdio` that are wrong, long or many: each is answered, changes nothing, and costs bounded memory. */
import { expect, test } from "bun:test";
import * as fc from "fast-check";
import { maxInputBytes, parseInputLine } from "../cli/stdio/input-lines";
import { readLines } from "../cli/stdio/line-reader";
import { LineWriter } from "../cli/stdio/line-writer";
import type { OutputLine } from "../cli/stdio/output-lines";
import { apiScene, chatCompletionsOnly } from "./api-scene";
import { startStdio } from "./stdio-process";
import { runEnd, userLine } from "./stdio-scene";
import { schemaFault } from "./stdio-schemas";
import { nextTurn } from "./within";
import { makeGate, text, toolCall } from "./upstream/upstream";

const { upstream, rein } = apiScene({ environment: chatCompletionsOnly });
const encoder = new TextEncoder();

const badLines: [what: string, line: string | Uint8Array, code: string, id?: string | number][] = [
  ["no JSON", "hello", "json"],
  ["half a line", '{"type":"user"', "json"],
  ["two values", '{"type":"pause"} {"type":"pause"}', "json"],
  ["a raw NUL", '{"type":"user","text":"\0"}', "json"],
  ["a raw escape", '{"type":"user","text":"\u001b[2J"}', "json"],
  ["deep nesting", "[".repeat(500_000), "json"],
  ["bytes that are not UTF-8", Uint8Array.of(0x7b, 0xff, 0xfe, 0x7d), "utf-8"],
  ["a list", "[]", "line"],
  ["null", "null", "line"],
  ["a number", "1", "line"],
  ["no type", "{}", "line"],
  ["an unknown type", '{"type":"shutdown","id":"a1"}', "line", "a1"],
  ["a type that is inherited", '{"type":"constructor"}', "line"],
  ["an unknown field", '{"type":"pause","id":"a2","now":true}', "line", "a2"],
  ["a field of the prototype", '{"type":"pause","id":"a3","__proto__":{"cut":true}}', "line", "a3"],
  ["a field that the process sets", '{"type":"user","text":"x","onDisconnect":"continue"}', "line"],
  ["an id that is too long", JSON.stringify({ type: "pause", id: "x".repeat(201) }), "line"],
  [
    "an unknown field, by a text",
    '{"type":"pause","id":"0.1 \\u001b[31m","now":true}',
    "line",
    "0.1 \u001b[31m",
  ],
  ["an id that is no whole number", '{"type":"pause","id":7.5}', "line"],
  ["an unknown field, by a number", '{"type":"pause","id":7,"now":true}', "line", 7],
  ["no text", '{"type":"user","id":"a4","text":"   "}', "line", "a4"],
  ["a session of no form", '{"type":"user","text":"x","sessionId":"../../x"}', "line"],
  [
    "an approval without its digest",
    '{"type":"approval","approvalId":"x","decision":"once"}',
    "line",
  ],
];

test("a bad line is answered by one error, and changes nothing", async () => {
  const gate = makeGate();
  upstream.script([text("Half ", gate, "whole.")]);
  await using stdio = startStdio(rein);
  stdio.send(userLine());
  await gate.reached;
  await stdio.until(({ type }) => type === "part-delta");
  const { seq } = stdio.session;
  for (const [, line] of badLines) {
    stdio.write(line);
    stdio.write("\n");
  }
  // Neither is a line.
  stdio.write("\r\n   \n\n");
  stdio.send({ type: "cancel_request", id: "last", runId: "another" });
  await stdio.answer("last");
  const errors = stdio.lines.filter((one) => one.type === "error");
  expect(errors.map((one) => [one.code, one.id])).toEqual(
    badLines.map(([, , code, id]) => [code, id]),
  );
  expect(stdio.session.seq).toBe(seq);
  gate.open();
  expect(await runEnd(stdio)).toMatchObject({ outcome: "done" });
  stdio.endInput();
  expect(await stdio.exited).toBe(0);
  expect(stdio.errors).toBe("");
});

test("an error says in words for people what was expected", () => {
  const wrong: [line: object, words: string][] = [
    [[], "The line is a list of 0: expected an object."],
    [{ type: "pause", now: 1 }, "The line has no field now."],
    [
      { type: "approval", approvalId: "x", decision: "yes" },
      "Decision is “yes”: expected “once” or “session” or “project” or “plan” or “deny”.",
    ],
    [{ type: "cancel_request", id: {} }, "Id is an object: expected text or a number."],
    [{ type: "user", text: "x", model: 3 }, "Model is 3: expected text."],
  ];
  for (const [line, words] of wrong)
    expect(() => parseInputLine(encoder.encode(JSON.stringify(line)))).toThrow(words);
});

test("the printed schema of a line in refuses what the process refuses", () => {
  for (const [what, line, code] of badLines) {
    if (code !== "line" || saysMore.has(what)) continue;
    expect([what, schemaFault("input", JSON.parse(line as string))]).toEqual([
      what,
      expect.any(String),
    ]);
  }
});

/** A schema of JSON cannot say it. */
const saysMore = new Set(["no text"]);

test("a line that is too long is discarded as it comes, and the next one counts", async () => {
  await using stdio = startStdio(rein);
  await stdio.until(({ type }) => type === "ready");
  const filler = "x".repeat(1_000_000);
  for (let sent = 0; sent < 60; sent++) stdio.write(filler);
  stdio.write("\n");
  stdio.send({ type: "cancel_request", id: "next" });
  await stdio.answer("next");
  expect(stdio.lines.filter(({ type }) => type === "error")).toMatchObject([{ code: "too-long" }]);
  stdio.write('{"type":"cancel_request","id":"crlf"}\r\n{"type":"cancel_request","id":"unended"}');
  stdio.endInput();
  expect(await stdio.exited).toBe(0);
  expect(await stdio.answer("crlf")).toMatchObject({ type: "cancel_response" });
  expect(await stdio.answer("unended")).toMatchObject({ type: "cancel_response" });
});

test("a reader that does not read holds nothing up, and has all that happened once it reads", async () => {
  const pieces = Array.from({ length: 300 }, () => "0123456789".repeat(1_000));
  const turn = [text(...pieces), toolCall("read", { path: "none" })];
  upstream.script(turn, turn, turn);
  await using stdio = startStdio(rein, { unread: true });
  stdio.send(userLine({ runId: "run-1" }));
  await upstream.request(0);
  const { sessions } = await rein.json<{ sessions: { id: string }[] }>("/api/sessions");
  const viewer = rein.follow(sessions[0]!.id);
  await viewer.until(() => viewer.session.runs[0]?.state === "settled");
  viewer.hangUp();
  stdio.read();
  const isSettled = () => stdio.session.runs[0]?.state === "settled";
  await stdio.until(() => stdio.lines.some(({ type }) => type === "snapshot") && isSettled());
  expect(stdio.session.messages).toEqual(viewer.session.messages);
  // What it missed came as a second one: it was not kept for it.
  expect(stdio.lines.filter(({ type }) => type === "snapshot")).toHaveLength(2);
});

test("lines are the same however their bytes arrive", async () => {
  const anyLine = fc.oneof(
    fc.string({ unit: "binary" }).map((one) => one.replaceAll("\n", " ").toWellFormed()),
    fc.constantFrom("", "x".repeat(20), "y".repeat(21), "z".repeat(300)),
  );
  const anyCuts = fc.array(fc.nat(400), { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(fc.array(anyLine), anyCuts, fc.boolean(), async (lines, cuts, isEnded) => {
      const bytes = encoder.encode(
        lines.map((line) => `${line}\n`).join("") + (isEnded ? "" : "end"),
      );
      const found = await Array.fromAsync(readLines(inPieces(bytes, cuts), 20, live));
      const all = [...lines, ...(isEnded ? [] : ["end"])].map((line) => encoder.encode(line));
      expect(found).toEqual(all.map((line) => (line.length > 20 ? "too-long" : line)));
    }),
    { seed: 15, numRuns: 200 },
  );
});

test("an event that is longer than a line may be is named in its place, and no line holds a control character", async () => {
  const written: string[] = [];
  const target = { write: (line: string, done: () => void) => (written.push(line), done()) };
  const writer = new LineWriter(target, () => {}, 400);
  const delta = { type: "part-delta", messageId: "m", partId: "p", field: "text" } as const;
  const hostile = "\u001b[2J\u009b2J\u007f\u0085\u2028\0\r\n\ud800";
  void writer.send({ ...delta, seq: 1, delta: hostile });
  void writer.send({ ...delta, seq: 2, delta: "é".repeat(200) });
  void writer.send({ type: "error", code: "line", message: "x".repeat(500) });
  await writer.drained();
  const [first, second, third] = written.join("").split("\n").slice(0, -1);
  expect((JSON.parse(first!) as { delta: string }).delta).toBe(hostile);
  expect(first).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
  expect(JSON.parse(second!) as OutputLine).toEqual({
    type: "omitted",
    seq: 2,
    event: "part-delta",
    bytes: expect.any(Number),
  });
  expect(third).toContain("x".repeat(500));
});

test("a line is written at whatever moment of the one before it is sent", async () => {
  for (let turns = 0; turns < 20; turns++) {
    const written: string[] = [];
    const target = { write: (line: string, done: () => void) => (written.push(line), done()) };
    const writer = new LineWriter(target, () => {});
    void writer.send({ type: "connection", state: "lost" });
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    void writer.send({ type: "connection", state: "open" });
    await nextTurn();
    expect([turns, written.join("").split("\n")]).toEqual([
      turns,
      [expect.stringContaining("lost"), expect.stringContaining("open"), ""],
    ]);
  }
});

test("the longest line holds the longest message", () => {
  const line = JSON.stringify(userLine({ text: "x".repeat(1_000_000) }));
  expect(encoder.encode(line).length).toBeLessThan(maxInputBytes);
  expect(parseInputLine(encoder.encode(line))).toMatchObject({ type: "user" });
});

const live = new AbortController().signal;

/** A stream of these bytes, cut where they say. */
function inPieces(bytes: Uint8Array, cuts: number[]): ReadableStream<Uint8Array> {
  const ends = [...cuts.filter((cut) => cut < bytes.length), bytes.length].toSorted(
    (a, b) => a - b,
  );
  return new ReadableStream({
    start(controller) {
      let start = 0;
      for (const end of ends) {
        controller.enqueue(bytes.slice(start, end));
        start = end;
      }
      controller.close();
    },
  });
}
