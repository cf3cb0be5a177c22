/** Only a request with the token, from this origin and to a known host, reaches the API. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { request } from "node:http";
import { launchBrowser, openPage } from "./browser";
import { rejectionOf } from "./provider-wires";
import { type Rein, startRein } from "./rein";

let rein: Rein;
beforeAll(async () => {
  rein = await startRein();
});
afterAll(() => rein[Symbol.asyncDispose]());

const routes: [string, string][] = [
  ["GET", "/"],
  ["GET", "/assets/anything.js"],
  ["GET", "/metrics"],
  ["GET", "/api/sessions"],
  ["GET", "/api/sessions/x"],
  ["GET", "/api/sessions/x/events"],
  ["GET", "/api/events"],
  ["GET", "/api/models"],
  ["POST", "/api/chat"],
  ["POST", "/api/stop"],
  ["POST", "/api/sessions/x/stop"],
  ["POST", "/api/approvals/x"],
  ["PUT", "/api/settings"],
  ["PATCH", "/api/sessions/x"],
  ["DELETE", "/api/sessions/x"],
];

const presented: Record<string, string>[] = [
  {},
  { Authorization: "Bearer wrong" },
  { Cookie: "rein_0=wrong" },
];

test("every route but /api/health requires the token", async () => {
  for (const [method, path] of routes)
    for (const headers of presented)
      expect([method, path, (await fetch(rein.url + path, { method, headers })).status]).toEqual([
        method,
        path,
        401,
      ]);
  const health = await fetch(`${rein.url}/api/health`);
  expect(health.status).toBe(200);
});

test("the printed address sets a cookie that scripts and other sites cannot use, and removes the token from the URL", async () => {
  const first = await fetch(`${rein.url}/?token=${rein.token}`, { redirect: "manual" });
  expect(first.status).toBe(303);
  expect(first.headers.get("location")).toBe("/");
  const cookie = first.headers.get("set-cookie")!;
  expect(cookie).toContain("HttpOnly");
  expect(cookie).toContain("SameSite=Strict");
  const next = await fetch(`${rein.url}/api/sessions`, {
    headers: { Cookie: cookie.split(";")[0]! },
  });
  expect(next.status).toBe(200);
});

test("a wrong token in the address sets no cookie", async () => {
  const response = await fetch(`${rein.url}/?token=${rein.token}x`, { redirect: "manual" });
  expect(response.status).toBe(401);
  expect(response.headers.get("set-cookie")).toBeNull();
});

test("the whole token is compared, in the header, the cookie and the address", async () => {
  const cookie = `rein_${new URL(rein.url).port}`;
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
    const answers = await Promise.all([
      fetch(`${rein.url}/api/sessions`, { headers: { Authorization: `Bearer ${value}` } }),
      fetch(`${rein.url}/api/sessions`, { headers: { Cookie: `${cookie}=${value}` } }),
      fetch(`${rein.url}/api/sessions?token=${value}`, { redirect: "manual" }),
    ]);
    expect([title, ...answers.map((answer) => answer.status)]).toEqual([
      title,
      status,
      status,
      // In the address the token is exchanged for the cookie.
      status === 200 ? 303 : status,
    ]);
  }
});

test("an unknown host name is refused (DNS rebinding), even with the token", async () => {
  expect(await statusWith({ Host: "evil.example:3000" })).toBe(403);
  expect(await statusWith({ Host: "evil.example" }, "/api/health")).toBe(403);
  expect(await statusWith({ Host: "localhost:1234" })).toBe(200);
});

test("a request from another origin is refused, even with the token, and no response has CORS headers that allow it", async () => {
  const { host } = new URL(rein.url);
  expect(await statusWith({ Host: host, Origin: "http://evil.example" })).toBe(403);
  expect(await statusWith({ Host: host, Origin: "null" })).toBe(403);
  expect(await statusWith({ Host: host, Origin: `http://${host}` })).toBe(200);
  const response = await rein.fetch("/api/sessions", { headers: { Origin: rein.url } });
  expect(response.headers.get("access-control-allow-origin")).toBeNull();
});

test("the server refuses to listen beyond this machine without a configured token", async () => {
  const started = startRein({ environment: { HOST: "0.0.0.0" } });
  expect(String(await rejectionOf(started))).toContain("set REIN_TOKEN");
});

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
});

test("a path that leads out of the page's folder is answered with the page", async () => {
  expect(await textOf("/../../../package.json")).toContain("<!doctype html>");
  expect(await textOf("/%2e%2e/%2e%2e/package.json")).toContain("<!doctype html>");
  expect(await textOf("/..%2f..%2fpackage.json")).toContain("<!doctype html>");
});

test("a browser without the token is asked for it, and accepts the printed address or the token alone", async () => {
  const browser = await launchBrowser();
  for (const pasted of [rein.token, ` ${rein.url}/?token=${rein.token}`]) {
    const context = await browser.newContext({ colorScheme: "dark" });
    const page = await context.newPage();
    const errors: string[] = [];
    page.on("console", (message) => errors.push(message.text()));
    const response = await page.goto(`${rein.url}/stops`);
    expect(response?.status()).toBe(401);
    expect(errors.filter((words) => words.includes("Content Security Policy"))).toEqual([]);
    await page.getByLabel("Address or token").fill("wrong");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByLabel("Address or token").fill(pasted);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByTestId("composer").waitFor();
    expect(page.url()).toBe(`${rein.url}/stops`);
    await context.close();
  }
  await browser.close();
});

test("a page whose token is no longer valid shows the sign-in page", async () => {
  const browser = await launchBrowser();
  await using opened = await openPage(browser, rein);
  await opened.context.clearCookies();
  await opened.page.getByLabel("Message").fill("Kept");
  await opened.page.keyboard.press("Enter");
  await opened.page.getByLabel("Address or token").fill(rein.token);
  await opened.page.getByRole("button", { name: "Sign in" }).click();
  await opened.page.getByTestId("composer").waitFor();
  expect(await opened.page.getByLabel("Message").inputValue()).toBe("Kept");
  await browser.close();
});

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
