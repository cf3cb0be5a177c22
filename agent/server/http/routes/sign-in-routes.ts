/** The routes of signing in: a token becomes this browser's credential; the signed-in browsers, and how they sign out. */
import { type Context, Hono } from "hono";
import type { OneTimeToken, SignInsAnswer } from "../../../shared/protocol";
import { signInRequest } from "../../../shared/requests";
import { defined } from "../../../shared/defined";
import { type Access, bearerOf, isScriptToken, refuseToken } from "../auth";
import { body } from "../body";
import { httpError } from "../http-error";
import type { Services } from "../services";

/** A stranger may send so much, and take so long. */
const bounds = { maxBytes: 10_000, maxMs: 10_000 };

export function createSignInRoutes({ access }: Services): Hono {
  const { signIns } = access;
  const app = new Hono();

  app.post("/api/sign-in", async (c) => {
    const { token } = signInRequest.parse(await body(c, bounds));
    const host = c.req.header("host") ?? "";
    // Before: an earlier credential of this browser is replaced.
    const earlier = signIns.use(bearerOf(c) ?? "", host);
    const credential = exchange(c, access, token, host);
    if (credential === undefined) return refuseToken(c, access.wrongTokens);
    if (earlier !== undefined) signIns.remove(earlier);
    return c.json({ credential });
  });

  app.post("/api/sign-ins/token", (c) => c.json(signIns.offer() satisfies OneTimeToken));

  app.get("/api/sign-ins", (c) => {
    const currentId = c.get("signInId");
    return c.json(defined({ signIns: signIns.list(), currentId }) satisfies SignInsAnswer);
  });

  app.delete("/api/sign-ins", (c) => {
    signIns.removeAll();
    return c.json({ removed: true });
  });

  app.delete("/api/sign-ins/:id", (c) => {
    if (!signIns.remove(c.req.param("id")))
      throw httpError(404, "sign-in", "This browser is no longer signed in.");
    return c.json({ removed: true });
  });

  return app;
}

function exchange(c: Context, access: Access, token: string, host: string): string | undefined {
  const browser = c.req.header("user-agent") ?? "";
  if (isScriptToken(access, token)) return access.signIns.admit(host, browser);
  return access.signIns.redeem(token, host, browser);
}
