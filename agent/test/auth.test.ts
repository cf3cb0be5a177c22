/** Only a request with a credential, from this origin and to a known host, reaches the API. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { request } from "node:http";
import { everyServerIsNode } from "./given-cluster";
import { rejectionOf } from "./provider-wires";
import { type Rein, startRein } from "./rein";

let rein: Rein;
beforeAll(async () => {
  rein = await startRein();
});
afterAll(() => rein[Symbol.asyncDispose]());

const routes: [string, string][] = [
  ["GET", "/metrics"],
  ["GET", "/api/sessions"],
  ["GET", "/api/sessions/x"],
  ["GET", "/api/sessions/x/events"],
  ["GET", "/api/events"],
  ["GET", "/api/models"],
  ["GET", "/api/sign-ins"],
  ["GET", "/api/sign-in"],
  ["GET", "/api/nothing"],
  ["POST", "/"],
  ["POST", "/api/health/"],
  ["POST", "/api/chat"],
  ["POST", "/api/stop"],
  ["POST", "/api/sign-ins/token"],
  ["POST", "/api/sessions/x/stop"],
  ["POST", "/api/approvals/x"],
  ["PUT", "/api/settings"],
  ["POST", "/api/providers/openai/test"],
  ["PATCH", "/api/sessions/x"],
  ["DELETE", "/api/sessions/x"],
  ["DELETE", "/api/sign-ins"],
];

test("every route but the page, the health and the sign-in requires a credential, in the header alone", async () => {
  const { token } = rein;
  const port = new URL(rein.url).port;
  const presented: Record<string, string>[] = [
    {},
    { Authorization: token },
    { Authorization: `Basic ${btoa(`rein:${token}`)}` },
    { Cookie: `rein_${port}=${token}; token=${token}` },
  ];
  for (const [method, path] of routes)
    for (const headers of presented)
      for (const address of [path, `${path}?token=${token}`]) {
        const { status } = await fetch(rein.url + address, { method, headers });
        expect([method, address, headers, status]).toEqual([method, address, headers, 401]);
      }
  for (const path of ["/", "/s/anything", "/api/health"])
    expect([path, (await fetch(rein.url + path)).status]).toEqual([path, 200]);
});

test("the health names the version and the capabilities, and nothing else", async () => {
  const answer = await (await fetch(`${rein.url}/api/health`)).json();
  const { cluster, ...health } = answer as { cluster?: object };
  expect(Object.keys(health).toSorted()).toEqual(["processes", "sandboxed", "status", "version"]);
  // The others look there whether a node lives, and since which start.
  const node = {
    node: "only",
    boot: expect.any(String),
    database: expect.stringMatching(/^(joined|gone)$/),
  };
  expect(cluster).toEqual(everyServerIsNode ? node : undefined);
  expect(JSON.stringify(answer)).not.toContain(rein.dataDir);
});

test("the whole script token is compared", async () => {
  const { token } = rein;
  const other = token.startsWith("x") ? "y" : "x";
  for (const [title, value, status] of [
    ["the token", token, 200],
    ["a prefix", token.slice(0, -1), 401],
    ["a suffix", token.slice(1), 401],
    ["an extension", `${token}x`, 401],
    ["another of its length", other + token.slice(1), 401],
    ["nothing", "", 401],
  ] as const) {
    const headers = { Authorization: `Bearer ${value}` };
    const { status: answered } = await fetch(`${rein.url}/api/sessions`, { headers });
    expect([title, answered]).toEqual([title, status]);
  }
});

test("the cookie of an earlier version is removed, and no answer sets another", async () => {
  const name = `rein_${new URL(rein.url).port}`;
  const old = await fetch(rein.url, { headers: { Cookie: `${name}=x; rein_1=y` } });
  expect(old.headers.getSetCookie()).toEqual([`${name}=; Max-Age=0; Path=/`]);
  const { token } = await rein.json<{ token: string }>("/api/sign-ins/token", { method: "POST" });
  const signedIn = await signIn(token);
  expect([signedIn.status, signedIn.headers.getSetCookie()]).toEqual([200, []]);
});

test("an unknown host name is refused (DNS rebinding), even with the token", async () => {
  expect(await statusWith({ Host: "evil.example:3000" })).toBe(403);
  expect(await statusWith({ Host: "evil.example" }, "/api/health")).toBe(403);
  expect(await statusWith({ Host: "localhost:1234" })).toBe(200);
});

test("a request that the browser marks as another site's is refused, even with the token", async () => {
  const { host } = new URL(rein.url);
  for (const [site, status] of [
    ["cross-site", 403],
    ["same-site", 403],
    ["anything", 403],
    ["same-origin", 200],
    ["none", 200],
  ] as const)
    expect([site, await statusWith({ Host: host, "Sec-Fetch-Site": site })]).toEqual([
      site,
      status,
    ]);
  // A link elsewhere may lead to the page, which holds no data.
  expect(await statusWith({ Host: host, "Sec-Fetch-Site": "cross-site" }, "/")).toBe(200);
});

test("a request from another origin is refused, even with the token, and no response has CORS headers that allow it", async () => {
  const { host } = new URL(rein.url);
  expect(await statusWith({ Host: host, Origin: "http://evil.example" })).toBe(403);
  expect(await statusWith({ Host: host, Origin: "null" })).toBe(403);
  expect(await statusWith({ Host: host, Origin: `http://${host}` })).toBe(200);
  const response = await rein.fetch("/api/sessions", { headers: { Origin: rein.url } });
  expect(response.headers.get("access-control-allow-origin")).toBeNull();
});

// The token of a node is made of the key of its cluster.
const alone = everyServerIsNode ? " (skipped: every server is a node, which has one)" : "";
test.skipIf(everyServerIsNode)(
  `the server refuses to listen beyond this machine without a configured token${alone}`,
  async () => {
    const started = startRein({ environment: { HOST: "0.0.0.0" } });
    expect(String(await rejectionOf(started))).toContain("set REIN_TOKEN");
  },
);

test("a configured token that is too short is refused", async () => {
  const started = startRein({ environment: { REIN_TOKEN: "secret" } });
  expect(String(await rejectionOf(started))).toContain("at least 16 characters");
});

test("a requested port that is in use is a clear error", async () => {
  const { port } = new URL(rein.url);
  const started = startRein({ environment: { PORT: port } });
  expect(String(await rejectionOf(started))).toContain(`Port ${port} is taken`);
});

test("the page has a content security policy that forbids inline scripts", async () => {
  const response = await rein.fetch("/");
  const policy = response.headers.get("content-security-policy")!;
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'self'");
  expect(policy).not.toContain("unsafe");
  // No frame leads away from this server.
  expect(policy).toContain("frame-src 'self'");
});

test("the document that draws diagrams has no origin and no network, and is framed by this server only", async () => {
  const response = await rein.fetch("/assets/diagram-1.html");
  const policy = response.headers.get("content-security-policy")!.split("; ");
  for (const one of ["sandbox allow-scripts", "default-src 'none'", "frame-ancestors 'self'"])
    expect(policy).toContain(one);
  expect(policy.join()).not.toMatch(/http|\*|-src 'self'/);
});

test("a path that leads out of the page's folder is answered with the page", async () => {
  expect(await textOf("/../../../package.json")).toContain("<!doctype html>");
  expect(await textOf("/%2e%2e/%2e%2e/package.json")).toContain("<!doctype html>");
  expect(await textOf("/..%2f..%2fpackage.json")).toContain("<!doctype html>");
});

function signIn(token: string): Promise<Response> {
  return fetch(`${rein.url}/api/sign-in`, { method: "POST", body: JSON.stringify({ token }) });
}

async function statusWith(
  headers: Record<string, string>,
  path = "/api/sessions",
): Promise<number> {
  return (await raw(path, headers)).status;
}

async function textOf(path: string): Promise<string> {
  return (await raw(path, {})).text.toLowerCase();
}

/** node's client sends the path and the Host header unchanged; fetch would normalise both. */
function raw(path: string, headers: Record<string, string>) {
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const { hostname, port } = new URL(rein.url);
    const authorization = `Bearer ${rein.token}`;
    const call = request(
      { hostname, port, path, headers: { Authorization: authorization, ...headers } },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (piece: string) => (text += piece));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
      },
    );
    call.on("error", reject);
    call.end();
  });
}
