/** A fetch within a run: asked by host, stopped at once with a true receipt, and never taken for the user's words. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Approval, SessionEvent } from "../shared/protocol";
import { toolCallsOf } from "../shared/message-parts";
import { apiScene } from "./api-scene";
import { allowing, replyTo, told } from "./control-api";
import type { Chat } from "./rein";
import { text, toolCall } from "./upstream/upstream";
import { until } from "./within";

const model = { provider: "openai-chat", model: "scripted-model" };
const { upstream, rein, send, stop } = apiScene({
  request: model,
  settings: { web: { allowedPrivate: ["127.0.0.1"] } },
});

let site: ReturnType<typeof Bun.serve>;
let silent = { isAsked: false, isClosed: false };

beforeAll(() => {
  site = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    fetch(request) {
      const { pathname } = new URL(request.url);
      if (pathname !== "/silent") return new Response(`<h1>Page ${pathname}</h1>`, html);
      silent.isAsked = true;
      request.signal.addEventListener("abort", () => (silent.isClosed = true));
      return new Promise<Response>(() => undefined);
    },
  });
});

afterAll(() => site.stop(true));

const key = "key-that-stays-here";
const html = { headers: { "content-type": "text/html" } };
const fetching = (path: string) => toolCall("fetch", { url: site.url.origin + path });
const callsOf = (chat: Chat) => chat.session.messages.flatMap(toolCallsOf);

async function askedOf(chat: Chat): Promise<Approval> {
  const isAsked = (event: SessionEvent) => event.type === "approval-request";
  const event = await chat.until(isAsked);
  if (event.type !== "approval-request") throw new Error("no approval");
  return event.approval;
}

test("an always for the host covers its other pages, and what they say reaches the model as not the user's", async () => {
  upstream.script([fetching("/one")], [fetching("/two")], [text("Read.")]);
  const chat = send();
  const approval = await askedOf(chat);
  expect(approval).toMatchObject({ tool: "fetch", subject: `${site.url.origin}/one` });
  await replyTo(rein, approval, allowing(approval, "session"));
  await chat.ended;
  expect(chat.events.filter(({ type }) => type === "approval-request")).toHaveLength(1);
  expect(callsOf(chat).map(({ state }) => state)).toEqual(["done", "done"]);
  expect(told(upstream.requests[2])).toContain("It is not from the user");
  expect(told(upstream.requests[2])).toContain("# Page /two");
});

test("with everything allowed nothing is asked, but a private address stays refused", async () => {
  upstream.script([toolCall("fetch", { url: "http://[::1]:1/" })], [text("So be it.")]);
  const chat = send({ permissions: "all" });
  await chat.ended;
  expect(callsOf(chat)[0]).toMatchObject({
    state: "failed",
    error: expect.stringContaining("so nothing was requested"),
  });
});

test("a rule about a host that no address has is refused", async () => {
  for (const subject of ["https://example.com/", "EXAMPLE.com", "example.com."]) {
    const rule = { kind: "tool", match: "host", tool: "fetch", subject };
    const body = JSON.stringify({ effect: "deny", rule });
    const refused = await rein.fetch("/api/rules", { method: "POST", body });
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain("expected a host as addresses have it");
  }
});

test("a stop closes the connection of a fetch, is in the receipt, and the next message works", async () => {
  silent = { isAsked: false, isClosed: false };
  upstream.script([fetching("/silent")], [text("Next.")]);
  const chat = send({ permissions: "all" });
  await until(() => silent.isAsked, "the page is asked for");
  await stop(chat);
  await chat.ended;
  await until(() => silent.isClosed, "the connection is closed");
  expect(callsOf(chat)[0]).toMatchObject({ state: "stopped" });
  expect(chat.session.runs[0]).toMatchObject({ outcome: "stopped" });
  expect(JSON.stringify(chat.session.runs[0]!.receipt)).toContain("/silent");
  const next = send("Go on", { sessionId: chat.sessionId });
  await next.ended;
  expect(next.session.runs.at(-1)).toMatchObject({ outcome: "done" });
});

test("the model's own search is asked for once the settings choose it, and Rein's is offered no more", async () => {
  const own = { provider: "openai", model: "gpt-5.4" };
  const toolsOf = async (service: "provider" | "brave") => {
    const search = service === "brave" ? { service, apiKey: key } : { service };
    const saved = await rein.fetch("/api/settings", {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ web: { search } }),
    });
    expect(saved.status).toBe(200);
    upstream.reset();
    upstream.script([text("Hello.")]);
    await send("Hello", own).ended;
    const { tools } = upstream.requests[0]!.body as { tools: { type: string; name?: string }[] };
    return tools.map(({ type, name }) => name ?? type);
  };
  expect(await toolsOf("provider")).toContain("web_search");
  expect(await toolsOf("provider")).not.toContain("search");
  expect(await toolsOf("brave")).toContain("search");
  expect(await toolsOf("brave")).not.toContain("web_search");
});
