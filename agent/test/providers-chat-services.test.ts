/** Behind each service that speaks Chat Completions the next request is accepted, whatever happened before it and whichever model wrote it. */
import { describe, expect, test } from "bun:test";
import type { Message } from "../shared/protocol";
import { usageOf } from "../server/providers/openai/chat-usage";
import { createOpenAIChat } from "../server/providers/openai/openai-chat";
import { rulesFor, serviceName, statesCost } from "../server/providers/openai/service-profiles";
import type { ModelEvent } from "../server/providers/provider";
import {
  ask,
  callsIn,
  collect,
  collectFailure,
  finished,
  interrupted,
  messageOf,
  stopped,
  userMessage,
} from "./provider-wires";
import { upstreamScene } from "./upstream-scene";
import { cut, hang, reasoning, type Step, text, toolCall, usage } from "./upstream/upstream";

const live = new AbortController().signal;

/** Each by its provider's id, or as the server behind an address that has no row. */
const services = [
  { id: "deepseek", model: "deepseek-reasoner" },
  { id: "moonshot", model: "kimi-k3" },
  { id: "mistral", model: "magistral-medium" },
  { id: "openai-chat", model: "devstral-small" },
  { id: "openai-chat", model: "deepseek-v4" },
  { id: "openai-chat", model: "kimi-k2.6" },
  { id: "groq", model: "llama-3.3-70b" },
  { id: "openrouter", model: "anthropic/claude-sonnet-5" },
  { id: "openrouter", model: "google/gemini-3-pro" },
  { id: "openai-chat", model: "gemini-3.1-pro" },
  { id: "openai-chat", model: "local-model" },
];

const sonar = { id: "perplexity", model: "sonar-pro" };

interface Service {
  id: string;
  model: string;
}

const rich: Step[] = [
  reasoning("Let me ", "look."),
  text("Two ", "files. "),
  toolCall("bash", { command: "ls -l" }),
  toolCall("bash", { command: "pwd" }),
];

const upstream = upstreamScene();

describe.each(services)("$model at $id", (service) => {
  test("takes back its own turn with tools, and after another turn it reads the same", async () => {
    const first = finished(await record(service, rich));
    await expectTaken(service, [first]);
    const before = sentMessages();
    const second = finished(await record(service, [reasoning("Hmm."), ...rich], [first]));
    await expectTaken(service, [first, userMessage("And?"), second]);
    expect(sentMessages().slice(0, before.length - 1)).toEqual(before.slice(0, -1));
  });

  test("takes the turn after a stop at any event", async () => {
    const { events } = await collectFailure(stream(service, [...rich, cut]));
    for (const index of events.keys()) {
      const message = messageOf(await abortedAt(service, index), service.id, service.model);
      await expectTaken(service, [interrupted(message)]);
    }
  });

  test("takes the turn after a stop in its tools, and a result without a message after it", async () => {
    const message = await record(service, rich);
    Object.assign(callsIn(message)[0]!, { state: "done", output: "a" });
    await expectTaken(service, [interrupted(message)]);
    const own = finished(await record(service, rich));
    upstream.script([text("Done.")]);
    await collect(provider(service).stream(ask(service.model, userMessage("Hi."), own), live));
    expect(upstream.requests.at(-1)!.refusal).toBeUndefined();
  });

  test("takes what any other one wrote, and its own turns again after that", async () => {
    for (const other of services) {
      const theirs = finished(await record(other, rich));
      const cut = interrupted(await record(other, [reasoning("Hmm."), text("I "), hang]));
      await expectTaken(service, [theirs, userMessage("Go on."), cut]);
      const own = finished(await record(service, rich));
      await expectTaken(service, [own, userMessage("Go on."), theirs, userMessage("And?"), own]);
    }
  });
});

test("a service without tools gets the calls of others as text, and no tools", async () => {
  for (const other of services) await expectTaken(sonar, [finished(await record(other, rich))]);
  expect(JSON.stringify(sentMessages())).toContain("(bash answered: a");
});

test.each([
  ["openrouter", "anthropic/claude-sonnet-5", 0.02],
  // Its fee, and what the other service charges.
  ["openrouter", "mine/claude-sonnet-5", 0.4],
  ["xai", "grok-4", 0.02],
  // The same answer of a server of which this is not known.
  ["openai-chat", "grok-4", undefined],
])("the cost that %s says of %s is read in dollars: %p", async (id, model, costUsd) => {
  const events = await collect(
    stream({ id, model }, [text("Hi."), usage(100, 20, { costUsd: 0.02 })]),
  );
  const counts = events.find(({ type }) => type === "usage");
  expect(counts).toMatchObject({ inputTokens: 100, outputTokens: 20 });
  expect((counts as { costUsd?: number }).costUsd).toBe(costUsd);
});

test("with a key of the user's own, a fee or a charge below zero is no cost", () => {
  const cost = (fee: number, charged: number) =>
    usageOf(
      {
        usage: {
          prompt_tokens: 100,
          completion_tokens: 20,
          cost: fee,
          is_byok: true,
          cost_details: { upstream_inference_cost: charged },
        },
      },
      "credits",
    )?.costUsd;
  expect(cost(0.1, 0.5)).toBe(0.6);
  expect(cost(-0.5, 0.6)).toBeUndefined();
  expect(cost(0.6, -0.5)).toBeUndefined();
});

test("the reasoning goes back where it came from: among the content, in pieces, in its field", async () => {
  const sent = async (id: string, model: string) => {
    const service = { id, model };
    await expectTaken(service, [finished(await record(service, rich))]);
    return sentMessages()[2];
  };
  expect(await sent("mistral", "magistral-medium")).toMatchObject({
    content: [
      { type: "thinking", thinking: [{ type: "text", text: "Let me look." }], closed: true },
      { type: "text", text: "Two files. " },
    ],
  });
  expect(await sent("openrouter", "anthropic/claude-sonnet-5")).toMatchObject({
    reasoning_details: [{ type: "reasoning.text", text: "Let me look.", index: 0 }],
  });
  expect(await sent("groq", "llama-3.3-70b")).toMatchObject({ reasoning: "Let me look." });
  expect(await sent("deepseek", "deepseek-chat")).toMatchObject({
    reasoning_content: "Let me look.",
  });
});

test("reasoning whose signature never came, as after a stop in the text, does not go back", async () => {
  const service = { id: "openrouter", model: "anthropic/claude-sonnet-5" };
  const message = finished(await record(service, [reasoning("Hmm."), text("I think ")]));
  const [thought] = message.parts;
  if (thought?.type !== "reasoning") throw new Error("The reasoning was lost.");
  const [detail] = thought.meta!["details"] as { signature?: string }[];
  expect(detail!.signature).toBeString();
  delete detail!.signature;
  await expectTaken(service, [interrupted(message)]);
  expect(sentMessages()[2]).not.toHaveProperty("reasoning_details");
});

test("an address alone gives its service's rules and its name, and a similar one does not", () => {
  const rulesAt = (url: string, model = "m") => rulesFor("openai-chat", url, model);
  expect(rulesAt("https://api.deepseek.com")).toMatchObject({ missingReasoning: "" });
  expect(rulesAt("https://eu.api.mistral.ai/v1")).toMatchObject({ callIds: "nine" });
  expect(rulesAt("https://api.mistral.ai.example.com/v1")).toEqual(rulesAt("http://localhost/v1"));
  expect(serviceName("openai-chat", "https://api.groq.com/openai/v1")).toBe("Groq");
  expect(serviceName("openai-chat", "http://localhost:8000/v1")).toBeUndefined();
  const vertex = "/v1/projects/p/locations/l/endpoints/openapi";
  for (const host of ["aiplatform.googleapis.com", "us-central1-aiplatform.googleapis.com"])
    expect(rulesAt(`https://${host}${vertex}`).missingSignature).toBe("extra_content");
  const states = (url: string) => statesCost("openai-chat", url);
  expect(states("https://openrouter.ai/api/v1")).toBe(true);
  expect(states("https://openrouter.ai.example.com/api/v1")).toBe(false);
  // A service with rules of its own decides, and not the model's name.
  expect(rulesAt("https://api.groq.com/openai/v1", "kimi-k2").missingReasoning).toBeUndefined();
  const routed = (model: string) => rulesAt("https://openrouter.ai/api/v1", model);
  expect(routed("moonshotai/kimi-k3").missingReasoning).toBe(" ");
  const signed = ["google/gemini-2.5-pro", "google/gemini-3-pro", "google/gemini-10-pro"].map(
    (model) => routed(model).missingSignature,
  );
  expect(signed).toEqual([undefined, "reasoning_details", "reasoning_details"]);
});

test("ids of nine characters are the same in every later request, and no two become the same", async () => {
  const service = { id: "mistral", model: "magistral-medium" };
  const calls = ["call_1", "abcdefghi", "call-2"].map((id) => toolCall("bash", {}, { id }));
  const message = finished(await record(service, calls));
  await expectTaken(service, [message]);
  const ids = idsIn(sentMessages());
  expect(ids).toHaveLength(3);
  expect(new Set(ids).size).toBe(3);
  expect(ids[1]).toBe("abcdefghi");
  // One that is what another one would become.
  const taken = finished(await record(service, [toolCall("bash", {}, { id: ids[0]! })]));
  await expectTaken(service, [message, userMessage("And?"), taken]);
  expect(idsIn(sentMessages()).slice(0, 3)).toEqual(ids);
  expect(new Set(idsIn(sentMessages())).size).toBe(4);
});

test("the conversation's name goes where the service looks for it, and nowhere else", async () => {
  const sent = async (id: string, model: string) => {
    await collect(stream({ id, model }, [text("Hi.")]));
    return upstream.requests.at(-1)!;
  };
  expect((await sent("mistral", "magistral-medium")).body["prompt_cache_key"]).toBe("session");
  expect((await sent("moonshot", "kimi-k3")).body["prompt_cache_key"]).toBe("session");
  expect((await sent("xai", "grok-4")).headers.get("x-grok-conv-id")).toBe("session");
  const routed = await sent("openrouter", "anthropic/claude-sonnet-5");
  expect(routed.body).toMatchObject({
    session_id: "session",
    cache_control: { type: "ephemeral" },
  });
  expect((await sent("openrouter", "openai/gpt-5.4")).body).not.toHaveProperty("cache_control");
  const plain = await sent("openai-chat", "local-model");
  expect(plain.body).not.toHaveProperty("prompt_cache_key");
  expect(plain.headers.get("x-grok-conv-id")).toBeNull();
});

function provider({ id }: Service) {
  const baseUrl = upstream.baseUrls["openai-chat"];
  return createOpenAIChat({ id, baseUrl, apiKey: "scripted-key", name: "The service" });
}

function stream(service: Service, steps: Step[], before: Message[] = [], signal = live) {
  upstream.script(steps);
  const request = ask(service.model, userMessage("Hello."), ...before);
  return provider(service).stream(request, signal);
}

/** The message that this service's answer makes; one that hangs is stopped. */
async function record(service: Service, steps: Step[], before: Message[] = []): Promise<Message> {
  const controller = new AbortController();
  const events: ModelEvent[] = [];
  const isCut = steps.includes(hang);
  try {
    for await (const event of stream(service, steps, before, controller.signal)) {
      events.push(event);
      if (isCut && event.type === "part-delta" && event.delta === "I ") controller.abort(stopped);
    }
  } catch (error) {
    if (error !== stopped) throw error;
  }
  return messageOf(events, service.id, service.model);
}

async function abortedAt(service: Service, index: number): Promise<ModelEvent[]> {
  const controller = new AbortController();
  const answer = stream(service, [...rich, hang], [], controller.signal);
  const events: ModelEvent[] = [];
  try {
    for await (const event of answer) {
      events.push(event);
      if (events.length > index) controller.abort(stopped);
    }
  } catch (error) {
    if (error !== stopped) throw error;
  }
  return events;
}

/** The next message gets its answer. */
async function expectTaken(service: Service, answers: Message[]): Promise<void> {
  upstream.script([text("Here I am.")]);
  const request = ask(service.model, userMessage("Hello."), ...answers, userMessage("Go on."));
  const answer = provider(service).stream(request, live);
  const events = await collect(answer);
  expect(upstream.requests.at(-1)!.refusal).toBeUndefined();
  expect(events.at(-1)).toEqual({ type: "finish", reason: "stop" });
}

function sentMessages(): object[] {
  return upstream.requests.at(-1)!.body["messages"] as object[];
}

function idsIn(messages: object[]): string[] {
  return (messages as { tool_calls?: { id: string }[] }[]).flatMap(({ tool_calls = [] }) =>
    tool_calls.map(({ id }) => id),
  );
}
