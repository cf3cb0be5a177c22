/** The routes of signing in: a token becomes this browser's credential; the signed-in browsers, and how they sign out. */
import { type Context, Hono } from "hono";
import { defined } from "../../../shared/defined";
import type { Me, OneTimeToken, SignInsAnswer, SignInWays } from "../../../shared/protocol";
import { signInRequest } from "../../../shared/requests";
import { body } from "../body";
import { askerOf } from "../check-role";
import { httpError } from "../http-error";
import type { Services } from "../services";
import { type Access, bearerOf, isScriptToken, known, proxiedName, refuseToken } from "../who-asks";

/** A stranger may send so much, and take so long. */
const bounds = { maxBytes: 10_000, maxMs: 10_000 };

export function createSignInRoutes({ access }: Services): Hono {
  const { signIns } = access;
  const app = new Hono();

  app.post("/api/sign-in", async (c) => {
    const request = signInRequest.parse(await body(c, bounds));
    const host = c.req.header("host") ?? "";
    // Before: an earlier credential of this browser is replaced.
    const earlier = signIns.use(bearerOf(c) ?? "", host);
    const credential = await exchange(c, access, request, host);
    if (credential === undefined) return refuseToken(c, access.wrongTokens);
    if (earlier !== undefined) await signIns.remove(earlier.id);
    return c.json({ credential });
  });

  app.get("/api/sign-in/ways", (c) => c.json(waysOf(c, access)));

  app.get("/api/me", (c) => {
    const hasPeople = access.people !== undefined;
    return c.json(defined({ ...askerOf(c), hasPeople, signInId: c.get("signInId") }) satisfies Me);
  });

  app.post("/api/sign-ins/token", async (c) =>
    c.json((await signIns.offer(askerOf(c).name)) satisfies OneTimeToken),
  );

  app.get("/api/sign-ins", (c) => {
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
    const name = proxiedName(c, access);
    if (name === undefined) throw httpError(401, "token", noProxy);
    known(access, name);
    return signIns.admit({ ...place, user: name, viaProxy: true });
  }
  const { token = "" } = request;
  if (isScriptToken(access, token)) return signIns.admit({ ...place, user: undefined });
  return signIns.redeem(token, place);
}

const noProxy = "No proxy that this server trusts says who you are.";

function waysOf(c: Context, access: Access): SignInWays {
  // Behind a proxy that says nonsense, the sign-in itself says so.
  const user = attempt(() => proxiedName(c, access));
  return defined({ proxied: user });
}

function attempt<Result>(action: () => Result): Result | undefined {
  try {
    return action();
  } catch {
    return undefined; // refused in words where it is used
  }
}
