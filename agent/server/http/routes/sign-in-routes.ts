/** The routes of signing in: a token becomes this browser's credential; the signed-in browsers, and how they sign out. */
import { type Context, Hono } from "hono";
import { defined } from "../../../shared/defined";
import type { Me, OneTimeToken, SignInsAnswer, SignInWays } from "../../../shared/protocol";
import { signInRequest } from "../../../shared/requests";
import { oidcReturnPath } from "../../../shared/protocol";
import { OidcError } from "../../access/oidc-sign-in";
import { userName } from "../../config/user-name";
import { body } from "../body";
import { askerOf } from "../check-role";
import { httpError } from "../http-error";
import type { Services } from "../services";
import {
  type Access,
  bearerOf,
  isScriptToken,
  known,
  proxiedName,
  refuseKey,
  refuseToken,
} from "../who-asks";

/** A stranger may send so much, and take so long. */
const bounds = { maxBytes: 10_000, maxMs: 10_000 };

export function createSignInRoutes({ access }: Services): Hono {
  const { signIns } = access;
  const app = new Hono();

  app.post("/api/sign-in", async (c) => {
    const request = signInRequest.parse(await body(c, bounds));
    const host = c.req.header("host") ?? "";
    // Before: an earlier credential of this browser is replaced.
    const earlier = await signIns.use(bearerOf(c) ?? "", host);
    if (request.token !== undefined && earlier !== undefined) {
      const user = await signIns.userOfToken(request.token);
      // Otherwise a link would have somebody work under its sender's name without knowing it.
      if (user !== undefined && user.name !== earlier.user)
        throw httpError(409, "sign-in", isOther);
    }
    const credential = await exchange(c, access, request, host);
    if (credential === undefined) return refuseToken(c, access.wrongTokens);
    if (earlier !== undefined) await signIns.remove(earlier.id);
    const { user: name } = (await signIns.use(credential, host)) ?? {};
    return c.json(defined({ credential, name }));
  });

  app.post("/api/sign-in/oidc", async (c) => {
    const { oidc } = access;
    if (oidc === undefined) throw httpError(404, "oidc", "No sign-in service is set up here.");
    // The page's own address says whether a proxy speaks TLS before this server.
    const origin = c.req.header("origin") ?? `http://${c.req.header("host") ?? ""}`;
    const address = URL.parse(oidcReturnPath, origin);
    if (address?.protocol !== "http:" && address?.protocol !== "https:")
      throw httpError(400, "oidc", "A sign-in begins on a page of http or https.");
    return c.json(await answered(oidc.begin(address.href)));
  });

  app.get("/api/sign-in/ways", async (c) => c.json(await waysOf(c, access)));

  app.get("/api/me", (c) => {
    const hasPeople = access.people !== undefined;
    return c.json(defined({ ...askerOf(c), hasPeople, signInId: c.get("signInId") }) satisfies Me);
  });

  app.post("/api/sign-ins/token", async (c) => {
    refuseKey(c);
    return c.json((await signIns.offer(askerOf(c).name)) satisfies OneTimeToken);
  });

  app.get("/api/sign-ins", async (c) => {
    await signIns.catchUp();
    const currentId = c.get("signInId");
    const shown = signIns.list().filter((one) => isOwn(c, one));
    return c.json(defined({ signIns: shown, currentId }) satisfies SignInsAnswer);
  });

  app.delete("/api/sign-ins", async (c) => {
    const { name } = askerOf(c);
    // Who has a name means their own browsers.
    await signIns.removeAll(name === undefined ? undefined : { user: name });
    return c.json({ removed: true });
  });

  app.delete("/api/sign-ins/:id", async (c) => {
    const id = c.req.param("id");
    await signIns.catchUp();
    const found = signIns.list().find((one) => one.id === id);
    if (found === undefined || !isOwn(c, found) || !(await signIns.remove(id)))
      throw httpError(404, "sign-in", "This browser is no longer signed in.");
    return c.json({ removed: true });
  });

  return app;
}

/** Admins have everyone's. */
function isOwn(c: Context, { user }: { user?: string }): boolean {
  const { role, name } = askerOf(c);
  return role === "admin" || user === name;
}

async function exchange(
  c: Context,
  access: Access,
  request: ReturnType<typeof signInRequest.parse>,
  host: string,
): Promise<string | undefined> {
  const { signIns } = access;
  const place = { host, browser: c.req.header("user-agent") ?? "" };
  if (request.proxy) {
    const name = await proxiedName(c, access);
    if (name === undefined) throw httpError(401, "token", noProxy);
    known(access, name);
    return signIns.admit({ ...place, user: name, viaProxy: true });
  }
  if (request.oidc) return signIns.admit({ ...place, user: await accountOf(access, request.oidc) });
  const { token = "" } = request;
  if (isScriptToken(access, token)) return signIns.admit({ ...place, user: undefined });
  return signIns.redeem(token, place);
}

/** The name of the person whom the service has signed in. Throws the refusal of one who may not come in. */
async function accountOf(
  access: Access,
  { answer, secret }: { answer: string; secret: string },
): Promise<string> {
  const { oidc, people } = access;
  if (oidc === undefined || people === undefined)
    throw httpError(404, "oidc", "No sign-in service is set up here.");
  const { name: said, account } = await answered(oidc.finish(answer, secret));
  const name = userName(said);
  if (name === undefined)
    throw httpError(
      400,
      "user",
      `What ${oidc.name} says is no name: expected 1 to 200 characters that can be seen, and no comma.`,
    );
  const asker = await people.seeAccount(name, account);
  if (asker === "taken") throw httpError(403, "role", takenWords(name, oidc.name));
  known(access, name);
  return name;
}

function takenWords(name: string, service: string): string {
  return `“${name}” is another account of ${service} here. If yours was made anew there, an admin of this server removes “${name}” and lets them in again.`;
}

function answered<Answer>(answer: Promise<Answer>): Promise<Answer> {
  return answer.catch((error: unknown) => {
    throw error instanceof OidcError ? httpError(400, "oidc", error.message) : error;
  });
}

const isOther =
  "This browser is signed in as somebody else than this address is for. Sign out first (in the settings, under “Signed-in browsers”), or open it in another browser.";

const noProxy = "No proxy that this server trusts says who you are.";

async function waysOf(c: Context, access: Access): Promise<SignInWays> {
  // Behind a proxy that says nonsense, the sign-in itself says so, in words.
  const user = await proxiedName(c, access).catch(() => undefined);
  return defined({ proxied: user, oidc: access.oidc?.name });
}
