/** Nothing but the allowed requests of a turn reaches the provider, whatever a command that found the address may send. */
import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import {
  assert,
  constantFrom,
  dictionary,
  jsonValue,
  nat,
  oneof,
  property,
  string,
} from "fast-check";
import { gateBounds } from "../server/gate/gate-bounds";
import type { OpenGate } from "../server/gate/gate-types";
import { RequestScan } from "../server/gate/request-scan";
import { freeTurn, type GateScene, passedRequests, realKey, startGateScene } from "./gate-scene";
import { http, type RawUpstream, startRawUpstream } from "./upstream/raw-upstream";
import { until, within } from "./within";

const passed = () => passedRequests(upstream);
let upstream: RawUpstream;
let scene: GateScene;
beforeAll(() => {
  upstream = startRawUpstream();
  scene = startGateScene(upstream.url);
});
afterEach(() => {
  upstream.requests.length = 0;
  upstream.answer(() => http("{}", { headers: { "content-type": "application/json" } }));
});
afterAll(async () => {
  await scene[Symbol.asyncDispose]();
  upstream[Symbol.dispose]();
});

interface Sent {
  method?: string;
  path: string;
  version?: string;
  headers?: Record<string, string>;
  body?: string;
}

/** Sends exactly this, and resolves with what came back before the connection was closed. */
async function send({ address }: OpenGate, sent: Sent): Promise<string> {
  const { hostname, port, pathname } = new URL(address.url);
  const { method = "POST", version = "1.1", body = '{"model":"m"}' } = sent;
  const headers: Record<string, string> = {
    Host: `${hostname}:${port}`,
    Authorization: `Bearer ${address.token}`,
    "Content-Type": "application/json",
    "Content-Length": String(Buffer.byteLength(body)),
    Connection: "close",
    ...sent.headers,
  };
  const target = sent.path.replace("BASE", pathname.replace(/\/$/, ""));
  const lines = Object.entries(headers)
    .filter(([, value]) => value !== "")
    .map(([name, value]) => `${name}: ${value}\r\n`);
  return exchange(
    Number(port),
    `${method} ${target} HTTP/${version}\r\n${lines.join("")}\r\n${body}`,
  );
}

async function exchange(port: number, bytes: string): Promise<string> {
  let received = "";
  const closed = Promise.withResolvers<void>();
  await Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: {
      open: (socket) => void socket.write(bytes),
      data(socket, chunk) {
        received += Buffer.from(chunk).toString("latin1");
        // Refused in the middle of its body, or answered on a connection that stays.
        if (/\r\n\r\n/.test(received)) socket.end();
      },
      close: () => closed.resolve(),
      error: () => closed.resolve(),
    },
  });
  await within("the end of a raw request to the gate", closed.promise);
  return received;
}

const statusOf = (answer: string) => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0);

const responses = "BASE/responses";

/** Each with the right token unless it says otherwise. 200: it passes. 0: the connection is closed without a word. */
const requests: [what: string, sent: Sent, status: number][] = [
  ["an allowed request", { path: responses }, 200],
  ["a list of models", { method: "GET", path: "BASE/models", body: "" }, 200],
  ["a way around by dots", { path: "BASE/x/../responses" }, 200],
  ["no token", { path: responses, headers: { Authorization: "" } }, 401],
  ["a wrong token", { path: responses, headers: { Authorization: "Bearer rein-x" } }, 401],
  [
    "the real key as the token",
    { path: responses, headers: { Authorization: `Bearer ${realKey}` } },
    401,
  ],
  ["an empty token", { path: responses, headers: { Authorization: "Bearer " } }, 401],
  ["the address of another conversation", { path: "/AAAAAAAAAAAAAAAAAAAAAA/v1/responses" }, 404],
  ["no address", { path: "/v1/responses" }, 404],
  ["the root", { method: "GET", path: "/", body: "" }, 404],
  ["files", { path: "BASE/files" }, 404],
  ["batches", { path: "BASE/batches" }, 404],
  ["a stored answer", { method: "GET", path: "BASE/responses/resp_1", body: "" }, 404],
  ["another wire's path", { path: "BASE/messages" }, 404],
  ["another version", { path: "BASE/../v2/responses" }, 404],
  ["dots out of the base", { path: "BASE/../../v1/responses" }, 404],
  ["encoded dots", { path: "BASE/%2e%2e/%2e%2e/admin" }, 404],
  ["encoded slashes", { method: "GET", path: "BASE/models/..%2f..%2fadmin", body: "" }, 404],
  ["a backslash", { method: "GET", path: "BASE/models/..\\..\\admin", body: "" }, 404],
  ["a doubled slash", { path: "/BASE/responses" }, 404],
  ["a longer path", { path: "BASE/responses/x" }, 404],
  ["an address of elsewhere in the request line", { path: "http://127.0.0.1:1/v1/responses" }, 404],
  ["another method", { method: "DELETE", path: "BASE/models/m", body: "" }, 404],
  ["a HEAD", { method: "HEAD", path: "BASE/models", body: "" }, 404],
  ["a made-up method", { method: "FETCH", path: responses }, 0],
  ["a page of a browser", { path: responses, headers: { Origin: "http://evil.example" } }, 403],
  ["a page without an origin", { path: responses, headers: { Origin: "null" } }, 403],
  ["a link in a page", { path: responses, headers: { "Sec-Fetch-Site": "cross-site" } }, 403],
  ["a name that leads here", { path: responses, headers: { Host: "evil.example" } }, 403],
  ["localhost", { path: responses, headers: { Host: "localhost" } }, 403],
  ["HTTP/1.0 without a host", { path: responses, version: "1.0", headers: { Host: "" } }, 403],
  ["a form", { path: responses, headers: { "Content-Type": "text/plain" } }, 415],
  [
    "another character set",
    { path: responses, headers: { "Content-Type": "application/json; charset=utf-7" } },
    415,
  ],
  ["an unheard-of compression", { path: responses, headers: { "Content-Encoding": "x" } }, 415],
  ["broken compression", { path: responses, headers: { "Content-Encoding": "gzip" } }, 400],
  ["no JSON", { path: responses, body: "hello" }, 400],
  ["half a JSON", { path: responses, body: '{"model":"m"' }, 400],
  ["two objects", { path: responses, body: '{"model":"m"}{}' }, 400],
  ["a list", { path: responses, body: '[{"model":"m"}]' }, 400],
  ["nothing", { path: responses, body: "" }, 400],
  [
    "an answer in the background",
    { path: responses, body: '{"model":"m","background":true}' },
    400,
  ],
  ["the same, hidden", { path: responses, body: '{"Backgr\\u006fund": 1, "model":"m"}' }, 400],
  ["the same twice", { path: responses, body: '{"background":true,"background":false}' }, 400],
  ["two models", { path: responses, body: '{"model":"dear","model":"cheap"}' }, 400],
  ["two models, of two cases", { path: responses, body: '{"model":"dear","MODEL":"cheap"}' }, 400],
  ["a model that is no text", { path: responses, body: '{"model":["dear"]}' }, 400],
  [
    "a model of too many characters",
    { path: responses, body: `{"model":"${String.raw`\u0061`.repeat(60)}"}` },
    400,
  ],
  ["an object that a list's bracket closes", { path: responses, body: '{"model":"m"]' }, 400],
  ["the same within it", { path: responses, body: '{"model":"m","x":{"y":[1}]}' }, 400],
  [
    "too much nesting",
    { path: responses, body: `{"model":"m","x":${"[".repeat(1000)}${"]".repeat(1000)}}` },
    400,
  ],
  [
    "other fields twice",
    { path: responses, body: '{"model":"m","x":{"model":"n"},"x":[{"model":1}]}' },
    200,
  ],
  ["a large header", { path: responses, headers: { "X-Large": "a".repeat(200_000) } }, 431],
  ["two lengths", { path: responses, headers: { "Transfer-Encoding": "chunked" } }, 400],
];

test.each(requests)("%s", async (_, sent, status) => {
  upstream.answer(() => http("{}", { headers: { "content-type": "application/json" } }));
  const turn = freeTurn();
  const gate = scene.open("openai", turn);
  const answer = await send(gate, sent);
  expect(statusOf(answer)).toBe(status);
  expect(answer).not.toContain(realKey);
  expect(answer).not.toContain(gate.address.token);
  expect(passed().map(({ line }) => line)).toEqual(
    status === 200 ? [sent.method === "GET" ? "GET /v1/models" : "POST /v1/responses"] : [],
  );
  gate.close();
});

test("no connection waits for a next request: its descriptor is one of those that Rein's own page needs", async () => {
  const gate = scene.open("openai");
  for (const [sent, status] of [
    [{ path: responses }, 200],
    [{ method: "GET", path: "BASE/models", body: "" }, 200],
    [{ path: "BASE/files" }, 404],
  ] as const) {
    const answer = await send(gate, { ...sent, headers: { Connection: "keep-alive" } });
    expect(statusOf(answer)).toBe(status);
    expect(answer.toLowerCase()).toContain("connection: close");
  }
  gate.close();
});

test("nothing passes before a turn, after its end, after a cut, and with the token of a closed conversation", async () => {
  const gate = scene.gate.open("openai");
  const other = scene.open("openai");
  const ask = async () => statusOf(await send(gate, { path: responses }));
  expect(await ask()).toBe(400);
  gate.setTurn(freeTurn());
  expect(await ask()).toBe(200);
  gate.cut();
  expect(await ask()).toBe(400);
  expect(statusOf(await send(gate, { method: "GET", path: "BASE/models", body: "" }))).toBe(400);
  gate.setTurn(freeTurn());
  expect(await ask()).toBe(200);
  gate.setTurn(undefined);
  expect(await ask()).toBe(400);
  gate.setTurn(freeTurn());
  gate.close();
  expect(await ask()).toBe(404);
  // The token opens no other conversation.
  const { address } = gate;
  const swapped = { ...other, address: { ...other.address, token: address.token } };
  expect(statusOf(await send(swapped, { path: responses }))).toBe(401);
  expect(passed()).toHaveLength(2);
  other.close();
});

test("too many requests at once are refused, and a cut ends all that wait, also those whose body never ends", async () => {
  const gate = scene.open("openai");
  const { port, pathname } = new URL(gate.address.url);
  const head = `POST ${pathname}/responses HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\nx-api-key: ${gate.address.token}\r\nContent-Length: 1000\r\n\r\n{`;
  const slow = Array.from({ length: gateBounds.requests }, () => exchange(Number(port), head));
  // Refused as soon as the others are there.
  let status = 0;
  do status = statusOf(await send(gate, { path: responses }));
  while (status === 200);
  expect(status).toBe(429);
  const sent = passed().length;
  gate.cut();
  const answers = await Promise.all(slow);
  expect(answers.map(statusOf)).toEqual(slow.map(() => 400));
  expect(passed()).toHaveLength(sent);
  gate.close();
});

test("a body beyond the bound is refused, and more than the bound of all is not held", async () => {
  const gate = scene.open("openai");
  const { url, token } = gate.address;
  const post = (body: ReadableStream | string) =>
    fetch(`${url}/responses`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-api-key": token },
      body,
    }).then(
      ({ status }) => status,
      () => 0,
    );
  let bytes = 0;
  const endless = new ReadableStream({
    pull(own) {
      bytes += 1_000_000;
      own.enqueue(Buffer.alloc(1_000_000, " "));
      if (bytes > 2 * gateBounds.bodyBytes) own.close();
    },
  });
  // Refused, or closed in the middle.
  expect([413, 0]).toContain(await post(endless));
  const whole = `{"model":"m","x":"${"a".repeat(gateBounds.bodyBytes - 100)}"}`;
  const count = Math.floor(gateBounds.heldBytes / whole.length);
  let waiting = 0;
  const hold = () => (waiting++, new Promise<never>(() => {}));
  gate.setTurn(freeTurn({ beforeRequest: hold }));
  const held = Array.from({ length: count }, () => post(whole));
  await until(() => waiting === count);
  expect(await post(whole)).toBe(429);
  gate.cut();
  expect(await Promise.all(held)).toEqual(held.map(() => 400));
  gate.close();
});

test("what is read of a request is what a parser reads, however its bytes are cut", () => {
  const value = oneof(string({ unit: "binary" }), jsonValue(), constantFrom(true, false, null));
  const name = oneof(constantFrom("model", "background", "service_tier"), string());
  assert(
    property(dictionary(name, value), nat(), nat(4), (body, size, indent) => {
      const bytes = Buffer.from(JSON.stringify(body, null, indent));
      const scan = new RequestScan();
      const step = 1 + (size % 50);
      for (let at = 0; at < bytes.length; at += step) scan.add(bytes.subarray(at, at + step));
      const read = JSON.parse(bytes.toString()) as Record<string, unknown>;
      const short = (one: unknown) =>
        typeof one === "string" && JSON.stringify(one).length < 100 ? one : undefined;
      const facts = scan.end();
      if (facts === undefined) {
        expect("model" in read && short(read["model"]) === undefined).toBe(true);
        return;
      }
      expect(facts.isBackground).toBe(
        ![undefined, null, false].includes(read["background"] as null),
      );
      if (short(read["model"]) !== undefined) expect(facts.model).toBe(short(read["model"]));
      if (short(read["service_tier"]) !== undefined)
        expect(facts.serviceTier).toBe(short(read["service_tier"]));
    }),
  );
});
