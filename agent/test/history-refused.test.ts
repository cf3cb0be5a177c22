/** A service that refuses the conversation as it is gets it once more without its files or as plain text, visibly, and from then on. */
import { describe, expect, test } from "bun:test";
import { APIError } from "openai";
import { toProviderError } from "../server/providers/provider-errors";
import type { ModelOptions } from "../shared/protocol";
import { exportMarkdown } from "../server/session/export-markdown";
import { storedRows } from "../server/store/stored-rows";
import { told } from "./control-api";
import { loopScene } from "./loop-scene";
import { providerCases } from "./provider-wires";
import { samples } from "./sample-files";
import { upstreamScene } from "./upstream-scene";
import {
  failure,
  reasoning,
  type Step,
  text,
  toolCall,
  type UpstreamRequest,
  usage,
} from "./upstream/upstream";

const upstream = upstreamScene();

/** What each wire calls a tool call in a history. */
const calls = /"tool_use"|"function_call"|"tool_calls"|"functionCall"/;
const words = "messages: this call is not to my liking";
const refused = failure("invalid-request", { message: words });

/** Refuses every history with a tool call, and gives these answers to the others. */
function refuseCalls(...answers: Step[][]): void {
  upstream.route((request) => (hasCalls(request) ? [refused] : answers.shift()));
}

function hasCalls({ body }: UpstreamRequest): boolean {
  return calls.test(JSON.stringify({ ...body, tools: undefined }));
}

/** Of a picture, though it also names an option. */
const pictureAndOption =
  "Could not process image. Request: model=m, temperature=0.7, max_tokens=4096";

const call = toolCall("bash", { command: "ls -a" });

describe.each(providerCases)("on the wire of $wire", (one) => {
  test("the refused conversation is sent again as plain text, and is accepted from then on", async () => {
    const scene = loopScene(one, upstream);
    refuseCalls(
      [reasoning("Hm."), text("I look."), call],
      [text("Two files.")],
      [call],
      [text("So.")],
    );
    expect(await scene.run("What is there?")).toEqual({ outcome: "done" });
    const plain = upstream.requests[2]!;
    expect(upstream.requests.map(hasCalls)).toEqual([false, true, false]);
    expect(plain.refusal).toBeUndefined();
    expect(told(plain)).toContain("I look.");
    expect(told(plain)).toMatch(/\(bash \{.*ls -a.*\}\)/);
    expect(told(plain)).toMatch(/\(bash answered: a\\+nb\)/);
    expect(told(plain)).not.toMatch(/sealed-|Hm\./);
    const { plainHistory } = scene.answers()[1]!;
    expect(plainHistory).toMatchObject({ code: "invalid-request" });
    expect(plainHistory!.message).toContain(words);
    expect(exportMarkdown(scene.session)).toContain(
      "The conversation was sent again as plain text.",
    );
    // The second message begins with an accepted request; the call that follows it is refused once.
    expect(await scene.run("And now?")).toEqual({ outcome: "done" });
    expect(upstream.requests.map(hasCalls)).toEqual([false, true, false, false, true, false]);
    expect(upstream.requests.every(({ refusal }) => refusal === undefined)).toBe(true);
    const row = storedRows.messages.parse(scene.answers()[1]);
    expect({ ...row.plainHistory }).toEqual({ ...plainHistory });
  });

  test("a stop between the refusal and the second try sends nothing more, and the next message works", async () => {
    const scene = loopScene(one, upstream);
    refuseCalls([call], [text("Fine.")]);
    const end = await scene.runStoppedAt("Hi", ({ type }) => type === "history-refused");
    expect(end).toEqual({ outcome: "stopped" });
    expect(upstream.requests.length).toBe(2);
    expect(await scene.run("Again")).toEqual({ outcome: "done" });
    expect(told(upstream.requests.at(-1))).toContain("[interrupted by user]");
  });

  test("a second refusal fails with both reasons, and leaves the conversation as it was", async () => {
    const scene = loopScene(one, upstream);
    const second = failure("invalid-request", { message: "Not even so." });
    refuseCalls([call], [second], [text("Fine.")]);
    const end = await scene.run("Hi");
    expect(end).toMatchObject({ outcome: "failed", error: { code: "invalid-request" } });
    const { message } = (end as { error: { message: string } }).error;
    expect(message).toContain("as plain text too. Start a new session, or choose another model.");
    expect(message).toContain("Not even so.");
    expect(message).toContain(words);
    expect(upstream.requests.length).toBe(3);
    upstream.route(() => [text("Fine.")]);
    await scene.run("Again");
    expect(hasCalls(upstream.requests.at(-1)!)).toBe(true);
  });

  test("what another try cannot help is not sent again: an option, a first message", async () => {
    const scene = loopScene(one, upstream);
    const option = failure("invalid-request", { message: "temperature: must be at most 1" });
    upstream.script([call], [option], [text("Fine.")], [refused]);
    expect(await scene.run("Hi")).toMatchObject({ outcome: "failed" });
    expect(upstream.requests.length).toBe(2);
    const first = loopScene(one, upstream);
    upstream.route(() => [refused]);
    await first.run("Hello");
    expect(upstream.requests.length).toBe(3);
  });

  test("a server whose template does not take the conversation, and says so with 500, gets plain text", async () => {
    const scene = loopScene(one, upstream);
    const template = failure("server", { message: "Jinja Exception: roles must alternate" });
    const answers = [[call], [text("Fine.")]];
    upstream.route((request) => (hasCalls(request) ? [template] : answers.shift()));
    expect(await scene.run("Hi")).toEqual({ outcome: "done" });
    expect(upstream.requests.map(hasCalls)).toEqual([false, true, false]);
  });

  test.each<[string, Step[]]>([
    ["at once", []],
    ["in its stream", [usage(9, 1)]],
  ])(
    "a server that fails %s with the same words about the history again and again gets plain text",
    async (_when, before) => {
      const scene = loopScene(one, upstream);
      const answers = [[call], [text("Fine.")], [text("So.")]];
      let count = 0;
      upstream.route((request) =>
        hasCalls(request) ? [...before, failing(++count)] : answers.shift(),
      );
      expect(await scene.run("Hi")).toEqual({ outcome: "done" });
      expect(upstream.requests.map(hasCalls)).toEqual([false, true, true, true, false]);
      expect(scene.answers()[1]!.plainHistory).toMatchObject({ code: "server" });
      await scene.run("And now?");
      expect(upstream.requests.map(hasCalls).slice(5)).toEqual([false]);
      expect(upstream.requests.every(({ refusal }) => refusal === undefined)).toBe(true);
    },
  );

  test("a server that fails for a while with words about the history gets the same history again", async () => {
    const first = loopScene(one, upstream);
    upstream.script([failing(1)], [failing(2)], [failing(3)], [text("Hello.")]);
    expect(await first.run("Hi")).toEqual({ outcome: "done" });
    const scene = loopScene(one, upstream);
    upstream.requests.length = 0;
    // One of them is the try as plain text, which nobody is told of: it was not accepted.
    upstream.script([call], ...[1, 2, 3, 4].map((id) => [failing(id)]), [text("Fine.")]);
    expect(await scene.run("Hi")).toEqual({ outcome: "done" });
    expect(upstream.requests.map(hasCalls)).toEqual([false, true, true, true, false, true]);
    expect(scene.answers()[1]!.plainHistory).toBeUndefined();
    expect(scene.events.some(({ type }) => type === "history-refused")).toBe(false);
  });

  test("a stop in the try as plain text leaves the conversation as it was", async () => {
    const scene = loopScene(one, upstream);
    upstream.script([call], ...[1, 2, 3].map((id) => [failing(id)]), [text("No.")]);
    const end = await scene.runStoppedAt("Hi", ({ type }) => type === "history-refused");
    expect(end).toEqual({ outcome: "stopped" });
    upstream.script([text("Fine.")]);
    await scene.run("Again");
    expect(upstream.requests.map(hasCalls)).toEqual([false, true, true, true, false, true]);
  });

  test("a server that fails again and again because of a picture gets the request without it", async () => {
    const scene = pictureScene(one);
    const message = "Failed to decode the image";
    upstream.route((r) => (sees(r) ? [failure("server", { message })] : [text("None.")]));
    expect(await scene.run("Look.")).toEqual({ outcome: "done" });
    expect(upstream.requests.map(sees)).toEqual([true, true, true, false]);
    expect(scene.answers()[0]!.withoutFiles).toMatchObject({ code: "server" });
  });

  test("an overload of the second try is waited for", async () => {
    const scene = loopScene(one, upstream);
    refuseCalls([call], [failure("overloaded")], [text("Fine.")]);
    expect(await scene.run("Hi")).toEqual({ outcome: "done" });
    expect(upstream.requests.map(hasCalls)).toEqual([false, true, false, false]);
  });

  test.each([
    ["context-length", failure("context-length")],
    ["invalid-request", failure("invalid-request", { message: "Could not process the request" })],
    ["invalid-request", failure("invalid-request", { message: pictureAndOption })],
  ] as const)(
    "a request whose files are to blame (%s) is sent again without them, and so are those after it",
    async (code, refusal) => {
      const scene = pictureScene(one);
      upstream.route((request) => (sees(request) ? [refusal] : [text("I see no picture.")]));
      expect(await scene.run("Look.")).toEqual({ outcome: "done" });
      expect(upstream.requests.map(sees)).toEqual([true, false]);
      expect(told(upstream.requests[1])).toContain("[picture shot.png, 1.2 MB: not sent]");
      const [answer] = scene.answers();
      expect(answer!.plainHistory).toBeUndefined();
      expect(storedRows.messages.parse(answer).withoutFiles).toMatchObject({ code });
      expect(exportMarkdown(scene.session)).toContain(
        "The request was sent again without its files.",
      );
      expect(await scene.run("And now?")).toEqual({ outcome: "done" });
      expect(upstream.requests.map(sees)).toEqual([true, false, false]);
    },
  );

  test("a request that is refused for its option is not sent again without its files", async () => {
    const scene = pictureScene(one);
    const message = "temperature is not supported by gemini-flash-image or gpt-4-vision-preview";
    upstream.route(() => [failure("invalid-request", { message })]);
    expect(await scene.run("Look.")).toMatchObject({ outcome: "failed" });
    expect(upstream.requests.length).toBe(1);
  });

  test("a picture that is refused again, though it is no longer sent, is not asked for a third time", async () => {
    const scene = pictureScene(one);
    upstream.route(() => [failure("invalid-request", { message: pictureAndOption })]);
    expect(await scene.run("Look.")).toMatchObject({ outcome: "failed" });
    expect(upstream.requests.map(sees)).toEqual([true, false]);
  });

  test("a conversation that is too long without its files too is summed up, and goes on", async () => {
    const scene = pictureScene(one);
    upstream.script([text("I look.")]);
    await scene.run("Look.");
    const tooLong = failure("context-length");
    upstream.script([tooLong], [tooLong], [text("In short: a picture.")], [text("Green.")]);
    expect(await scene.run("And now?")).toEqual({ outcome: "done" });
    expect(upstream.requests.map(sees)).toEqual([true, true, false, false, false]);
  });
});

test("a refusal that comes in the stream is one, unless part of the answer came before it", () => {
  const service = { name: "The server", baseUrl: "https://api.service.test/v1" };
  for (const code of ["invalid_request_error", "invalid_prompt"]) {
    const error = new APIError(undefined, { code, message: "no" }, "no", undefined);
    const tries = (begun: boolean) => toProviderError(error, service, begun)!;
    expect(tries(false)).toMatchObject({ code: "invalid-request", refusesHistory: true });
    expect(tries(true)).toMatchObject({ code: "invalid-request", refusesHistory: false });
  }
});

test.each([
  ["Invalid 'input[3].content': empty text.", true],
  ["messages: roles must alternate between user and assistant", true],
  ["Expected last role User or Tool (or Assistant with prefix True) but got assistant", true],
  ["No tool output found for function call call_1 (tool_call_id).", true],
  ["Item 'rs_1' of type 'reasoning' was provided without its required following item.", true],
  ["Invalid `signature` in `thinking` block", true],
  ["The encrypted content gAAA could not be verified.", true],
  ["Function call is missing a thought_signature", true],
  ["reasoning_content is missing in assistant tool call message", true],
  ["Please ensure that function call turn comes immediately after a user turn", true],
  ["Conversation roles alternate user/assistant/user/assistant", true],
  ["Assistant message must have either content or tool_calls, but not none", true],
  ["Value is not callable: null at row 62, column 114", true],
  ["An unexpected error occurred while processing the conversation. Please try again later.", true],
  ["missing 1 required positional argument 'messages'", true],
  [
    "<html><body><h1>Error</h1>Your conversation messages could not be loaded.</body></html>",
    false,
  ],
  ["The model returned an invalid role", false],
  ["The server had an error while processing your request. Please try again.", false],
  ["Please include the request ID req_1 in your message. It is required.", false],
  ["error parsing tool call: raw='{\"a', err=invalid character '}'", false],
  ["The model produced invalid content.", false],
  ["unexpected EOF", false],
])(
  "an error of the server that says %p may pass, and may be about the sent messages: %p",
  (message, is) => {
    const service = { name: "The server", baseUrl: "https://api.service.test/v1" };
    for (const status of [undefined, 500]) {
      const headers = status === undefined ? undefined : new Headers();
      const error = new APIError(status, { message, type: "server_error" }, message, headers);
      const made = (begun: boolean) => toProviderError(error, service, begun)!;
      const passing = { code: "server", retryable: true, refusesHistory: false };
      expect(made(false)).toMatchObject({ ...passing, refusesHistory: is });
      expect(made(true)).toMatchObject(passing);
    }
  },
);

test("a refusal of a file is never one of an option, unless its place is the option's", () => {
  const service = { name: "The server", baseUrl: "https://api.service.test/v1" };
  const options = { temperature: 0.7, maxOutputTokens: 4096 };
  const codeOf = (sendsFiles: boolean, param?: string) => {
    const error = new APIError(400, { message: pictureAndOption, param }, undefined, new Headers());
    return toProviderError(error, { ...service, options, sendsFiles }, false)!;
  };
  expect(codeOf(true)).toMatchObject({ code: "invalid-request", refusesHistory: true });
  expect(codeOf(false)).toMatchObject({ code: "option-refused", refusesHistory: false });
  expect(codeOf(true, "temperature")).toMatchObject({
    code: "option-refused",
    refusesHistory: false,
  });
});

test.each([
  ["This model does not support vision. Request: temperature=0.7, max_tokens=4096", true],
  ["multimodal input is not supported (max_tokens=4096)", true],
  ["Invalid attachment; temperature=1", true],
  ["The documents are not allowed with this temperature", true],
  ["max_tokens is too large for a request with images", false],
  ["'temperature' does not support 0.7 with this model, also for image requests", false],
])("a refusal that says %p is first tried without the files: %p", (message, isOfFiles) => {
  const service = { name: "The server", baseUrl: "https://api.service.test/v1" };
  const error = new APIError(400, { message }, undefined, new Headers());
  const made = (options: ModelOptions, sendsFiles: boolean) =>
    toProviderError(error, { ...service, options, sendsFiles }, false)!;
  const chosen = { temperature: 0.7, maxOutputTokens: 4096 };
  expect(made(chosen, true)).toMatchObject({
    code: isOfFiles ? "invalid-request" : "option-refused",
    refusesHistory: isOfFiles,
  });
  // Without the files the option remains, and without an option the files.
  expect(made(chosen, false).message).toContain("choose another at the model’s name");
  expect(made({}, true)).toMatchObject({ code: "invalid-request", refusesHistory: true });
});

test("an image that the service names in its stream is left out at once", () => {
  const service = { name: "The server", baseUrl: "https://api.service.test/v1", sendsFiles: true };
  for (const code of ["invalid_image", "image_parse_error", "image_content_policy_violation"]) {
    const error = new APIError(undefined, { code, message: "no" }, "no", undefined);
    const refusal = { code: "invalid-request", retryable: false, refusesHistory: true };
    expect(toProviderError(error, service, false)!).toMatchObject(refusal);
  }
});

test("only a refusal of the request is one of its files, and only when it carried some", () => {
  const service = { name: "The server", baseUrl: "https://api.service.test/v1" };
  const tries = (status: number, sendsFiles: boolean) => {
    const message = "image input is not supported";
    const error = new APIError(status, { message }, undefined, new Headers());
    return toProviderError(error, { ...service, sendsFiles }, false)!.refusesHistory;
  };
  for (const status of [400, 404, 500]) expect(tries(status, true)).toBe(true);
  for (const status of [401, 402, 403, 413, 429, 503, 529]) expect(tries(status, true)).toBe(false);
  for (const status of [404, 429, 500]) expect(tries(status, false)).toBe(false);
});

/** The id differs each time, as in a real service's words. */
function failing(id: number): Step {
  return failure("server", { message: `The conversation failed (trace-${id}).` });
}

const png = samples["image/png"];

function pictureScene(one: (typeof providerCases)[number]) {
  return loopScene(one, upstream, one.models[0], png);
}

function sees({ body }: UpstreamRequest): boolean {
  return JSON.stringify(body).includes(png.toString("base64"));
}
