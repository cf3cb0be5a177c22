/** The routes of the keys by which programs speak for a person. */
import { type Context, Hono } from "hono";
import type { NewApiKey } from "../../../shared/protocol";
import { apiKeyRequest } from "../../../shared/requests";
import { maxKeys } from "../../access/api-keys";
import { body } from "../body";
import { askerOf } from "../check-role";
import { httpError } from "../http-error";
import type { Services } from "../services";
import { refuseKey } from "../who-asks";

export function createKeyRoutes({ access }: Services): Hono {
  const { keys } = access;
  const app = new Hono();

  app.get("/api/keys", async (c) => {
    await keys.catchUp();
    return c.json({ keys: keys.list().filter((one) => isOwn(c, one)) });
  });

  app.post("/api/keys", async (c) => {
    refuseKey(c);
    const { name } = apiKeyRequest.parse(await body(c));
    const added = await keys.add(name, askerOf(c).name);
    if (added === undefined)
      throw httpError(409, "keys-full", `There are ${maxKeys} keys already. Revoke one first.`);
    return c.json(added satisfies NewApiKey);
  });

  app.delete("/api/keys/:id", async (c) => {
    const id = c.req.param("id");
    const found = await keys.find(id);
    if (found === undefined || !isOwn(c, found) || !(await keys.remove(id)))
      throw httpError(404, "key", "There is no such key.");
    return c.json({ removed: true });
  });

  return app;
}

/** Admins have everyone's. */
function isOwn(c: Context, { user }: { user?: string }): boolean {
  const { role, name } = askerOf(c);
  return role === "admin" || user === name;
}
