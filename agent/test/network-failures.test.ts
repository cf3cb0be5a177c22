/** The way to a service: each failure of certificates, names, proxies and addresses says what to do, and no request is sent twice. */
import { afterAll, describe, expect, test } from "bun:test";
import { createServer, type Server, type Socket } from "node:net";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { toProviderError } from "../server/providers/provider-errors";
import type { ProviderError } from "../server/providers/provider";
import { makeOpenAIClient } from "../server/providers/openai/openai-client";
import { bounds } from "../server/providers/bounds";
import { ask, collect, collectFailure, type ProviderCase, providerCases } from "./provider-wires";
import { startUpstream, text, type Upstream } from "./upstream/upstream";

const live = new AbortController().signal;
const servers: Server[] = [];
afterAll(() => servers.forEach((server) => server.close()));

/** What Bun's fetch throws, as it was seen to throw it: its code and message. */
const thrown: [
  what: string,
  code: string,
  message: string,
  says: RegExp,
  ends: string,
  retryable: boolean,
][] = [
  [
    "a self-signed certificate",
    "DEPTH_ZERO_SELF_SIGNED_CERT",
    "self signed certificate",
    /NODE_EXTRA_CA_CERTS/,
    "certificate",
    false,
  ],
  [
    "a certificate of an unknown issuer",
    "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
    "unable to get local issuer certificate",
    /NODE_EXTRA_CA_CERTS/,
    "certificate",
    false,
  ],
  [
    "an expired certificate",
    "CERT_HAS_EXPIRED",
    "certificate has expired",
    /clock/,
    "certificate",
    false,
  ],
  [
    "a certificate for another name",
    "ERR_TLS_CERT_ALTNAME_INVALID",
    "ERR_TLS_CERT_ALTNAME_INVALID fetching",
    /another name/,
    "certificate",
    false,
  ],
  [
    "HTTP where HTTPS was expected",
    "EPROTO",
    "EPROTO: The TLS handshake failed.",
    /http:\/\//,
    "certificate",
    false,
  ],
  [
    "a name that is not known",
    "ENOTFOUND",
    "getaddrinfo ENOTFOUND api.service.test",
    /DNS/,
    "network",
    true,
  ],
  [
    "a proxy's name that is not known",
    "ENOTFOUND",
    "getaddrinfo ENOTFOUND proxy.test",
    /HTTPS_PROXY/,
    "network",
    true,
  ],
  [
    "nothing that listens",
    "ECONNREFUSED",
    "ECONNREFUSED: Unable to connect.",
    /is the server running/,
    "network",
    true,
  ],
  [
    "a network that is gone",
    "EHOSTUNREACH",
    "EHOSTUNREACH: Unable to connect.",
    /VPN/,
    "network",
    true,
  ],
  [
    "a connection that was reset",
    "ECONNRESET",
    "ECONNRESET: The socket connection was closed",
    /closed before an answer came/,
    "network",
    true,
  ],
  ["a time-out", "ETIMEDOUT", "ETIMEDOUT", /did not answer in time/, "timeout", true],
  [
    "a proxy that asks for a password",
    "ERR_PROXY_TUNNEL",
    "Proxy refused to open a tunnel: 407 Proxy Authentication Required",
    /name and a password into HTTPS_PROXY/,
    "proxy",
    false,
  ],
  [
    "a proxy that does not let it through",
    "ERR_PROXY_TUNNEL",
    "Proxy refused to open a tunnel: 403 Forbidden",
    /HTTPS_PROXY .*403 Forbidden/,
    "proxy",
    false,
  ],
  [
    "a proxy that fails",
    "ERR_PROXY_TUNNEL",
    "Proxy refused to open a tunnel: 502 Bad Gateway",
    /502 Bad Gateway/,
    "network",
    true,
  ],
  [
    "no web address",
    "ERR_INVALID_URL",
    "fetch() URL is invalid",
    /no web address/,
    "not-configured",
    false,
  ],
];

test.each(thrown)("%s is named, with what to do", (_what, code, message, says, ends, retryable) => {
  const service = { name: "The server", baseUrl: "https://api.service.test/v1" };
  const cause = Object.assign(new TypeError(message), { code });
  // Two of the SDKs wrap it.
  for (const error of [cause, Object.assign(new Error("Connection error.", { cause }))]) {
    const made = toProviderError(error, service, false)!;
    expect(made).toMatchObject({ code: ends, retryable, refusesHistory: false });
    expect(made.message).toMatch(says);
    expect(made.message).not.toMatch(/undefined|verbose/);
  }
});

describe.each(providerCases)("on the wire of $wire", (one) => {
  test("a request that the server reads and drops is sent once, and the connection's end is named", async () => {
    let requests = 0;
    const url = await listen((socket) => {
      socket.once("data", (head) => {
        if (!isWindowLookUp(head.toString("latin1"))) requests++;
        socket.resetAndDestroy();
      });
    });
    const { error } = await fail(one, url);
    expect(error).toMatchObject({ code: "network", retryable: true });
    expect(error.message).toContain(url);
    expect(requests).toBe(1);
  });

  test("a request that the server refuses for a moment is sent once", async () => {
    for (const status of [408, 409, 429, 500, 503, 529]) {
      let requests = 0;
      using server = Bun.serve({
        port: 0,
        hostname: "127.0.0.1",
        fetch(request) {
          if (!isWindowLookUp(request.url)) requests++;
          return new Response("{}", { status, headers: { "x-should-retry": "true" } });
        },
      });
      await fail(one, `http://127.0.0.1:${server.port}`);
      expect(requests).toBe(1);
    }
  });

  test("the service is told no other limit than Rein's own", async () => {
    const upstream = startUpstream();
    upstream.script([text("Hi.")]);
    await collect(one.create(upstream).stream(ask(one.models[0]!), live));
    const { headers } = upstream.requests[0]!;
    const expected = one.wire === "anthropic" ? String(bounds.headersMs / 1000) : null;
    expect(headers.get("x-stainless-timeout") ?? headers.get("x-server-timeout")).toBe(expected);
    await upstream.close();
  });
});

test("the limit of OpenAI's SDK until the first byte is Rein's own, and it sends nothing again", () => {
  const client = makeOpenAIClient({ apiKey: "key", baseUrl: "http://127.0.0.1" });
  expect(client).toMatchObject({ timeout: bounds.headersMs, maxRetries: 0 });
});

async function listen(onConnect: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    onConnect(socket);
  });
  servers.push(server.listen(0, "127.0.0.1"));
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function fail(one: ProviderCase, url: string) {
  const baseUrls = { anthropic: url, openai: url, "openai-chat": url, gemini: url, ollama: url };
  const upstream: Pick<Upstream, "baseUrls"> = { baseUrls };
  const { error } = await collectFailure(one.create(upstream).stream(ask(one.models[0]!), live));
  return { error: error as ProviderError };
}

/** Ollama is asked for the window of a model before the first answer. */
function isWindowLookUp(text: string): boolean {
  return /\/api\/(show|ps)\b/.test(text);
}
