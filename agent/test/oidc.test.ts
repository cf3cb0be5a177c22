/** People sign in by OpenID Connect: the one who began it is let in, once, and every failure is said in words. */
import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import { type OidcProvider, startProvider } from "./oidc-provider";
import { apiScene, everyWire } from "./api-scene";
import { visitor } from "./people-scene";

let provider: OidcProvider;
beforeAll(() => {
  provider = startProvider();
});
afterAll(() => provider[Symbol.asyncDispose]());
beforeEach(() => Object.assign(provider, { claims: {}, skew: 0 }));

const { rein, restart } = apiScene({
  environment: (upstream) => ({
    ...everyWire(upstream),
    REIN_OIDC_ISSUER: provider.issuer,
    REIN_OIDC_CLIENT_ID: "rein",
    REIN_OIDC_CLIENT_SECRET: "the client's secret",
    REIN_ADMINS: "olga@example.com",
  }),
});
const never = new AbortController().signal;
const stranger = () => visitor(rein, {});

async function signInAs(claims: Record<string, unknown>, change = (answer: string) => answer) {
  provider.claims = claims;
  const { url, secret } = await stranger().sdk.beginOidc(never);
  const answer = change(await provider.signIn(url));
  return { answer, secret, finish: () => finish(answer, secret) };
}

async function finish(answer: string, secret: string) {
  const body = JSON.stringify({ oidc: { answer, secret } });
  const response = await fetch(`${rein.url}/api/sign-in`, { method: "POST", body });
  const json = (await response.json()) as { credential?: string; error?: { message: string } };
  return { status: response.status, ...json };
}

test("a person who signs in at the service is let in here by their name", async () => {
  expect(await stranger().sdk.signInWays(never)).toEqual({ oidc: new URL(provider.issuer).host });
  const { credential } = await (await signInAs({})).finish();
  const anna = visitor(rein, { credential: credential! });
  expect(await anna.sdk.me(never)).toMatchObject({ name: "anna@example.com", role: "member" });
  const admin = await (await signInAs({ sub: "2", email: "olga@example.com" })).finish();
  const olga = visitor(rein, { credential: admin.credential! });
  expect(await olga.sdk.me(never)).toMatchObject({ role: "admin" });
  const { people } = await olga.sdk.people(never);
  expect(people.map(({ name }) => name)).toEqual(["anna@example.com", "olga@example.com"]);
});

test("an answer is taken once, in the browser that began, with its state", async () => {
  const begun = await signInAs({});
  expect((await finish(begun.answer, "another tab's")).error?.message).toContain("another browser");
  expect((await begun.finish()).status).toBe(200);
  expect((await begun.finish()).error?.message).toContain("used before");
  const forged = await signInAs({}, (answer) => answer.replace(/state=[^&]*/, "state=x"));
  expect((await forged.finish()).error?.message).toContain("not known here");
  const stolen = await signInAs({});
  const own = await signInAs({});
  const mixed = new URLSearchParams(own.answer);
  mixed.set("code", new URLSearchParams(stolen.answer).get("code")!);
  // PKCE binds the code to who began it.
  expect((await finish(mixed.toString(), own.secret)).status).toBe(400);
});

test.each([
  ["a nonce of another sign-in", { nonce: "x" }, "not what was asked for"],
  ["another audience", { aud: "another" }, "not what was asked for"],
  ["another issuer", { iss: "http://evil.example" }, "not what was asked for"],
  ["no name", { email: undefined }, "REIN_OIDC_CLAIM"],
  ["an address that is not verified", { email_verified: false }, "not verified"],
  ["the same as a text", { email_verified: "false" }, "not verified"],
  ["no text as its name", { email: "a,b@example.com" }, "is no name"],
])("an ID token with %s is refused in words", async (_what, claims, words) => {
  const { status, error } = await (await signInAs(claims)).finish();
  expect([status, error?.message]).toEqual([400, expect.stringContaining(words)]);
});

test("an address is let in where its service does not say whether it is verified", async () => {
  const { status } = await (await signInAs({ email_verified: undefined })).finish();
  expect(status).toBe(200);
});

test("a sign-in begins on a page of http or https alone", async () => {
  const begin = (origin: string) =>
    fetch(`${rein.url}/api/sign-in/oidc`, { method: "POST", headers: { Origin: origin } });
  const { host } = new URL(rein.url);
  // Of this very host: only the scheme is wrong.
  for (const scheme of ["ftp", "ws", "wss"]) {
    const answer = await begin(`${scheme}://${host}`);
    expect([answer.status, await answer.text()]).toEqual([
      400,
      expect.stringContaining("a page of http or https"),
    ]);
  }
  for (const origin of ["http://rein.example", "javascript:alert(1)", "nothing", "null"])
    expect((await begin(origin)).status).toBe(403);
  for (const scheme of ["http", "https"]) {
    const { url } = (await (await begin(`${scheme}://${host}`)).json()) as { url: string };
    expect(new URL(url).searchParams.get("redirect_uri")).toStartWith(`${scheme}://${host}/`);
  }
});

test("a stranger who begins very often takes no place from anybody", async () => {
  for (let count = 0; count < 1100; count += 50)
    await Promise.all(
      Array.from({ length: 50 }, () => fetch(`${rein.url}/api/sign-in/oidc`, { method: "POST" })),
    );
  expect((await (await signInAs({})).finish()).status).toBe(200);
});

test("clocks that differ by a little do not matter, and by much are said", async () => {
  provider.skew = -330;
  expect((await (await signInAs({})).finish()).status).toBe(200);
  provider.skew = -900;
  const late = await (await signInAs({})).finish();
  expect(late.error?.message).toContain("clocks");
});

test("who declines, or is another account of the name, is told so", async () => {
  const declined = await signInAs({}, (answer) =>
    answer.replace(/code=[^&]*/, "error=access_denied"),
  );
  expect((await declined.finish()).error?.message).toContain("declined");
  expect((await (await signInAs({})).finish()).status).toBe(200);
  const other = await (await signInAs({ sub: "another" })).finish();
  expect([other.status, other.error?.message]).toEqual([
    403,
    expect.stringContaining("another account"),
  ]);
});

test("a service that does not answer is said, and who may come in is bounded", async () => {
  await restart({ environment: { REIN_OIDC_ISSUER: "http://127.0.0.1:9" } });
  const gone = await fetch(`${rein.url}/api/sign-in/oidc`, { method: "POST" });
  expect([gone.status, await gone.text()]).toEqual([
    400,
    expect.stringContaining("does not answer"),
  ]);
  await restart({ environment: { REIN_OIDC_DOMAINS: "corp.example", REIN_OIDC_GROUPS: "ops" } });
  const outside = await (await signInAs({})).finish();
  expect(outside.error?.message).toContain("no domain");
  const email = "bob@corp.example";
  const ungrouped = await (await signInAs({ sub: "3", email })).finish();
  expect(ungrouped.error?.message).toContain("no group");
  const inDomain = { sub: "3", email, groups: ["ops"] };
  // Whoever says nothing of it may have let anybody choose the address.
  const unsaid = await (await signInAs({ ...inDomain, email_verified: undefined })).finish();
  expect([unsaid.status, unsaid.error?.message]).toEqual([
    400,
    expect.stringContaining("not verified"),
  ]);
  const inside = await (await signInAs(inDomain)).finish();
  expect(inside.status).toBe(200);
});
