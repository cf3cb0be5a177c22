/** A session gets its title from a model after its first good run: a small request that every stop ends, and that is never in the way. */
import { expect, test } from "bun:test";
import { cleanTitle } from "../server/agent/ask-title";
import { smallModel } from "../server/catalog/small-model";
import { apply } from "../shared/apply";
import { noUsage } from "../shared/protocol";
import type { ListEvent, ModelInfo, Models, Session, SessionEvent } from "../shared/protocol";
import { apiScene, everyWire } from "./api-scene";
import { Chat } from "./rein";
import {
  failure,
  hang,
  makeGate,
  type Step,
  text,
  type UpstreamRequest,
  usage,
} from "./upstream/upstream";
import { until, untilAsync } from "./within";

const scene = apiScene({
  environment: (upstream) => ({ ...everyWire(upstream), REIN_TITLES: "auto" }),
});
const { upstream, rein, send, post } = scene;

const firstWords = "Please tell me why the sky is blue";

test("the title comes by the stream of the list after the run has settled, and its tokens are counted", async () => {
  // What the model is known to take decides what is asked for.
  await untilAsync(async () => {
    const { providers } = await rein.json<Models>("/api/models");
    const models = providers.flatMap((one) => one.models);
    return models.find((one) => one.id === "claude-sonnet-4-5")?.allows?.efforts !== undefined;
  }, "what the models take");
  const titles = answerTitles(() => [text("“The blue sky”.\n\nMore."), usage(90, 6)]);
  const list = await watchList();
  upstream.script([text("Because of scattering."), usage(1000, 20)]);
  const chat = send(firstWords, { provider: "anthropic", model: "claude-sonnet-4-5" });
  await chat.ended;
  expect(chat.session.title).toBe(firstWords);
  const { sessionId, runId } = chat;
  await list.until(titled(sessionId, firstWords));
  await list.until(titled(sessionId, "The blue sky"));

  const { body } = titles.requests[0]!;
  expect(titles.requests).toHaveLength(1);
  expect(JSON.stringify(body["messages"])).toContain("Because of scattering.");
  expect(body).toMatchObject({ max_tokens: 60 });
  expect(body).not.toHaveProperty("tools");
  const session = await rein.session(sessionId);
  expect(session).toMatchObject({ title: "The blue sky", titledBy: "model" });
  expect(session.usage).toMatchObject({ inputTokens: 1090, outputTokens: 26 });
  expect(session.runs).toMatchObject([{ id: runId, usage: { inputTokens: 1090 } }]);
  expect(session.messages).toHaveLength(2);

  upstream.script([text("It is."), usage(1100, 5)]);
  await send("Is it?", { sessionId }).ended;
  await another();
  expect(titles.requests).toHaveLength(1);
});

const endings: { by: string; title?: string; act: (chat: Chat) => Promise<unknown> }[] = [
  { by: "a stop of the session", act: ({ sessionId }) => rein.stop(sessionId) },
  { by: "a stop of the run by its name", act: ({ runId }) => post("/api/stop", { runId }) },
  { by: "Stop everything", act: () => post("/api/stop", {}) },
  {
    by: "the deletion of the session",
    act: ({ sessionId }) => rein.fetch(`/api/sessions/${sessionId}`, { method: "DELETE" }),
  },
  { by: "the next message", act: async ({ sessionId }) => sendNext(sessionId) },
  { by: "a rename", title: "Mine", act: ({ sessionId }) => rename(sessionId) },
  { by: "the end of the server", act: () => scene.restart() },
];

test.each(endings)("$by closes the socket of the request for a title", async (ending) => {
  const titles = answerTitles(() => [text("A ti"), makeGate(), text("tle")]);
  upstream.script([text("Because.")]);
  const chat = send(firstWords);
  await chat.ended;
  const request = await titles.next();
  await ending.act(chat);
  expect(await request.ended).toBe("client");
  await another();
  const response = await rein.fetch(`/api/sessions/${chat.sessionId}`);
  if (ending.by.includes("deletion")) return expect(response.status).toBe(404);
  const { session } = (await response.json()) as { session: Session };
  expect(session.title).toBe(ending.title ?? firstWords);
  expect(session.runs[0]).toMatchObject({ outcome: "done", usage: { estimated: true } });
});

test("a stop of the run does not wait for a title, and no title is asked for after it", async () => {
  const titles = answerTitles(() => [text("Never")]);
  upstream.script([text("Be", makeGate())]);
  const chat = send(firstWords);
  await chat.until(({ type }) => type === "part-delta");
  expect(await scene.stop(chat)).toMatchObject({ outcome: "stopped" });
  upstream.script([failure("authentication")]);
  const failed = send("Fail, please");
  await failed.ended;
  expect(failed.session.runs).toMatchObject([{ outcome: "failed" }]);
  await another();
  expect(titles.requests).toEqual([]);
});

test("a title of a model never replaces a person's, in the page as on the server", () => {
  const session = { title: firstWords, runs: [], seq: 0, usage: noUsage } as unknown as Session;
  const update = { type: "session-update", at: 1, patch: { title: "Mine", titledBy: "person" } };
  const title = { type: "session-title", runId: "run", provider: "p", title: "Theirs" };
  apply(session, { ...update, seq: 1 } as SessionEvent);
  apply(session, { ...title, usage: { ...noUsage, inputTokens: 9 }, seq: 2 } as SessionEvent);
  expect(session).toMatchObject({ title: "Mine", titledBy: "person", usage: { inputTokens: 9 } });
});

test("a session that gets no title keeps its first words, without a word about it, and is asked for one three times", async () => {
  const cutOff = [text("Cut off"), failure("overloaded")];
  const answers = [[failure("server")], [text(" \u200b“”\n")], cutOff];
  const titles = answerTitles((count) => answers[count] ?? [text("Too late")]);
  let sessionId: string | undefined;
  for (const count of [1, 2, 3, 4]) {
    upstream.script([text("Because.")]);
    const chat = send(count === 1 ? firstWords : "And?", sessionId ? { sessionId } : {});
    await chat.ended;
    ({ sessionId } = chat);
    if (count <= 3) await (await titles.next()).ended;
  }
  await another();
  const session = await rein.session(sessionId!);
  expect(session).toMatchObject({ title: firstWords });
  expect(session).not.toHaveProperty("titledBy");
  expect(session.runs.filter(({ outcome, error }) => outcome === "done" && !error)).toHaveLength(4);
  expect(titles.requests).toHaveLength(3);
});

test("no title is asked for when it is turned off or near a limit; a model can be chosen for it", async () => {
  const titles = answerTitles(() => [text("Of the chosen")]);
  const run = async (message: string, inputTokens: number) => {
    upstream.script([text("Because."), usage(inputTokens, 2)]);
    const chat = send({ message });
    await chat.ended;
    return chat;
  };
  await put("/api/limits", { run: { tokens: 12_000 } });
  await run("Near the limit of the run", 11_000);
  await put("/api/limits", { run: { usd: 0.15 } });
  await run("Near its limit in dollars, without a known price", 14_000);
  await put("/api/limits", { day: { tokens: 1_500_000 } });
  await run("Near the limit of the day", 1_490_000);
  await put("/api/limits", {});
  await put("/api/settings", { titles: "off" });
  await run("Turned off", 100);
  await put("/api/settings", { titles: { provider: "gemini", model: "gemini-3.1-pro" } });
  const list = await watchList();
  const chat = await run("Chosen", 100);
  const request = await titles.next();
  expect(request).toMatchObject({ wire: "gemini", model: "gemini-3.1-pro" });
  await list.until(titled(chat.sessionId, "Of the chosen"));
  expect(titles.requests).toHaveLength(1);
});

test("a run never waits for a connection that a title has", async () => {
  await scene.restart({ environment: { BUN_CONFIG_MAX_HTTP_REQUESTS: "2" } });
  await untilModelsKnown();
  const titles = answerTitles(() => [hang]);
  upstream.script([text("Because.")], [hang], [text("At once.")]);
  await send(firstWords).ended;
  const request = await titles.next();
  const long = send(elsewhere);
  await upstream.request(2);
  const chat = send(elsewhere);
  expect(await request.ended).toBe("client");
  await chat.ended;
  expect(chat.session.runs).toMatchObject([{ outcome: "done" }]);
  await scene.stop(long);
});

test("on this machine no run waits for a title of another session", async () => {
  const titles = answerTitles(() => [hang]);
  const local = { provider: "ollama", model: "usual:8b" };
  upstream.script([text("Because.")], [text("At once.")]);
  await send(firstWords, local).ended;
  const request = await titles.next();
  expect(request).toMatchObject({ model: "usual:8b", wire: "ollama" });
  // With another window the model would be loaded anew.
  expect(windowOf(request)).toBe(windowOf(upstream.requests[0]!));
  await send(elsewhere, local).ended;
  expect(await request.ended).toBe("client");
});

test.each([
  ["Title: **Blue sky**", "Blue sky"],
  ["<think>They ask\nabout it</think>\n\n# Blue sky.\nAnd more", "Blue sky"],
  ["\u202eyks\u0000 \u001b[31mblue\ud800\u2028second", "yks [31mblue"],
  ["“ \u200b ”", undefined],
  ["", undefined],
  ["<think>never ends", undefined],
  ["x".repeat(500), `${"x".repeat(59)}…`],
])("a title of the model is one short line of what can be seen: %#", (answer, title) => {
  expect(cleanTitle(answer)).toBe(title);
});

test("the small model of a provider is one of its own list that is known to cost less", () => {
  const model = (id: string, usd?: number): ModelInfo => ({
    provider: "openai",
    id,
    name: id,
    ...(usd !== undefined && { price: { input: usd, output: 4 * usd } }),
  });
  const used = model("gpt-6", 5);
  const listed = [
    used,
    model("gpt-5-mini-tts", 0.1),
    model("gpt-5-mini", 0.3),
    model("gpt-5-nano"),
  ];
  expect(smallModel("openai", listed, used)).toBe("gpt-5-mini");
  expect(smallModel("openai", [...listed, model("gpt-5-nano-2025-08-07", 0.1)], used)).toBe(
    "gpt-5-nano-2025-08-07",
  );
  expect(smallModel("openai", listed, model("gpt-5-mini", 0.3))).toBeUndefined();
  expect(smallModel("openai", listed, model("gpt-6"))).toBeUndefined();
  expect(smallModel("openrouter", listed, used)).toBeUndefined();
});

const elsewhere = "Something else";

/** Answers the requests for titles; `count` is how many there were before. */
function answerTitles(answer: (count: number) => Step[]) {
  const requests: UpstreamRequest[] = [];
  let taken = 0;
  upstream.route((request) => {
    const said = JSON.stringify(request.body);
    if (!said.includes("<message>")) return undefined;
    if (said.includes(elsewhere)) return [text("Else")];
    requests.push(request);
    return answer(requests.length - 1);
  });
  return {
    requests,
    async next(): Promise<UpstreamRequest> {
      const index = taken++;
      await until(() => requests.length > index, "a request for a title");
      return requests[index]!;
    },
  };
}

/** Another session gets its title: whatever was asked for before has arrived. */
async function another(): Promise<void> {
  const list = await watchList();
  upstream.script([text("Yes.")]);
  const chat = send(elsewhere);
  await chat.ended;
  await list.until(titled(chat.sessionId, "Else"));
}

function windowOf({ body }: UpstreamRequest): unknown {
  return (body["options"] as { num_ctx?: number }).num_ctx;
}

async function sendNext(sessionId: string): Promise<void> {
  upstream.script([text("At once.")]);
  await send("And now?", { sessionId }).ended;
}

function rename(sessionId: string): Promise<unknown> {
  const body = JSON.stringify({ title: "Mine" });
  return rein.json(`/api/sessions/${sessionId}`, { method: "PATCH", body });
}

function put(path: string, body: object): Promise<unknown> {
  return rein.json(path, { method: "PUT", body: JSON.stringify(body) });
}

/** A list needs a connection too, and a title that would have to wait for one is given up. */
function untilModelsKnown(): Promise<void> {
  // It asks every service anew: a busy machine may have been too slow for the look-up before.
  const lookUp = () => put("/api/settings", {}) as Promise<Models>;
  return untilAsync(
    async () => (await lookUp()).providers.every(({ state }) => state !== "silent"),
    "the models of every provider",
  );
}

/** Every change of the list from now on. */
async function watchList(): Promise<Chat> {
  const list = new Chat((signal) => rein.fetch("/api/events", { signal }));
  scene.defer(() => list.hangUp());
  await list.response;
  return list;
}

function titled(id: string, title: string) {
  return (event: SessionEvent | ListEvent) =>
    event.type === "session-changed" && event.summary.id === id && event.summary.title === title;
}
