/** The search tool and its settings: each service as it is asked, what it says, and a key that never leaves the server. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Models } from "../shared/protocol";
import type { WebSettings } from "../shared/requests";
import { createSearch } from "../server/tools/web/search";
import { ToolError } from "../server/tools/tool";
import { startRein } from "./rein";
import { Caller, ToolBench } from "./tools-bench";
import { until } from "./within";

let service: ReturnType<typeof Bun.serve>;
let reply: (request: Request) => Response | Promise<Response>;
let asked: Request[] = [];
let bodies: string[] = [];
let bench: ToolBench;

beforeAll(() => {
  service = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    async fetch(request) {
      asked.push(request);
      bodies.push(await request.clone().text());
      return reply(request);
    },
  });
  bench = new ToolBench();
});

afterAll(async () => {
  bench[Symbol.dispose]();
  await service.stop(true);
});

const key = "key-that-stays-here";
const address = () => service.url.origin;

function caller(search: WebSettings["search"]): Caller {
  asked = [];
  bodies = [];
  const urls = { brave: `${address()}/brave`, tavily: `${address()}/tavily` };
  return new Caller(
    [createSearch({ web: () => ({ allowedPrivate: [], search }), urls })],
    bench.context,
  );
}

const found = { title: "A <b>title</b>", url: "https://a.test/", content: "Some\ntext" };

test("Brave, Tavily and SearXNG are asked in their own ways, and their results are marked as the web's", async () => {
  const ways = [
    {
      search: { service: "brave", apiKey: key } as const,
      answer: { web: { results: [{ ...found, description: found.content }] } },
    },
    { search: { service: "tavily", apiKey: key } as const, answer: { results: [found] } },
    {
      search: { service: "searxng", url: `${address()}/sx/` } as const,
      answer: { results: [found, { ...found, title: null }] },
    },
  ];
  const paths = [];
  for (const { search, answer } of ways) {
    reply = () => Response.json(answer);
    const { text } = await caller(search).call("search", { query: "a b", count: 1 });
    expect(text).toContain("\n1. A title\nhttps://a.test/\nSome text\nEND ");
    expect(text).toContain("1 results\nUp to “END ");
    expect(text).not.toContain(key);
    paths.push(new URL(asked[0]!.url).pathname + new URL(asked[0]!.url).search);
    if (search.service === "brave") expect(asked[0]!.headers.get("x-subscription-token")).toBe(key);
    if (search.service === "tavily") {
      expect(asked[0]!.headers.get("authorization")).toBe(`Bearer ${key}`);
      expect(JSON.parse(bodies[0]!)).toEqual({ query: "a b", max_results: 1 });
    }
  }
  expect(paths).toEqual(["/brave?q=a+b&count=1", "/tavily", "/sx/search?q=a+b&format=json"]);
});

test("what a service refuses or answers instead of results is said without the key", async () => {
  const failure = async (answer: () => Response) => {
    reply = answer;
    const error = await caller({ service: "brave", apiKey: key }).failure("search", { query: "q" });
    expect(error).toBeInstanceOf(ToolError);
    expect((error as Error).message).not.toContain(key);
    return (error as Error).message;
  };
  expect(await failure(() => new Response(key, { status: 401 }))).toContain(
    "does not accept the key",
  );
  expect(await failure(() => new Response("", { status: 429 }))).toContain("no more searches");
  expect(await failure(() => new Response("<html>"))).toContain("no list of results");
  const packed = { headers: { "content-encoding": "gzip" } };
  expect(await failure(() => new Response("no gzip", packed))).toContain("content is damaged (");
  for (const [status, words] of [
    [302, "redirects to another address (302)"],
    [432, "takes no more searches"],
  ] as const)
    expect(await failure(() => new Response("", { status }))).toContain(words);
  reply = () => Response.json({ web: { results: [] } });
  const { text } = await caller({ service: "brave", apiKey: key }).call("search", { query: "q" });
  expect(text).toBe("[no results]");
  const results = [
    null,
    7,
    { title: `A &amp; <strong>B&#x27;s</strong> ${key}`, url: `https://a.test/?${key}` },
  ];
  reply = () => Response.json({ web: { results } });
  const odd = await caller({ service: "brave", apiKey: key }).call("search", { query: "q" });
  expect(odd.text).toContain("1 results\n");
  expect(odd.text).toContain("\n1. A & B's …\nhttps://a.test/?…\n");
});

test("a stop during a search ends the call with its reason and closes the connection", async () => {
  let isClosed = false;
  reply = (request) => {
    request.signal.addEventListener("abort", () => (isClosed = true));
    return new Promise<Response>(() => undefined);
  };
  const one = caller({ service: "tavily", apiKey: key });
  const failed = one.failure("search", { query: "q" });
  await until(() => asked.length === 1, "it has asked");
  one.controller.abort("stop");
  expect(await failed).toBe("stop");
  await until(() => isClosed, "the connection is closed");
});

test("a search is asked about by its query, and offered only where a service is set up", async () => {
  const one = caller({ service: "tavily", apiKey: key });
  expect(await one.permission("search", { query: " words " })).toMatchObject({
    kind: "tool",
    tool: "search",
    subject: "words",
  });
  expect(one.tools[0]!.isOffered?.()).toBe(true);
  expect(caller(undefined).tools[0]!.isOffered?.()).toBe(false);
});

test("the settings keep a key while its service stays, show none, and test what is saved", async () => {
  await using rein = await startRein();
  const save = async (web: object, status = 200) => {
    const response = await rein.fetch("/api/settings", {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ web }),
    });
    const text = await response.text();
    expect(response.status).toBe(status);
    expect(text).not.toContain(key);
    return text;
  };
  const web = async () => (await rein.json<Models>("/api/models")).web;
  expect(await web()).toEqual({ allowedPrivate: [] });
  expect(await save({ search: { service: "brave" } }, 400)).toContain("needs a key");
  await save({ search: { service: "brave", apiKey: "schlüssel" } }, 400);
  await save({ search: { service: "brave", apiKey: key } });
  await save({ search: { service: "brave" }, allowedPrivate: ["LocalHost:8080", "[::1]"] });
  expect(await web()).toEqual({
    search: { service: "brave" },
    allowedPrivate: ["localhost:8080", "[::1]"],
  });
  const file = () => readFileSync(join(rein.dataDir, "settings.json"), "utf8");
  expect(file()).toContain(key);
  await save({ search: { service: "searxng", url: "http://u:p@a.test" } }, 400);
  await save({ allowedPrivate: ["http://a.test/"] }, 400);
  await save({ search: { service: "searxng", url: address() } });
  expect(file()).not.toContain(key);
  reply = () => Response.json({ results: [found, found] });
  const tested = async () =>
    (await rein.fetch("/api/search/test", { method: "POST" })).json() as Promise<unknown>;
  expect(await tested()).toEqual({ results: 2 });
  reply = () => new Response("", { status: 403 });
  expect(await tested()).toMatchObject({
    results: 0,
    reason: expect.stringContaining("settings.yml"),
  });
  await save({ search: { service: "provider" } });
  expect((await web()).search).toEqual({ service: "provider" });
  expect(await tested()).toMatchObject({
    results: 0,
    reason: expect.stringContaining("own service"),
  });
  await save({ search: { service: "provider", apiKey: key } }, 400);
  await save({ search: { service: "tavily", apiKey: key } });
  await save({ search: null });
  expect(await tested()).toEqual({ results: 0, reason: "No search service is set up." });
  for (const name of readdirSync(rein.dataDir).filter((one) => one.endsWith(".log")))
    expect(readFileSync(join(rein.dataDir, name), "utf8")).not.toContain(key);
});
