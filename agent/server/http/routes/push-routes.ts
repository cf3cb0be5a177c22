/** The routes by which a browser has the server notify it while none of its pages is open. */
import { type Context, Hono } from "hono";
import { pushRequest } from "../../../shared/requests";
import { PushError } from "../../push/push-messages";
import { body } from "../body";
import { httpError } from "../http-error";
import type { Services } from "../services";

export function createPushRoutes({ push }: Services): Hono {
  const app = new Hono();

  app.get("/api/push", (c) => c.json(push.answer(signInOf(c))));

  app.post("/api/push", async (c) => {
    const browser = { signInId: signInOf(c), host: c.req.header("host") ?? "" };
    const given = pushRequest.parse(await body(c, { maxBytes: 10_000 }));
    try {
      return c.json(await push.add(given, browser, c.req.raw.signal));
    } catch (error) {
      throw error instanceof PushError ? refusal(error) : error;
    }
  });

  app.delete("/api/push", (c) => c.json({ removed: push.remove(signInOf(c)) }));

  return app;
}

function signInOf(c: Context): string {
  const id = c.get("signInId");
  if (id !== undefined) return id;
  throw httpError(
    400,
    "push",
    "Only a browser that is signed in can be notified: the script token belongs to none.",
  );
}

function refusal({ code, message }: PushError) {
  if (code === "push-full") return httpError(409, code, message);
  return code === "push" ? httpError(400, code, message) : httpError(502, code, message);
}
