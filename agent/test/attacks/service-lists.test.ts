/** Whatever a service answers when it is asked for its models, the list of the others is there, and holds only what can be used. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Models } from "../../shared/protocol";
import { type Rein, startRein } from "../rein";
import { http, type RawAnswer, type RawUpstream, startRawUpstream } from "../upstream/raw-upstream";

let rein: Rein;
let upstream: RawUpstream;
beforeAll(async () => {
  upstream = startRawUpstream();
  const environment = {
    ANTHROPIC_API_KEY: "scripted-key",
    ANTHROPIC_BASE_URL: upstream.url,
    OPENAI_API_KEY: "scripted-key",
    OPENAI_BASE_URL: `${upstream.url}/v1`,
    GEMINI_API_KEY: "scripted-key",
    GOOGLE_GEMINI_BASE_URL: upstream.url,
    OPENAI_COMPATIBLE_BASE_URL: `${upstream.url}/v1`,
  };
  rein = await startRein({ environment });
});
afterAll(async () => {
  await rein[Symbol.asyncDispose]();
  upstream[Symbol.dispose]();
});

const deep = `${"[".repeat(50_000)}${"]".repeat(50_000)}`;
const json = (body: string) => http(body, { headers: { "content-type": "application/json" } });
const answers: Record<string, RawAnswer | (() => RawAnswer)> = {
  null: json("null"),
  "a number": json("5"),
  text: json('"x"'),
  "an array": json("[null]"),
  nothing: http(""),
  "a page": http("<html>Sign in</html>", { headers: { "content-type": "text/html" } }),
  "models that are null": json('{"data":null,"models":null}'),
  "models that are an object": json('{"data":{},"models":{}}'),
  "a model that is null": json('{"data":[null],"models":[null]}'),
  "a model whose id is an object": json('{"data":[{"id":{}}],"models":[{"name":{}}]}'),
  "models nested too deeply": json(`{"data":${deep},"models":${deep}}`),
  "a list without an end": () =>
    http(endless(), { headers: { "content-type": "application/json" } }),
};

test.each(Object.entries(answers))("%s", async (_title, answer) => {
  upstream.answer(() => (typeof answer === "function" ? answer() : answer));
  const { providers } = await list();
  for (const id of ["anthropic", "openai", "gemini", "openai-chat"])
    expect(providers.find((one) => one.id === id)?.models).toEqual([]);
  expect(providers.find(({ id }) => id === "demo")?.models).toHaveLength(1);
});

test("of each model only what can be used is kept", async () => {
  const odd = { name: 5, context_length: -1, pricing: { prompt: "1e999", completion: [] } };
  const data = [
    { id: "good", context_length: 1000 },
    { id: "odd", ...odd },
    { id: "bad\u0000\u001b[2J" },
    { id: "b".repeat(10_000) },
    { id: "" },
  ];
  upstream.answer(() => json(JSON.stringify({ data })));
  const { providers } = await list();
  const provider = "openai-chat";
  expect(providers.find(({ id }) => id === provider)!.models).toEqual([
    { provider, id: "good", name: "good", contextTokens: 1000 },
    { provider, id: "odd", name: "odd" },
  ]);
});

/** The settings are saved so that the models are looked up again. */
async function list(): Promise<Models> {
  await rein.json("/api/settings", { method: "PUT", body: "{}" });
  return rein.json<Models>("/api/models");
}

function* endless(): Generator<string> {
  yield '{"data":["';
  for (;;) yield "x".repeat(1_000_000);
}
