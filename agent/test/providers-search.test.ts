/** The search that a service has of its own: asked for where it has one, its pieces go back, and a refusal is remembered. */
import { expect, test } from "bun:test";
import type { Message } from "../shared/protocol";
import { createOpenAIChat } from "../server/providers/openai/openai-chat";
import type { Provider } from "../server/providers/provider";
import {
  ask,
  collect,
  collectFailure,
  finished,
  messageOf,
  type ProviderCase,
  providerCases,
  userMessage,
} from "./provider-wires";
import { upstreamScene } from "./upstream-scene";
import { failure, finish, other, type Step, text, toolCall } from "./upstream/upstream";

const live = new AbortController().signal;
const upstream = upstreamScene();
const [anthropic, openai, chat, gemini, ollama] = providerCases;

const searching = (model: string, ...messages: Message[]) => ({
  ...ask(model, ...messages),
  searches: true,
});

async function sent(provider: Provider, model: string, searches = true) {
  upstream.script([text("Hello."), finish("stop")]);
  const before = upstream.requests.length;
  await collect(provider.stream({ ...searching(model), searches }, live));
  return upstream.requests[before]!.body;
}

test("each service is asked for its own search beside the tools, and only when it is wanted", async () => {
  const has: [ProviderCase, model: string, string][] = [
    [anthropic, "claude-opus-5-5", '"web_search_20250305"'],
    [openai, "gpt-5.4", '{"type":"web_search"}'],
    [gemini, "gemini-3.1-pro", '"googleSearch":{}'],
  ];
  for (const [one, model, piece] of has) {
    const provider = one.create(upstream);
    const body = JSON.stringify(await sent(provider, model));
    expect(body).toContain(piece);
    expect(body).toContain('"bash"');
    expect(JSON.stringify(await sent(provider, model, false))).not.toContain(piece);
  }
  const body = await sent(gemini.create(upstream), "gemini-3.1-pro");
  expect(body).toMatchObject({ toolConfig: { includeServerSideToolInvocations: true } });
});

test("a service without one, and Gemini before 3, are not asked for it", async () => {
  for (const [one, model] of [
    [chat, "local-model"],
    [ollama, "usual:8b"],
    [gemini, "gemini-2.5-flash"],
  ] as const)
    expect(JSON.stringify(await sent(one.create(upstream), model))).not.toMatch(/search/i);
  const openrouter = createOpenAIChat({
    id: "openrouter",
    name: "OpenRouter",
    baseUrl: upstream.baseUrls["openai-chat"],
  });
  const { tools } = await sent(openrouter, "anthropic/claude-opus-5.5");
  expect(tools).toContainEqual({ type: "openrouter:web_search" });
});

test("what a search did goes back as it came, beside the call of a tool", async () => {
  const id = "srvtoolu_1";
  const ways: [ProviderCase, string, object[]][] = [
    [
      anthropic,
      "claude-opus-5-5",
      [
        { type: "server_tool_use", id, name: "web_search", input: { query: "rein" } },
        { type: "web_search_tool_result", tool_use_id: id, content: [] },
      ],
    ],
    [
      openai,
      "gpt-5.4",
      [{ type: "web_search_call", id: "ws_1", status: "completed", action: { query: "rein" } }],
    ],
    [
      gemini,
      "gemini-3.1-pro",
      [
        { toolCall: { id: "a", toolType: "GOOGLE_SEARCH_WEB", args: { queries: ["rein"] } } },
        { toolResponse: { id: "a", toolType: "GOOGLE_SEARCH_WEB", response: {} } },
      ],
    ],
  ];
  for (const [one, model, raws] of ways) {
    const provider = one.create(upstream);
    const steps: Step[] = raws.map((raw) => other({ ...raw }));
    upstream.script([...steps, text("Found."), toolCall("bash", { command: "ls" })]);
    const answer = messageOf(
      await collect(provider.stream(searching(model), live)),
      provider.id,
      model,
    );
    upstream.script([text("Done."), finish("stop")]);
    const back = searching(model, userMessage("Hi."), finished(answer));
    await collect(provider.stream(back, live));
    const { body, refusal } = upstream.requests.at(-1)!;
    expect(refusal).toBeUndefined();
    for (const raw of raws)
      expect(JSON.stringify(body)).toContain(JSON.stringify(raw).slice(1, -1));
  }
});

test("a model that refuses the search is asked again without, and then always without", async () => {
  for (const [one, model, message] of [
    [anthropic, "claude-opus-5-5", "tools.1: web_search_20250305 is not supported by this model"],
    [openai, "gpt-5.4", "Hosted tool 'web_search' is not supported with this model."],
    [gemini, "gemini-3.1-pro", "Google search tool is not enabled for this model."],
  ] as const) {
    const provider = one.create(upstream);
    upstream.script([failure("invalid-request", { message })]);
    const { error } = await collectFailure(provider.stream(searching(model), live));
    expect(error).toMatchObject({ code: "option-refused", retryable: true });
    expect((error as Error).message).toContain("search the web. It is asked again without.");
    expect(JSON.stringify(await sent(provider, model))).not.toMatch(/search/i);
  }
});

test("a refusal that names the conversation is none of the search", async () => {
  const provider = anthropic.create(upstream);
  const message = "messages.1.content.0: `web_search` tool use without a result";
  upstream.script([failure("invalid-request", { message })]);
  const { error } = await collectFailure(provider.stream(searching("claude-opus-5-5"), live));
  expect(error).toMatchObject({ refusesHistory: true });
  expect(JSON.stringify(await sent(provider, "claude-opus-5-5"))).toContain("web_search");
});
