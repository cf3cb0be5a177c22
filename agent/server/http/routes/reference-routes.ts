/** The routes of the API's own document: OpenAPI for programs, and a page for people. Both are public. */
import { Hono } from "hono";
import { referencePolicy } from "../response-headers";
import type { Services } from "../services";

export function createReferenceRoutes({ version }: Pick<Services, "version">): Hono {
  const app = new Hono();
  let made: ReturnType<typeof make> | undefined;

  /** Loaded and made when it is first asked for: a server that starts needs nothing of it. */
  async function make() {
    const { createReference } = await import("../openapi/reference");
    return createReference(version);
  }

  const reference = () =>
    (made ??= make().catch((error: unknown) => {
      made = undefined; // a disk may answer again
      throw error;
    }));

  app.get("/api/openapi.json", async (c) =>
    c.body((await reference()).json, 200, { "Content-Type": "application/json; charset=utf-8" }),
  );

  app.get("/api/reference", async (c) => {
    const { page, styleSource } = await reference();
    c.header("Content-Security-Policy", referencePolicy(styleSource));
    return c.html(page);
  });

  return app;
}
