/** An answer of Chat Completions is read in every form in which servers send it, and so are the calls in it. */
import { describe, expect, test } from "bun:test";
import { delta, failBody, read, readBody, sse, stop, usage } from "./chat-server";
import { callsIn, messageOf } from "./provider-wires";

describe("calls of tools", () => {
  const call = (index: number | undefined, id: string | undefined, said: object) => ({
    ...(index !== undefined && { index }),
    ...(id !== undefined && { id }),
    function: said,
  });
  const input = (command: string) => JSON.stringify({ command });

  test.each<[form: string, pieces: object[][]]>([
    [
      "without ids",
      [
        [call(0, undefined, { name: "bash", arguments: input("a") })],
        [call(1, "", { name: "bash" })],
        [call(1, "", { arguments: input("b") })],
      ],
    ],
    [
      "without indices, in one chunk",
      [
        [
          call(undefined, "1", { name: "bash", arguments: "" }),
          call(undefined, "2", { name: "bash", arguments: "" }),
        ],
        [
          call(1, undefined, { arguments: input("b") }),
          call(0, undefined, { arguments: input("a") }),
        ],
      ],
    ],
    [
      "without indices or ids, one after another",
      [
        [call(undefined, undefined, { name: "bash" })],
        [call(undefined, undefined, { arguments: input("a") })],
        [call(undefined, undefined, { name: "bash", arguments: input("b") })],
      ],
    ],
    [
      "with names in later chunks, null until then",
      [
        [call(0, "1", { name: null, arguments: input("a").slice(0, 5) })],
        [call(0, "1", { name: "bash", arguments: input("a").slice(5) })],
        [call(1, "2", { arguments: input("b") })],
        [call(1, "2", { name: "bash", arguments: null })],
      ],
    ],
    [
      "with names repeated as empty ones, as Mistral sends them",
      [
        [call(0, "1", { name: "bash", arguments: "" })],
        [call(0, undefined, { name: "", arguments: input("a") })],
        [call(1, "2", { name: "bash", arguments: input("b") })],
      ],
    ],
    [
      "with inputs as objects",
      [
        [
          call(0, "1", { name: "bash", arguments: { command: "a" } }),
          call(1, "2", { name: "bash", arguments: { command: "b" } }),
        ],
      ],
    ],
    [
      "with the same id in each chunk and no index",
      [
        [call(undefined, "1", { name: "bash", arguments: "" })],
        [call(undefined, "1", { arguments: input("a") })],
        [call(undefined, "2", { name: "bash", arguments: input("b") })],
      ],
    ],
  ])("%s are told apart", async (_form, pieces) => {
    const events = await read([
      ...pieces.map((tool_calls) => delta({ tool_calls })),
      delta({}, "tool_calls"),
    ]);
    const calls = callsIn(messageOf(events, "openai-chat", "m"));
    const said = calls.map(({ name, input, inputText }) => ({ name, input, inputText }));
    expect(said.map(({ name, input }) => ({ name, input }))).toEqual([
      { name: "bash", input: { command: "a" } },
      { name: "bash", input: { command: "b" } },
    ]);
    expect(said.map(({ inputText }) => inputText)).toEqual([input("a"), input("b")]);
    expect(new Set(calls.map(({ callId }) => callId)).size).toBe(2);
  });

  test("that are announced and never made are none", async () => {
    const events = await read([
      delta({ tool_calls: [{ index: 0 }] }),
      delta({ content: "x" }),
      stop,
    ]);
    expect(events.at(-1)).toEqual({ type: "finish", reason: "stop" });
  });
});

describe("the form of an answer", () => {
  const chunks = [delta({ content: "Grüße" }), delta({ content: "!" }), { ...stop, usage }];
  const plain = sse(chunks, "[DONE]");
  const whole = {
    object: "chat.completion",
    choices: [{ message: { role: "assistant", content: "Grüße!" }, finish_reason: "stop" }],
    usage,
  };

  test.each<[form: string, body: string]>([
    ["other line ends", plain.replaceAll("\n", "\r\n")],
    ["the oldest line ends", plain.replaceAll("\n", "\r")],
    ["no space after the colon", plain.replaceAll("data: ", "data:")],
    ["a byte order mark", `\ufeff${plain}`],
    ["no final newline", plain.trimEnd()],
    ["no blank lines", plain.replaceAll("\n\n", "\n")],
    [
      "events over several lines",
      sse(
        chunks.map((one) => JSON.stringify(one, null, 1)),
        "[DONE]",
      ),
    ],
    [
      "comments and other fields",
      `: ok\nid: 1\nretry: 5\n\n${plain.replaceAll("data:", ":\nevent: m\ndata:")}`,
    ],
    ["lines of JSON alone", chunks.map((one) => `${JSON.stringify(one)}\n`).join("")],
    ["one object, as where the stream was not heard of", JSON.stringify(whole)],
    ["one object over several lines", `\n${JSON.stringify(whole, null, 2)}\n`],
    ["text only at its end", sse([delta({}), { choices: [whole.choices[0]], usage }])],
    [
      "text that is repeated at its end",
      sse([chunks[0]!, chunks[1]!, { choices: [{ delta: {}, ...whole.choices[0] }], usage }]),
    ],
  ])("with %s is read, also byte by byte", async (_form, body) => {
    for (const bytes of [1, 7, 1_000_000]) {
      const events = await readBody(body, { bytes });
      const texts = events.filter(({ type }) => type === "part-delta") as { delta: string }[];
      expect(texts.map(({ delta }) => delta).join("")).toBe("Grüße!");
      expect(events.at(-1)).toEqual({ type: "finish", reason: "stop" });
      expect(events.some(({ type }) => type === "usage")).toBe(true);
    }
  });

  test.each<[error: string, sent: string, expected: object]>([
    [
      "OpenRouter's",
      sse([{ error: { code: 502, message: "Provider gone" } }]),
      { code: "server", status: 502 },
    ],
    [
      "one with its status as text",
      sse([{ error: { code: "429", message: "Slow down" } }]),
      { code: "rate-limit", status: 429 },
    ],
    [
      "vLLM's",
      sse([{ object: "error", message: "Too busy", code: 503 }]),
      { code: "overloaded", status: 503 },
    ],
    [
      "one by its event's name",
      `event: error\ndata: {"message":"Bad","status":400}\n\n`,
      { code: "invalid-request", status: 400 },
    ],
    [
      "a line of JSON alone",
      `{"error":{"message":"Gone","code":500}}\n`,
      { code: "server", status: 500 },
    ],
    ["one that is only text", sse([{ error: "It broke" }]), { code: "server" }],
  ])(
    "an error in the middle keeps what was written, and its status counts: %s",
    async (_error, sent, expected) => {
      const { error, events } = await failBody(sse([delta({ content: "x" })]) + sent);
      expect(error).toMatchObject({ name: "ProviderError", ...expected });
      expect(events).toHaveLength(2);
    },
  );
});
